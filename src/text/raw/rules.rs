//! Rules of the small core types, and the questions that all core types ask about a field.

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

/// Whether a field is there and passes.
pub(super) fn has(item: &Item, key: &str, passes: impl Fn(&Value) -> bool) -> bool {
    item.get(key).is_some_and(passes)
}

/// Whether a field passes or is not there.
pub(super) fn may_have(item: &Item, key: &str, passes: impl Fn(&Value) -> bool) -> bool {
    item.get(key).is_none_or(passes)
}

pub(super) fn language(item: &Item) -> bool {
    let known = |code: &str| {
        LANGUAGES
            .split_ascii_whitespace()
            .any(|known| known == code)
    };
    has(item, "language", |value| value.as_str().is_some_and(known))
}

pub(super) fn fallback_url(item: &Item) -> bool {
    has(item, "url", is_url)
}

pub(super) fn crosspost(item: &Item) -> bool {
    let source = |value: &Value| {
        value
            .as_object()
            .is_some_and(|it| has(it, "name", Value::is_string) && has(it, "url", is_url))
    };
    let user = |value: &Value| {
        value
            .as_object()
            .is_some_and(|it| may_have(it, "username", Value::is_string))
    };
    has(item, "canonical_url", is_url)
        && may_have(item, "source", source)
        && may_have(item, "user", user)
}

/// Brings the id into the form of the wire, and removes the name, which the server sets.
pub(super) fn invite(item: &mut Item) -> bool {
    let id = match item.get("channel_id") {
        Some(Value::String(text)) => text.parse::<ChannelId>().ok(),
        Some(Value::Number(number)) => number.as_i64().map(ChannelId),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => None,
    };
    let Some(id) = id.filter(|id| id.0 > 0) else {
        return false;
    };
    item.insert(String::from("channel_id"), Value::from(id.to_string()));
    item.remove("name");
    true
}
