//! Apps, in their short and in their long form.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{UserObject, iso};
use crate::model::{Client, ClientBrief, ClientId, Entities, Stamp, UserId};
use crate::protocol::render_options::RenderOptions;

/// The short form: `source` on messages, `app` in tokens.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub struct ClientObject<'a>(pub &'a ClientBrief);

impl PartialSchema for ClientObject<'_> {
    fn schema() -> RefOr<Schema> {
        ClientBrief::schema()
    }
}

impl ToSchema for ClientObject<'_> {
    fn name() -> Cow<'static, str> {
        ClientBrief::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ClientBrief::schemas(schemas);
    }
}

impl<'a> ClientObject<'a> {
    /// The app as `{id, name, url}`.
    pub fn new(client: &'a ClientBrief) -> Self {
        Self(client)
    }
}

/// The app that a message was written with: an object, or only the app's id (`include_client=0`).
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = Source)]
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
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Client)]
pub struct ClientDetail<'a> {
    #[serde(flatten)]
    brief: ClientObject<'a>,
    #[serde(serialize_with = "iso")]
    created_at: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    posts: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Description<'a>>,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ClientDescription)]
struct Description<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'a str>,
    entities: &'a Entities,
}

impl<'a> ClientDetail<'a> {
    /// The app. Of an owner that is not shown, only `user_id` is.
    pub fn new(client: &'a Client, owner: Option<UserObject<'a>>, options: RenderOptions) -> Self {
        let description = client.description.as_ref();
        Self {
            brief: ClientObject(&client.brief),
            created_at: client.created_at,
            user_id: client.owner.filter(|_| owner.is_none()),
            user: owner,
            posts: client.posts,
            content: description.map(|(content, _)| Description {
                text: &content.text,
                html: options.user_html.then_some(content.html.as_str()),
                entities: &content.entities,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::object::sample;
    use serde_json::json;

    #[test]
    fn the_long_form_holds_the_short_one() {
        let mut client = Client {
            brief: ClientBrief {
                id: "cl1".into(),
                name: String::from("Web"),
                url: String::from("https://x.example"),
            },
            created_at: Stamp::from_seconds(0),
            owner: None,
            redirect_uris: Vec::new(),
            is_public: true,
            is_private: false,
            description: None,
            posts: 3,
        };
        let shown = |client: &Client| {
            let detail = ClientDetail::new(client, None, RenderOptions::default());
            serde_json::to_value(detail).unwrap()
        };
        assert_eq!(
            shown(&client),
            json!({"id": "cl1", "name": "Web", "url": "https://x.example",
                "created_at": "1970-01-01T00:00:00Z", "posts": 3})
        );
        client.owner = Some(UserId(7));
        client.description = Some((sample::content("Hi"), String::from("Hi")));
        let described = shown(&client);
        assert_eq!(described["user_id"], "7");
        assert_eq!(described["content"]["text"], "Hi");
        assert!(described["content"]["entities"]["links"].is_array());
    }
}
