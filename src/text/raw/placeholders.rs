//! Placeholders: keys that begin with `+`, in place of which the server puts what it knows of the object that they name.
//! The other keys of the item stay. One row for each kind of object.
//!
//! Checked with the item, looked up by the caller (`http/attachments.rs`), and filled in before the item is stored.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::rules::Fault;
use super::{Item, files, sent};
use crate::model::{Raw, Refusal, Refused};
use crate::text::shapes;

/// Most objects that one write names; with one more it is refused, so no more are looked for.
pub const MOST: usize = 100;
/// What all placeholders begin with.
const PREFIX: &str = "+io.pnut.core.";

/// A kind of object that a placeholder names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attached {
    /// A poll.
    Poll,
}

impl Attached {
    const ALL: [Self; 1] = [Self::Poll];

    /// The key of the placeholder.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Poll => "+io.pnut.core.poll",
        }
    }

    /// The fields of its id, by the names that clients use.
    fn ids(self) -> &'static [&'static str] {
        match self {
            Self::Poll => &["poll_id", "id"],
        }
    }

    fn token(self) -> &'static str {
        match self {
            Self::Poll => "poll_token",
        }
    }

    /// What a write is refused with that names one which is not there, or not for its author.
    fn unknown(self) -> Refusal {
        match self {
            Self::Poll => Refusal::PollUnknown,
        }
    }

    fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.key() == key)
    }
}

/// An object that an item names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Placeholder {
    /// Of this kind.
    pub what: Attached,
    /// Which.
    pub id: i64,
    /// The token that lets the author attach it.
    pub token: Option<String>,
}

/// What is put in the place of each.
pub type Replacements = HashMap<Placeholder, Map<String, Value>>;

