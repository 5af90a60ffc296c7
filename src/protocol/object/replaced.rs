//! Raw as it is shown: items that show a file get addresses that are valid now.
//!
//! Everything else of such an item was filled in when it was written. That the item holds the token for reading the file
//! is the proof that its author had a right to show it: whoever sees the item may read the file. Nothing is looked up,
//! so a file that was deleted keeps its items, whose addresses lead nowhere.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::model::{FileId, Raw};
use crate::protocol::site::Site;
use crate::text::raw::files::{FILE, is_attached};

/// What is shown of raw; an empty one is left out.
pub(super) fn replaced<'a>(raw: &'a Raw, site: &Site, is_shown: bool) -> Option<Cow<'a, Raw>> {
    if !is_shown || raw.is_empty() {
        return None;
    }
    let mut items = raw.0.values().filter_map(Value::as_array).flatten();
    if !items.any(is_attached) {
        return Some(Cow::Borrowed(raw));
    }
    let mut shown = raw.clone();
    let lists = shown.0.values_mut().filter_map(Value::as_array_mut);
    for item in lists.flatten().filter_map(Value::as_object_mut) {
        if let Some(Value::Object(place)) = item.remove(FILE) {
            sign(item, &place, site);
        }
    }
    Some(Cow::Owned(shown))
}

fn sign(item: &mut Map<String, Value>, place: &Map<String, Value>, site: &Site) {
    let text = |name: &str| item.get(name).and_then(Value::as_str);
    let is_photo = text("type") == Some("photo");
    let id = text("file_id").and_then(|text| text.parse::<FileId>().ok());
    let Some(id) = id else { return };
    if !text("file_token_read").is_some_and(|token| site.files.is_read_token(id, token)) {
        return;
    }
    let of_place = |name: &str| place.get(name).and_then(Value::as_str);
    let name = of_place("name").unwrap_or_default();
    let (url, until) = site.contents_url(id, None, name);
    let until = Value::from(until.iso());
    if item.contains_key("url") {
        item.insert(String::from("url"), url.clone().into());
    }
    item.insert(String::from("url_expires_at"), until.clone());
    // That of a picture was filled in; with a sound or a film it is the author's own.
    let is_picture = is_photo && of_place("format") == Some("oembed");
    if is_picture && item.contains_key("thumbnail_url") {
        let key = of_place("thumbnail");
        let (thumbnail, _) = site.contents_url(id, key, name);
        item.insert(String::from("thumbnail_url"), thumbnail.into());
    }
    let sources = item.get_mut("sources").and_then(Value::as_array_mut);
    if let Some(source) = sources.and_then(|sources| sources.first_mut()?.as_object_mut()) {
        source.insert(String::from("url"), url.into());
    }
    let derived = item.get_mut("derived_files");
    for (key, object) in derived.and_then(Value::as_object_mut).into_iter().flatten() {
        let name = object.get("name").and_then(Value::as_str);
        let (url, _) = site.contents_url(id, Some(key), name.unwrap_or_default());
        if let Some(object) = object.as_object_mut() {
            object.insert(String::from("url"), url.into());
            object.insert(String::from("url_expires_at"), until.clone());
        }
    }
}
