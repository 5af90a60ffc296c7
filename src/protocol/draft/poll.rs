//! Polls and answers as clients send them.

use serde_json::Value;

use super::value;
use crate::model::poll::OPTIONS;
use crate::model::{ClientBrief, Closing, NewPoll, Raw, Refusal, Refused, Stamp, UserId};
use crate::text::raw::{self, On};
use crate::text::shapes;

/// Most characters of a prompt.
const PROMPT: usize = 256;
/// Most characters of an option.
const OPTION: usize = 64;
/// Longest `type`.
const KIND: usize = 128;
/// Shortest and longest `duration`: two weeks.
const MINUTES: std::ops::RangeInclusive<i64> = 1..=20_160;

/// A poll to make.
#[derive(Clone, Debug)]
pub struct PollDraft {
    kind: String,
    prompt: String,
    options: Vec<String>,
    max_options: i32,
    is_anonymous: bool,
    is_public: bool,
    raw: Raw,
    closing: Closing,
}

impl PollDraft {
    /// Reads a body.
    ///
    /// # Errors
    /// A field that is missing, of a wrong type or out of its range; raw that breaks a rule.
    pub fn read(body: &Value, raw_bytes: usize) -> Result<Self, Refused> {
        let fields = &*value::fields(body)?;
        let kind = value::text_at(fields, "type")?.ok_or_else(|| Refusal::Missing.at("type"))?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        if kind.is_empty() || kind.len() > KIND || !kind.bytes().all(plain) {
            return Err(Refusal::Invalid.at("type"));
        }
        let prompt = value::text_at(fields, "prompt")?;
        let prompt = prompt.ok_or_else(|| Refusal::Missing.at("prompt"))?;
        let prompt = bounded(prompt, PROMPT).map_err(|refusal| refusal.at("prompt"))?;
        let options = read_options(fields)?;
        let max_options = value::number_at(fields, "max_options")?.unwrap_or(1);
        let most = i64::try_from(options.len()).unwrap_or(1);
        if !(1..=most).contains(&max_options) {
            return Err(Refusal::Invalid.at("max_options"));
        }
        let raw = match value::raw_at(fields)? {
            Some(sent) => raw::check(&sent, On::Poll, raw_bytes)?,
            None => Raw::default(),
        };
        Ok(Self {
            kind: kind.to_owned(),
            prompt: prompt.trim().to_owned(),
            options,
            max_options: i32::try_from(max_options).unwrap_or(1),
            is_anonymous: value::flag(fields, "is_anonymous")?.unwrap_or(true),
            is_public: value::flag(fields, "is_public")?.unwrap_or(false),
            raw,
            closing: read_closing(fields)?,
        })
    }

    /// `type` on the wire.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The checked poll.
    pub fn finish(self, creator: UserId, client: ClientBrief) -> NewPoll {
        NewPoll {
            user_id: creator,
            client,
            kind: self.kind,
            prompt: self.prompt,
            options: self.options,
            max_options: self.max_options,
            is_anonymous: self.is_anonymous,
            is_public: self.is_public,
            raw: self.raw,
            closing: self.closing,
        }
    }
}

type Fields = serde_json::Map<String, Value>;

/// A text that has something in it, and not too much.
fn bounded(text: &str, most: usize) -> Result<&str, Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::EmptyText);
    }
    if text.chars().nth(most).is_some() {
        return Err(Refusal::TooLong);
    }
    Ok(text)
}

/// The texts, in the order of their positions; one without a position has that of its place in the list.
fn read_options(fields: &Fields) -> Result<Vec<String>, Refused> {
    let sent = value::given(fields, "options").ok_or_else(|| Refusal::Missing.at("options"))?;
    let sent = shapes::list(sent).ok_or_else(|| Refusal::WrongType.at("options"))?;
    if !OPTIONS.contains(&sent.len()) {
        return Err(Refusal::Invalid.at("options"));
    }
    let mut options = Vec::with_capacity(sent.len());
    for (option, index) in sent.iter().zip(0_i64..) {
        let place = format!("options.{index}");
        let read = read_option(option).map_err(value::within(&place))?;
        options.push((read.0.unwrap_or(index + 1), read.1));
    }
    options.sort_by_key(|(position, _)| *position);
    Ok(options.into_iter().map(|(_, text)| text).collect())
}

fn read_option(option: &Value) -> Result<(Option<i64>, String), Refused> {
    let wrong = || Refusal::WrongType.at("text");
    let fields = &*shapes::object(option).ok_or_else(wrong)?;
    let text = value::text_at(fields, "text")?.ok_or_else(|| Refusal::Missing.at("text"))?;
    // Runs of white space are one blank.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = bounded(&text, OPTION).map_err(|refusal| refusal.at("text"))?;
    Ok((value::number_at(fields, "position")?, text.to_owned()))
}

fn read_closing(fields: &Fields) -> Result<Closing, Refused> {
    if let Some(minutes) = value::number_at(fields, "duration")? {
        return match MINUTES.contains(&minutes) {
            true => Ok(Closing::After(minutes)),
            false => Err(Refusal::Invalid.at("duration")),
        };
    }
    let text =
        value::text_at(fields, "closed_at")?.ok_or_else(|| Refusal::Missing.at("duration"))?;
    let at = Stamp::parse_iso(text.trim()).ok_or_else(|| Refusal::WrongType.at("closed_at"))?;
    Ok(Closing::At(at))
}

