//! Files as clients send them: what they say beside the contents.

use serde_json::{Map, Value};

use super::value;
use crate::model::{ContentHash, FileChange, FileKind, Raw, Refusal, Refused};
use crate::text::controls;
use crate::text::raw::{self, On};

/// Most characters of a name.
const NAME: usize = 256;
/// Longest name of a file that is announced, in bytes.
pub(super) const NAME_BYTES: usize = 250;
/// What a file is called that has no name left.
const NAMELESS: &str = "file";

/// A file to make.
#[derive(Clone, Debug)]
pub struct FileDraft {
    /// Reverse domain.
    pub file_type: String,
    /// As it is said; the contents decide.
    pub kind: Option<FileKind>,
    /// As it is said.
    pub mime_type: Option<String>,
    /// Cleaned.
    pub name: Option<String>,
    /// All users may read it.
    pub is_public: bool,
    /// What the contents have to have.
    pub sha256: Option<ContentHash>,
    /// A photograph is turned upright and loses what its camera wrote into it.
    pub process_image_exif: bool,
    /// Checked.
    pub raw: Raw,
}

impl FileDraft {
    /// Reads the fields of a body, or of a form.
    ///
    /// # Errors
    /// No type, a field of a wrong type, raw that breaks a rule.
    pub fn read(body: &Value, raw_bytes: usize) -> Result<Self, Refused> {
        let fields = &*value::fields(body)?;
        let file_type = file_type(fields)?.ok_or_else(|| Refusal::Missing.at("type"))?;
        Ok(Self {
            file_type,
            kind: kind(fields)?,
            mime_type: value::text_at(fields, "mime_type")?
                .filter(|text| !text.is_empty())
                .map(str::to_owned),
            name: value::text_at(fields, "name")?.map(name).transpose()?,
            is_public: value::flag(fields, "is_public")?.unwrap_or(false),
            sha256: sha256(fields)?,
            process_image_exif: value::flag(fields, "process_image_exif")?.unwrap_or(true),
            raw: match value::raw_at(fields)? {
                Some(sent) => raw::check(&sent, On::File, raw_bytes)?,
                None => Raw::default(),
            },
        })
    }
}

/// The type alone, for a look at it before the contents are there.
///
/// # Errors
/// It is not one.
pub fn file_type(fields: &Map<String, Value>) -> Result<Option<String>, Refused> {
    let Some(text) = value::text_at(fields, "type")? else {
        return Ok(None);
    };
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    if text.is_empty() || text.len() > 128 || !text.bytes().all(is_plain) {
        return Err(Refusal::Invalid.at("type"));
    }
    Ok(Some(text.to_owned()))
}

fn kind(fields: &Map<String, Value>) -> Result<Option<FileKind>, Refused> {
    match value::text_at(fields, "kind")? {
        None | Some("") => Ok(None),
        Some(text) => match text.parse() {
            Ok(kind) => Ok(Some(kind)),
            Err(_unknown) => Err(Refusal::Invalid.at("kind")),
        },
    }
}

fn sha256(fields: &Map<String, Value>) -> Result<Option<ContentHash>, Refused> {
    match value::text_at(fields, "sha256")? {
        None | Some("") => Ok(None),
        Some(text) => match text.parse() {
            Ok(hash) => Ok(Some(hash)),
            Err(()) => Err(Refusal::Invalid.at("sha256")),
        },
    }
}

/// A change of details.
///
/// # Errors
/// A field of a wrong type, or a name that is too long.
pub fn change(body: &Value) -> Result<FileChange, Refused> {
    let fields = &*value::fields(body)?;
    Ok(FileChange {
        name: value::text_at(fields, "name")?
            .filter(|text| !text.trim().is_empty())
            .map(name)
            .transpose()?,
        is_public: value::flag(fields, "is_public")?,
        raw: value::raw_at(fields)?,
    })
}

/// Turns the direction of what follows, so that `photo\u{202e}gpj.exe` would be read as a picture.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A name without its path, and without what a file system or a header would not take, or a reader would not see.
///
/// # Errors
/// More than 256 characters.
pub fn name(text: &str) -> Result<String, Refused> {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept = last.chars().filter(|c| !c.is_control() && !turns(*c));
    let kept: String = kept.collect();
    let kept = kept.trim().trim_end_matches('.').trim_start_matches("..");
    if kept.chars().count() > NAME {
        return Err(Refusal::TooLong.at("name"));
    }
    if kept.is_empty() || !controls::is_name(kept) {
        return Ok(NAMELESS.to_owned());
    }
    Ok(kept.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_has_no_path() {
        let cleaned = [
            ("a.png", "a.png"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\system.ini", "system.ini"),
            ("..", "file"),
            ("", "file"),
            ("a\r\nb\0.txt", "ab.txt"),
            ("/", "file"),
            (" photo.. ", "photo"),
        ];
        for (sent, kept) in cleaned {
            assert_eq!(name(sent).unwrap(), kept, "{sent:?}");
        }
        assert_eq!(
            name(&"x".repeat(257)).unwrap_err(),
            Refusal::TooLong.at("name")
        );
    }

    #[test]
    fn a_file_needs_a_type_and_says_the_rest_as_forms_do() {
        let read = |body: &Value| FileDraft::read(body, 8192);
        assert_eq!(read(&json!({})).unwrap_err(), Refusal::Missing.at("type"));
        let wrong = json!({"type": "a b"});
        assert_eq!(read(&wrong).unwrap_err(), Refusal::Invalid.at("type"));
        let wrong = json!({"type": "a.b", "kind": "tune"});
        assert_eq!(read(&wrong).unwrap_err(), Refusal::Invalid.at("kind"));
        let body = json!({"type": "a.b", "kind": "image", "is_public": "0", "sha256": "AB".repeat(32),
            "raw": r#"{"c.d": [{"x": 1}]}"#});
        let draft = read(&body).unwrap();
        assert_eq!(
            (draft.kind, draft.is_public),
            (Some(FileKind::Image), false)
        );
        assert!(draft.sha256.is_some() && draft.raw.first("c.d").is_some());
    }
}
