//! `token …`: access tokens.

use std::io::Read;

use clap::{Args, Subcommand};
use serde_json::json;

use super::table::List;
use super::{Database, Done, PAGE, counted, no_client, no_user, print, sentence};
use crate::actors::operator;
use crate::actors::user::write::{grant, revoke};
use crate::config::Config;
use crate::model::{ClientId, Refusal, Scopes, Stamp, TokenId};
use crate::store::secret::{hash_token, random_id};
use crate::store::{RosterToken, TokenFilter, login_key};

/// Tokens revoked in one transaction: a few milliseconds of the write lock, which a running server waits for.
pub(super) const AT_ONCE: i64 = 200;

/// Longest line read as a token.
const TOKEN_BYTES: u64 = 1024;

/// Commands about tokens.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TokenCommand {
    /// Create a user token or an app token. It is printed only now.
    Create {
        /// The app's client id.
        #[arg(long, value_name = "ID", allow_hyphen_values = true)]
        client: String,
        /// User that the token acts for; without it the token is an app token.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// Scopes, separated by commas; basic is always included.
        #[arg(long, value_name = "LIST", default_value = "basic")]
        scopes: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// List tokens, without their secrets.
    List {
        #[command(flatten)]
        of: Of,
        /// Print one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Revoke tokens: they answer 401, and their streams are closed (4001).
    Revoke {
        /// Ids, as `token list` shows them.
        #[arg(value_name = "TOKEN_ID")]
        ids: Vec<i64>,
        #[command(flatten)]
        of: Of,
        /// Read a token itself from standard input, such as one that was published by mistake.
        #[arg(long)]
        token_stdin: bool,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// Which tokens are meant: those that fit all that is given.
#[derive(Args, Debug)]
pub(in crate::cli) struct Of {
    /// Tokens of this user.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Tokens of this app, its app tokens included.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    client: Option<String>,
}

impl Of {
    fn filter(self, database: &Database) -> Done<TokenFilter> {
        let user = self.user.map(|name| database.user(&name)).transpose()?;
        let client = self.client.map(ClientId::from);
        if let Some(id) = client.clone() {
            database.read(move |db| {
                let known = db.client(&id)?.is_some() || db.is_client_deleted(&id)?;
                known.then_some(()).ok_or_else(|| no_client(id.as_str()))
            })?;
        }
        Ok(TokenFilter {
            user,
            client,
            of_apps: false,
        })
    }
}

/// Runs a command about tokens.
pub(in crate::cli) fn run(config: &Config, command: TokenCommand) -> Done {
    match command {
        TokenCommand::Create {
            client,
            user,
            scopes,
            json,
        } => create(config, &client, user.as_deref(), &scopes, json),
        TokenCommand::List { of, json } => list(config, of, json),
        TokenCommand::Revoke {
            ids,
            of,
            token_stdin,
            json,
        } => revoke_chosen(config, ids, of, token_stdin, json),
    }
}

fn create(config: &Config, client: &str, user: Option<&str>, scopes: &str, json: bool) -> Done {
    let scopes = match user {
        Some(_) => Scopes::parse(scopes).map_err(|word| format!("{word:?} is not a scope"))?,
        None => Scopes::default(),
    };
    let (secret, client) = (random_id(), ClientId::from(client));
    let name = user.map(login_key);
    let kept = secret.clone();
    Database::open(config)?.write(move |tx| {
        tx.client(&client)?
            .ok_or_else(|| no_client(client.as_str()))?;
        let user = match &name {
            Some(name) => {
                let found = tx.ids_by_name(std::slice::from_ref(name))?;
                Some(*found.get(name).ok_or_else(|| no_user(name))?)
            }
            None => None,
        };
        grant(tx, &client, user, &scopes, &kept).map_err(|failure| {
            match (failure.refusal(), &name) {
                (Some(Refusal::NoAccess), Some(name)) => sentence(format!(
                    "user {name} is disabled; `groundnut user enable {name}` takes that back"
                )),
                (Some(Refusal::ClientPrivate), _) => sentence(format!(
                    "client {client} is private: only its owner may have a token of it"
                )),
                _ => failure,
            }
        })
    })?;
    print(json, &json!({"access_token": secret}), &secret)
}

fn list(config: &Config, of: Of, json: bool) -> Done {
    let database = Database::open(config)?;
    let filter = of.filter(&database)?;
    let mut list = List::new([
        "ID",
        "USER",
        "APP",
        "CLIENT ID",
        "CREATED",
        "LAST USED",
        "SCOPES",
    ]);
    let mut after = TokenId(0);
    loop {
        let filter = filter.clone();
        let page = database.read(move |db| db.roster_tokens(&filter, after, PAGE))?;
        let Some(last) = page.last() else { break };
        after = last.id;
        page.iter().for_each(|token| push(&mut list, token));
    }
    list.print(json)
}

/// App tokens have no user and no scopes.
fn or_dash(cell: String) -> String {
    match cell.as_str() {
        "" => String::from("-"),
        _ => cell,
    }
}

fn push(list: &mut List, token: &RosterToken) {
    list.push(
        [
            token.id.0.to_string(),
            or_dash(token.username.clone().unwrap_or_default()),
            token.client_name.clone(),
            token.client.to_string(),
            token.created_at.iso(),
            or_dash(token.used_at.map(Stamp::iso).unwrap_or_default()),
            or_dash(token.scopes.joined()),
        ],
        json!({
            "id": token.id.0.to_string(),
            "username": token.username,
            "client_id": token.client,
            "client_name": token.client_name,
            "scopes": token.scopes,
            "created_at": token.created_at.iso(),
            "used_at": token.used_at.map(Stamp::iso),
        }),
    );
}

fn revoke_chosen(config: &Config, ids: Vec<i64>, of: Of, token_stdin: bool, json: bool) -> Done {
    let by_filter = of.user.is_some() || of.client.is_some();
    if [!ids.is_empty(), by_filter, token_stdin]
        .iter()
        .filter(|given| **given)
        .count()
        != 1
    {
        return Err(
            "name the tokens: either ids, or --user and/or --client, or --token-stdin".into(),
        );
    }
    let database = Database::open(config)?;
    let revoked = if by_filter {
        let filter = of.filter(&database)?;
        revoke_all(&database, &filter)?
    } else if token_stdin {
        vec![revoke_secret(&database)?]
    } else {
        revoke_ids(&database, ids)?
    };
    let shown: Vec<String> = revoked.iter().map(|id| id.0.to_string()).collect();
    print(
        json,
        &json!({ "revoked": shown }),
        &format!("revoked {}", counted(revoked.len(), "token")),
    )
}

/// All that the filter means, a few at a time.
pub(super) fn revoke_all(database: &Database, filter: &TokenFilter) -> Done<Vec<TokenId>> {
    let mut revoked = Vec::new();
    loop {
        let filter = filter.clone();
        let some = database.write(move |tx| operator::revoke_some(tx, &filter, AT_ONCE))?;
        if some.is_empty() {
            return Ok(revoked);
        }
        revoked.extend(some);
    }
}

/// All of these, or none if one does not exist. An id that is given twice is revoked and counted once.
fn revoke_ids(database: &Database, mut ids: Vec<i64>) -> Done<Vec<TokenId>> {
    ids.sort_unstable();
    ids.dedup();
    database.write(move |tx| {
        for id in &ids {
            if !tx.has_token(TokenId(*id))? {
                return Err(sentence(format!(
                    "no token has the id {id}; `groundnut token list` shows all ids"
                )));
            }
        }
        for id in &ids {
            revoke(tx, TokenId(*id))?;
        }
        Ok(ids.into_iter().map(TokenId).collect())
    })
}

fn revoke_secret(database: &Database) -> Done<TokenId> {
    let mut secret = String::new();
    let read = std::io::stdin()
        .take(TOKEN_BYTES)
        .read_to_string(&mut secret);
    read.map_err(|error| format!("the token on standard input cannot be read: {error}"))?;
    let hash = hash_token(secret.trim());
    database.write(move |tx| {
        let found = tx.token_id_by_hash(&hash)?;
        let id = found.ok_or_else(|| {
            sentence(String::from(
                "the token on standard input is not valid here; nothing was revoked",
            ))
        })?;
        revoke(tx, id)?;
        Ok(id)
    })
}
