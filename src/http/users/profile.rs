//! One's own profile.

use std::collections::HashMap;

use actix_web::web::{Data, Path};
use serde_json::Value;

use super::lookup::show_user;
use crate::actors::ProfileChange;
use crate::http::extract::{Body, Params, UserCaller, path};
use crate::http::{ApiResult, App};
use crate::model::{Content, Refusal, Refused};
use crate::text::{self, Source, controls};

/// Languages that clients know.
const LOCALES: [&str; 28] = [
    "ar_SA", "bg_BG", "cs_CZ", "da_DK", "de_DE", "en_GB", "en_US", "es_ES", "fi_FI", "fr_FR",
    "gl_ES", "hu_HU", "it_IT", "ja_JP", "ko_KR", "lv_LV", "nl_NL", "pl_PL", "pt_BR", "ru_RU",
    "sq_AL", "sr_SP", "sv_SE", "tr_TR", "uk_UA", "zh_CN", "zh_HK", "zh_TW",
];

/// `PUT /users/me`: what is not given is cleared; language and time zone must be given.
pub async fn replace(
    caller: UserCaller,
    user: Path<String>,
    params: Params,
    body: Body,
    app: Data<App>,
) -> ApiResult {
    for field in ["locale", "timezone"] {
        if body.text(field).is_none() {
            return Err(Refusal::Missing.at(field).into());
        }
    }
    save(&app, &caller, &user, &params, &body, true).await
}

/// `PATCH /users/me`: what is not given stays.
pub async fn change(
    caller: UserCaller,
    user: Path<String>,
    params: Params,
    body: Body,
    app: Data<App>,
) -> ApiResult {
    save(&app, &caller, &user, &params, &body, false).await
}

/// Other fields are passed over: one client sends back the whole object that it received.
async fn save(
    app: &App,
    caller: &UserCaller,
    user: &str,
    params: &Params,
    body: &Body,
    clears: bool,
) -> ApiResult {
    if path::user(app, Some(caller), user).await? != caller.id() {
        return Err(Refusal::NoAccess.into());
    }
    let text = body.get("content").and_then(|content| content.get("text"));
    let text = match text {
        Some(Value::String(text)) if text.trim().is_empty() => Some(None),
        Some(Value::String(text)) => Some(Some(compose(app, text).await?)),
        Some(Value::Null) | None => clears.then_some(None),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            return Err(Refusal::WrongType.at("content.text").into());
        }
    };
    let change = ProfileChange {
        name: name(body, clears, app.engine.limits().name_length)?,
        text,
        locale: locale(body)?,
        timezone: timezone(body)?,
        // An empty list is how PHP writes an empty object.
        raw: body.get("raw").filter(|raw| !raw.is_array()).cloned(),
    };
    app.engine
        .change_profile(caller.principal(), change)
        .await?;
    show_user(app, Some(caller), params, caller.id()).await
}

/// The profile text with its source.
async fn compose(app: &App, text: &str) -> ApiResult<(Content, String)> {
    let source = Source::plain(text);
    let names = text::names_in(&source);
    let people = if names.is_empty() {
        HashMap::new()
    } else {
        let store = app.engine.store();
        store.read(move |db| db.ids_by_name(&names)).await?
    };
    let longest = app.engine.limits().description_length;
    let content = text::compose(&source, &people, longest)
        .map_err(|refused| refused.refusal.at("content.text"))?;
    Ok((content, source.text))
}

fn name(body: &Body, clears: bool, longest: usize) -> Result<Option<Option<String>>, Refused> {
    let Some(name) = body.text("name") else {
        return Ok(clears.then_some(None));
    };
    let name = name.trim();
    if name.chars().count() > longest {
        return Err(Refusal::TooLong.at("name"));
    }
    if !controls::is_name(name) {
        return Err(Refusal::Invalid.at("name"));
    }
    Ok(Some((!name.is_empty()).then(|| name.to_owned())))
}

fn locale(body: &Body) -> Result<Option<String>, Refused> {
    match body.text("locale") {
        Some(locale) if !LOCALES.contains(&locale.as_str()) => Err(Refusal::Invalid.at("locale")),
        locale => Ok(locale),
    }
}

/// A name as the tz database has them. The database itself is not asked: it changes with the world.
fn timezone(body: &Body) -> Result<Option<String>, Refused> {
    let fits = |zone: &str| {
        (1..=40).contains(&zone.len())
            && zone.starts_with(|c: char| c.is_ascii_alphabetic())
            && zone
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_+-/".contains(&b))
    };
    match body.text("timezone") {
        Some(zone) if !fits(&zone) => Err(Refusal::Invalid.at("timezone")),
        zone => Ok(zone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(value: Value) -> Body {
        Body {
            value,
            is_json: true,
        }
    }

    #[test]
    fn names_are_set_cleared_or_left() {
        let set = |value, clears| name(&body(value), clears, 5).unwrap();
        assert_eq!(
            set(json!({"name": " Amy "}), false),
            Some(Some("Amy".into()))
        );
        assert_eq!(set(json!({"name": ""}), false), Some(None));
        assert_eq!(set(json!({}), false), None);
        assert_eq!(set(json!({}), true), Some(None));
        assert!(name(&body(json!({"name": "Amelie"})), false, 5).is_err());
    }

    #[test]
    fn languages_and_time_zones_are_known_ones() {
        assert!(locale(&body(json!({"locale": "de_DE"}))).is_ok());
        assert!(locale(&body(json!({"locale": "xx_XX"}))).is_err());
        for zone in ["UTC", "America/Port-au-Prince", "Etc/GMT+5"] {
            assert!(timezone(&body(json!({"timezone": zone}))).is_ok(), "{zone}");
        }
        for zone in ["", "../etc", "Europe Paris"] {
            assert!(
                timezone(&body(json!({"timezone": zone}))).is_err(),
                "{zone}"
            );
        }
    }
}
