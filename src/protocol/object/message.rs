//! The message object.

use std::borrow::Cow;

use serde::Serialize;

use super::annotations::Annotations;
use super::replaced::replaced;
use super::{SourceObject, UserObject, is_false, iso, text_if_any};
use crate::model::{ChannelId, Entities, Message, MessageId, Raw, Stamp, User, UserId};
use crate::protocol::render_options::RenderOptions;
use crate::protocol::site::Site;

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = MessageCounts)]
struct Counts {
    replies: i64,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = MessageContent)]
struct MessageContent<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'a str>,
    entities: &'a Entities,
}

/// A message as clients see it. A deleted message keeps id and author, not its text.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Message)]
pub struct MessageObject<'a> {
    id: MessageId,
    channel_id: ChannelId,
    thread_id: MessageId,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<MessageId>,
    #[serde(serialize_with = "iso")]
    created_at: Stamp,
    counts: Counts,
    is_sticky: bool,
    #[serde(skip_serializing_if = "is_false")]
    is_nsfw: bool,
    #[serde(skip_serializing_if = "is_false")]
    is_deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_by: Option<UserId>,
    source: SourceObject<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<MessageContent<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<Cow<'a, Raw>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Annotations<'a>>,
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "text_if_any"
    )]
    #[schema(value_type = Option<String>)]
    pagination_id: Option<i64>,
    #[serde(skip)]
    shows_user: bool,
}

impl<'a> MessageObject<'a> {
    /// The message, with its author without anything personal; without an author only `user_id` is shown.
    pub fn new(
        message: &'a Message,
        author: Option<&'a User>,
        options: RenderOptions,
        site: &Site,
    ) -> Self {
        let user = author
            .filter(|_| options.user)
            .map(|author| UserObject::new(author, options, site));
        let is_deleted = message.deletion.is_some();
        Self {
            id: message.id,
            channel_id: message.channel_id,
            thread_id: message.thread_id,
            reply_to: message.reply_to,
            created_at: message.created_at,
            counts: Counts {
                replies: message.replies,
            },
            is_sticky: message.sticky.is_some(),
            is_nsfw: message.is_nsfw,
            is_deleted,
            deleted_by: message
                .deletion
                .map(|deletion| deletion.by)
                .filter(|by| *by != message.user_id),
            source: SourceObject::new(&message.client, options),
            user_id: user.is_none().then_some(message.user_id),
            user,
            content: (!is_deleted).then_some(MessageContent {
                text: &message.content.text,
                html: options
                    .message_html
                    .then_some(message.content.html.as_str()),
                entities: &message.content.entities,
            }),
            // Raw may repeat the text (crosspost, spoiler), so it is hidden too.
            raw: replaced(&message.raw, site, options.message_raw && !is_deleted),
            annotations: Annotations::of(
                &message.raw,
                site,
                options.message_annotations && !is_deleted,
            ),
            pagination_id: None,
            shows_user: options.user,
        }
    }

    /// Shows the author as the viewer sees them, unless users are switched off.
    #[must_use]
    pub fn author_object(mut self, author: UserObject<'a>) -> Self {
        if self.shows_user {
            self.user = Some(author);
            self.user_id = None;
        }
        self
    }

    /// Adds the pagination id of a list.
    #[must_use]
    pub fn paginated(mut self, id: i64) -> Self {
        self.pagination_id = Some(id);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Deletion;
    use crate::model::UserKind;
    use crate::model::relation::Relationship;
    use crate::protocol::object::sample;
    use serde_json::json;

    #[test]
    fn a_message_without_its_author_object() {
        let message = sample::message(9001, 582, 7, "hi");
        let shown = MessageObject::new(&message, None, RenderOptions::default(), &sample::site());
        assert_eq!(
            serde_json::to_value(shown).unwrap(),
            json!({
                "id": "9001", "channel_id": "582", "thread_id": "9001",
                "created_at": "2024-05-01T08:00:00Z", "counts": {"replies": 0}, "is_sticky": false,
                "source": {"id": "cl1", "name": "Web", "url": "https://x.example"}, "user_id": "7",
                "content": {"text": "hi", "html": "<p>hi</p>",
                    "entities": {"links": [], "mentions": [], "tags": []}},
            })
        );
    }

    #[test]
    fn a_deleted_message_keeps_author_and_counts_but_no_content() {
        let mut message = sample::message(9001, 582, 7, "hi");
        message.deletion = Some(Deletion {
            at: Stamp(1),
            by: UserId(8),
        });
        let author = sample::user(7, "ada");
        let options = RenderOptions {
            message_raw: true,
            ..RenderOptions::default()
        };
        let shown = MessageObject::new(&message, Some(&author), options, &sample::site());
        let shown = serde_json::to_value(shown).unwrap();
        assert_eq!(shown["is_deleted"], true);
        assert_eq!(shown["deleted_by"], "8");
        assert_eq!(shown["user"]["username"], "ada");
        assert!(shown.get("content").is_none() && shown.get("raw").is_none());

        message.deletion = Some(Deletion {
            at: Stamp(1),
            by: UserId(7),
        });
        let own = MessageObject::new(&message, None, options, &sample::site());
        assert!(
            serde_json::to_value(own)
                .unwrap()
                .get("deleted_by")
                .is_none()
        );
    }

    #[test]
    fn switches_of_source_user_html_and_raw() {
        let mut message = sample::message(9001, 582, 7, "hi");
        message.is_nsfw = true;
        message.reply_to = Some(MessageId(8997));
        message.sticky = Some(Stamp(5));
        let author = sample::user(7, "ada");
        let options = RenderOptions {
            client: false,
            user: false,
            message_html: false,
            message_raw: true,
            ..RenderOptions::default()
        };
        let site = sample::site();
        let shown = MessageObject::new(&message, Some(&author), options, &site)
            .author_object(UserObject::new(&author, options, &site))
            .paginated(5);
        assert_eq!(
            serde_json::to_value(shown).unwrap(),
            json!({
                "id": "9001", "channel_id": "582", "thread_id": "9001", "reply_to": "8997",
                "created_at": "2024-05-01T08:00:00Z", "counts": {"replies": 0}, "is_sticky": true,
                "is_nsfw": true, "source": "cl1", "user_id": "7", "pagination_id": "5",
                "content": {"text": "hi", "entities": {"links": [], "mentions": [], "tags": []}},
            })
        );
    }

    #[test]
    fn a_personal_author_replaces_the_plain_one() {
        let message = sample::message(9001, 582, 7, "hi");
        let author = sample::user(7, "ada");
        let site = sample::site();
        let personal = UserObject::new(&author, RenderOptions::default(), &site).seen_by(
            Relationship::default(),
            UserKind::Human,
            false,
        );
        let shown = MessageObject::new(&message, None, RenderOptions::default(), &site)
            .author_object(personal);
        let shown = serde_json::to_value(shown).unwrap();
        assert_eq!(shown["user"]["you_can_follow"], true);
        assert!(shown.get("user_id").is_none());
    }
}
