//! `seed`: a large database for measurements.

use std::io::Write as _;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::accounts::explain;
use super::accounts::users::password_hash;
use crate::clock::Clock;
use crate::config::Config;
use crate::setup::seed::{Part, Plan, fill};
use crate::store::{Store, StoreOptions};

/// How much the seed writes.
#[derive(Args, Clone, Debug)]
pub(super) struct SeedArgs {
    /// Accounts: person1, person2, … The first ten follow 5 000 people each, the eleventh blocks as many.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    users: u64,

    /// Posts, with replies, reposts and bookmarks.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(..=1_000_000_000))]
    posts: u64,

    /// Follows, besides those of the first ten accounts.
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(..=1_000_000_000))]
    follows: u64,

    /// Public rooms.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    channels: u64,

    /// Messages in all rooms.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(..=1_000_000_000))]
    messages: u64,

    /// Public polls, with five answers each.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(..=1_000_000_000))]
    polls: u64,

    /// The same number writes the same database again.
    #[arg(long, value_name = "N", default_value_t = 1)]
    random_seed: u64,

    /// Read a password for the first ten accounts from standard input. Without one, no account can sign in.
    #[arg(long)]
    password_stdin: bool,
}

/// Writes the rows, with a progress bar for each part.
pub(super) fn run(config: &Config, args: &SeedArgs) -> Result<(), Box<dyn std::error::Error>> {
    let password_hash = args
        .password_stdin
        .then(|| password_hash(config))
        .transpose()?;
    let plan = Plan {
        users: args.users,
        follows: args.follows,
        posts: args.posts,
        channels: args.channels,
        messages: args.messages,
        polls: args.polls,
        random_seed: args.random_seed,
    };
    let options = StoreOptions::from(&config.store);
    let store = Store::open(&options, Clock::default(), std::sync::Arc::default());
    let store = store.map_err(explain)?;
    let system = actix::System::new();
    let bar = ProgressBar::new(0);
    if let Ok(style) =
        ProgressStyle::with_template("{prefix:>10} [{wide_bar}] {pos}/{len} {per_sec} {eta}")
    {
        bar.set_style(style.progress_chars("=> "));
    }
    let mut shown = None;
    let filled = system.block_on(fill(
        &store,
        plan,
        password_hash,
        |part: Part, done, size| {
            if shown != Some(part) {
                shown = Some(part);
                bar.reset();
                bar.set_prefix(<&str>::from(part));
                bar.set_length(size);
            }
            bar.set_position(done);
        },
    ));
    bar.finish_and_clear();
    system.block_on(store.close());
    filled.map_err(explain)?;
    say(config, plan, args.password_stdin)
}

fn say(config: &Config, plan: Plan, can_sign_in: bool) -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{}: {} users, {} posts, {} channels, {} messages, {} polls (seed {})",
        StoreOptions::from(&config.store).shown()?,
        plan.users,
        plan.posts,
        plan.channels,
        plan.messages,
        plan.polls,
        plan.random_seed
    )?;
    if can_sign_in {
        writeln!(out, "person1 to person10 sign in with the given password")?;
    }
    Ok(())
}
