//! Read the command line, start, wait, stop.

use clap::Parser;
use isthmus::cli::{Cli, Command, unknown_variables};
use isthmus::start;
use std::process::ExitCode;

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let unknown = unknown_variables(std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()));
    let cli = Cli::parse();
    if !unknown.is_empty() {
        eprintln!(
            "isthmus: unknown setting in the environment: {}. `isthmus serve --help` lists all that there are.",
            unknown.join(", ")
        );
        return ExitCode::from(2);
    }
    let done = match cli.command {
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
