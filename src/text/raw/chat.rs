//! Settings of a chat room: name, description, categories.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::rules::{Checked, has};
use super::{CHAT_SETTINGS, Item};
use crate::model::Raw;
use crate::text::{Source, compose, controls, is_invisible, shapes};

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
pub(super) fn check(item: &mut Item, before: Option<&Item>) -> Checked {
    has(item, "name", |value| {
        value.as_str().is_some_and(is_fine_name)
    })?;
    categorize(item)?;
    describe(item, before.and_then(|before| before.get("description")))
}

fn is_fine_name(name: &str) -> bool {
    !is_invisible(name) && name.chars().count() <= LONGEST_NAME && controls::is_name(name)
}

fn categorize(item: &mut Item) -> Checked {
    let Some(sent) = item.get("categories") else {
        return Ok(());
    };
    let known = |value: &Value| {
        value
            .as_str()
            .is_some_and(|name| CATEGORIES.contains(&name))
    };
    let list = shapes::list(sent).filter(|list| list.len() <= MOST_CATEGORIES);
    let list = list.ok_or("categories")?.into_owned();
    if let Some(index) = list.iter().position(|value| !known(value)) {
        return Err(format!("categories.{index}").into());
    }
    item.insert(String::from("categories"), Value::Array(list));
    Ok(())
}

fn describe(item: &mut Item, before: Option<&Value>) -> Checked {
    let Some(sent) = item.get("description") else {
        return Ok(());
    };
    let content = shapes::object(sent);
    let text = match (sent, &content) {
        // Older clients send the text itself.
        (Value::String(text), _) => text.as_str(),
        (_, Some(content)) => match content.get("text") {
            Some(Value::String(text)) => text.as_str(),
            None if content.is_empty() => "",
            Some(_) | None => return Err("description.text".into()),
        },
        (_, None) => return Err("description".into()),
    };
    if is_invisible(text) {
        item.remove("description");
        return Ok(());
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
            Err(_refused) => return Err("description".into()),
        },
    };
    item.insert(String::from("description"), description);
    Ok(())
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
