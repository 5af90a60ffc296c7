//! Settings of a chat room: name, description, categories.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::rules::{has, may_have};
use super::{CHAT_SETTINGS, Item};
use crate::model::Raw;
use crate::text::{Source, compose, controls};

const LONGEST_NAME: usize = 128;
const LONGEST_DESCRIPTION: usize = 256;
const MOST_CATEGORIES: usize = 3;
const CATEGORIES: [&str; 8] = [
    "fun",
    "lifestyle",
    "profession",
    "language",
    "community",
    "tech",
    "event",
    "general",
];

/// Checks settings and makes the description a content object; `before` are the settings so far.
pub(super) fn check(item: &mut Item, before: Option<&Item>) -> bool {
    let name = |value: &Value| {
        let name = value.as_str().unwrap_or_default();
        !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME && controls::is_name(name)
    };
    has(item, "name", name)
        && may_have(item, "categories", are_categories)
        && describe(item, before.and_then(|before| before.get("description")))
}

fn are_categories(value: &Value) -> bool {
    let known = |value: &Value| {
        value
            .as_str()
            .is_some_and(|name| CATEGORIES.contains(&name))
    };
    value
        .as_array()
        .is_some_and(|list| list.len() <= MOST_CATEGORIES && list.iter().all(known))
}

fn describe(item: &mut Item, before: Option<&Value>) -> bool {
    let text = match item.get("description") {
        None => return true,
        // Older clients send the text itself.
        Some(Value::String(text)) => text.as_str(),
        Some(Value::Object(content)) => match content.get("text") {
            Some(Value::String(text)) => text.as_str(),
            None if content.is_empty() => "",
            Some(_) | None => return false,
        },
        Some(Value::Null) => "",
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_)) => return false,
    };
    if text.trim().is_empty() {
        item.remove("description");
        return true;
    }
    // A client that sends the settings back unchanged keeps the markdown links, which the text has no more.
    let unchanged =
        before.filter(|before| before.get("text").and_then(Value::as_str) == Some(text));
    let description = match unchanged {
        Some(before) => before.clone(),
        // Names are not mentions here: the named users get no notification.
        None => match compose(&Source::plain(text), &HashMap::new(), LONGEST_DESCRIPTION) {
            Ok(content) => {
                let mentions: [Value; 0] = [];
                let (links, tags) = (&content.entities.links, &content.entities.tags);
                let entities = json!({ "links": links, "mentions": mentions, "tags": tags });
                json!({ "text": content.text, "html": content.html, "entities": entities })
            }
            Err(_) => return false,
        },
    };
    item.insert(String::from("description"), description);
    true
}

/// Bytes of the size that are the server's rendering of a description; they do not count against the client.
pub(super) fn added_bytes(raw: &Raw) -> usize {
    let Some(description) = raw
        .first(CHAT_SETTINGS)
        .and_then(|item| item.get("description"))
    else {
        return 0;
    };
    let sent = json!({ "text": description.get("text") });
    description
        .to_string()
        .len()
        .saturating_sub(sent.to_string().len())
}
