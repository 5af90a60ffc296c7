//! `client …`: apps.

use clap::Subcommand;
use serde_json::json;

use super::table::List;
use super::tokens::revoke_all;
use super::{Database, Done, PAGE, counted, demand_name, no_client, print, sentence};
use crate::actors::operator;
use crate::config::Config;
use crate::model::{ClientId, Failure, Refusal};
use crate::store::secret::random_id;
use crate::store::{NewClient, TokenFilter};

/// Commands about apps.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ClientCommand {
    /// Register an app. Its secret is printed only now.
    Create {
        /// Name of the app, as users see it.
        #[arg(long)]
        name: String,
        /// Address that a browser may be redirected to.
        #[arg(long, value_name = "URI")]
        redirect_uri: Vec<String>,
        /// Home page of the app.
        #[arg(long)]
        url: Option<String>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// List all apps.
    List {
        /// Print one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Give an app another name.
    Rename {
        /// Its client id.
        #[arg(allow_hyphen_values = true)]
        id: String,
        /// Name of the app, as users see it.
        name: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Replace the secret of an app, and print the new one only now. Its tokens stay valid.
    Rotate {
        /// Its client id.
        #[arg(allow_hyphen_values = true)]
        id: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Delete an app: its secret, its streams and all its tokens. Messages that were written with it stay.
    Delete {
        /// Its client id.
        #[arg(allow_hyphen_values = true)]
        id: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// Runs a command about apps.
pub(in crate::cli) fn run(config: &Config, command: ClientCommand) -> Done {
    match command {
        ClientCommand::Create {
            name,
            redirect_uri,
            url,
            json,
        } => create(config, &name, redirect_uri, url, json),
        ClientCommand::List { json } => list(config, json),
        ClientCommand::Rename { id, name, json } => rename(config, &id, &name, json),
        ClientCommand::Rotate { id, json } => rotate(config, &id, json),
        ClientCommand::Delete { id, json } => delete(config, &id, json),
    }
}

fn demand_app_name(name: &str) -> Done {
    if name.trim().is_empty() {
        return Err("an app needs a name".into());
    }
    demand_name(name)
}

fn create(
    config: &Config,
    name: &str,
    redirect_uris: Vec<String>,
    url: Option<String>,
    json: bool,
) -> Done {
    demand_app_name(name)?;
    for text in redirect_uris.iter().chain(&url) {
        demand_name(text)?;
    }
    redirect_uris.iter().try_for_each(|uri| demand_uri(uri))?;
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
    Database::open(config)?.write(move |tx| tx.create_client(&new))?;
    print(
        json,
        &json!({"client_id": id, "client_secret": secret, "name": name}),
        &format!("client id      {id}\nclient secret  {secret}\nThe secret is not shown again."),
    )
}

/// An address that a browser can be sent to (RFC 6749 §3.1.2): absolute, and without a fragment.
fn demand_uri(uri: &str) -> Done {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-');
    let is_scheme = |scheme: &str| {
        let is_page = ["javascript", "data", "file"].contains(&scheme);
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(is_plain)
            && !is_page
    };
    let is_host = |rest: &str| {
        let host = rest.strip_prefix("//").unwrap_or_default();
        !host.is_empty() && !host.starts_with(['/', ':', '?'])
    };
    let is_absolute = uri.split_once(':').is_some_and(|(scheme, rest)| {
        let scheme = scheme.to_ascii_lowercase();
        let is_web = scheme == "http" || scheme == "https";
        is_scheme(&scheme) && !rest.is_empty() && (!is_web || is_host(rest))
    });
    if is_absolute && !uri.contains(|c: char| c == '#' || c.is_whitespace()) {
        return Ok(());
    }
    Err(format!(
        "--redirect-uri: expected an absolute address without a fragment, such as https://app.example.org/callback or \
         app.example:/callback, got {uri:?}"
    )
    .into())
}

fn list(config: &Config, json: bool) -> Done {
    let database = Database::open(config)?;
    let mut list = List::new(["CLIENT ID", "NAME", "TOKENS", "CREATED", "URL"]);
    let mut after = ClientId::from("");
    loop {
        let behind = after.clone();
        let page = database.read(move |db| db.roster_clients(&behind, PAGE))?;
        let Some(last) = page.last() else { break };
        after = last.id.clone();
        for app in &page {
            list.push(
                [
                    app.id.to_string(),
                    app.name.clone(),
                    app.tokens.to_string(),
                    app.created_at.iso(),
                    app.url.clone(),
                ],
                json!({
                    "client_id": app.id,
                    "name": app.name,
                    "url": app.url,
                    "is_public": app.is_public,
                    "tokens": app.tokens,
                    "created_at": app.created_at.iso(),
                }),
            );
        }
    }
    list.print(json)
}

/// What a refusal means for an app that was named by id.
fn named(id: &ClientId, failure: Failure) -> Failure {
    match failure.refusal() {
        Some(Refusal::NotFound) => no_client(id.as_str()),
        Some(Refusal::NoAccess) => sentence(format!(
            "{id} is the built-in app of the room page: it has no secret, and registers itself at each start"
        )),
        Some(_) | None => failure,
    }
}

fn rename(config: &Config, id: &str, name: &str, json: bool) -> Done {
    demand_app_name(name)?;
    let (client, new) = (ClientId::from(id), name.to_owned());
    Database::open(config)?.write(move |tx| {
        let renamed = operator::rename_client(tx, &client, &new);
        renamed.map_err(|failure| named(&client, failure))
    })?;
    print(
        json,
        &json!({"client_id": id, "name": name}),
        &format!("client {id} is now called {name}"),
    )
}

fn rotate(config: &Config, id: &str, json: bool) -> Done {
    let (client, secret) = (ClientId::from(id), random_id());
    let new = secret.clone();
    Database::open(config)?.write(move |tx| {
        let rotated = operator::rotate_secret(tx, &client, &new);
        rotated.map_err(|failure| named(&client, failure))
    })?;
    print(
        json,
        &json!({"client_id": id, "client_secret": secret}),
        &format!(
            "client secret  {secret}\nThe old secret is refused from now on; this one is not shown again.\n\
             `groundnut token revoke --client {id}` revokes what was granted with the old one."
        ),
    )
}

fn delete(config: &Config, id: &str, json: bool) -> Done {
    let database = Database::open(config)?;
    let client = ClientId::from(id);
    let name = client.clone();
    database.write(move |tx| {
        // A deletion that was interrupted before all tokens were removed is completed.
        if tx.is_client_deleted(&name)? {
            return Ok(());
        }
        operator::delete_client(tx, &name).map_err(|failure| named(&name, failure))
    })?;
    let filter = TokenFilter {
        user: None,
        client: Some(client),
    };
    let revoked = revoke_all(&database, &filter)?.len();
    print(
        json,
        &json!({"client_id": id, "revoked": revoked}),
        &format!("client {id} is deleted, with {}", counted(revoked, "token")),
    )
}
