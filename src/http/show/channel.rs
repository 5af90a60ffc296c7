//! Channels, with their owner, members and newest messages as far as the call asks for them.

use super::{Includes, Needs, Shown};
use crate::model::visibility::Occasion;
use crate::model::{Channel, Refusal};
use crate::protocol::object::{ChannelObject, ChannelViewer, LimitedUser};
use crate::protocol::render_options::RenderOptions;

impl Shown for Channel {
    const HIDDEN: Refusal = Refusal::ChannelNotFound;
    type Object<'s> = ChannelObject<'s>;

    fn needs(&self, options: RenderOptions, needs: &mut Needs) {
        needs.channels.push(self.id);
        needs.users.extend(self.owner.filter(|_| options.user));
        if options.limited_users {
            needs.users.extend(self.acl.members());
        }
        if options.recent_message {
            needs.messages.extend(self.recent_message_id);
            needs.messages.extend(self.recent_deleted_message_id);
        }
    }

    fn object<'s>(
        &'s self,
        includes: &'s Includes<'_>,
        pagination_id: Option<i64>,
    ) -> Option<ChannelObject<'s>> {
        let mut object = ChannelObject::new(self, None, includes.options(), includes.site());
        let owner = self
            .owner
            .and_then(|owner| includes.user(owner, Occasion::Embedded));
        if let Some(owner) = owner {
            object = object.owner_object(owner);
        }
        if let Some(viewer) = includes.viewer() {
            let own = includes.subscription(self.id).cloned().unwrap_or_default();
            object = object.seen_by(&ChannelViewer {
                access: self.access(Some(viewer)),
                subscribed: own.subscribed,
                muted: own.muted,
                has_unread: own.unread,
                marker: own.marker,
            });
        }
        if let Some(recent) = includes.embedded(self.recent_message_id) {
            object = object.recent(recent);
        }
        if let Some(deleted) = includes.embedded(self.recent_deleted_message_id) {
            object = object.recent_deleted(deleted);
        }
        object = object.limited_users(|id| {
            let user = includes.users().visible(id, Occasion::Embedded)?;
            let presence = includes.presence_of(id);
            Some(LimitedUser::new(user, presence.as_deref(), includes.site()))
        });
        Some(match pagination_id {
            Some(id) => object.paginated(id),
            None => object,
        })
    }
}
