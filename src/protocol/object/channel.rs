//! The channel object.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::annotations::Annotations;
use super::replaced::replaced;
use super::{
    AclObject, LimitedUser, MarkerObject, MessageObject, UserObject, is_true, iso, text_if_any,
};
use crate::model::channel::CHAT_SETTINGS;
use crate::model::marker::MarkerName;
use crate::model::{Access, Channel, ChannelId, Marker, MessageId, Raw, Stamp, User, UserId};
use crate::protocol::render_options::RenderOptions;
use crate::protocol::site::Site;

/// The fields of a channel that are personal to a viewer.
#[derive(Clone, Debug)]
pub struct ChannelViewer {
    /// The viewer's access.
    pub access: Access,
    /// The viewer is subscribed.
    pub subscribed: bool,
    /// The viewer muted it.
    pub muted: bool,
    /// It has unread messages.
    pub has_unread: bool,
    /// The viewer's marker.
    pub marker: Option<Marker>,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ChannelCounts)]
struct Counts {
    messages: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscribers: Option<i64>,
}

/// A channel as clients see one.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Channel)]
pub struct ChannelObject<'a> {
    id: ChannelId,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(serialize_with = "iso")]
    created_at: Stamp,
    acl: AclObject<'a>,
    counts: Counts,
    has_sticky_messages: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    has_unread: Option<bool>,
    // Clients test for the key, not for its value.
    #[serde(skip_serializing_if = "is_true")]
    is_active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    recent_message_id: Option<MessageId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recent_message: Option<Box<MessageObject<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recent_deleted_message_id: Option<MessageId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recent_deleted_message: Option<Box<MessageObject<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Box<UserObject<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    you_subscribed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    you_muted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Raw>)]
    raw: Option<ChannelRaw<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Annotations<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    marker: Option<MarkerObject>,
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "text_if_any"
    )]
    #[schema(value_type = Option<String>)]
    pagination_id: Option<i64>,
    #[serde(skip)]
    options: RenderOptions,
    #[serde(skip)]
    subscribers: i64,
}

impl<'a> ChannelObject<'a> {
    /// The channel without anything personal. Without an owner object only `user_id` is shown; private
    /// message channels have neither.
    pub fn new(
        channel: &'a Channel,
        owner: Option<&'a User>,
        options: RenderOptions,
        site: &Site,
    ) -> Self {
        let user = owner
            .filter(|_| options.user && channel.owner.is_some())
            .map(|owner| Box::new(UserObject::new(owner, options, site)));
        Self {
            id: channel.id,
            kind: &channel.kind,
            created_at: channel.created_at,
            acl: AclObject::new(&channel.acl),
            counts: Counts {
                messages: channel.messages,
                subscribers: None,
            },
            has_sticky_messages: channel.sticky_messages > 0,
            has_unread: None,
            is_active: channel.is_active,
            recent_message_id: channel.recent_message_id,
            recent_message: None,
            recent_deleted_message_id: channel.recent_deleted_message_id,
            recent_deleted_message: None,
            user_id: channel.owner.filter(|_| user.is_none()),
            user,
            you_subscribed: None,
            you_muted: None,
            raw: replaced(&channel.raw, site, options.channel_raw).map(|raw| ChannelRaw {
                raw,
                html: options.channel_html,
            }),
            annotations: Annotations::of(&channel.raw, site, options.channel_annotations),
            marker: None,
            pagination_id: None,
            options,
            subscribers: channel.subscribers,
        }
    }

    /// Adds the viewer's fields.
    #[must_use]
    pub fn seen_by(mut self, viewer: &ChannelViewer) -> Self {
        self.acl.set_you(viewer.access);
        self.counts.subscribers = (viewer.access >= Access::Full).then_some(self.subscribers);
        self.has_unread = Some(viewer.has_unread);
        self.you_subscribed = Some(viewer.subscribed);
        self.you_muted = Some(viewer.muted);
        if self.options.marker {
            let name = MarkerName::Channel(self.id);
            self.marker = Some(MarkerObject::new(&name, viewer.marker.as_ref()));
        }
        self
    }

    /// Shows the owner as the viewer sees them, unless users are switched off or the channel has no owner.
    #[must_use]
    pub fn owner_object(mut self, owner: UserObject<'a>) -> Self {
        if self.options.user && (self.user.is_some() || self.user_id.is_some()) {
            self.user = Some(Box::new(owner));
            self.user_id = None;
        }
        self
    }

    /// Embeds the newest message (`include_recent_message`).
    #[must_use]
    pub fn recent(mut self, message: MessageObject<'a>) -> Self {
        if self.options.recent_message && self.recent_message_id.is_some() {
            self.recent_message = Some(Box::new(message));
        }
        self
    }

    /// Embeds the newest message of all, if that one is deleted.
    #[must_use]
    pub fn recent_deleted(mut self, message: MessageObject<'a>) -> Self {
        if self.options.recent_message && self.recent_deleted_message_id.is_some() {
            self.recent_deleted_message = Some(Box::new(message));
        }
        self
    }

