//! `client …`: apps.

mod describe;

use clap::Subcommand;
use serde_json::json;

use self::describe::{Edit, New, create, edit, rename, show};
use super::table::List;
use super::tokens::{AT_ONCE, revoke_all};
use super::{Database, Done, PAGE, counted, no_client, print, sentence};
use crate::actors::operator;
use crate::config::Config;
use crate::model::{ClientId, Failure, Refusal};
use crate::store::TokenFilter;
use crate::store::secret::random_id;

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
        /// User that the app belongs to, and that sees it on the page /account/developer.
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
        /// Only its owner sees it and may authorize it.
        #[arg(long, requires = "owner")]
        private: bool,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Show an app with its redirect addresses.
    Show {
        /// Its client id.
        #[arg(allow_hyphen_values = true)]
        id: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Change an app. What is not given stays.
    Edit {
        /// Its client id.
        #[arg(allow_hyphen_values = true)]
        id: String,
        /// Name of the app, as users see it.
        #[arg(long)]
        name: Option<String>,
        /// Home page of the app.
        #[arg(long)]
        url: Option<String>,
        /// Address that a browser may be redirected to; those that are given replace all.
        #[arg(long, value_name = "URI")]
        redirect_uri: Vec<String>,
        /// Only its owner sees it and may authorize it.
        #[arg(long, conflicts_with = "public")]
        private: bool,
        /// All users see it and may authorize it.
        #[arg(long)]
        public: bool,
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
            owner,
            private,
            json,
        } => {
            let new = New {
                name,
                redirect_uris: redirect_uri,
                url,
                owner,
                private,
            };
            create(config, new, json)
        }
        ClientCommand::Show { id, json } => show(config, &id, json),
        ClientCommand::Edit {
            id,
            name,
            url,
            redirect_uri,
            private,
            public,
            json,
        } => {
            let change = Edit {
                name,
                url,
                redirect_uris: redirect_uri,
                private: (private || public).then_some(private),
            };
            edit(config, &id, change, json)
        }
        ClientCommand::List { json } => list(config, json),
        ClientCommand::Rename { id, name, json } => rename(config, &id, &name, json),
        ClientCommand::Rotate { id, json } => rotate(config, &id, json),
        ClientCommand::Delete { id, json } => delete(config, &id, json),
    }
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
        client: Some(client.clone()),
        ..TokenFilter::default()
    };
    let revoked = revoke_all(&database, &filter)?.len();
    loop {
        let client = client.clone();
        let deleted = database.write(move |tx| tx.delete_filters_of_app(&client, AT_ONCE))?;
        if deleted == 0 {
            break;
        }
    }
    print(
        json,
        &json!({"client_id": id, "revoked": revoked}),
        &format!("client {id} is deleted, with {}", counted(revoked, "token")),
    )
}
