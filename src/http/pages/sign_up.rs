//! `/sign-up`: people make an account themselves, where the operator lets them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use super::new_password::password_problem;
use super::next::Next;
use super::sign_in::{Purpose, signed_in};
use super::{Frame, Page, PageError, PageResult, see_other};
use crate::config::SignUp;
use crate::http::App;
use crate::http::extract::Params;
use crate::http::session::{Form, Lasting, Visitor};
use crate::model::{Failure, Refusal, Refused};
use crate::protocol::draft;
use crate::store::NewUser;

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUpPage<'a> {
    frame: Frame,
    form_token: String,
    next: Next,
    purpose: &'a Purpose,
    asks_invite: bool,
    username: &'a str,
    email: &'a str,
    invite: &'a str,
    longest_username: usize,
    shortest_password: usize,
    wrong: Wrong,
}

/// What is wrong with a field: its name and a sentence.
#[derive(Clone, Debug, Default)]
struct Wrong(Option<(&'static str, String)>);

impl Wrong {
    fn at(field: &'static str, text: impl Into<String>) -> Self {
        Self(Some((field, text.into())))
    }

    /// The sentence, if this field is the one.
    fn text(&self, field: &str) -> Option<&str> {
        let (at, text) = self.0.as_ref()?;
        (*at == field).then_some(text.as_str())
    }
}

/// `GET /sign-up`
pub async fn show(visitor: Visitor, params: Params, app: Data<App>) -> PageResult<HttpResponse> {
    demand_open(&app)?;
    let next = Next::parse(params.sent("next").unwrap_or_default());
    if visitor.session().is_some() {
        return Ok(see_other(next.as_str()));
    }
    let invite = params.get("invite").unwrap_or_default();
    let page = page(&visitor, &app, next, ["", "", invite], Wrong::default()).await?;
    Ok(page.into_response())
}

fn demand_open(app: &App) -> PageResult<()> {
    match app.settings.sign_up {
        SignUp::Invite | SignUp::Open => Ok(()),
        SignUp::Closed => Err(PageError::Refused {
            status: StatusCode::FORBIDDEN,
            title: "Sign-up is closed",
            text: String::from("The operator of this server makes accounts. Ask for one."),
        }),
    }
}

async fn page(
    visitor: &Visitor,
    app: &Data<App>,
    next: Next,
    [username, email, invite]: [&str; 3],
    wrong: Wrong,
) -> PageResult {
    let purpose = Purpose::of(&next, app).await;
    let limits = app.engine.limits();
    let page = Page::of(&SignUpPage {
        frame: Frame::new("Sign up", visitor, app).bare(purpose.is_bare),
        form_token: visitor.form_token("/sign-up"),
        next,
        purpose: &purpose,
        asks_invite: app.settings.sign_up == SignUp::Invite,
        username,
        email,
        invite,
        longest_username: limits.username_length,
        shortest_password: limits.password_length,
        wrong,
    })?;
    Ok(page.leads_to(purpose.leads_to))
}

/// `POST /sign-up`
pub async fn submit(visitor: Visitor, form: Form, app: Data<App>) -> PageResult<HttpResponse> {
    demand_open(&app)?;
    let next = Next::parse(&form.text("next"));
    let (username, email, invite) = (
        form.word("username"),
        form.word("email"),
        form.word("invite"),
    );
    let made = make(&app, &username, &email, &invite, form.text("password")).await?;
    match made {
        Ok(user) => signed_in(&app, &visitor, user, Lasting::Shortly, &next).await,
        Err(wrong) => {
            let given = [username.as_str(), email.as_str(), invite.as_str()];
            let page = page(&visitor, &app, next, given, wrong).await?;
            Ok(page.status(StatusCode::BAD_REQUEST).into_response())
        }
    }
}

type Made = Result<crate::model::UserId, Wrong>;

async fn make(
    app: &App,
    username: &str,
    email: &str,
    invite: &str,
    password: String,
) -> PageResult<Made> {
    let limits = app.engine.limits();
    let username = username.strip_prefix('@').unwrap_or(username);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if username.is_empty()
        || username.len() > limits.username_length
        || !username.chars().all(is_plain)
    {
        let text = format!(
            "A username has 1 to {} of a-z, 0-9 and _.",
            limits.username_length
        );
        return Ok(Err(Wrong::at("username", text)));
    }
    let email = match draft::email(email) {
        Ok(email) => email,
        Err(_refused) => return Ok(Err(Wrong::at("email", "This is no e-mail address."))),
    };
    if let Some(problem) = password_problem(app, &password) {
        return Ok(Err(Wrong::at("password", problem)));
    }
    let needs_invite = app.settings.sign_up == SignUp::Invite;
    if needs_invite && invite.is_empty() {
        return Ok(Err(Wrong::at("invite", "An invite code is needed here.")));
    }
    let new = NewUser {
        username: username.to_owned(),
        email,
        password_hash: Some(app.passwords.hash(password).await?),
        ..NewUser::default()
    };
    let made = app
        .engine
        .sign_up(new, needs_invite.then(|| invite.to_owned()));
    match made.await {
        Ok(user) => Ok(Ok(user.id)),
        Err(Failure::Refused(refused)) => refused_as(&refused)
            .map(Err)
            .ok_or_else(|| Failure::Refused(refused).into()),
        Err(failure) => Err(failure.into()),
    }
}

/// The field that a refusal of the store is about.
fn refused_as(refused: &Refused) -> Option<Wrong> {
    match (refused.refusal, refused.field.as_deref()) {
        (Refusal::Invalid, Some("username")) => Some(Wrong::at("username", "This name is taken.")),
        (Refusal::Invalid, Some("email")) => {
            Some(Wrong::at("email", "Another account has this address."))
        }
        (Refusal::Invalid, Some("invite")) => Some(Wrong::at(
            "invite",
            "This code is unknown, used up or too old.",
        )),
        _ => None,
    }
}