    /// Adds the members in short form (`include_limited_users`).
    #[must_use]
    pub fn limited_users(mut self, find: impl Fn(UserId) -> Option<LimitedUser<'a>>) -> Self {
        if self.options.limited_users {
            self.acl.set_users(find);
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

/// Raw of a channel; the description of a chat room is rich text and follows `include_html`.
#[derive(Clone, Debug)]
struct ChannelRaw<'a> {
    raw: Cow<'a, Raw>,
    html: bool,
}

impl Serialize for ChannelRaw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.html || !self.raw.0.contains_key(CHAT_SETTINGS) {
            return self.raw.serialize(serializer);
        }
        let mut raw = self.raw.clone().into_owned();
        let items = raw.0.get_mut(CHAT_SETTINGS).and_then(Value::as_array_mut);
        for item in items.into_iter().flatten() {
            if let Some(Value::Object(description)) = item.get_mut("description") {
                description.remove("html");
            }
        }
        raw.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::object::sample;
    use serde_json::json;

    #[test]
    fn without_a_viewer_nothing_is_personal() {
        let channel = sample::channel(582, 7);
        let shown = ChannelObject::new(&channel, None, RenderOptions::default(), &sample::site());
        assert_eq!(
            serde_json::to_value(shown).unwrap(),
            json!({
                "id": "582", "type": "io.pnut.core.chat", "created_at": "2024-05-01T08:00:00Z",
                "user_id": "7",
                "acl": {
                    "full": {"immutable": false, "user_ids": ["12"]},
                    "write": {"any_user": true, "immutable": false, "user_ids": []},
                    "read": {"any_user": true, "immutable": false, "public": true, "user_ids": []},
                },
                "counts": {"messages": 40}, "has_sticky_messages": false,
                "recent_message_id": "9001",
            })
        );
    }

    fn viewer(channel: &Channel, user: UserId, subscribed: bool) -> ChannelViewer {
        ChannelViewer {
            access: channel.access(Some(user)),
            subscribed,
            muted: false,
            has_unread: true,
            marker: None,
        }
    }

    #[test]
    fn a_reader_and_a_full_member_see_different_things() {
        let channel = sample::channel(582, 7);
        let owner = sample::user(7, "ada");
        let site = sample::site();
        let reader = viewer(&channel, UserId(30), true);
        let shown = ChannelObject::new(&channel, Some(&owner), RenderOptions::default(), &site);
        let shown = serde_json::to_value(shown.seen_by(&reader)).unwrap();
        assert_eq!(shown["acl"]["full"]["you"], false);
        assert_eq!(shown["acl"]["write"]["you"], true);
        assert_eq!(shown["has_unread"], true);
        assert_eq!(shown["you_subscribed"], true);
        assert_eq!(shown["you_muted"], false);
        assert_eq!(shown["user"]["username"], "ada");
        assert!(shown["counts"].get("subscribers").is_none());

        let full = viewer(&channel, UserId(12), false);
        let options = RenderOptions {
            marker: true,
            ..RenderOptions::default()
        };
        let shown = ChannelObject::new(&channel, None, options, &site).seen_by(&full);
        let shown = serde_json::to_value(shown).unwrap();
        assert_eq!(shown["counts"]["subscribers"], 3);
        assert_eq!(shown["marker"], json!({"name": "channel:582"}));
    }

    #[test]
    fn a_private_message_channel_has_no_owner_at_all() {
        let mut channel = sample::channel(582, 7);
        channel.owner = None;
        let shown = ChannelObject::new(&channel, None, RenderOptions::default(), &sample::site());
        let shown = serde_json::to_value(shown).unwrap();
        assert!(shown.get("user").is_none() && shown.get("user_id").is_none());
    }

    #[test]
    fn inactive_is_said_and_active_is_not() {
        let mut channel = sample::channel(582, 7);
        channel.is_active = false;
        let shown = ChannelObject::new(&channel, None, RenderOptions::default(), &sample::site());
        assert_eq!(serde_json::to_value(shown).unwrap()["is_active"], false);
    }

    #[test]
    fn raw_recent_message_and_members_come_on_request() {
        let mut channel = sample::channel(582, 7);
        channel.raw.0.insert(
            String::from(CHAT_SETTINGS),
            json!([{"name": "Lounge", "description": {"text": "x", "html": "<p>x</p>"}}]),
        );
        let message = sample::message(9001, 582, 7, "hi");
        let member = sample::user(12, "amy");
        let site = sample::site();
        let options = RenderOptions {
            channel_raw: true,
            channel_html: false,
            recent_message: true,
            limited_users: true,
            ..RenderOptions::default()
        };
        let shown = ChannelObject::new(&channel, None, options, &site)
            .recent(MessageObject::new(&message, None, options, &site))
            .recent_deleted(MessageObject::new(&message, None, options, &site))
            .limited_users(|id| {
                (id == member.id).then(|| LimitedUser::new(&member, Some("here"), &site))
            })
            .paginated(77);
        let shown = serde_json::to_value(shown).unwrap();
        assert_eq!(
            shown["raw"],
            json!({"io.pnut.core.chat-settings": [{"name": "Lounge", "description": {"text": "x"}}]})
        );
        assert_eq!(shown["recent_message"]["id"], "9001");
        assert!(shown.get("recent_deleted_message").is_none());
        assert_eq!(
            shown["acl"]["full"]["users"],
            json!([{"id": "12", "username": "amy", "presence": "here",
                "avatar_image": "https://chat.example/images/avatar/12"}])
        );
        assert_eq!(shown["acl"]["read"]["users"], json!([]));
        assert_eq!(shown["pagination_id"], "77");
    }

    #[test]
    fn an_empty_raw_is_left_out() {
        let channel = sample::channel(582, 7);
        let options = RenderOptions {
            channel_raw: true,
            ..RenderOptions::default()
        };
        let shown = ChannelObject::new(&channel, None, options, &sample::site());
        assert!(serde_json::to_value(shown).unwrap().get("raw").is_none());
    }
}
