//! Where this server is found: the addresses that objects carry.

use super::file_links::FileLinks;
use crate::model::{FileId, PictureUse, Stamp, User};

/// Public addresses, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Such as `https://chat.example.org`.
    pub public_url: String,
    /// Such as `wss://chat.example.org/v1`.
    pub stream_url: String,
    /// What is signed for files.
    pub files: FileLinks,
}

impl Site {
    /// From the public address; the streams' scheme follows from it. What it signs is valid in this process only.
    pub fn new(public_url: &str) -> Self {
        Self::signing(public_url, FileLinks::passing())
    }

    /// The same, with links that are valid after a restart.
    pub fn signing(public_url: &str, files: FileLinks) -> Self {
        let public_url = public_url.trim_end_matches('/').to_owned();
        let stream_url = match public_url.split_once("://") {
            Some(("https", rest)) => format!("wss://{rest}/v1"),
            Some((_, rest)) => format!("ws://{rest}/v1"),
            None => format!("ws://{public_url}/v1"),
        };
        Self {
            public_url,
            stream_url,
            files,
        }
    }

    /// Where contents are for now, and until when. `key`: of what was made of the file.
    pub fn contents_url(&self, id: FileId, key: Option<&str>, name: &str) -> (String, Stamp) {
        let (path, until) = self.files.path(id, key, name);
        (format!("{}{path}", self.public_url), until)
    }

    /// The address of a public file that stays the same.
    pub fn file_short_url(&self, id: FileId) -> String {
        format!("{}/f/{id}", self.public_url)
    }

    /// Where contents are sent to.
    pub fn upload_url(&self, id: FileId) -> String {
        format!("{}/v1/files/{id}/content", self.public_url)
    }

    /// Avatar or cover of a user. No query string, since clients append their own.
    pub fn picture_url(&self, user: &User, of: PictureUse) -> String {
        format!("{}{}", self.public_url, picture_path(user, of))
    }
}

/// The same on this server, by whatever name it was reached.
pub fn picture_path(user: &User, of: PictureUse) -> String {
    match (user.picture(of), of) {
        // A link of its own for each picture, so that it may be kept for ever.
        (Some(picture), _) => format!("/images/picture/{}", picture.id),
        (None, PictureUse::Avatar) => format!("/images/avatar/{}", user.id),
        (None, PictureUse::Cover) => String::from("/images/cover"),
    }
}
