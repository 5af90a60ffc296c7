//! Files that are announced, to come together under one address.

use std::collections::HashSet;

use serde_json::Value;

use super::file::{self, NAME_BYTES};
use super::value;
use crate::model::{Raw, Refusal, Refused};
use crate::text::raw::{self, On};
use crate::text::shapes;

/// Bytes of all of them.
const BYTES: i64 = 100 << 20;
/// Longest key.
const KEY: usize = 64;

/// A file that is announced.
#[derive(Clone, Debug)]
pub struct AnnouncedFile {
    /// The name of its part in the form that brings it.
    pub key: String,
    /// Bytes.
    pub size: i64,
    /// File name.
    pub name: String,
    /// All users may read it.
    pub is_public: bool,
    /// Checked.
    pub raw: Raw,
}

/// All that one call announces.
#[derive(Clone, Debug)]
pub struct ProvisionDraft {
    /// Reverse domain, of all of them.
    pub file_type: String,
    /// In the order of the call.
    pub files: Vec<AnnouncedFile>,
}

impl ProvisionDraft {
    /// Most files of one call.
    pub const MOST: usize = 20;

    /// Reads a body.
    ///
    /// # Errors
    /// A field that is missing, of a wrong type or out of its range; two files with one key; too many, or too many bytes.
    pub fn read(body: &Value, raw_bytes: usize) -> Result<Self, Refused> {
        let fields = &*value::fields(body)?;
        let file_type = file::file_type(fields)?.ok_or_else(|| Refusal::Missing.at("type"))?;
        let sent = value::given(fields, "files").ok_or_else(|| Refusal::Missing.at("files"))?;
        let sent = shapes::list(sent).ok_or_else(|| Refusal::WrongType.at("files"))?;
        if sent.is_empty() || sent.len() > Self::MOST {
            return Err(Refusal::Invalid.at("files"));
        }
        let mut files = Vec::with_capacity(sent.len());
        let mut keys = HashSet::new();
        for (index, one) in sent.iter().enumerate() {
            let place = format!("files.{index}");
            let within = value::within(&place);
            let read = announced(one, raw_bytes).map_err(&within)?;
            if !keys.insert(read.key.clone()) {
                return Err(within(Refusal::Invalid.at("key")));
            }
            files.push(read);
        }
        let bytes = files.iter().map(|file| file.size);
        if bytes.fold(0_i64, i64::saturating_add) > BYTES {
            return Err(Refusal::FileTooLarge.at("files"));
        }
        Ok(Self { file_type, files })
    }

    /// Bytes of all of them.
    pub fn bytes(&self) -> i64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

fn announced(sent: &Value, raw_bytes: usize) -> Result<AnnouncedFile, Refused> {
    let fields = &*shapes::object(sent).ok_or_else(|| Refusal::WrongType.at("key"))?;
    let key = value::text_at(fields, "key")?.ok_or_else(|| Refusal::Missing.at("key"))?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if key.is_empty() || key.len() > KEY || !key.bytes().all(is_plain) {
        return Err(Refusal::Invalid.at("key"));
    }
    let size = value::number_at(fields, "size")?.ok_or_else(|| Refusal::Missing.at("size"))?;
    if size < 1 {
        return Err(Refusal::Invalid.at("size"));
    }
    let name = value::text_at(fields, "name")?.filter(|name| !name.trim().is_empty());
    let name = name.unwrap_or(key);
    if name.len() > NAME_BYTES {
        return Err(Refusal::TooLong.at("name"));
    }
    Ok(AnnouncedFile {
        key: key.to_owned(),
        size,
        name: file::name(name)?,
        is_public: value::flag(fields, "is_public")?.unwrap_or(false),
        raw: match value::raw_at(fields)? {
            Some(sent) => raw::check(&sent, On::File, raw_bytes)?,
            None => Raw::default(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(files: &Value) -> Result<ProvisionDraft, Refused> {
        ProvisionDraft::read(&json!({"type": "a.b", "files": files}), 8192)
    }

    #[test]
    fn a_name_is_the_key_if_none_is_sent() {
        let draft = read(
            &json!([{"key": "a", "size": "5"}, {"key": "b", "size": 1, "name": "x.txt",
            "is_public": 1}]),
        )
        .unwrap();
        let names: Vec<_> = draft.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!((names, draft.bytes()), (vec!["a", "x.txt"], 6));
        assert!(draft.files[1].is_public && !draft.files[0].is_public);
    }

    #[test]
    fn each_field_has_its_range() {
        let one = |key: &str, size: i64| json!({"key": key, "size": size});
        let many: Vec<Value> = (0..21).map(|n| one(&format!("k{n}"), 1)).collect();
        for (files, refusal, at) in [
            (json!([]), Refusal::Invalid, "files"),
            (json!(many), Refusal::Invalid, "files"),
            (json!("a"), Refusal::WrongType, "files"),
            (
                json!([one("a", 1), one("a", 1)]),
                Refusal::Invalid,
                "files.1.key",
            ),
            (json!([one("a b", 1)]), Refusal::Invalid, "files.0.key"),
            (json!([one("", 1)]), Refusal::Invalid, "files.0.key"),
            (json!([one("a", 0)]), Refusal::Invalid, "files.0.size"),
            (json!([one("a", -5)]), Refusal::Invalid, "files.0.size"),
            (json!([{"key": "a"}]), Refusal::Missing, "files.0.size"),
            (json!([{"size": 1}]), Refusal::Missing, "files.0.key"),
            (
                json!([one("a", 1), one("b", i64::MAX)]),
                Refusal::FileTooLarge,
                "files",
            ),
            (
                json!([one("a", 60 << 20), one("b", 60 << 20)]),
                Refusal::FileTooLarge,
                "files",
            ),
        ] {
            assert_eq!(read(&files).unwrap_err(), refusal.at(at), "{files}");
        }
        let none = ProvisionDraft::read(&json!({"files": [one("a", 1)]}), 8192);
        assert_eq!(none.unwrap_err(), Refusal::Missing.at("type"));
    }
}