/// The positions of an answer in a body: a list, or a text of numbers between commas. `None`: not given.
///
/// # Errors
/// Something that is not a whole number.
pub fn read_positions(body: &Value) -> Result<Option<Vec<i64>>, Refused> {
    let wrong = || Refusal::WrongType.at("positions");
    let fields = &*value::fields(body)?;
    let Some(sent) = value::given(fields, "positions") else {
        return Ok(None);
    };
    if let Some(text) = sent.as_str() {
        return positions_in(text).map(Some);
    }
    if let Some(position) = value::number(sent) {
        return Ok(Some(vec![position]));
    }
    let list = shapes::list(sent).ok_or_else(wrong)?;
    let positions = list
        .iter()
        .map(|item| value::number(item).ok_or_else(wrong));
    positions.collect::<Result<_, _>>().map(Some)
}

/// The same in a query.
///
/// # Errors
/// Something that is not a whole number.
pub fn positions_in(text: &str) -> Result<Vec<i64>, Refused> {
    let words = text
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    words
        .map(|word| {
            word.parse()
                .map_err(|_cause| Refusal::WrongType.at("positions"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body() -> Value {
        json!({"type": "org.example.lunch", "prompt": "Where to?", "duration": 60,
            "options": [{"text": "Here"}, {"text": "There"}]})
    }

    fn with(name: &str, value: Value) -> Result<PollDraft, Refused> {
        let mut body = body();
        body[name] = value;
        PollDraft::read(&body, 8192)
    }

    #[test]
    fn defaults_and_the_spellings_of_the_original_documents() {
        let draft = PollDraft::read(&body(), 8192).unwrap();
        assert!(draft.is_anonymous && !draft.is_public);
        assert_eq!(draft.max_options, 1);
        assert_eq!(draft.closing, Closing::After(60));
        let texts = with("duration", json!("60")).unwrap();
        assert_eq!(texts.closing, Closing::After(60));
        assert!(!with("is_anonymous", json!("false")).unwrap().is_anonymous);
        let at = json!({"type": "x", "prompt": "y", "closed_at": "2026-01-01T00:00:00Z",
            "options": [{"text": "a"}, {"text": "b"}]});
        let at = PollDraft::read(&at, 8192).unwrap().closing;
        assert_eq!(at, Closing::At(Stamp::from_seconds(1_767_225_600)));
    }

    #[test]
    fn options_are_ordered_by_their_positions_and_blanks_in_them_are_one() {
        let sent = json!([{"text": " b \n c ", "position": "2"}, {"text": "a", "position": 1}]);
        assert_eq!(with("options", sent).unwrap().options, ["a", "b c"]);
    }

    #[test]
    fn each_field_has_its_range() {
        let option = |text: &str| json!([{"text": "a"}, {"text": text}]);
        let (long, prompt) = ("x".repeat(65), "x".repeat(257));
        for (name, value, refusal, at) in [
            ("type", json!(""), Refusal::Invalid, "type"),
            ("type", json!("a b"), Refusal::Invalid, "type"),
            ("type", json!(null), Refusal::Missing, "type"),
            ("prompt", json!(" "), Refusal::EmptyText, "prompt"),
            ("prompt", json!(prompt), Refusal::TooLong, "prompt"),
            (
                "options",
                json!([{"text": "a"}]),
                Refusal::Invalid,
                "options",
            ),
            ("options", json!("a"), Refusal::WrongType, "options"),
            (
                "options",
                json!(["a", "b"]),
                Refusal::WrongType,
                "options.0.text",
            ),
            ("options", option(" "), Refusal::EmptyText, "options.1.text"),
            ("options", option(&long), Refusal::TooLong, "options.1.text"),
            ("max_options", json!(3), Refusal::Invalid, "max_options"),
            ("max_options", json!(0), Refusal::Invalid, "max_options"),
            ("duration", json!(0), Refusal::Invalid, "duration"),
            ("duration", json!(20_161), Refusal::Invalid, "duration"),
            ("duration", json!(null), Refusal::Missing, "duration"),
        ] {
            assert_eq!(with(name, value).unwrap_err(), refusal.at(at), "{name}");
        }
        let many: Vec<Value> = (0..11).map(|n| json!({"text": n.to_string()})).collect();
        let refused = with("options", Value::Array(many)).unwrap_err();
        assert_eq!(refused, Refusal::Invalid.at("options"));
        assert_eq!(
            with("prompt", json!("x".repeat(256))).unwrap().prompt.len(),
            256
        );
    }

    #[test]
    fn positions_come_in_all_spellings() {
        let read = |sent: Value| read_positions(&json!({ "positions": sent }));
        assert_eq!(read(json!([1, "2"])).unwrap(), Some(vec![1, 2]));
        assert_eq!(read(json!("1, 2")).unwrap(), Some(vec![1, 2]));
        assert_eq!(read(json!(2)).unwrap(), Some(vec![2]));
        assert_eq!(read(json!([])).unwrap(), Some(vec![]));
        assert_eq!(read(json!("")).unwrap(), Some(vec![]));
        assert_eq!(read(json!(null)).unwrap(), None);
        assert!(read(json!(["a"])).is_err() && read(json!("1,b")).is_err());
        assert_eq!(positions_in("3").unwrap(), [3]);
    }
}
