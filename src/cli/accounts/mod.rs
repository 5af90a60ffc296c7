//! Accounts, apps, tokens and reports from the command line. A running server shares the database and learns of the changes
//! through the event log, within a second.

pub(super) mod badges;
pub(super) mod clients;
pub(super) mod invites;
pub(super) mod reports;
mod table;
pub(super) mod tokens;
pub(super) mod users;

use std::error::Error;
use std::io::Write;

use actix::SystemRunner;
use serde_json::Value;

pub(super) use badges::BadgeCommand;
pub(super) use clients::ClientCommand;
pub(super) use invites::InviteCommand;
pub(super) use reports::ReportCommand;
pub(super) use tokens::TokenCommand;
pub(super) use users::UserCommand;

use crate::clock::Clock;
use crate::config::Config;
use crate::model::{Failure, UserId};
use crate::store::{Db, Store, StoreOptions, Tx, login_key};
use crate::text::controls;

/// The outcome of a command; the error is a sentence for the operator.
type Done<T = ()> = Result<T, Box<dyn Error>>;

/// Rows read at a time for a list.
const PAGE: i64 = 1000;

/// The database of a configuration, open for one command.
struct Database {
    system: SystemRunner,
    store: Store,
}

impl Database {
    fn open(config: &Config) -> Done<Self> {
        let options = StoreOptions::from(&config.store);
        let store = Store::open_existing(&options, Clock::default(), std::sync::Arc::default());
        Ok(Self {
            system: actix::System::new(),
            store: store.map_err(explain)?,
        })
    }

    fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Db<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Done<T> {
        self.system.block_on(self.store.read(job)).map_err(explain)
    }

    fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Done<T> {
        self.system.block_on(self.store.write(job)).map_err(explain)
    }

    /// The account with this name.
    fn user(&self, name: &str) -> Done<UserId> {
        let name = login_key(name);
        self.read(move |db| {
            let found = db.ids_by_name(std::slice::from_ref(&name))?;
            let known = found.get(&name).copied();
            known.ok_or_else(|| no_user(&name))
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.system.block_on(self.store.close());
    }
}

/// A failure that is a sentence for the operator.
fn sentence(words: String) -> Failure {
    Failure::Trouble(words.into())
}

fn no_user(name: &str) -> Failure {
    sentence(format!(
        "no user is called {name}; `groundnut user list` shows all names"
    ))
}

fn no_client(id: &str) -> Failure {
    sentence(format!(
        "no client has the id {id}; `groundnut client list` shows all ids"
    ))
}

pub(super) fn explain(failure: Failure) -> Box<dyn Error> {
    match failure {
        Failure::Refused(refused) => refused.message().into(),
        Failure::Busy => "the database is busy; try again".into(),
        away @ (Failure::Away | Failure::Unsure) => away.to_string().into(),
        Failure::Stopping => "the database was closed".into(),
        Failure::Trouble(what) => what.as_ref().into(),
    }
}

fn print(json: bool, object: &Value, sentence: &str) -> Done {
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{object}")?;
    } else {
        writeln!(out, "{sentence}")?;
    }
    Ok(())
}

/// Refuses a text that would damage a list or a page.
fn demand_name(text: &str) -> Done {
    match controls::is_name(text) {
        true => Ok(()),
        false => Err(format!("{text:?} may not contain control characters").into()),
    }
}

/// `1 token`, `2 tokens`.
fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
