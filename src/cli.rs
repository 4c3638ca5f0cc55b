//! Commands and settings. `isthmus --help` is the manual; connections are not here, they live in the database.

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Keeps ServiceNow records and another platform's tickets the same on both sides.
///
/// Look at it:  isthmus demo
/// Run it:      isthmus serve --listen 0.0.0.0:8080 --public-url https://isthmus.example.com
///
/// Every setting is a flag and an environment variable; a flag goes before its variable.
/// Connections, mappings and people are set in the browser and kept in the database.
#[derive(Debug, Parser)]
#[command(name = "isthmus", version, max_term_width = 100, verbatim_doc_comment)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the console and the sync workers.
    Serve(ServeArgs),
    /// Run the console and a practice ServiceNow together, both on this machine, to look at.
    Demo(DemoArgs),
    /// Run a practice ServiceNow instance alone (administrator admin / admin).
    Sandbox(SandboxArgs),
    /// Bring the database's tables up to date, and exit. `serve` does so by itself at its start.
    Migrate(DatabaseArgs),
    /// Print the settings that `serve` would run with, secrets masked, and exit.
    Config(ServeArgs),
}

#[derive(Clone, Debug, Args)]
pub struct DatabaseArgs {
    /// sqlite://FILE for one machine, postgres://USER:PASSWORD@HOST/NAME for many.
    #[arg(long, env = "DATABASE_URL", default_value = "sqlite://isthmus.db", hide_env_values = true)]
    pub database_url: String,
}

#[derive(Clone, Debug, Args)]
pub struct LogArgs {
    /// What to log: error, warn, info, debug, or by part: info,isthmus::sync=debug. Debug has a line per decision.
    #[arg(long, env = "ISTHMUS_LOG", default_value = "info")]
    pub log: String,

    /// How to write the log.
    #[arg(long, env = "ISTHMUS_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Pages, webhooks and syncing.
    All,
    /// Pages and webhooks; syncing is left to other processes.
    Web,
    /// Syncing; over HTTP only its health and metrics.
    Worker,
}

impl Role {
    pub fn has_pages(self) -> bool {
        self != Self::Worker
    }

    pub fn syncs(self) -> bool {
        self != Self::Web
    }
}

#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Address and port to listen on.
    #[arg(long, env = "ISTHMUS_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Where people's browsers and ServiceNow's webhooks reach this server. By default http:// and the listen address.
    #[arg(long, env = "ISTHMUS_PUBLIC_URL")]
    pub public_url: Option<String>,

    /// What this process does. On PostgreSQL any number of processes share the work, each in any role.
    #[arg(long, env = "ISTHMUS_ROLE", default_value = "all")]
    pub role: Role,

    #[command(flatten)]
    pub database: DatabaseArgs,

    /// File with the key that seals secrets in the database. Made at the first start with mode 0600. Back it up apart
    /// from the database: without it the connections must be authorized again.
    #[arg(long, env = "ISTHMUS_KEY_FILE", default_value = "isthmus.key")]
    pub key_file: PathBuf,

    /// Private or reserved network that this server may call, such as 10.1.0.0/16. Repeat it, or separate by commas.
    #[arg(long = "allow-address", env = "ISTHMUS_ALLOW_ADDRESS", value_delimiter = ',', value_parser = read_net)]
    pub allow_addresses: Vec<IpNet>,

    /// Longest pause between two polls of a connection, in seconds. It is shorter for a while after something was found,
    /// and longer only where ServiceNow's rate limit leaves no room. Webhooks are faster; polling finds what they lost.
    #[arg(long, env = "ISTHMUS_POLL_SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub poll_seconds: u32,

    /// How many records this process syncs at the same time.
    #[arg(long, env = "ISTHMUS_WORKERS", default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: u16,

    /// How large a file on a Desk ticket may be, in MiB. A larger one in ServiceNow stays there, and a note on the
    /// ticket says so.
    #[arg(long, env = "ISTHMUS_FILE_LIMIT_MIB", default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub file_limit_mib: u32,

    /// Folder with the browser's files. By default the folder `site` beside the program.
    #[arg(long, env = "ISTHMUS_SITE")]
    pub site: Option<PathBuf>,

    #[command(flatten)]
    pub log: LogArgs,
}

#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// Where the console listens.
    #[arg(long, env = "ISTHMUS_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Where the practice ServiceNow listens.
    #[arg(long, env = "ISTHMUS_SANDBOX_LISTEN", default_value = "127.0.0.1:8081")]
    pub sandbox_listen: SocketAddr,

    /// Folder for everything that is kept: both databases and the key. Remove it to start over.
    #[arg(long, env = "ISTHMUS_DEMO_DATA", default_value = "demo-data")]
    pub data: PathBuf,

    /// Database of the console, instead of a SQLite file in the data folder.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// Longest pause between two polls, in seconds.
    #[arg(long, env = "ISTHMUS_POLL_SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub poll_seconds: u32,

    /// Folder with the browser's files. By default the folder `site` beside the program.
    #[arg(long, env = "ISTHMUS_SITE")]
    pub site: Option<PathBuf>,

    #[command(flatten)]
    pub log: LogArgs,
}

