//! The command line: what can be done, and what it prints.

mod accounts;
mod logging;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::Config;

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

/// What every command takes.
#[derive(Args, Clone, Debug)]
struct Common {
    /// Settings file (TOML). `groundnut config` prints one with all defaults.
    #[arg(long, global = true, value_name = "FILE", env = "GROUNDNUT_CONFIG")]
    config: Option<PathBuf>,

    /// Where the data is, such as sqlite://data/groundnut.db or sqlite:///var/lib/groundnut.db.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "GROUNDNUT_DATABASE_URL"
    )]
    database_url: Option<String>,

    /// What is logged on standard error: error, warn, info, debug, or a filter such as groundnut=debug.
    #[arg(long, global = true, value_name = "LEVEL", env = "GROUNDNUT_LOG")]
    log: Option<String>,
}

#[derive(Args, Clone, Debug, Default)]
struct ServeArgs {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", env = "GROUNDNUT_BIND")]
    bind: Option<String>,

    /// Fill an empty database with a few people and rooms, and print who they are. Raises the limit of
    /// writes per minute, so that a chat can be lively.
    #[arg(long, env = "GROUNDNUT_DEMO")]
    demo: bool,

    /// A folder whose files switch faults on, for the suite.
    #[cfg(debug_assertions)]
    #[arg(long, value_name = "DIR", hide = true)]
    faults: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve (also what runs without a command).
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
    /// Measure how many listeners a room can have, at what delay.
    Loadtest(Box<crate::load::LoadtestArgs>),
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Create an account.
    Create {
        /// 1 to 20 of a-z, 0-9 and _.
        name: String,
        /// Read the password from standard input; without it the account cannot sign in.
        #[arg(long)]
        password_stdin: bool,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum ClientCommand {
    /// Register an app. Its secret is shown once.
    Create {
        /// Shown to people.
        #[arg(long)]
        name: String,
        /// Where a browser may be sent back to.
        #[arg(long, value_name = "URI")]
        redirect_uri: Vec<String>,
        /// Where to read about the app.
        #[arg(long)]
        url: Option<String>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Give an app a token, of a user or of its own. It is shown once.
    Create {
        /// The app's client id.
        #[arg(long, value_name = "ID", allow_hyphen_values = true)]
        client: String,
        /// For whom; without it the token is the app's own.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// What it opens, separated by commas; basic is always included.
        #[arg(long, value_name = "LIST", default_value = "basic")]
        scopes: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command line.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    if let Some(Command::Loadtest(args)) = cli.command {
        return crate::load::run(*args);
    }
    match obey(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed; there is nobody else to tell.
            drop(writeln!(std::io::stderr().lock(), "groundnut: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn obey(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
    let mut config = Config::load(cli.common.config.as_deref())?;
    if let Some(url) = cli.common.database_url {
        config.store.database_url = url;
    }
    if let Some(log) = cli.common.log {
        config.server.log = log;
    }
    match cli.command {
        None => serve(config, cli.serve),
        // `groundnut --bind X serve` and `groundnut serve --bind X` mean the same.
        Some(Command::Serve(args)) => serve(
            config,
            ServeArgs {
                bind: args.bind.or(cli.serve.bind),
                demo: args.demo || cli.serve.demo,
                #[cfg(debug_assertions)]
                faults: args.faults.or(cli.serve.faults),
            },
        ),
        Some(Command::User(UserCommand::Create {
            name,
            password_stdin,
            json,
        })) => {
            logging::start("warn");
            accounts::create_user(&config, &name, password_stdin, json)
        }
        Some(Command::Client(ClientCommand::Create {
            name,
            redirect_uri,
            url,
            json,
        })) => {
            logging::start("warn");
            accounts::create_client(&config, &name, redirect_uri, url, json)
        }
        Some(Command::Token(TokenCommand::Create {
            client,
            user,
            scopes,
            json,
        })) => {
            logging::start("warn");
            accounts::create_token(&config, &client, user.as_deref(), &scopes, json)
        }
        Some(Command::Config) => {
            let text = crate::config::reference::commented_defaults();
            Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
        }
        // Taken out before: it has its own exit codes.
        Some(Command::Loadtest(_)) => Ok(()),
    }
}

fn serve(mut config: Config, args: ServeArgs) -> Result<(), Box<dyn std::error::Error>> {
    if let Some(bind) = args.bind {
        config.server.bind = bind;
    }
    let with_demo = args.demo || config.server.demo;
    if with_demo {
        config.rate_limits.writes = config.rate_limits.writes.max(600);
    }
    logging::start(&config.server.log);
    #[cfg(debug_assertions)]
    if let Some(folder) = args.faults {
        crate::fault::arm(folder);
    }
    Ok(crate::server::serve(&config, with_demo)?)
}
