//! `/account/apps/revoke`: signs a device, an app, a browser or all of them out. Asks first.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::{Confirm, ConfirmPage, Notice, Tab};
use crate::http::App;
use crate::http::extract::Params;
use crate::http::pages::{PageError, PageResult};
use crate::http::session::{Form, SignedIn};
use crate::model::{ClientId, Failure, TokenId};
use crate::store::{SessionId, TokenFilter};

/// What is signed out.
#[derive(Clone, Debug)]
enum Target {
    /// One device of an app.
    Device(TokenId),
    /// One app on all devices.
    App(ClientId),
    /// All apps.
    Apps,
    /// One browser.
    Browser(SessionId),
    /// All browsers but this one.
    Browsers,
}

impl Target {
    /// What an address or a form says.
    fn parse(what: &str, id: &str) -> PageResult<Self> {
        let unknown =
            || PageError::refused("There is nothing to sign out", "Go back and choose again.");
        let number = || id.parse::<i64>().map_err(|_cause| unknown());
        match what {
            "device" => Ok(Self::Device(TokenId(number()?))),
            "app" => Ok(Self::App(id.into())),
            "apps" => Ok(Self::Apps),
            "browser" => Ok(Self::Browser(SessionId::from(number()?))),
            "browsers" => Ok(Self::Browsers),
            _ => Err(unknown()),
        }
    }

    fn question(&self) -> (&'static str, &'static str) {
        match self {
            Self::Device(_) => (
                "Sign this device out?",
                "The app stops acting for you there at once, and has to ask you again.",
            ),
            Self::App(_) => (
                "Sign this app out?",
                "The app stops acting for you on all devices at once, and has to ask you again.",
            ),
            Self::Apps => (
                "Sign all apps out?",
                "All apps stop acting for you on all devices at once. Browsers that you signed in here stay signed in.",
            ),
            Self::Browser(_) => (
                "Sign this browser out?",
                "It has to sign in again before it can change anything here. Apps stay signed in.",
            ),
            Self::Browsers => (
                "Sign all other browsers out?",
                "They have to sign in again before they can change anything here. Apps stay signed in.",
            ),
        }
    }

    fn notice(&self) -> Notice {
        match self {
            Self::Device(_) => Notice::TokenRevoked,
            Self::App(_) => Notice::AppRevoked,
            Self::Apps => Notice::AppsRevoked,
            Self::Browser(_) => Notice::BrowserEnded,
            Self::Browsers => Notice::BrowsersEnded,
        }
    }
}

/// `GET /account/apps/revoke?what=…&id=…`
pub(super) async fn show(signed: SignedIn, params: Params, app: Data<App>) -> PageResult {
    let sent = |name| params.sent(name).unwrap_or_default();
    let (what, id) = (sent("what"), sent("id"));
    let (title, text) = Target::parse(what, id)?.question();
    let ask = Confirm {
        title,
        text: text.to_owned(),
        action: String::from("/account/apps/revoke"),
        fields: vec![("what", what.to_owned()), ("id", id.to_owned())],
        button: "Sign out",
        back: String::from("/account/apps"),
    };
    ConfirmPage::of(ask, Tab::Apps, &signed, &app)
}

/// `POST /account/apps/revoke`
pub(super) async fn submit(
    signed: SignedIn,
    form: Form,
    app: Data<App>,
) -> PageResult<HttpResponse> {
    let target = Target::parse(&form.word("what"), &form.word("id"))?;
    let notice = target.notice();
    sign_out(&app, &signed, target).await?;
    Ok(notice.at("/account/apps", &signed))
}

async fn sign_out(app: &App, signed: &SignedIn, target: Target) -> Result<(), Failure> {
    let user = signed.user;
    let of_user = TokenFilter {
        user: Some(user),
        ..TokenFilter::default()
    };
    let engine = &app.engine;
    match target {
        Target::Device(token) => engine.revoke_own_token(user, token).await,
        Target::App(client) => {
            let of_app = TokenFilter {
                client: Some(client),
                ..of_user
            };
            engine.revoke_tokens(of_app).await.map(drop)
        }
        Target::Apps => engine.revoke_tokens(of_user).await.map(drop),
        Target::Browser(session) => engine.end_own_session(user, session).await,
        Target::Browsers => engine.end_other_sessions(user, signed.id).await,
    }
}
