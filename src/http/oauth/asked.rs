//! What an app asks for when it sends a browser to the authorization page.

use actix_web::http::StatusCode;

use super::back::{Back, Sorry, state_in};
use crate::http::App;
use crate::http::pages::PageError;
use crate::model::challenge::is_proof;
use crate::model::redirect;
use crate::model::{Challenge, ChallengeMethod, Client, ClientId, Scopes, UserId};
use crate::protocol::query::Query;

/// A request that may be answered.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The app.
    pub client: Client,
    /// Where the answer goes.
    pub back: Back,
    /// What comes back.
    pub wants: Wants,
    /// What is asked for.
    pub scopes: Scopes,
}

/// What comes back to the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wants {
    /// A code, which is exchanged with this proof.
    Code(Option<Challenge>),
    /// A token.
    Token,
}

/// Why there is nothing to ask the user.
#[derive(Debug)]
pub enum Wrong {
    /// The browser must not be led anywhere.
    Here(PageError),
    /// The app can be told so, if the person in front of the browser wants that.
    There(Box<Client>, Back, Sorry),
}

impl From<PageError> for Wrong {
    fn from(error: PageError) -> Self {
        Self::Here(error)
    }
}

pub(super) const TITLE: &str = "This app cannot be authorized";

/// The app of a request and its address: both registered, or there is no way back that is safe.
///
/// # Errors
/// A page.
pub async fn addressed(query: &Query, app: &App) -> Result<(Client, String), PageError> {
    let missing =
        |name: &str| PageError::refused(TITLE, format!("The link that led here has no {name}."));
    let id = query.sent("client_id").unwrap_or_default();
    if id.is_empty() {
        return Err(missing("client_id"));
    }
    let id = ClientId::from(id);
    let client = app.engine.store().read(move |db| db.client(&id)).await?;
    let client = client.ok_or(PageError::Refused {
        status: StatusCode::NOT_FOUND,
        title: TITLE,
        text: String::from("No app with this client_id is registered here."),
    })?;
    let uri = query.sent("redirect_uri").unwrap_or_default();
    if uri.is_empty() {
        return Err(missing("redirect_uri"));
    }
    if !redirect::is_registered(&client.redirect_uris, uri) {
        return Err(PageError::refused(
            TITLE,
            "The link that led here wants to go on to an address that the app did not register, so it may come from a \
             stranger. Addresses have to be the same in every character.",
        ));
    }
    Ok((client, uri.to_owned()))
}

/// A private app does not exist for others.
///
/// # Errors
/// A page.
pub(super) fn demand_open(client: &Client, user: UserId) -> Result<(), PageError> {
    match client.is_open_to(user) {
        true => Ok(()),
        false => Err(PageError::Refused {
            status: StatusCode::FORBIDDEN,
            title: "This app is private",
            text: String::from("Only the account that registered it may use it."),
        }),
    }
}

/// A page inside of another program's window shows no links that lead away.
pub fn is_bare(query: &Query) -> bool {
    query.get("simple_login") == Some("1")
}

impl Asked {
    /// Reads the query of a request.
    ///
    /// # Errors
    /// See [`Wrong`].
    pub async fn read(query: &str, app: &App) -> Result<Self, Wrong> {
        let fields = Query::parse(query);
        let (client, uri) = addressed(&fields, app).await?;
        let response_type = fields.sent("response_type").unwrap_or_default();
        let back = Back {
            uri,
            in_fragment: response_type == "token",
            state: state_in(query),
        };
        let read = || {
            let wants = match response_type {
                "code" => Wants::Code(challenge(&fields, client.is_public)?),
                // Its token would be in an address, and nothing would prove who reads it there.
                "token" if client.is_public => return Err(Sorry::UnsupportedResponseType),
                "token" => Wants::Token,
                "" => return Err(Sorry::InvalidRequest("response_type is missing")),
                _ => return Err(Sorry::UnsupportedResponseType),
            };
            let scopes = Scopes::parse(fields.sent("scope").unwrap_or_default());
            Ok((wants, scopes.map_err(|_unknown| Sorry::InvalidScope)?))
        };
        match read() {
            Ok((wants, scopes)) => Ok(Self {
                client,
                back,
                wants,
                scopes,
            }),
            Err(sorry) => Err(Wrong::There(Box::new(client), back, sorry)),
        }
    }
}

/// An app without a secret has to prove itself: whoever else gets hold of its code has no proof.
fn challenge(fields: &Query, is_public: bool) -> Result<Option<Challenge>, Sorry> {
    let Some(value) = fields.sent("code_challenge") else {
        return match (is_public, fields.has("code_challenge_method")) {
            (false, false) => Ok(None),
            (true, _) | (_, true) => Err(Sorry::InvalidRequest("code_challenge is missing")),
        };
    };
    let method = fields.sent("code_challenge_method").unwrap_or("plain");
    let method = ChallengeMethod::parse(method);
    let method = method.ok_or(Sorry::InvalidRequest(
        "code_challenge_method must be S256 or plain",
    ))?;
    if !is_proof(value) {
        return Err(Sorry::InvalidRequest(
            "code_challenge must have 43 to 128 letters, digits or -._~",
        ));
    }
    Ok(Some(Challenge {
        value: value.to_owned(),
        method,
    }))
}
