//! The rules for everything that clients send: control characters, and how deep JSON may be.
//!
//! * NUL (U+0000) is refused in every text: field, field name, parameter, path. SQLite's own functions and every C
//!   library end a text there, and PostgreSQL cannot store it.
//! * Names (of users, chat rooms, apps, raw types) are one line: no control character at all.
//! * Other texts keep the rest of them. Chat bridges send formatting codes in messages, and JSON can carry them.
//!
//! JSON is nested at most [`MOST_DEPTH`] deep. What is accepted ends up inside of rows of the log, in frames and in answers,
//! which add levels of their own, and every reader has a bound (that of `serde_json` is 128).
//!
//! Bodies are checked in `http::extract::body` and queries and paths in `http::middleware::admission`, before any
//! handler sees them; the command line checks its arguments.

use serde_json::Value;

use crate::model::{Refusal, Refused};

/// Whether a text has a NUL.
pub fn has_nul(text: &str) -> bool {
    text.contains('\0')
}

/// Whether a text can be a name: no control characters, hence one line.
pub fn is_name(text: &str) -> bool {
    !text.contains(char::is_control)
}

/// Most lists and objects within one another.
pub const MOST_DEPTH: usize = 32;

/// Checks the depth of a body, and all its texts and names of fields.
///
/// # Errors
/// `TooDeep` and `NulCharacter`, naming the field.
pub fn check_body(body: &Value) -> Result<(), Refused> {
    check_depth(body)?;
    match place_of_nul(body) {
        None => Ok(()),
        Some(place) if place.is_empty() => Err(Refusal::NulCharacter.into()),
        Some(place) => Err(Refusal::NulCharacter.at(place)),
    }
}

/// Checks a path and a query as they are on the wire, where a NUL can only be `%00`.
///
/// # Errors
/// `NulCharacter`, naming the parameter, or `path`.
pub fn check_address(path: &str, query: &str) -> Result<(), Refused> {
    const ENCODED: &str = "%00";
    if path.contains(ENCODED) {
        return Err(Refusal::NulCharacter.at("path"));
    }
    match query.split('&').find(|pair| pair.contains(ENCODED)) {
        None => Ok(()),
        Some(pair) => {
            let name = pair.split('=').next().unwrap_or_default();
            Err(Refusal::NulCharacter.at(name.to_owned()))
        }
    }
}

fn check_depth(body: &Value) -> Result<(), Refused> {
    if let Value::Object(fields) = body {
        let deep = fields
            .iter()
            .find(|(_, value)| is_deeper_than(value, MOST_DEPTH - 1));
        return match deep {
            None => Ok(()),
            Some((name, _)) => Err(Refusal::TooDeep.at(name.clone())),
        };
    }
    if is_deeper_than(body, MOST_DEPTH) {
        return Err(Refusal::TooDeep.into());
    }
    Ok(())
}

// The parser bounds the depth of the recursion.
fn is_deeper_than(value: &Value, most: usize) -> bool {
    match value {
        Value::Array(items) => most == 0 || items.iter().any(|item| is_deeper_than(item, most - 1)),
        Value::Object(fields) => {
            most == 0 || fields.values().any(|value| is_deeper_than(value, most - 1))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// `raw.com.example.note.0.text`; empty for the value itself.
fn place_of_nul(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => has_nul(text).then(String::new),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| Some(join(&index.to_string(), &place_of_nul(item)?))),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            if has_nul(name) {
                return Some(name.replace('\0', "\u{fffd}"));
            }
            Some(join(name, &place_of_nul(value)?))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn join(outer: &str, inner: &str) -> String {
    if inner.is_empty() {
        return outer.to_owned();
    }
    format!("{outer}.{inner}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_field_with_the_nul_is_named_at_any_depth() {
        for (body, place) in [
            (json!({"text": "a\0b"}), "text"),
            (
                json!({"raw": {"x.y": [{"a": 1}, {"b": {"c": "\0"}}]}}),
                "raw.x.y.1.b.c",
            ),
            (json!({"raw": {"x\0y": []}}), "raw.x\u{fffd}y"),
            (json!([{"name": "\0"}]), "0.name"),
        ] {
            let refused = check_body(&body).unwrap_err();
            assert_eq!(refused, Refusal::NulCharacter.at(place), "{body}");
        }
        assert_eq!(
            check_body(&json!("\0")).unwrap_err(),
            Refusal::NulCharacter.into()
        );
    }

    #[test]
    fn json_may_be_32_deep() {
        let nested = |depth| (0..depth).fold(json!(1), |inner, _| json!([inner]));
        assert!(check_body(&nested(32)).is_ok());
        assert_eq!(
            check_body(&nested(33)).unwrap_err(),
            Refusal::TooDeep.into()
        );
        assert!(check_body(&json!({"a": 1, "raw": nested(31)})).is_ok());
        assert_eq!(
            check_body(&json!({"a": 1, "raw": {"b": nested(31)}})).unwrap_err(),
            Refusal::TooDeep.at("raw")
        );
    }

    #[test]
    fn other_control_characters_are_texts_and_not_names() {
        let text = "one\r\n\ttwo \u{2}bold\u{f} \u{1b}[0m \u{85} \u{7f}";
        assert!(check_body(&json!({ "text": text })).is_ok());
        for c in ['\0', '\t', '\n', '\u{2}', '\u{7f}', '\u{85}'] {
            assert!(!is_name(&format!("a{c}b")), "{c:?}");
        }
        assert!(is_name("Tea & <cake> ☕️ العربية"));
    }

    #[test]
    fn the_parameter_with_the_nul_is_named() {
        assert!(check_address("/v1/users/@a", "q=a%2500&b=%2000").is_ok());
        for (path, query, place) in [
            ("/users/@a%00b", "", "path"),
            ("/channels/search", "count=1&q=a%00", "q"),
            ("/channels/search", "a%00=1", "a%00"),
        ] {
            let refused = check_address(path, query).unwrap_err();
            assert_eq!(refused, Refusal::NulCharacter.at(place), "{path}?{query}");
        }
    }
}
