//! A file that a user uploaded: what it is called, what it holds, what was made of it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::{ClientBrief, FileId, Raw, Stamp, UserId};

/// Roughly what a file holds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum FileKind {
    /// A picture.
    Image,
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
    /// Anything else.
    Other,
}

impl FileKind {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// SHA-256 of contents, in hexadecimal: their name wherever they are kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentHash(String);

impl ContentHash {
    /// Of a digest.
    pub fn of(digest: &[u8; 32]) -> Self {
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ContentHash {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim().to_ascii_lowercase();
        let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then_some(Self(text)).ok_or(())
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Width and height of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ImageInfo)]
pub struct ImageInfo {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// How long a sound or a film is, how dense, and how large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaInfo {
    /// Its length.
    pub milliseconds: u64,
    /// Thousands of bits a second.
    pub kilobits: u32,
    /// Width and height of a film, in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<(u32, u32)>,
}

impl MediaInfo {
    /// Its length in whole seconds; what is there is not 0.
    pub fn seconds(self) -> u64 {
        (self.milliseconds.saturating_add(500) / 1000).max(1)
    }

    /// The same as a clock shows it: `1:02:03`, `2:03`.
    pub fn clock(self) -> String {
        let seconds = self.seconds();
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        match hours {
            0 => format!("{minutes}:{seconds:02}"),
            hours => format!("{hours}:{minutes:02}:{seconds:02}"),
        }
    }
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileContents {
    /// Their name.
    pub hash: ContentHash,
    /// Bytes.
    pub size: i64,
    /// Found out from the contents where they say it.
    pub mime_type: String,
    /// Of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageInfo>,
    /// Of a sound or a film that says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<MediaInfo>,
}

/// Something that was made of a file, such as a smaller picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerivedFile {
    /// What it is called among those of its file.
    pub key: String,
    /// A file name.
    pub name: String,
    /// What it holds.
    pub contents: FileContents,
}

/// A file. It is complete once it has contents; deletion takes these away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// Assigned by the store.
    pub id: FileId,
    /// Owner.
    pub user_id: UserId,
    /// The app it was made with.
    pub client: ClientBrief,
    /// Reverse domain, chosen by the app; scopes may name it.
    pub file_type: String,
    /// Roughly what it holds.
    pub kind: FileKind,
    /// File name, without a path.
    pub name: String,
    /// All users may read it.
    pub is_public: bool,
    /// When it was made.
    pub created_at: Stamp,
    /// Set on a deleted file.
    pub deleted_at: Option<Stamp>,
    /// `None`: not uploaded yet, or deleted.
    pub contents: Option<FileContents>,
    /// In the order of their keys.
    pub derived: Vec<DerivedFile>,
    /// Mutable, one item of a type.
    pub raw: Raw,
}

impl File {
    /// Bytes of the file and of what was made of it.
    pub fn total_size(&self) -> i64 {
        let derived = self.derived.iter().map(|derived| derived.contents.size);
        self.contents.as_ref().map_or(0, |own| own.size) + derived.sum::<i64>()
    }

    /// What is kept under a key; without one, the file itself.
    pub fn contents_at(&self, key: Option<&str>) -> Option<&FileContents> {
        match key {
            None => self.contents.as_ref(),
            Some(key) => {
                let derived = self.derived.iter().find(|derived| derived.key == key);
                derived.map(|derived| &derived.contents)
            }
        }
    }
}

/// A checked file that has no id yet.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Owner.
    pub user_id: UserId,
    /// The app it is made with.
    pub client: ClientBrief,
    /// Reverse domain.
    pub file_type: String,
    /// Roughly what it holds.
    pub kind: FileKind,
    /// Cleaned.
    pub name: String,
    /// All users may read it.
    pub is_public: bool,
    /// What it holds; `None` if that is uploaded later.
    pub contents: Option<FileContents>,
    /// What the server or the client made of it.
    pub derived: Vec<DerivedFile>,
    /// Checked.
    pub raw: Raw,
}

/// A checked change of a file. `None`: it stays.
#[derive(Clone, Debug, Default)]
pub struct FileChange {
    /// Cleaned.
    pub name: Option<String>,
    /// All users may read it.
    pub is_public: Option<bool>,
    /// As the client sent it; merged by type.
    pub raw: Option<serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_64_digits() {
        let hash = ContentHash::of(&[0xab; 32]);
        assert_eq!(hash.as_str(), "ab".repeat(32));
        assert_eq!("AB".repeat(32).parse(), Ok(hash));
        assert!("ab".parse::<ContentHash>().is_err());
        assert!("../../../etc".repeat(6).parse::<ContentHash>().is_err());
    }
}
