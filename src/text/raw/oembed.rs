//! Embedded media: the oembed format with the extensions that clients of this API know.

use serde_json::Value;

use super::Item;
use super::rules::{Checked, has, is_url, may_have};
use crate::text::{html, shapes};

const LICENSES: [&str; 8] = [
    "no-rights-reserved",
    "all-rights-reserved",
    "cc-by",
    "cc-by-nc",
    "cc-by-nd",
    "cc-by-sa",
    "cc-by-nc-nd",
    "cc-by-nc-sa",
];
const TRACK_TYPES: [&str; 10] = [
    "original",
    "remix",
    "live",
    "spoken",
    "podcast",
    "demo",
    "loop",
    "sound_effect",
    "sample",
    "other",
];
const TEXTS: [&str; 6] = [
    "title",
    "author_name",
    "provider_name",
    "format",
    "release",
    "duration_string",
];
const URLS: [&str; 6] = [
    "url",
    "embeddable_url",
    "author_url",
    "provider_url",
    "poster_url",
    "thumbnail_url",
];
const TEMPLATES: [&str; 4] = ["url", "poster_url", "thumbnail_url", "embeddable_url"];
const NUMBERS: [&str; 4] = ["cache_age", "bitrate", "frame_rate", "duration"];
const LONGEST_GENRE: usize = 128;
const MOST_SOURCES: usize = 5;

/// Checks an item; a video without html gets it.
pub(super) fn check(item: &mut Item) -> Checked {
    has(item, "version", |value| value.as_str() == Some("1.0"))?;
    check_details(item)?;
    let kind = item.get("type").and_then(Value::as_str);
    if matches!(kind, Some("photo" | "rich" | "html5video" | "video")) {
        has(item, "width", is_size)?;
        has(item, "height", is_size)?;
    }
    match kind {
        Some("photo") => has(item, "url", is_url),
        Some("rich") => has(item, "html", is_filled),
        Some("html5video") => {
            has(item, "sources", are_sources)?;
            unnumber_sources(item);
            Ok(())
        }
        Some("video") => has(item, "html", is_filled).or_else(|fault| {
            if write_video(item) {
                Ok(())
            } else {
                Err(fault)
            }
        }),
        Some("audio") => has(item, "duration", is_amount),
        Some(_) | None => Err("type".into()),
    }
}

/// The optional fields must have the right types; unknown ones are stored unchecked.
fn check_details(item: &Item) -> Checked {
    let one_of = |list: &'static [&str]| {
        move |value: &Value| value.as_str().is_some_and(|name| list.contains(&name))
    };
    let genre = |value: &Value| {
        value
            .as_str()
            .is_some_and(|genre| genre.len() <= LONGEST_GENRE)
    };
    for key in TEXTS {
        may_have(item, key, Value::is_string)?;
    }
    for key in URLS {
        may_have(item, key, is_url)?;
    }
    for key in NUMBERS {
        may_have(item, key, is_amount)?;
    }
    if item.contains_key("thumbnail_url") {
        has(item, "thumbnail_width", is_size)?;
        has(item, "thumbnail_height", is_size)?;
    }
    may_have(item, "license", one_of(&LICENSES))?;
    may_have(item, "track_type", one_of(&TRACK_TYPES))?;
    may_have(item, "genre", genre)?;
    may_have(item, "width", is_size)?;
    may_have(item, "height", is_size)?;
    may_have(item, "process_template", Value::is_boolean)
}

fn is_size(value: &Value) -> bool {
    value.as_u64().is_some()
}

fn is_amount(value: &Value) -> bool {
    value.as_f64().is_some_and(|amount| amount >= 0.0)
}

fn is_filled(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn are_sources(value: &Value) -> bool {
    let source = |value: &Value| {
        value
            .as_object()
            .is_some_and(|it| has(it, "type", is_filled).is_ok() && has(it, "url", is_url).is_ok())
    };
    shapes::list(value)
        .is_some_and(|list| (1..=MOST_SOURCES).contains(&list.len()) && list.iter().all(source))
}

/// Stores sources that were sent as an object with numbers for keys as the list that they are.
fn unnumber_sources(item: &mut Item) {
    if let Some(sources) = item.get_mut("sources")
        && let Some(list) = shapes::list(sources)
    {
        *sources = Value::Array(list.into_owned());
    }
}

/// Writes the player of a video that has an address but no html: a `<video>`, and an `<iframe>` for
/// browsers that do not know it.
fn write_video(item: &mut Item) -> bool {
    let text = |key: &str| item.get(key).and_then(Value::as_str);
    let size = |key: &str| item.get(key).and_then(Value::as_u64).unwrap_or_default();
    let Some(url) = text("url").or_else(|| text("embeddable_url")) else {
        return false;
    };
    let (width, height) = (size("width"), size("height"));

    let mut player = format!("<video width=\"{width}\" height=\"{height}\" controls");
    if let Some(poster) = text("poster_url").or_else(|| text("thumbnail_url")) {
        player.push_str(" poster=\"");
        html::escape_attribute(&mut player, poster);
        player.push('"');
    }
    player.push_str(" src=\"");
    html::escape_attribute(&mut player, url);
    player.push_str(&format!(
        "\"><iframe width=\"{width}\" height=\"{height}\" src=\""
    ));
    html::escape_attribute(&mut player, text("embeddable_url").unwrap_or(url));
    player.push_str("\"></iframe></video>");
    item.insert(String::from("html"), Value::from(player));
    true
}

/// Replaces a placeholder in the addresses that may be templates, and in a player made from them.
pub(super) fn replace_in_urls(item: &mut Item, placeholder: &str, id: i64) {
    let replace = |field: &mut Value| {
        if let Value::String(text) = field
            && text.contains(placeholder)
        {
            *text = text.replace(placeholder, &id.to_string());
        }
    };
    let is_video = item.get("type").and_then(Value::as_str) == Some("video");
    for key in TEMPLATES.into_iter().chain(is_video.then_some("html")) {
        if let Some(field) = item.get_mut(key) {
            replace(field);
        }
    }
    let sources = item.get_mut("sources").and_then(Value::as_array_mut);
    for source in sources.into_iter().flatten() {
        if let Some(field) = source.get_mut("url") {
            replace(field);
        }
    }
}
