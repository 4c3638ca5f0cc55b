//! Read the command line, start, wait, stop.

use clap::Parser;
use isthmus::cli::{Cli, Command, unknown_variables};
use isthmus::start;
use std::num::NonZero;
use std::process::ExitCode;

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let unknown = unknown_variables(std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()));
    let cli = Cli::parse();
    if !unknown.is_empty() {
        eprintln!(
            "isthmus: unknown setting in the environment: {}. `isthmus serve --help` lists all that there are.",
            unknown.join(", ")
        );
        return ExitCode::from(2);
    }
    let threads = threads(&cli.command);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(run(cli.command)),
        Err(error) => {
            eprintln!("isthmus: no threads could be started: {error}");
            ExitCode::FAILURE
        }
    }
}

/// One for each core. Where SQLite does its part in a thread of its own, a core is left to that: what it answers is passed
/// on by whoever is awake, and on two cores every change is faster so.
fn threads(command: &Command) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let has_sqlite =
        matches!(command, Command::Serve(settings) if settings.database.database_url.starts_with("sqlite:"));
    if has_sqlite { (cores - 1).max(1) } else { cores }
}

async fn run(command: Command) -> ExitCode {
    let done = match command {
        Command::Serve(settings) => start::serve(settings).await,
        Command::Demo(settings) => start::demo(settings).await,
        Command::Sandbox(settings) => start::sandbox(settings).await,
        Command::Migrate(settings) => start::migrate(&settings).await,
        Command::Config(settings) => {
            print!("{}", settings.in_words());
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("isthmus: {error}");
            ExitCode::FAILURE
        }
    }
}
