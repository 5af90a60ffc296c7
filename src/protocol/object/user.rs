//! The user object.

use std::borrow::Cow;

use serde::Serialize;

use super::annotations::Annotations;
use super::replaced::replaced;
use super::{iso, text_if_any};
use crate::model::relation::Relationship;
use crate::model::user::UserCounts;
use crate::model::{
    BadgeBrief, Entities, PictureUse, Raw, Stamp, User, UserId, UserKind, Verified,
};
use crate::protocol::render_options::RenderOptions;
use crate::protocol::site::Site;

/// A picture; sizes are those of the original.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Image)]
struct Image {
    url: String,
    width: u32,
    height: u32,
    is_default: bool,
}

impl Image {
    fn of(user: &User, of: PictureUse, site: &Site) -> Self {
        let sent = user.picture(of);
        let (width, height) = match (sent, of) {
            (Some(picture), _) => (picture.width, picture.height),
            (None, PictureUse::Avatar) => (256, 256),
            (None, PictureUse::Cover) => (960, 223),
        };
        Self {
            url: site.picture_url(user, of),
            width,
            height,
            is_default: sent.is_none(),
        }
    }
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = UserContent)]
struct UserContent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entities: Option<&'a Entities>,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown_text: Option<&'a str>,
    avatar_image: Image,
    cover_image: Image,
}

/// A user as clients see one. All five relation flags are there, or none of them.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = User)]
pub struct UserObject<'a> {
    id: UserId,
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
    locale: &'a str,
    timezone: &'a str,
    #[serde(serialize_with = "iso")]
    created_at: Stamp,
    content: UserContent<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<UserCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    badge: Option<&'a BadgeBrief>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<&'a Verified>,
    #[serde(skip_serializing_if = "Option::is_none")]
    follows_you: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    you_follow: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    you_muted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    you_blocked: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    you_can_follow: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence: Option<String>,
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
    source_text: Option<&'a str>,
}

impl<'a> UserObject<'a> {
    /// The user without anything personal to a viewer.
    pub fn new(user: &'a User, options: RenderOptions, site: &Site) -> Self {
        let content = user.content.as_ref();
        Self {
            id: user.id,
            username: &user.username,
            name: user.name.as_deref(),
            kind: user.kind.name(),
            locale: &user.locale,
            timezone: &user.timezone,
            created_at: user.created_at,
            content: UserContent {
                text: content.map(|content| content.text.as_str()),
                html: content
                    .filter(|_| options.user_html)
                    .map(|content| content.html.as_str()),
                entities: content.map(|content| &content.entities),
                markdown_text: None,
                avatar_image: Image::of(user, PictureUse::Avatar, site),
                cover_image: Image::of(user, PictureUse::Cover, site),
            },
            counts: options.counts.then_some(user.counts),
            badge: user.badge.as_ref(),
            verified: user.verified.as_ref(),
            follows_you: None,
            you_follow: None,
            you_muted: None,
            you_blocked: None,
            you_can_follow: None,
            presence: None,
            raw: replaced(&user.raw, site, options.user_raw),
            annotations: Annotations::of(&user.raw, site, options.user_annotations),
            pagination_id: None,
            source_text: user.markdown_text.as_deref(),
        }
    }

    /// Adds the relationship between viewer and user. Clients recognize their own user by its values.
    #[must_use]
    pub fn seen_by(mut self, relationship: Relationship, viewer: UserKind, is_self: bool) -> Self {
        self.follows_you = Some(is_self || relationship.follows_you);
        self.you_follow = Some(is_self || relationship.you_follow);
        self.you_muted = Some(relationship.you_muted);
        self.you_blocked = Some(relationship.you_blocked);
        self.you_can_follow = Some(!is_self && relationship.can_follow(viewer));
        self
    }

    /// Adds the presence; `None` is offline.
    #[must_use]
    pub fn with_presence(mut self, text: Option<&str>) -> Self {
        self.presence = Some(text.unwrap_or("offline").to_owned());
        self
    }

    /// Adds the source of the profile text, shown to its owner only.
    #[must_use]
    pub fn with_markdown(mut self) -> Self {
        self.content.markdown_text = self.source_text;
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
    use crate::protocol::object::sample;
    use serde_json::json;

    #[test]
    fn a_bare_user_has_pictures_and_counts_and_nothing_personal() {
        let user = sample::user(12, "amy");
        let shown = UserObject::new(&user, RenderOptions::default(), &sample::site());
        assert_eq!(
            serde_json::to_value(shown).unwrap(),
            json!({
                "id": "12", "username": "amy", "type": "human", "locale": "en_US",
                "timezone": "Europe/Paris", "created_at": "2024-05-01T08:00:00Z",
                "content": {
                    "avatar_image": {"url": "https://chat.example/images/avatar/12", "width": 256,
                        "height": 256, "is_default": true},
                    "cover_image": {"url": "https://chat.example/images/cover", "width": 960,
                        "height": 223, "is_default": true},
                },
                "counts": {"bookmarks": 0, "clients": 1, "followers": 3, "following": 2, "posts": 0},
            })
        );
    }

    #[test]
    fn switches_take_html_and_counts_away_and_bring_raw() {
        let mut user = sample::user(12, "amy");
        user.content = Some(sample::content("Hi"));
        user.markdown_text = Some(String::from("Hi"));
        let options = RenderOptions {
            user_html: false,
            counts: false,
            user_raw: true,
            ..RenderOptions::default()
        };
        let shown = serde_json::to_value(UserObject::new(&user, options, &sample::site())).unwrap();
        assert_eq!(shown["content"]["text"], "Hi");
        assert!(shown["content"].get("html").is_none());
        assert!(shown["content"].get("markdown_text").is_none());
        assert!(shown.get("counts").is_none());
        assert!(shown.get("raw").is_none(), "a user's empty raw is left out");
        let mine = UserObject::new(&user, options, &sample::site()).with_markdown();
        assert_eq!(
            serde_json::to_value(mine).unwrap()["content"]["markdown_text"],
            "Hi"
        );
    }

    #[test]
    fn oneself_follows_oneself_and_cannot() {
        let user = sample::user(12, "amy");
        let me = UserObject::new(&user, RenderOptions::default(), &sample::site()).seen_by(
            Relationship::default(),
            UserKind::Human,
            true,
        );
        let me = serde_json::to_value(me).unwrap();
        assert_eq!(
            [
                &me["follows_you"],
                &me["you_follow"],
                &me["you_can_follow"],
                &me["you_muted"],
                &me["you_blocked"]
            ],
            [true, true, false, false, false]
        );
    }

    #[test]
    fn nobody_follows_who_blocks_them() {
        let user = sample::user(12, "amy");
        let relationship = Relationship {
            blocks_you: true,
            ..Relationship::default()
        };
        let shown = UserObject::new(&user, RenderOptions::default(), &sample::site())
            .seen_by(relationship, UserKind::Human, false)
            .with_presence(None)
            .paginated(9);
        let shown = serde_json::to_value(shown).unwrap();
        assert_eq!(shown["you_can_follow"], false);
        assert_eq!(shown["presence"], "offline");
        assert_eq!(shown["pagination_id"], "9");
    }
}
