//! `invite …`: codes with which people make an account themselves.

use std::time::Duration;

use clap::Subcommand;
use serde_json::json;

use super::table::List;
use super::{Database, Done, PAGE, print};
use crate::config::{Config, SignUp};
use crate::store::secret::random_id;
use crate::store::{Invite, InviteId, NewInvite};
use crate::text::controls;

/// Commands about invites.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum InviteCommand {
    /// Make an invite. Its code is printed only now.
    Create {
        /// How many accounts it makes.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=100_000))]
        uses: i32,
        /// Days for which it holds.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: u16,
        /// For your own list: whom it is for.
        #[arg(long, default_value = "")]
        note: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// List all invites, those that are over included.
    List {
        /// Print one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Remove an invite. Accounts that were made with it stay.
    Revoke {
        /// Its number in the list.
        id: i64,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// Runs a command about invites.
pub(in crate::cli) fn run(config: &Config, command: InviteCommand) -> Done {
    match command {
        InviteCommand::Create {
            uses,
            days,
            note,
            json,
        } => create(config, uses, days, note, json),
        InviteCommand::List { json } => list(config, json),
        InviteCommand::Revoke { id, json } => revoke(config, id, json),
    }
}

fn create(config: &Config, uses: i32, days: u16, note: String, json: bool) -> Done {
    if !controls::is_name(&note) {
        return Err("a note may not contain control characters".into());
    }
    let code = random_id();
    let new = NewInvite {
        code: code.clone(),
        note,
        uses,
        lifetime: Duration::from_secs(u64::from(days) * 86_400),
    };
    let id = Database::open(config)?.write(move |tx| tx.create_invite(&new))?;
    let public_url = &*config.server.public_url;
    let link = format!("{public_url}/sign-up?invite={code}");
    let note = match config.accounts.sign_up {
        SignUp::Invite => "",
        SignUp::Closed => "\naccounts.sign_up is \"closed\": the code holds once it is \"invite\"",
        SignUp::Open => "\naccounts.sign_up is \"open\": no code is needed",
    };
    print(
        json,
        &json!({"id": id.0, "code": code, "path": link}),
        &format!("invite {} has the code {code}\nopen {link}{note}", id.0),
    )
}

fn list(config: &Config, json: bool) -> Done {
    let database = Database::open(config)?;
    let mut list = List::new(["ID", "USES LEFT", "EXPIRES", "CREATED", "NOTE"]);
    let mut after = InviteId(0);
    loop {
        let page = database.read(move |db| db.invites(after, PAGE))?;
        let Some(last) = page.last() else { break };
        after = last.id;
        page.iter().for_each(|invite| push(&mut list, invite));
    }
    list.print(json)
}

fn push(list: &mut List, invite: &Invite) {
    list.push(
        [
            invite.id.0.to_string(),
            invite.uses_left.to_string(),
            invite.expires_at.iso(),
            invite.created_at.iso(),
            invite.note.clone(),
        ],
        json!({
            "id": invite.id.0,
            "uses_left": invite.uses_left,
            "expires_at": invite.expires_at.iso(),
            "created_at": invite.created_at.iso(),
            "note": invite.note,
        }),
    );
}

fn revoke(config: &Config, id: i64, json: bool) -> Done {
    let removed = Database::open(config)?.write(move |tx| tx.delete_invite(InviteId(id)))?;
    if !removed {
        return Err(
            format!("no invite has the number {id}; `groundnut invite list` shows all").into(),
        );
    }
    print(
        json,
        &json!({"id": id}),
        &format!("invite {id} makes no more accounts"),
    )
}
