//! The command line: commands, flags, output.

mod accounts;
mod logging;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use self::accounts::{ClientCommand, TokenCommand, UserCommand};
use crate::config::Config;
use crate::config::source::Named;

/// A self-hosted realtime server that speaks the pnut.io v1 API.
///
/// Without a command it serves: `groundnut --demo` is enough to look around.
#[derive(Debug, Parser)]
#[command(name = "groundnut", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    serve: ServeArgs,

    #[command(flatten)]
    common: Common,
}

/// Flags of every command.
#[derive(Args, Clone, Debug)]
struct Common {
    /// Settings file (TOML). `groundnut config` prints one with all defaults.
    #[arg(long, global = true, value_name = "FILE", env = "GROUNDNUT_CONFIG")]
    config: Option<PathBuf>,

    /// Database, such as sqlite://data/groundnut.db or sqlite:///var/lib/groundnut.db.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "GROUNDNUT_DATABASE_URL"
    )]
    database_url: Option<String>,

    /// Log level on standard error: error, warn, info, debug, or a filter such as groundnut=debug.
    #[arg(long, global = true, value_name = "LEVEL", env = "GROUNDNUT_LOG")]
    log: Option<String>,
}

#[derive(Args, Clone, Debug, Default)]
struct ServeArgs {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", env = "GROUNDNUT_BIND")]
    bind: Option<String>,

    /// Fill an empty database with a few users and rooms, and print their names and passwords. Raises the
    /// limit of writes per minute for a lively chat.
    #[arg(long, env = "GROUNDNUT_DEMO")]
    demo: bool,

    /// A folder whose files switch faults on, for the suite.
    #[cfg(debug_assertions)]
    #[arg(long, value_name = "DIR", hide = true)]
    faults: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve (the default command).
    Serve(ServeArgs),
    /// Accounts. Works while the server runs.
    #[command(subcommand)]
    User(UserCommand),
    /// Apps. Works while the server runs.
    #[command(subcommand)]
    Client(ClientCommand),
    /// Access tokens. Works while the server runs.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Print all settings with their defaults, as a file to start from.
    Config,
    /// Measure how many listeners a room can have, and the delay of their events.
    Loadtest(Box<crate::load::LoadtestArgs>),
}

/// Runs the command line.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    if let Some(Command::Loadtest(args)) = cli.command {
        return crate::load::run(*args);
    }
    match execute(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed, and there is no other place to report it.
            drop(writeln!(std::io::stderr().lock(), "groundnut: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
    #[cfg(debug_assertions)]
    if let Some(folder) = faults(&cli) {
        crate::fault::arm(folder);
    }
    let config = Config::load(cli.common.config.as_deref(), flags(&cli))?;
    match cli.command {
        None | Some(Command::Serve(_)) => run_server(config),
        Some(Command::User(command)) => {
            logging::start("warn");
            accounts::users::run(&config, command)
        }
        Some(Command::Client(command)) => {
            logging::start("warn");
            accounts::clients::run(&config, command)
        }
        Some(Command::Token(command)) => {
            logging::start("warn");
            accounts::tokens::run(&config, command)
        }
        Some(Command::Config) => {
            let text = crate::config::reference::commented_defaults();
            Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
        }
        // Handled before: the load tester has its own exit codes.
        Some(Command::Loadtest(_)) => Ok(()),
    }
}

/// The flags of `serve`, before and after the word: `groundnut --bind X serve` and `groundnut serve --bind X` mean the
/// same.
fn serve_flags(cli: &Cli) -> (&ServeArgs, &ServeArgs) {
    let outer = &cli.serve;
    match &cli.command {
        Some(Command::Serve(inner)) => (outer, inner),
        Some(
            Command::User(_)
            | Command::Client(_)
            | Command::Token(_)
            | Command::Config
            | Command::Loadtest(_),
        )
        | None => (outer, outer),
    }
}

#[cfg(debug_assertions)]
fn faults(cli: &Cli) -> Option<PathBuf> {
    let (outer, inner) = serve_flags(cli);
    inner.faults.clone().or(outer.faults.clone())
}

/// The settings that flags make.
fn flags(cli: &Cli) -> Named {
    let common = &cli.common;
    let (outer, inner) = serve_flags(cli);
    let bind = inner.bind.as_ref().or(outer.bind.as_ref());
    let demo = (inner.demo || outer.demo).then(|| true.to_string());
    Named::default()
        .with(
            "store.database_url",
            "--database-url",
            common.database_url.clone(),
        )
        .with("server.log", "--log", common.log.clone())
        .with("server.bind", "--bind", bind.cloned())
        .with("server.demo", "--demo", demo)
}

fn run_server(mut config: Config) -> Result<(), Box<dyn std::error::Error>> {
    let with_demo = config.server.demo;
    if with_demo {
        let limits = &mut config.rate_limits;
        limits.writes = limits.writes.max(600);
        limits.user_writes = limits.user_writes.max(2 * limits.writes);
    }
    logging::start(&config.server.log);
    Ok(crate::server::serve(&config, with_demo)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    /// Names of the variables that any flag of a command reads.
    fn variables(command: &clap::Command) -> Vec<String> {
        let own = command.get_arguments().filter_map(clap::Arg::get_env);
        let own = own.map(|name| name.to_string_lossy().into_owned());
        let below = command.get_subcommands().flat_map(variables);
        own.chain(below).collect()
    }

    #[test]
    fn the_settings_pass_over_the_variables_of_flags_and_no_others() {
        let mut found = variables(&Cli::command());
        found.sort_unstable();
        found.dedup();
        let mut known: Vec<String> = crate::config::source::FLAGS
            .iter()
            .map(|name| format!("GROUNDNUT_{name}"))
            .collect();
        known.sort_unstable();
        assert_eq!(found, known);
    }
}
