//! What an answer or a frame shows of the scene: one letter for each thing that it holds.

use serde_json::Value;

/// A letter, and the texts that give it away.
type Mark = (char, &'static [&'static str]);

/// Of ada, and of the private room.
const MARKS: &[Mark] = &[
    // Her profile: its text, her name as an object or as the title of a feed.
    ('P', &["profile-of-ada", r#""username":"ada""#, ">ada: "]),
    ('W', &["words-of-ada"]),
    ('A', &["told-inside-by-ada"]),
    // What others say and set in the private room.
    ('S', &["secret words", "secret too", "secret raw"]),
    ('N', &["presence-of-ada"]),
    ('B', &["note-of-ada"]),
];

/// The letters for a text; `.` for none.
pub(super) fn of(text: &str, ada: &str) -> String {
    let mut found: String = MARKS
        .iter()
        .filter(|(_, traces)| traces.iter().any(|trace| text.contains(trace)))
        .map(|(letter, _)| *letter)
        .collect();
    if let Ok(json) = serde_json::from_str::<Value>(text) {
        // Her id in a list of ids.
        if lists(&json["data"], ada) {
            found.push('I');
        }
        if is_unread(&json) {
            found.push('U');
        }
    }
    if found.is_empty() {
        found.push('.');
    }
    found
}

fn lists(json: &Value, id: &str) -> bool {
    match json {
        Value::Array(items) => items
            .iter()
            .any(|item| item.as_str() == Some(id) || lists(item, id)),
        Value::Object(fields) => fields.values().any(|value| lists(value, id)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether it counts unread private messages.
fn is_unread(json: &Value) -> bool {
    let counts = [&json["data"], &json["meta"]["unread_counts"]];
    let above_zero = |count: &Value| count.as_i64().is_some_and(|count| count > 0);
    counts
        .iter()
        .any(|counts| above_zero(&counts["io.pnut.core.pm"]))
        || above_zero(&json["data"])
}
