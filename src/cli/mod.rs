//! The command line: commands, flags, output.

mod accounts;
mod moving;
mod parent;
mod seed;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};

use self::accounts::{
    BadgeCommand, ClientCommand, InviteCommand, ReportCommand, TokenCommand, UserCommand,
};
use crate::config::source::{ConfigError, Named};
use crate::config::{Config, DatabaseUrl, Secret};
use crate::server::Launch;
use crate::telemetry::{Log, Metrics};

/// How a command ends that could not do its work.
const FAILED: u8 = 1;
/// How it ends when a setting cannot be used: starting it again would not help.
const WRONG_SETTINGS: u8 = 78;

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
        env = "GROUNDNUT_DATABASE_URL",
        hide_env_values = true
    )]
    database_url: Option<DatabaseUrl>,

    /// Log level on standard error: error, warn, info, debug, or a filter such as groundnut=debug.
    #[arg(long, global = true, value_name = "LEVEL", env = "GROUNDNUT_LOG")]
    log: Option<String>,
}

#[derive(Args, Clone, Debug, Default)]
struct ServeArgs {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", env = "GROUNDNUT_BIND")]
    bind: Option<String>,

    /// Name among the servers of a PostgreSQL database; by default that of the machine and the port.
    #[arg(long, value_name = "NAME", env = "GROUNDNUT_NODE_NAME")]
    node_name: Option<String>,
    /// Redis, over which the servers of one PostgreSQL database tell each other what happens, such as
    /// redis://127.0.0.1:6379/0.
    #[arg(
        long,
        value_name = "URL",
        env = "GROUNDNUT_REDIS_URL",
        hide_env_values = true
    )]
    redis_url: Option<Secret>,

    /// Fill an empty database with a few users and rooms, and print their names and passwords. Raises the
    /// limit of writes per minute for a lively chat.
    #[arg(long, env = "GROUNDNUT_DEMO")]
    demo: bool,

    /// Let a demo listen on an address that other machines can reach. Its page shows the passwords.
    #[arg(long)]
    demo_on_network: bool,

    /// The clock of this machine is right, although the database holds later timestamps.
    #[arg(long)]
    accept_clock: bool,

    /// Process that started this server and takes it with it when it ends.
    #[arg(long, value_name = "PID", hide = true)]
    parent: Option<u32>,

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
    /// Badges of accounts. Works while the server runs.
    #[command(subcommand)]
    Badge(BadgeCommand),
    /// Apps. Works while the server runs.
    #[command(subcommand)]
    Client(ClientCommand),
    /// Codes with which people make an account themselves. Works while the server runs.
    #[command(subcommand)]
    Invite(InviteCommand),
    /// Access tokens. Works while the server runs.
    #[command(subcommand)]
    Token(TokenCommand),
    /// What users reported. Works while the server runs.
    #[command(subcommand)]
    Report(ReportCommand),
    /// Fill an empty database with many people, posts, rooms and messages, to measure with.
    Seed(seed::SeedArgs),
    /// Move everything from one database into an empty one of the other kind: SQLite to PostgreSQL, or back. A move that was
    /// ended goes on when it is started again.
    Move(moving::MoveArgs),
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
            let settings = error.is::<ConfigError>();
            ExitCode::from(if settings { WRONG_SETTINGS } else { FAILED })
        }
    }
}

fn execute(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
    #[cfg(debug_assertions)]
    if let Some(folder) = faults(&cli) {
        crate::fault::arm(folder);
    }
    if let (outer, inner) = serve_flags(&cli)
        && let Some(parent) = inner.parent.or(outer.parent)
    {
        parent::end_with(parent)?;
    }
    if matches!(cli.command, None | Some(Command::Serve(_))) {
        return run_server(cli);
    }
    // The defaults help to mend settings that cannot be used, so these are not read.
    if matches!(cli.command, Some(Command::Config)) {
        let text = crate::config::reference::commented_defaults();
        return Ok(std::io::stdout().lock().write_all(text.as_bytes())?);
    }
    let config = Config::load(cli.common.config.as_deref(), flags(&cli))?;
    let log = Log::start("warn", Arc::default());
    let done = run_command(cli.command, &config);
    log.flush();
    done
}

fn run_command(
    command: Option<Command>,
    config: &Config,
) -> Result<(), Box<dyn std::error::Error>> {
    match command {
        Some(Command::User(command)) => accounts::users::run(config, command),
        Some(Command::Badge(command)) => accounts::badges::run(config, command),
        Some(Command::Client(command)) => accounts::clients::run(config, command),
        Some(Command::Invite(command)) => accounts::invites::run(config, command),
        Some(Command::Token(command)) => accounts::tokens::run(config, command),
        Some(Command::Report(command)) => accounts::reports::run(config, &command),
        Some(Command::Seed(args)) => seed::run(config, &args),
        Some(Command::Move(args)) => moving::run(config, &args),
        // Handled before: these need no settings, or have exit codes of their own.
        None | Some(Command::Config | Command::Serve(_) | Command::Loadtest(_)) => Ok(()),
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
            | Command::Badge(_)
            | Command::Client(_)
            | Command::Invite(_)
            | Command::Token(_)
            | Command::Report(_)
            | Command::Seed(_)
            | Command::Move(_)
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
    let node_name = inner.node_name.as_ref().or(outer.node_name.as_ref());
    let redis_url = inner.redis_url.as_ref().or(outer.redis_url.as_ref());
    let redis_url = redis_url.map(|url| url.reveal().to_owned());
    let demo = (inner.demo || outer.demo).then(|| true.to_string());
    let on_network = (inner.demo_on_network || outer.demo_on_network).then(|| true.to_string());
    Named::default()
        .with(
            "store.database_url",
            "--database-url",
            common
                .database_url
                .as_ref()
                .map(|url| url.reveal().to_owned()),
        )
        .with("server.log", "--log", common.log.clone())
        .with("server.bind", "--bind", bind.cloned())
        .with("server.node_name", "--node-name", node_name.cloned())
        .with("cluster.redis_url", "--redis-url", redis_url)
        .with("server.demo", "--demo", demo)
        .with("server.demo_on_network", "--demo-on-network", on_network)
}

/// The settings of a server: with a demo, the limits of writes are raised for a lively chat.
fn settings(cli: &Cli) -> Result<Config, ConfigError> {
    let mut config = Config::load(cli.common.config.as_deref(), flags(cli))?;
    config.demand_servable()?;
    if config.server.demo {
        let limits = &mut config.rate_limits;
        limits.writes = limits.writes.max(600);
        limits.user_writes = limits.user_writes.max(2 * limits.writes);
    }
    Ok(config)
}

/// Does not come back after an end that was not in order.
fn run_server(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
    let config = settings(&cli)?;
    let metrics = Arc::new(Metrics::default());
    let log = Arc::new(Log::start(&config.server.log, metrics.clone()));
    let (outer, inner) = serve_flags(&cli);
    let accepts_clock = inner.accept_clock || outer.accept_clock;
    let done = crate::server::serve(Launch {
        config,
        read_again: Box::new(move || settings(&cli)),
        log: log.clone(),
        metrics,
        accepts_clock,
    });
    log.flush();
    Ok(done?)
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
