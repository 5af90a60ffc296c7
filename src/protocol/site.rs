//! Where this server is found: the addresses that objects carry.

use crate::model::UserId;

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

    /// Default picture of a user: 256×256. No query string, since clients append their own.
    pub fn avatar_url(&self, user: UserId) -> String {
        format!("{}/images/avatar/{user}", self.public_url)
    }

    /// Default cover: 960×223.
    pub fn cover_url(&self) -> String {
        format!("{}/images/cover", self.public_url)
    }
}
