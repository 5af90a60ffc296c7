//! Apps, in their short and in their long form.

use serde::Serialize;

use super::{UserObject, iso};
use crate::model::{Client, ClientBrief, ClientId, Stamp};
use crate::protocol::render_options::RenderOptions;

/// The short form: `source` on messages, `app` in tokens.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub struct ClientObject<'a>(pub &'a ClientBrief);

impl<'a> ClientObject<'a> {
    /// The app as `{id, name, url}`.
    pub fn new(client: &'a ClientBrief) -> Self {
        Self(client)
    }
}

/// The app that a message was written with: an object, or only the app's id (`include_client=0`).
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum SourceObject<'a> {
    /// `{id, name, url}`
    Client(ClientObject<'a>),
    /// The id.
    Id(&'a ClientId),
}

impl<'a> SourceObject<'a> {
    /// In the form that the render options request.
    pub fn new(client: &'a ClientBrief, options: RenderOptions) -> Self {
        if options.client {
            Self::Client(ClientObject(client))
        } else {
            Self::Id(&client.id)
        }
    }
}

/// The long form of `/clients/{client_id}`.
#[derive(Clone, Debug, Serialize)]
pub struct ClientDetail<'a> {
    #[serde(flatten)]
    brief: ClientObject<'a>,
    #[serde(serialize_with = "iso")]
    created_at: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserObject<'a>>,
    posts: i64,
}

impl<'a> ClientDetail<'a> {
    /// The app with its owner, if a user registered it.
    pub fn new(client: &'a Client, owner: Option<UserObject<'a>>) -> Self {
        Self {
            brief: ClientObject(&client.brief),
            created_at: client.created_at,
            user: owner,
            // This server keeps messages, not posts; clients require the key.
            posts: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_long_form_holds_the_short_one() {
        let client = Client {
            brief: ClientBrief {
                id: "cl1".into(),
                name: String::from("Web"),
                url: String::from("https://x.example"),
            },
            created_at: Stamp::from_seconds(0),
            owner: None,
            redirect_uris: Vec::new(),
            is_public: true,
        };
        assert_eq!(
            serde_json::to_value(ClientDetail::new(&client, None)).unwrap(),
            json!({"id": "cl1", "name": "Web", "url": "https://x.example",
                "created_at": "1970-01-01T00:00:00Z", "posts": 0})
        );
    }
}
