//! `/account/apps`: the apps that act for the user, and the browsers that are signed in.

use actix_web::web::Data;
use askama::Template;

use super::{Shell, Tab};
use crate::http::App;
use crate::http::extract::Params;
use crate::http::oauth::words::{ScopeLine, line};
use crate::http::pages::{Frame, Page, PageResult, day};
use crate::http::session::SignedIn;
use crate::model::{TokenId, UserId};
use crate::store::{Db, RosterToken, TokenFilter};

/// Tokens of a user that the page shows. More come from a program that signs in again and again; all of them can be
/// revoked at once.
const SHOWN: usize = 500;
/// One more says that there are more.
const SHOWN_ROWS: i64 = 501;

/// An app that acts for the user.
struct Authorized {
    id: String,
    name: String,
    devices: Vec<Device>,
}

/// One token of it.
struct Device {
    id: i64,
    since: String,
    used: String,
    scopes: Vec<ScopeLine>,
}

/// A browser that is signed in.
struct Browser {
    id: i64,
    since: String,
    is_this: bool,
}

#[derive(Template)]
#[template(path = "account/apps.html")]
struct AppsPage {
    frame: Frame,
    shell: Shell,
    apps: Vec<Authorized>,
    is_cut: bool,
    browsers: Vec<Browser>,
}

/// `GET /account/apps`
pub(super) async fn show(signed: SignedIn, params: Params, app: Data<App>) -> PageResult {
    let user = signed.user;
    let now = app.engine.store().now();
    let read = move |db: &mut Db<'_>| Ok((tokens(db, user)?, db.sessions_of(user, now)?));
    let (tokens, sessions) = app.engine.store().read(read).await?;
    let is_cut = tokens.len() > SHOWN;
    let browsers = sessions.into_iter().map(|known| Browser {
        id: known.id.number(),
        since: day(known.created_at),
        is_this: known.id == signed.id,
    });
    Page::of(&AppsPage {
        frame: Frame::new("Apps and devices", signed.visitor(), &app),
        shell: Shell::new(Tab::Apps, &signed, &params),
        apps: by_app(tokens.into_iter().take(SHOWN)),
        is_cut,
        browsers: browsers.collect(),
    })
}

/// One more than are shown.
fn tokens(db: &mut Db<'_>, user: UserId) -> Result<Vec<RosterToken>, crate::model::Failure> {
    let filter = TokenFilter {
        user: Some(user),
        ..TokenFilter::default()
    };
    db.roster_tokens(&filter, TokenId(0), SHOWN_ROWS)
}

/// Apps by name, their devices in the order in which they were granted.
fn by_app(tokens: impl Iterator<Item = RosterToken>) -> Vec<Authorized> {
    let mut apps: Vec<Authorized> = Vec::new();
    for token in tokens {
        let device = Device {
            id: token.id.0,
            since: day(token.created_at),
            used: token.used_at.map_or_else(|| String::from("not known"), day),
            scopes: token.scopes.0.iter().map(|scope| line(scope)).collect(),
        };
        match apps.iter_mut().find(|app| app.id == token.client.as_str()) {
            Some(app) => app.devices.push(device),
            None => apps.push(Authorized {
                id: token.client.to_string(),
                name: token.client_name,
                devices: vec![device],
            }),
        }
    }
    apps.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    apps
}
