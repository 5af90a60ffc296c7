//! Accounts, apps and tokens from the command line. A running server shares the database and learns of the changes
//! through the event log.

use std::error::Error;
use std::io::{Read, Write};

use serde_json::{Value, json};

use crate::actors::user::write::grant;
use crate::clock::Clock;
use crate::config::Config;
use crate::model::{ClientId, Failure, Refusal, Scopes};
use crate::store::secret::{hash_password, random_id};
use crate::store::{NewClient, NewUser, Store, StoreOptions, Tx};
use crate::text::controls;

type Done = Result<(), Box<dyn Error>>;

/// Runs one write against the database of this configuration, which is there and of this version.
fn write<T: Send + 'static>(
    config: &Config,
    job: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Box<dyn Error>> {
    let store = Store::open_existing(
        &StoreOptions::from(&config.store),
        Clock::default(),
        std::sync::Arc::default(),
    )
    .map_err(explain)?;
    let done = actix::System::new().block_on(async {
        let done = store.write(job).await;
        store.close().await;
        done
    });
    done.map_err(explain)
}

fn explain(failure: Failure) -> Box<dyn Error> {
    match failure {
        Failure::Refused(refused) => refused.message().into(),
        Failure::Busy => "the database is busy; try again".into(),
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

/// `user create NAME`
pub(super) fn create_user(config: &Config, name: &str, password_stdin: bool, json: bool) -> Done {
    let most = config.limits.username_length;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || name.len() > most || !name.chars().all(is_plain) {
        return Err(format!("a user name has 1 to {most} of a-z, 0-9 and _").into());
    }
    let password_hash = if password_stdin {
        let mut password = String::new();
        std::io::stdin().read_to_string(&mut password)?;
        let password = password.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            return Err("standard input held no password".into());
        }
        if controls::has_nul(password) {
            return Err("a password may not contain NUL characters".into());
        }
        Some(hash_password(password).map_err(explain)?)
    } else {
        None
    };
    let new = NewUser {
        username: name.to_owned(),
        password_hash,
        ..NewUser::default()
    };
    let user = write(config, move |tx| {
        tx.create_user(&new)
            .map_err(|failure| match failure.refusal() {
                Some(Refusal::Invalid) => Failure::Trouble("this name is taken".into()),
                Some(_) | None => failure,
            })
    })?;
    print(
        json,
        &json!({"id": user.id, "username": user.username}),
        &format!("user {} has id {}", user.username, user.id),
    )
}

/// `client create --name N`
pub(super) fn create_client(
    config: &Config,
    name: &str,
    redirect_uris: Vec<String>,
    url: Option<String>,
    json: bool,
) -> Done {
    if name.trim().is_empty() {
        return Err("an app needs a name".into());
    }
    for text in [name].into_iter().chain(url.as_deref()) {
        demand_name(text)?;
    }
    for uri in &redirect_uris {
        demand_name(uri)?;
    }
    let (id, secret) = (random_id(), random_id());
    let new = NewClient {
        id: ClientId::from(id.as_str()),
        secret: Some(secret.clone()),
        name: name.to_owned(),
        url: url.unwrap_or_else(|| String::from("about:blank")),
        redirect_uris,
        owner: None,
        is_public: false,
    };
    write(config, move |tx| tx.create_client(&new))?;
    print(
        json,
        &json!({"client_id": id, "client_secret": secret, "name": name}),
        &format!("client id      {id}\nclient secret  {secret}\nThe secret is not shown again."),
    )
}

fn demand_name(text: &str) -> Done {
    match controls::is_name(text) {
        true => Ok(()),
        false => Err(format!("{text:?} may not contain control characters").into()),
    }
}

/// `token create --client ID`
pub(super) fn create_token(
    config: &Config,
    client: &str,
    user: Option<&str>,
    scopes: &str,
    json: bool,
) -> Done {
    let scopes = match user {
        Some(_) => Scopes::parse(scopes).map_err(|word| format!("{word:?} is not a scope"))?,
        None => Scopes::default(),
    };
    let (secret, client) = (random_id(), ClientId::from(client));
    let name = user.map(|name| name.trim_start_matches('@').to_lowercase());
    let kept = secret.clone();
    write(config, move |tx| {
        let unknown = |what: String| Failure::Trouble(what.into());
        tx.client(&client)?
            .ok_or_else(|| unknown(format!("no client has the id {client}")))?;
        let user = match name {
            Some(name) => {
                let found = tx.ids_by_name(std::slice::from_ref(&name))?;
                Some(
                    *found
                        .get(&name)
                        .ok_or_else(|| unknown(format!("no user is called {name}")))?,
                )
            }
            None => None,
        };
        grant(tx, &client, user, &scopes, &kept)
    })?;
    print(json, &json!({"access_token": secret}), &secret)
}
