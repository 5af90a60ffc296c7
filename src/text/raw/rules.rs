//! Rules of the small core types, and the questions that all core types ask about a field.

use std::borrow::Cow;

use serde_json::Value;

use super::Item;
use crate::model::ChannelId;
use crate::text::address::Address;

/// ISO 639-1.
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co \
    cr cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi \
    ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw \
    ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc \
    oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su \
    sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// Whether a value is an address with a scheme.
pub(super) fn is_url(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|url| Address::parse_absolute(url).is_some())
}

/// The path of the field at fault, seen from the item: `source.url`. Empty: the whole item.
pub(super) type Fault = Cow<'static, str>;

/// What a rule says of an item.
pub(super) type Checked = Result<(), Fault>;

/// A fault that no single field is to blame for.
pub(super) fn whole() -> Fault {
    Cow::Borrowed("")
}

/// The same fault, seen from outside.
pub(super) fn within(place: &str) -> impl Fn(Fault) -> Fault {
    move |fault| {
        if fault.is_empty() {
            Cow::Owned(place.to_owned())
        } else {
            Cow::Owned(format!("{place}.{fault}"))
        }
    }
}

/// A field that must be there and pass.
pub(super) fn has(item: &Item, key: &'static str, passes: impl Fn(&Value) -> bool) -> Checked {
    if item.get(key).is_some_and(passes) {
        Ok(())
    } else {
        Err(key.into())
    }
}

/// A field that passes, or is not there.
pub(super) fn may_have(item: &Item, key: &'static str, passes: impl Fn(&Value) -> bool) -> Checked {
    if item.get(key).is_none_or(passes) {
        Ok(())
    } else {
        Err(key.into())
    }
}

/// An object with rules of its own, or nothing.
fn may_hold(item: &Item, key: &'static str, check: impl Fn(&Item) -> Checked) -> Checked {
    match item.get(key) {
        None => Ok(()),
        Some(Value::Object(inner)) => check(inner).map_err(within(key)),
        Some(
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_),
        ) => Err(key.into()),
    }
}

/// Removes the fields that are `null`, at any depth: they mean the same as absent ones. The depth is bounded by the
/// body's parser.
pub(super) fn drop_nulls(item: &mut Item) {
    item.retain(|_, value| !value.is_null());
    item.values_mut().for_each(drop_nulls_in);
}

fn drop_nulls_in(value: &mut Value) {
    match value {
        Value::Object(fields) => drop_nulls(fields),
        Value::Array(items) => items.iter_mut().for_each(drop_nulls_in),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

pub(super) fn language(item: &Item) -> Checked {
    let known = |code: &str| {
        LANGUAGES
            .split_ascii_whitespace()
            .any(|known| known == code)
    };
    has(item, "language", |value| value.as_str().is_some_and(known))
}

pub(super) fn fallback_url(item: &Item) -> Checked {
    has(item, "url", is_url)
}

pub(super) fn crosspost(item: &Item) -> Checked {
    has(item, "canonical_url", is_url)?;
    may_hold(item, "source", |source| {
        has(source, "name", Value::is_string)?;
        has(source, "url", is_url)
    })?;
    may_hold(item, "user", |user| {
        may_have(user, "username", Value::is_string)
    })
}

/// Brings the id into the form of the wire, and removes the name, which the server sets.
pub(super) fn invite(item: &mut Item) -> Checked {
    let id = match item.get("channel_id") {
        Some(Value::String(text)) => text.parse::<ChannelId>().ok(),
        Some(Value::Number(number)) => number.as_i64().map(ChannelId),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => None,
    };
    let id = id.filter(|id| id.0 > 0).ok_or("channel_id")?;
    item.insert(String::from("channel_id"), Value::from(id.to_string()));
    item.remove("name");
    Ok(())
}