#[derive(Clone, Debug, Args)]
pub struct SandboxArgs {
    /// Address and port to listen on.
    #[arg(long, env = "ISTHMUS_SANDBOX_LISTEN", default_value = "127.0.0.1:8081")]
    pub listen: SocketAddr,

    /// File to keep its records in. Without it they are in memory, and gone at the end.
    #[arg(long, env = "ISTHMUS_SANDBOX_DATA")]
    pub data: Option<PathBuf>,

    /// Serve https with the certificate and key in this PEM file. If it is not there it is made, for localhost.
    #[arg(long, env = "ISTHMUS_SANDBOX_TLS")]
    pub tls: Option<PathBuf>,

    /// JSON file with more tables, or more columns for tables that are there. Repeat it for several.
    #[arg(long, env = "ISTHMUS_SANDBOX_TABLES", value_delimiter = ',')]
    pub tables: Vec<PathBuf>,

    /// So many incidents besides the demo's, for load: a million works, best with --data. They are the same each time.
    #[arg(long, env = "ISTHMUS_SANDBOX_RECORDS", default_value_t = 0)]
    pub records: u64,

    /// Redirect URL of the OAuth client that is printed at the start. Repeat it for several.
    #[arg(
        long = "redirect-url",
        env = "ISTHMUS_SANDBOX_REDIRECT_URL",
        value_delimiter = ',',
        default_value = "http://127.0.0.1:8080/oauth/callback"
    )]
    pub redirect_urls: Vec<String>,

    #[command(flatten)]
    pub log: LogArgs,
}

fn read_net(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
        .map_err(|_| format!("\"{text}\" is neither a network such as 10.1.0.0/16 nor an address"))
}

/// Variables that this repository's scripts set for the build and the tests.
const OF_THE_SCRIPTS: [&str; 5] =
    ["ISTHMUS_BIN", "ISTHMUS_CACHE", "ISTHMUS_DIST", "ISTHMUS_ROOT", "ISTHMUS_TEST_POSTGRES"];

/// The `ISTHMUS_` variables of the environment that no setting has: most likely misspelled.
pub fn unknown_variables(names: impl Iterator<Item = String>) -> Vec<String> {
    let command = Cli::command();
    let known: Vec<String> = command
        .get_subcommands()
        .flat_map(clap::Command::get_arguments)
        .filter_map(|argument| Some(argument.get_env()?.to_string_lossy().into_owned()))
        .collect();
    names
        .filter(|name| {
            name.starts_with("ISTHMUS_") && !known.contains(name) && !OF_THE_SCRIPTS.contains(&name.as_str())
        })
        .collect()
}

impl ServeArgs {
    /// Without a slash at its end.
    pub fn public_url(&self) -> String {
        let url = self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen));
        url.trim_end_matches('/').to_owned()
    }

    /// Bytes that a file on a ticket may have.
    pub fn file_limit(&self) -> u64 {
        u64::from(self.file_limit_mib) * 1024 * 1024
    }

    /// The settings as lines of `VARIABLE=value`, secrets masked.
    pub fn in_words(&self) -> String {
        let database = url::Url::parse(&self.database.database_url).map_or_else(
            |_| "(malformed)".to_owned(),
            |mut url| {
                if url.password().is_some() {
                    // Fails for addresses without a host only, and those have no password.
                    let _ = url.set_password(Some("********"));
                }
                url.to_string()
            },
        );
        let nets: Vec<String> = self.allow_addresses.iter().map(ToString::to_string).collect();
        let site =
            self.site.as_ref().map_or_else(|| "(beside the program)".to_owned(), |site| site.display().to_string());
        format!(
            "ISTHMUS_LISTEN={}\nISTHMUS_PUBLIC_URL={}\nISTHMUS_ROLE={}\nDATABASE_URL={database}\nISTHMUS_KEY_FILE={}\nISTHMUS_ALLOW_ADDRESS={}\n\
             ISTHMUS_POLL_SECONDS={}\nISTHMUS_WORKERS={}\nISTHMUS_FILE_LIMIT_MIB={}\nISTHMUS_SITE={site}\nISTHMUS_LOG={}\nISTHMUS_LOG_FORMAT={}\n",
            self.listen,
            self.public_url(),
            self.role.to_possible_value().map(|role| role.get_name().to_owned()).unwrap_or_default(),
            self.key_file.display(),
            nets.join(","),
            self.poll_seconds,
            self.workers,
            self.file_limit_mib,
            self.log.log,
            match self.log.log_format {
                LogFormat::Text => "text",
                LogFormat::Json => "json",
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_misspelled_variable_is_found_and_others_are_left_alone() {
        let names = ["ISTHMUS_LISTEN", "ISTHMUS_LISTNE", "PATH", "ISTHMUS_CACHE"].map(str::to_owned);
        assert_eq!(unknown_variables(names.into_iter()), ["ISTHMUS_LISTNE"]);
    }

    #[test]
    fn the_printed_settings_hide_the_password() {
        let cli = Cli::parse_from(["isthmus", "config", "--database-url", "postgres://me:hush@db/isthmus"]);
        let Command::Config(settings) = cli.command else { panic!("another command") };
        let printed = settings.in_words();
        assert!(!printed.contains("hush") && printed.contains("postgres://me:********@db/isthmus"), "{printed}");
    }
}
