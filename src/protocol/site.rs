//! Where this server is found: the addresses that objects carry.

use crate::model::{PictureUse, User};

/// Public addresses, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Such as `https://chat.example.org`.
    pub public_url: String,
    /// Such as `wss://chat.example.org/v1`.
    pub stream_url: String,
}

impl Site {
    /// From the public address; the streams' scheme follows from it.
    pub fn new(public_url: &str) -> Self {
        let public_url = public_url.trim_end_matches('/').to_owned();
        let stream_url = match public_url.split_once("://") {
            Some(("https", rest)) => format!("wss://{rest}/v1"),
            Some((_, rest)) => format!("ws://{rest}/v1"),
            None => format!("ws://{public_url}/v1"),
        };
        Self {
            public_url,
            stream_url,
        }
    }

    /// Avatar or cover of a user. No query string, since clients append their own.
    pub fn picture_url(&self, user: &User, of: PictureUse) -> String {
        let site = &self.public_url;
        match (user.picture(of), of) {
            // A link of its own for each picture, so that it may be kept for ever.
            (Some(picture), _) => format!("{site}/images/picture/{}", picture.id),
            (None, PictureUse::Avatar) => format!("{site}/images/avatar/{}", user.id),
            (None, PictureUse::Cover) => format!("{site}/images/cover"),
        }
    }
}
