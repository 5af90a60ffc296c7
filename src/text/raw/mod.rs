//! Client-defined raw items: which are accepted, and the checks of the core types.
//!
//! Types that begin with `io.pnut.core` and that we know have rules, and one bad item refuses the
//! whole call. All other types are stored as they are.

mod chat;
pub mod files;
#[cfg(test)]
mod form_tests;
mod oembed;
mod placeholders;
mod rules;
mod sent;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::object_id::OBJECT_ID;
use super::{controls, shapes};
use crate::model::{CHAT_SETTINGS, ChannelId, Raw, Refusal, Refused};
pub use placeholders::{
    Attached, MOST, Placeholder, Replacements, fill, fill_sent, placeholders, placeholders_sent,
};
use rules::Fault;

/// One item of a type.
type Item = Map<String, Value>;

const INVITE: &str = "io.pnut.core.channel.invite";
const OEMBED: &str = "io.pnut.core.oembed";
const LANGUAGE: &str = "io.pnut.core.language";
const CROSSPOST: &str = "io.pnut.core.crosspost";
const FALLBACK_URL: &str = "io.pnut.core.fallback_url";
const METADATA: &str = "io.pnut.core.oembed.metadata";
const AVATAR: &str = "io.pnut.core.channel.avatar";
const COVER: &str = "io.pnut.core.channel.cover";
const POLL_NOTICE: &str = "io.pnut.core.poll-notice";

/// The types with rules about their fields. In these, `null` means that a field is absent.
const CHECKED: [&str; 6] = [
    OEMBED,
    CHAT_SETTINGS,
    INVITE,
    LANGUAGE,
    CROSSPOST,
    FALLBACK_URL,
];

/// The kind of object that the items belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// A message or a post: set once, several items of a type.
    Message,
    /// Set once, several items of a type.
    Poll,
    /// Mutable, one item of a type.
    Channel,
    /// Mutable, one item of a type.
    User,
    /// Mutable, one item of a type.
    File,
}

impl On {
    fn most_items(self) -> usize {
        match self {
            Self::Message | Self::Poll => usize::MAX,
            Self::Channel | Self::User | Self::File => 1,
        }
    }

    /// Whether checked items may name objects that the server fills in; in others that is done before they are checked.
    fn takes_placeholders(self) -> bool {
        match self {
            Self::Message | Self::Channel => true,
            Self::Poll | Self::User | Self::File => false,
        }
    }
}

/// Checks the raw items of a new object and brings them into the form that is stored.
///
/// # Errors
/// `RawInvalid`, naming the type at fault, its item and the field inside; or `RawTooLarge`.
pub fn check(value: &Value, on: On, limit_bytes: usize) -> Result<Raw, Refused> {
    merge(&Raw::default(), value, on, limit_bytes)
}

/// Applies a change to mutable raw: types that are not mentioned stay, `[]` removes a type, an item
/// replaces it. `sent` is the client's value.
///
/// # Errors
/// As [`check`].
pub fn merge(current: &Raw, sent: &Value, on: On, limit_bytes: usize) -> Result<Raw, Refused> {
    let sent = sent::by_type(sent)?;
    let mut merged = current.clone();
    for (kind, items) in sent.iter() {
        // Clients send back items that they received; these were checked when they were new.
        if current.0.get(kind) == Some(items) {
            continue;
        }
        let checked = checked_items(kind, items, on, current).map_err(|fault| at(kind, &fault))?;
        if checked.is_empty() {
            merged.0.remove(kind);
        } else {
            merged.0.insert(kind.clone(), Value::Array(checked));
        }
    }
    if counted_bytes(&merged) > limit_bytes || !files::are_few(&merged) {
        return Err(Refusal::RawTooLarge.at("raw"));
    }
    Ok(merged)
}

/// What counts against the limit: not what the server adds to chat settings, nor what it knows of files.
fn counted_bytes(raw: &Raw) -> usize {
    let added = chat::added_bytes(raw) + files::added_bytes(raw);
    raw.size_bytes().saturating_sub(added)
}

