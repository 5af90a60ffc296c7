//! `user …`: accounts.

use std::io::Read;

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::badges;
use super::table::List;
use super::{Database, Done, PAGE, counted, explain, no_user, print, sentence};
use crate::actors::operator;
use crate::config::Config;
use crate::model::{Failure, Refusal, UserId, UserKind};
use crate::protocol::draft::email;
use crate::store::secret::{PASSWORD_BYTES, hash_password};
use crate::store::{NewUser, RosterUser, TokenFilter, login_key};
use crate::text::controls;

/// Commands about accounts.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum UserCommand {
    /// Create an account.
    Create {
        /// 1 to 20 of a-z, 0-9 and _.
        name: String,
        /// Read the password from standard input; without a password the account cannot sign in.
        #[arg(long)]
        password_stdin: bool,
        /// What the account is: posts of feeds and bots are not on the global stream.
        #[arg(long = "type", value_name = "TYPE", default_value = "human")]
        kind: Kind,
        /// E-mail address, a second name to sign in with.
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Replace the e-mail address of an account; without an address, remove it.
    Email {
        /// Its name.
        name: String,
        /// The new address.
        address: Option<String>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// List all accounts.
    List {
        /// Print one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Refuse an account: its tokens answer 401, its streams are closed (4005), its password does not sign in.
    Disable {
        /// Its name.
        name: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Take `disable` back. The account's tokens are valid again.
    Enable {
        /// Its name.
        name: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Replace the password of an account. Its tokens stay valid.
    Password {
        /// Its name.
        name: String,
        /// Read the new password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Say which web site is the account's; its profile shows it as verified.
    Verify {
        /// Its name.
        name: String,
        /// A page of the site, such as `https://example.org/about`.
        #[arg(required_unless_present = "none", conflicts_with = "none")]
        link: Option<String>,
        /// No site is.
        #[arg(long)]
        none: bool,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Give an account another name. Mentions in old messages keep the old one.
    Rename {
        /// Its name.
        name: String,
        /// 1 to 20 of a-z, 0-9 and _.
        new_name: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// What an account is, as the command line spells it.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum Kind {
    /// A person.
    Human,
    /// Publishes only.
    Feed,
    /// A program.
    Bot,
}

impl From<Kind> for UserKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Human => Self::Human,
            Kind::Feed => Self::Feed,
            Kind::Bot => Self::Bot,
        }
    }
}

/// Runs a command about accounts.
pub(in crate::cli) fn run(config: &Config, command: UserCommand) -> Done {
    match command {
        UserCommand::Create {
            name,
            password_stdin,
            kind,
            email,
            json,
        } => {
            let new = NewUser {
                username: name,
                email: address(email.as_deref())?,
                kind: kind.into(),
                ..NewUser::default()
            };
            create(config, new, password_stdin, json)
        }
        UserCommand::Email {
            name,
            address,
            json,
        } => set_email(config, &name, address.as_deref(), json),
        UserCommand::List { json } => list(config, json),
        UserCommand::Disable { name, json } => set_disabled(config, &name, true, json),
        UserCommand::Enable { name, json } => set_disabled(config, &name, false, json),
        UserCommand::Password {
            name,
            password_stdin: _,
            json,
        } => set_password(config, &name, json),
        UserCommand::Verify {
            name,
            link,
            none: _,
            json,
        } => badges::verify(config, &name, link.as_deref(), json),
        UserCommand::Rename {
            name,
            new_name,
            json,
        } => rename(config, &name, &new_name, json),
    }
}

fn demand_username(config: &Config, name: &str) -> Done {
    let most = config.limits.username_length;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || name.len() > most || !name.chars().all(is_plain) {
        return Err(format!("a user name has 1 to {most} of a-z, 0-9 and _").into());
    }
    Ok(())
}

/// The hash of the password on standard input.
pub(in crate::cli) fn password_hash(config: &Config) -> Done<String> {
    let mut password = String::new();
    // One byte more than any valid password and its line end, so that a longer one is noticed.
    let most = PASSWORD_BYTES as u64 + 3;
    let read = std::io::stdin().take(most).read_to_string(&mut password);
    read.map_err(|error| format!("the password on standard input cannot be read: {error}"))?;
    let password = password.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err("standard input held no password".into());
    }
    if controls::has_nul(password) {
        return Err("a password may not contain NUL characters".into());
    }
    let least = config.limits.password_length;
    if password.chars().count() < least {
        return Err(
            format!("a password has at least {least} characters (limits.password_length)").into(),
        );
    }
    if password.len() > PASSWORD_BYTES {
        return Err(format!("a password has at most {PASSWORD_BYTES} bytes").into());
    }
    hash_password(password).map_err(explain)
}

fn address(text: Option<&str>) -> Done<Option<String>> {
    email(text.unwrap_or_default()).map_err(|refused| refused.message().into())
}

fn taken(failure: Failure) -> Failure {
    match &failure {
        Failure::Refused(refused) if refused.refusal == Refusal::Invalid => {
            let what = match refused.field.as_deref() {
                Some("email") => "e-mail address",
                Some(_) | None => "name",
            };
            sentence(format!("this {what} is taken"))
        }
        Failure::Refused(_)
        | Failure::Busy
        | Failure::Away
        | Failure::Unsure
        | Failure::Stopping
        | Failure::Trouble(_) => failure,
    }
}

fn create(config: &Config, mut new: NewUser, password_stdin: bool, json: bool) -> Done {
    demand_username(config, &new.username)?;
    if password_stdin {
        new.password_hash = Some(password_hash(config)?);
    }
    let user = Database::open(config)?.write(move |tx| tx.create_user(&new).map_err(taken))?;
    print(
        json,
        &json!({"id": user.id, "username": user.username}),
        &format!("user {} has id {}", user.username, user.id),
    )
}

fn list(config: &Config, json: bool) -> Done {
    let database = Database::open(config)?;
    let mut list = List::new(["ID", "NAME", "STATE", "PASSWORD", "TOKENS", "CREATED"]);
    let mut after = UserId(0);
    loop {
        let page = database.read(move |db| db.roster_users(after, PAGE))?;
        let Some(last) = page.last() else { break };
        after = last.id;
        page.iter().for_each(|user| push(&mut list, user));
    }
    list.print(json)
}

fn push(list: &mut List, user: &RosterUser) {
    let state = match user.disabled_at {
        Some(at) => format!("disabled {}", at.iso()),
        None => String::from("enabled"),
    };
    let password = if user.has_password { "yes" } else { "no" };
    list.push(
        [
            user.id.to_string(),
            user.username.clone(),
            state,
            password.to_owned(),
            user.tokens.to_string(),
            user.created_at.iso(),
        ],
        json!({
            "id": user.id,
            "username": user.username,
            "disabled_at": user.disabled_at.map(crate::model::Stamp::iso),
            "has_password": user.has_password,
            "tokens": user.tokens,
            "created_at": user.created_at.iso(),
        }),
    );
}

fn set_disabled(config: &Config, name: &str, disabled: bool, json: bool) -> Done {
    let database = Database::open(config)?;
    let user = database.user(name)?;
    let changed = database.write(move |tx| operator::set_disabled(tx, user, disabled))?;
    let state = if disabled { "disabled" } else { "enabled" };
    let filter = TokenFilter {
        user: Some(user),
        ..TokenFilter::default()
    };
    let tokens = database.read(move |db| db.count_roster_tokens(&filter))?;
    let tokens = counted(tokens, "token");
    let name = login_key(name);
    let words = match (changed, disabled) {
        (false, _) => format!("user {name} was {state} already"),
        (true, true) => {
            format!(
                "user {name} is disabled: {tokens} refused until `groundnut user enable {name}`"
            )
        }
        (true, false) => format!("user {name} is enabled: {tokens} valid again"),
    };
    let object = json!({"id": user, "username": name, "state": state, "changed": changed});
    print(json, &object, &words)
}

fn set_email(config: &Config, name: &str, given: Option<&str>, json: bool) -> Done {
    let email = address(given)?;
    let database = Database::open(config)?;
    let user = database.user(name)?;
    let new = email.clone();
    database.write(move |tx| tx.set_email(user, new.as_deref()).map_err(taken))?;
    let name = login_key(name);
    let words = match &email {
        Some(email) => format!("user {name} has the e-mail address {email}"),
        None => format!("user {name} has no e-mail address"),
    };
    print(
        json,
        &json!({"id": user, "username": name, "email": email}),
        &words,
    )
}

fn set_password(config: &Config, name: &str, json: bool) -> Done {
    let database = Database::open(config)?;
    let user = database.user(name)?;
    let hash = password_hash(config)?;
    database.write(move |tx| operator::set_password(tx, user, &hash))?;
    let name = login_key(name);
    print(
        json,
        &json!({"id": user, "username": name}),
        &format!(
            "user {name} has a new password; `groundnut token revoke --user {name}` signs the account out everywhere"
        ),
    )
}

fn rename(config: &Config, name: &str, new_name: &str, json: bool) -> Done {
    demand_username(config, new_name)?;
    let database = Database::open(config)?;
    let (old, new) = (login_key(name), new_name.to_owned());
    let user = database.write(move |tx| {
        let found = tx.ids_by_name(std::slice::from_ref(&old))?;
        let user = *found.get(&old).ok_or_else(|| no_user(&old))?;
        operator::rename_user(tx, user, &new).map_err(taken)
    })?;
    print(
        json,
        &json!({"id": user.id, "username": user.username}),
        &format!("user {} is now called {}", user.id, user.username),
    )
}
