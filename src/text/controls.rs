//! The rule about control characters, for everything that clients send.
//!
//! * NUL (U+0000) is refused in every text: field, field name, parameter, path. SQLite's own functions and every C
//!   library end a text there, and PostgreSQL cannot store it.
//! * Names (of users, chat rooms, apps, raw types) are one line: no control character at all.
//! * Other texts keep the rest of them. Chat bridges send formatting codes in messages, and JSON can carry them.
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

/// Checks all texts and all names of fields in a body, at any depth. The depth is bounded by the body's parser.
///
/// # Errors
/// `NulCharacter`, naming the field.
pub fn check_body(body: &Value) -> Result<(), Refused> {
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
