//! What the server signs for files: tokens, and addresses of contents that are valid for a time.
//!
//! Everything is made from the id of the file and one key of the server, so nothing is looked up to show a file: a
//! stream signs an address as it renders an event.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;

use crate::clock::Clock;
use crate::model::{FileId, Stamp};

/// A file's own contents, where a path names what was made of it otherwise.
const OWN: &str = "file";
/// An address is valid for between seven and eight of so many parts of its time: those of one part are the same, so that
/// a client's cache knows them again.
const PARTS: i64 = 8;
/// What a name keeps in a path.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Signs for the files of this server; a cheap handle.
#[derive(Clone)]
pub struct FileLinks(Arc<Signing>);

struct Signing {
    key: hmac::Key,
    clock: Clock,
    seconds: i64,
}

impl FileLinks {
    /// With the key of this server. An address is valid for `seconds`.
    pub fn new(key: &[u8], seconds: u64, clock: Clock) -> Self {
        Self(Arc::new(Signing {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            clock,
            seconds: i64::try_from(seconds).unwrap_or(i64::MAX).max(1),
        }))
    }

    /// With a key that ends with the process.
    pub(super) fn passing() -> Self {
        Self::new(&rand::random::<[u8; 32]>(), 3600, Clock::default())
    }

    /// The right to read, change and attach a file.
    pub fn token(&self, id: FileId) -> String {
        self.sign(&format!("change {id}"))
    }

    /// The right to read a file.
    pub fn read_token(&self, id: FileId) -> String {
        self.sign(&format!("read {id}"))
    }

    /// Whether a file may be changed with this token.
    pub fn is_token(&self, id: FileId, token: &str) -> bool {
        self.is_signed(&format!("change {id}"), token)
    }

    /// Whether a file may be read with this token.
    pub fn is_read_token(&self, id: FileId, token: &str) -> bool {
        self.is_signed(&format!("read {id}"), token)
    }

    /// The right to bring the files that an operation waits for.
    pub fn provisioning_token(&self, operation: &str) -> String {
        self.sign(&format!("provision {operation}"))
    }

    /// Whether they may be brought with this token.
    pub fn is_provisioning_token(&self, operation: &str, token: &str) -> bool {
        self.is_signed(&format!("provision {operation}"), token)
    }

    /// The path and query of contents, and until when they are valid. `key`: of what was made of the file.
    pub fn path(&self, id: FileId, key: Option<&str>, name: &str) -> (String, Stamp) {
        let part = (self.0.seconds / PARTS).max(1);
        let now = self.0.clock.now().seconds();
        let until = now - now.rem_euclid(part) + self.0.seconds;
        let key = key.unwrap_or(OWN);
        let sign = self.sign(&signed(id, key, until));
        let name = utf8_percent_encode(name, PLAIN);
        let path = format!("/content/{id}/{key}/{name}?until={until}&sign={sign}");
        (path, Stamp::from_seconds(until))
    }

    /// What a path names, if its signature is right and its time is not over: the key of what was made of the file, or
    /// nothing for its own contents; and how many seconds are left.
    pub fn open<'k>(
        &self,
        id: FileId,
        key: &'k str,
        until: i64,
        sign: &str,
    ) -> Option<(Option<&'k str>, i64)> {
        let left = until.saturating_sub(self.0.clock.now().seconds());
        let is_valid = left > 0 && self.is_signed(&signed(id, key, until), sign);
        is_valid.then(|| (Some(key).filter(|key| *key != OWN), left))
    }

    fn sign(&self, what: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.0.key, what.as_bytes()))
    }

    /// Compares in constant time.
    fn is_signed(&self, what: &str, sign: &str) -> bool {
        let sign = URL_SAFE_NO_PAD.decode(sign);
        sign.is_ok_and(|sign| hmac::verify(&self.0.key, what.as_bytes(), &sign).is_ok())
    }
}

fn signed(id: FileId, key: &str, until: i64) -> String {
    format!("contents {id} {key} {until}")
}

impl fmt::Debug for FileLinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileLinks")
            .field("seconds", &self.0.seconds)
            .finish_non_exhaustive()
    }
}

/// The same key in the same process.
impl PartialEq for FileLinks {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for FileLinks {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn parts(path: &str) -> (String, i64, String) {
        let (path, query) = path.split_once('?').unwrap();
        let key = path.split('/').nth(3).unwrap().to_owned();
        let (until, sign) = query.split_once('&').unwrap();
        let until = until.strip_prefix("until=").unwrap().parse().unwrap();
        (key, until, sign.strip_prefix("sign=").unwrap().to_owned())
    }

    #[test]
    fn an_address_is_valid_for_its_file_its_part_and_its_time() {
        let clock = Clock::default();
        let links = FileLinks::new(b"key", 80, clock.clone());
        let (path, until) = links.path(FileId(7), None, "a b/c.png");
        assert!(path.starts_with("/content/7/file/a%20b%2Fc.png?"), "{path}");
        let (key, stated, sign) = parts(&path);
        assert_eq!(stated, until.seconds());
        let open = |id, key, until| {
            links
                .open(FileId(id), key, until, &sign)
                .map(|(key, _)| key)
        };
        assert_eq!(open(7, &key, stated), Some(None));
        assert_eq!(open(8, &key, stated), None, "another file");
        assert_eq!(open(7, "core_image_200s", stated), None, "another part");
        assert_eq!(open(7, &key, stated + 1), None, "another time");
        clock.advance(Duration::from_secs(69));
        assert_eq!(open(7, &key, stated), Some(None));
        clock.advance(Duration::from_secs(12));
        assert_eq!(open(7, &key, stated), None, "its time is over");
    }

    #[test]
    fn tokens_are_of_one_file_and_one_right() {
        let links = FileLinks::new(b"key", 1, Clock::default());
        let (token, read) = (links.token(FileId(1)), links.read_token(FileId(1)));
        assert!(links.is_token(FileId(1), &token) && links.is_read_token(FileId(1), &read));
        assert!(!links.is_token(FileId(1), &read) && !links.is_token(FileId(2), &token));
        assert!(!links.is_token(FileId(1), "") && !links.is_token(FileId(1), "\u{e9}"));
        let others = FileLinks::new(b"other", 1, Clock::default());
        assert!(!others.is_token(FileId(1), &token));
    }
}
