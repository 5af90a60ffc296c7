//! The presence object.

use serde::Serialize;

use super::iso_if_any;
use crate::model::{PictureUse, Presence, Stamp, User, UserId};
use crate::protocol::site::Site;

/// A user's presence, with the few fields of the user that a list of present users shows.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Presence)]
pub struct PresenceObject<'a> {
    id: UserId,
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    avatar_image: String,
    presence: &'a str,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "iso_if_any")]
    last_seen_at: Option<Stamp>,
}

impl<'a> PresenceObject<'a> {
    /// The presence of this user, in all or in one channel.
    pub fn new(user: &'a User, presence: &'a Presence, site: &Site) -> Self {
        Self {
            id: user.id,
            username: &user.username,
            name: user.name.as_deref(),
            avatar_image: site.picture_url(user, PictureUse::Avatar),
            presence: presence.text.as_deref().unwrap_or("offline"),
            last_seen_at: presence.last_seen_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::object::sample;
    use serde_json::json;

    #[test]
    fn who_was_never_there_is_offline_and_has_no_date() {
        let user = sample::user(7, "ada");
        let never = Presence {
            user_id: user.id,
            text: None,
            last_seen_at: None,
        };
        assert_eq!(
            serde_json::to_value(PresenceObject::new(&user, &never, &sample::site())).unwrap(),
            json!({"id": "7", "username": "ada", "presence": "offline",
                "avatar_image": "https://chat.example/images/avatar/7"})
        );
        let here = Presence {
            text: Some(String::from("typing")),
            last_seen_at: Some(Stamp::from_seconds(0)),
            ..never
        };
        let shown =
            serde_json::to_value(PresenceObject::new(&user, &here, &sample::site())).unwrap();
        assert_eq!(shown["presence"], "typing");
        assert_eq!(shown["last_seen_at"], "1970-01-01T00:00:00Z");
    }
}