/// Channel ids named by channel invites, for the caller to look up.
pub fn invited_channels(raw: &Raw) -> Vec<ChannelId> {
    let items = raw
        .0
        .get(INVITE)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut ids: Vec<ChannelId> = items.iter().filter_map(invited).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Sets `name` on the invites to chat rooms. A value of `None` is a channel without a chat name.
///
/// # Errors
/// `RawInvalid`, naming the field, if an invite names a channel that `names` does not know.
pub fn name_invites(
    raw: &mut Raw,
    names: &HashMap<ChannelId, Option<String>>,
) -> Result<(), Refused> {
    let Some(items) = raw.0.get_mut(INVITE).and_then(Value::as_array_mut) else {
        return Ok(());
    };
    for (index, value) in items.iter_mut().enumerate() {
        let name = invited(value)
            .and_then(|id| names.get(&id))
            .ok_or_else(|| at(INVITE, &format!("{index}.channel_id").into()))?;
        if let (Some(name), Some(item)) = (name, value.as_object_mut()) {
            item.insert(String::from("name"), Value::from(name.as_str()));
        }
    }
    Ok(())
}

/// Replaces `{object_id}` in the addresses of oembed items once the id is known, unless an item
/// has `"process_template": false`; cheap without such items.
pub fn with_object_id(raw: &mut Raw, id: i64) {
    let Some(items) = raw.0.get_mut(OEMBED).and_then(Value::as_array_mut) else {
        return;
    };
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        if item.get("process_template") != Some(&Value::Bool(false)) {
            oembed::replace_in_urls(item, OBJECT_ID, id);
        }
    }
}

fn invited(item: &Value) -> Option<ChannelId> {
    item.get("channel_id")?.as_str()?.parse().ok()
}

/// The refusal of a type; an empty fault is about the type as a whole.
fn at(kind: &str, fault: &Fault) -> Refused {
    Refusal::RawInvalid.at(if fault.is_empty() {
        format!("raw.{kind}")
    } else {
        format!("raw.{kind}.{fault}")
    })
}

/// The items of one type as they are stored.
fn checked_items(kind: &str, items: &Value, on: On, current: &Raw) -> Result<Vec<Value>, Fault> {
    let items = shapes::list(items).ok_or_else(rules::whole)?;
    if kind.is_empty() || !controls::is_name(kind) || items.len() > on.most_items() {
        return Err(rules::whole());
    }
    items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let checked = checked_item(kind, item, on, current);
            checked
                .map(Value::Object)
                .map_err(rules::within(&index.to_string()))
        })
        .collect()
}

/// One item as it is stored.
fn checked_item(kind: &str, item: &Value, on: On, current: &Raw) -> Result<Item, Fault> {
    let mut item = shapes::object(item).ok_or_else(rules::whole)?.into_owned();
    placeholders::check(&item, on.takes_placeholders())?;
    files::check(kind, &item)?;
    if CHECKED.contains(&kind) {
        rules::drop_nulls(&mut item);
    }
    match kind {
        OEMBED => oembed::check(&mut item)?,
        CHAT_SETTINGS if on == On::Channel => chat::check(&mut item, current.first(kind))?,
        INVITE if on == On::Message => rules::invite(&mut item)?,
        LANGUAGE => rules::language(&item)?,
        CROSSPOST => rules::crosspost(&item)?,
        FALLBACK_URL => rules::fallback_url(&item)?,
        POLL_NOTICE if on == On::Message => {
            rules::has(&item, Attached::Poll.key(), |_| true)?;
        }
        METADATA if on == On::File => oembed::check(&mut item)?,
        AVATAR | COVER if on == On::Channel => {}
        // Made from polls only, and oembed.metadata belongs to files.
        CHAT_SETTINGS | INVITE | METADATA | AVATAR | COVER | POLL_NOTICE => {
            return Err(rules::whole());
        }
        _ => {}
    }
    Ok(item)
}
