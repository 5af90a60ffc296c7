//! What an app is called, where it lives, and to whom it belongs.

use serde_json::json;

use super::named;
use crate::actors::{developer, operator};
use crate::cli::accounts::{Database, Done, no_client, print, sentence};
use crate::config::Config;
use crate::model::{ClientId, Refusal, Refused};
use crate::protocol::draft::{ClientDraft, client_name, demand_uri};
use crate::store::NewClient;
use crate::store::secret::random_id;

/// The fields, or a sentence that names the option.
fn described(
    name: &str,
    url: Option<&str>,
    redirects: &[String],
    private: bool,
) -> Done<ClientDraft> {
    let redirects = redirects.iter().map(|uri| demand_one(uri));
    let redirects = redirects.collect::<Done<Vec<_>>>()?.join(" ");
    ClientDraft::read(name, url.unwrap_or_default(), &redirects, "", private)
        .map_err(|refused| option(&refused))
}

/// An option that holds white space would be read as two addresses.
fn demand_one(uri: &str) -> Done<&str> {
    match demand_uri(uri) {
        Ok(()) => Ok(uri),
        Err(_refused) => Err(no_address(uri)),
    }
}

fn no_address(uri: &str) -> Box<dyn std::error::Error> {
    format!(
        "--redirect-uri: expected an absolute address without a fragment, such as https://app.example.org/callback or \
         app.example:/callback, got {uri:?}"
    )
    .into()
}

/// What a refused field is called on the command line.
fn option(refused: &Refused) -> Box<dyn std::error::Error> {
    let field = refused.field.as_deref().unwrap_or_default();
    let text = refused.refusal.text();
    match (field, refused.refusal) {
        ("name", Refusal::Invalid) => {
            "the name of an app may not contain control characters, and has to be visible".into()
        }
        ("url", Refusal::Invalid) => {
            "--url: expected an address of the web without blanks and control characters, such as https://app.example.org".into()
        }
        ("name", _) => format!("the name of an app: {text}").into(),
        ("redirect_uris", _) => format!("--redirect-uri: {text}").into(),
        _ => refused.message().into(),
    }
}

/// A new app, as the options describe it.
pub(super) struct New {
    pub(super) name: String,
    pub(super) redirect_uris: Vec<String>,
    pub(super) url: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) private: bool,
}

/// Registers an app.
pub(super) fn create(config: &Config, new: New, json: bool) -> Done {
    let draft = described(
        &new.name,
        new.url.as_deref(),
        &new.redirect_uris,
        new.private,
    )?;
    let database = Database::open(config)?;
    let owner = new.owner.map(|name| database.user(&name)).transpose()?;
    let (id, secret) = (random_id(), random_id());
    let app = NewClient {
        id: ClientId::from(id.as_str()),
        secret: Some(secret.clone()),
        name: draft.name,
        url: draft.url,
        redirect_uris: draft.redirect_uris,
        owner,
        is_public: false,
        is_private: draft.is_private,
        description: None,
    };
    let name = app.name.clone();
    database.write(move |tx| developer::create(tx, &app))?;
    print(
        json,
        &json!({"client_id": id, "client_secret": secret, "name": name}),
        &format!("client id      {id}\nclient secret  {secret}\nThe secret is not shown again."),
    )
}

/// Shows an app, without its secret.
pub(super) fn show(config: &Config, id: &str, json: bool) -> Done {
    let client = ClientId::from(id);
    let database = Database::open(config)?;
    let (app, owner) = database.read(move |db| {
        let app = db
            .client(&client)?
            .ok_or_else(|| no_client(client.as_str()))?;
        let owner = app.owner.map(|owner| db.user(owner)).transpose()?.flatten();
        Ok((app, owner.map(|owner| owner.username)))
    })?;
    let brief = &app.brief;
    let kind = match (app.is_public, app.is_private) {
        (true, _) => "public, without a secret",
        (false, true) => "private, for its owner only",
        (false, false) => "for all users",
    };
    let mut lines = vec![
        format!("client id  {}", brief.id),
        format!("name       {}", brief.name),
        format!("url        {}", brief.url),
        format!("owner      {}", owner.as_deref().unwrap_or("-")),
        format!("kind       {kind}"),
        format!("created    {}", app.created_at.iso()),
        format!("posts      {}", app.posts),
    ];
    let redirects = app.redirect_uris.iter();
    lines.extend(redirects.map(|uri| format!("redirect   {uri}")));
    let object = json!({
        "client_id": brief.id,
        "name": brief.name,
        "url": brief.url,
        "owner": owner,
        "is_public": app.is_public,
        "is_private": app.is_private,
        "redirect_uris": app.redirect_uris,
        "posts": app.posts,
        "created_at": app.created_at.iso(),
    });
    print(json, &object, &lines.join("\n"))
}

/// What the options change.
pub(super) struct Edit {
    pub(super) name: Option<String>,
    pub(super) url: Option<String>,
    pub(super) redirect_uris: Vec<String>,
    pub(super) private: Option<bool>,
}

/// Changes an app; what is not given stays.
pub(super) fn edit(config: &Config, id: &str, edit: Edit, json: bool) -> Done {
    let is_empty = edit.name.is_none()
        && edit.url.is_none()
        && edit.redirect_uris.is_empty()
        && edit.private.is_none();
    if is_empty {
        return Err(
            "name what changes: --name, --url, --redirect-uri, --private or --public".into(),
        );
    }
    // Checked as a whole; what is not given is taken from the app.
    let (checked_name, private) = (edit.name.as_deref().unwrap_or("-"), edit.private);
    let draft = described(
        checked_name,
        edit.url.as_deref(),
        &edit.redirect_uris,
        false,
    )?;
    let client = ClientId::from(id);
    let name = Database::open(config)?.write(move |tx| {
        let found = tx.client(&client)?;
        let mut app = found.ok_or_else(|| no_client(client.as_str()))?;
        if app.is_public {
            return Err(named(&client, Refusal::NoAccess.into()));
        }
        if edit.name.is_some() {
            app.brief.name = draft.name;
        }
        if edit.url.is_some() {
            app.brief.url = draft.url;
        }
        if !draft.redirect_uris.is_empty() {
            app.redirect_uris = draft.redirect_uris;
        }
        app.is_private = private.unwrap_or(app.is_private);
        if app.is_private && app.owner.is_none() {
            let words = "a private app needs an owner: `groundnut client create --owner NAME`";
            return Err(sentence(words.to_owned()));
        }
        operator::save_client(tx, &app)?;
        Ok(app.brief.name)
    })?;
    print(
        json,
        &json!({"client_id": id, "name": name}),
        &format!("client {id} ({name}) is changed"),
    )
}

/// Gives an app another name.
pub(super) fn rename(config: &Config, id: &str, name: &str, json: bool) -> Done {
    let new = client_name(name)
        .map_err(|refused| option(&refused))?
        .to_owned();
    let (client, kept) = (ClientId::from(id), new.clone());
    Database::open(config)?.write(move |tx| {
        let found = tx.client(&client)?;
        let mut app = found.ok_or_else(|| no_client(client.as_str()))?;
        app.brief.name = kept;
        operator::save_client(tx, &app)
    })?;
    print(
        json,
        &json!({"client_id": id, "name": new}),
        &format!("client {id} is now called {new}"),
    )
}