impl Placeholder {
    fn read(what: Attached, sent: &Value) -> Option<Self> {
        let fields = shapes::object(sent)?;
        let mut ids = what.ids().iter().filter_map(|name| fields.get(*name));
        let id = match ids.next()? {
            Value::String(text) => text.trim().parse().ok()?,
            Value::Number(number) => number.as_i64()?,
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        let token = fields.get(what.token()).and_then(Value::as_str);
        Some(Self {
            what,
            id,
            token: token.map(str::to_owned),
        })
    }
}

/// Refuses an item with a placeholder that cannot be read. `takes`: whether items of this object may have any.
/// That of a file has rules of its own.
pub(super) fn check(item: &Item, takes: bool) -> Result<(), Fault> {
    let is_ours = |key: &str| key.starts_with(PREFIX) && key != files::FILE;
    for (key, value) in item.iter().filter(|(key, _)| is_ours(key)) {
        let what = Attached::of(key).filter(|_| takes);
        what.and_then(|what| Placeholder::read(what, value))
            .ok_or_else(|| key.clone())?;
    }
    Ok(())
}

/// The objects that checked items name, each once.
pub fn placeholders(raw: &Raw) -> Vec<Placeholder> {
    within(&raw.0)
}

/// The same for items as they were sent.
///
/// # Errors
/// What is sent is not raw at all.
pub fn placeholders_sent(sent: &Value) -> Result<Vec<Placeholder>, Refused> {
    Ok(within(&*sent::by_type(sent)?))
}

fn within(types: &Map<String, Value>) -> Vec<Placeholder> {
    let items = types.values().filter_map(shapes::list);
    let mut found = Vec::new();
    for item in items.flat_map(Cow::into_owned) {
        let keys = item.as_object().into_iter().flatten();
        for (key, value) in keys {
            let named = Attached::of(key).and_then(|what| Placeholder::read(what, value));
            found.extend(named.filter(|one| !found.contains(one)));
        }
        if found.len() > MOST {
            break;
        }
    }
    found
}

/// Puts what was found in place of the placeholders.
///
/// # Errors
/// One that was not found, by its path; or all together are now larger than raw may be.
pub fn fill(raw: &mut Raw, found: &Replacements, limit_bytes: usize) -> Result<(), Refused> {
    let mut is_changed = false;
    for (kind, items) in &mut raw.0 {
        let items = items.as_array_mut().into_iter().flatten();
        for (index, item) in items.enumerate() {
            let Some(item) = item.as_object_mut() else {
                continue;
            };
            for what in Attached::ALL {
                let Some(sent) = item.remove(what.key()) else {
                    continue;
                };
                let named = Placeholder::read(what, &sent);
                let known = named.and_then(|named| found.get(&named)).ok_or_else(|| {
                    let key = what.key();
                    what.unknown().at(format!("raw.{kind}.{index}.{key}"))
                })?;
                item.extend(known.clone());
                is_changed = true;
            }
        }
    }
    if is_changed && super::counted_bytes(raw) > limit_bytes {
        return Err(Refusal::RawTooLarge.at("raw"));
    }
    Ok(())
}

/// The same in raw as it was sent, in either of its forms: it is checked behind. A placeholder that cannot be read stays,
/// and is refused there.
///
/// # Errors
/// One that was not found, by its path.
pub fn fill_sent(sent: &mut Value, found: &Replacements) -> Result<(), Refused> {
    if let Some(entries) = sent::entries(sent) {
        let mut entries = entries.into_owned();
        for (index, entry) in entries.iter_mut().enumerate() {
            if let Some(item) = entry.get_mut("value").and_then(Value::as_object_mut) {
                fill_item(item, &format!("{index}.value"), found)?;
            }
        }
        *sent = Value::Array(entries);
        return Ok(());
    }
    for (kind, items) in sent.as_object_mut().into_iter().flatten() {
        let Some(list) = shapes::list(items) else {
            continue;
        };
        let mut list = list.into_owned();
        for (index, item) in list.iter_mut().enumerate() {
            if let Some(item) = item.as_object_mut() {
                fill_item(item, &format!("{kind}.{index}"), found)?;
            }
        }
        *items = Value::Array(list);
    }
    Ok(())
}

fn fill_item(item: &mut Item, place: &str, found: &Replacements) -> Result<(), Refused> {
    for what in Attached::ALL {
        let key = what.key();
        let named = item.get(key).and_then(|sent| Placeholder::read(what, sent));
        let Some(named) = named else { continue };
        let known = found.get(&named);
        let known = known.ok_or_else(|| what.unknown().at(format!("raw.{place}.{key}")))?;
        item.remove(key);
        item.extend(known.clone());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::raw::{On, check};
    use serde_json::json;

    const LIMIT: usize = 8192;
    const NOTICE: &str = "io.pnut.core.poll-notice";

    fn poll(id: i64, token: Option<&str>) -> Placeholder {
        Placeholder {
            what: Attached::Poll,
            id,
            token: token.map(str::to_owned),
        }
    }

    fn known(placeholder: Placeholder, prompt: &str) -> Replacements {
        let data = json!({"id": "5", "poll_id": "5", "prompt": prompt});
        HashMap::from([(placeholder, data.as_object().unwrap().clone())])
    }

    #[test]
    fn a_placeholder_becomes_what_the_server_knows_and_other_keys_stay() {
        for (sent, named) in [
            (
                json!({"poll_id": "5", "poll_token": "t"}),
                poll(5, Some("t")),
            ),
            (json!({"id": 5, "poll_token": "t"}), poll(5, Some("t"))),
            (json!({"poll_id": 5}), poll(5, None)),
        ] {
            let item = json!({"+io.pnut.core.poll": sent, "mine": 1, "prompt": "forged"});
            let mut raw = check(&json!({ NOTICE: [item] }), On::Message, LIMIT).unwrap();
            assert_eq!(placeholders(&raw), std::slice::from_ref(&named));
            fill(&mut raw, &known(named, "Where to?"), LIMIT).unwrap();
            let shown = json!([{"id": "5", "poll_id": "5", "prompt": "Where to?", "mine": 1}]);
            assert_eq!(raw.0[NOTICE], shown);
            assert!(placeholders(&raw).is_empty());
        }
    }

    #[test]
    fn a_placeholder_that_is_malformed_unknown_or_elsewhere_refuses_the_whole() {
        let named = json!({"poll_id": "5"});
        for (item, on) in [
            (json!({"+io.pnut.core.poll": "5"}), On::Message),
            (json!({"+io.pnut.core.poll": {}}), On::Message),
            (json!({"+io.pnut.core.poll": {"poll_id": "x"}}), On::Message),
            (json!({"+io.pnut.core.weather": named}), On::Message),
            // A copy of a user would stay: docs/protocol.md says why there is none.
            (json!({"+io.pnut.core.user": {"user_id": "1"}}), On::Message),
            (json!({"+io.pnut.core.poll": named}), On::User),
            (json!({"+io.pnut.core.poll": named}), On::Poll),
        ] {
            let refused = check(&json!({ "org.example.x": [item] }), on, LIMIT).unwrap_err();
            assert_eq!(refused.refusal, Refusal::RawInvalid, "{item}");
            assert!(refused.field.unwrap().contains("org.example.x.0.+io.pnut"));
        }
        let item = json!({"+io.pnut.core.poll": named});
        let mut raw = check(&json!({ "org.example.x": [item] }), On::Channel, LIMIT).unwrap();
        let other = known(poll(5, Some("wrong")), "x");
        assert_eq!(
            fill(&mut raw, &other, LIMIT).unwrap_err(),
            Refusal::PollUnknown.at("raw.org.example.x.0.+io.pnut.core.poll")
        );
    }

    #[test]
    fn a_notice_is_made_of_a_placeholder_only_and_what_is_filled_in_counts() {
        let hand_made = json!({ NOTICE: [{"id": "5", "prompt": "forged"}] });
        assert!(check(&hand_made, On::Message, LIMIT).is_err());
        let item = json!({"+io.pnut.core.poll": {"poll_id": "5"}});
        assert!(check(&json!({ NOTICE: [item.clone()] }), On::Channel, LIMIT).is_err());
        let mut raw = check(&json!({ NOTICE: [item] }), On::Message, LIMIT).unwrap();
        let long = known(poll(5, None), &"x".repeat(LIMIT));
        let refused = fill(&mut raw, &long, LIMIT).unwrap_err();
        assert_eq!(refused.refusal, Refusal::RawTooLarge);
    }

    #[test]
    fn more_objects_than_a_write_may_name_are_not_looked_for() {
        let items = (0..50_000).map(|id| json!({"+io.pnut.core.poll": {"poll_id": id}}));
        let sent = json!({"org.example.x": items.collect::<Vec<_>>()});
        assert_eq!(placeholders_sent(&sent).unwrap().len(), MOST + 1);
    }

    #[test]
    fn an_object_that_is_named_twice_is_looked_up_once() {
        let item = json!({"+io.pnut.core.poll": {"poll_id": "5"}});
        let sent = json!({ "org.example.x": [item, item], "org.example.y": [item] });
        assert_eq!(placeholders_sent(&sent).unwrap(), [poll(5, None)]);
        let alone = json!({"type": "org.example.x", "value": item});
        for mut sent in [json!([alone]), alone] {
            assert_eq!(placeholders_sent(&sent).unwrap(), [poll(5, None)]);
            fill_sent(&mut sent, &known(poll(5, None), "Where to?")).unwrap();
            assert_eq!(sent[0]["value"]["prompt"], "Where to?");
        }
    }
}
