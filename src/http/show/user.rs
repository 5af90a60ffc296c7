//! Users: the one who is asked for, and lists of them.

use serde::Serialize;

use super::{Includes, Needs, Shown};
use crate::model::visibility::Occasion;
use crate::model::{Refusal, UserId};
use crate::protocol::object::UserObject;
use crate::protocol::render_options::RenderOptions;

/// A user of an answer.
#[derive(Clone, Debug)]
pub(in crate::http) struct Person {
    id: UserId,
    occasion: Occasion,
    /// The presence in a channel, in place of the global one.
    in_channel: Option<Option<String>>,
}

impl Person {
    /// Asked for by id or name.
    pub(in crate::http) fn named(id: UserId) -> Self {
        Self {
            id,
            occasion: Occasion::Named,
            in_channel: None,
        }
    }

    /// Found in a list.
    pub(in crate::http) fn listed(id: UserId) -> Self {
        Self {
            occasion: Occasion::Listed,
            ..Self::named(id)
        }
    }

    /// Found among those of a channel, with the presence there; `None` is offline.
    pub(in crate::http) fn in_channel(id: UserId, presence: Option<String>) -> Self {
        Self {
            in_channel: Some(presence),
            ..Self::listed(id)
        }
    }
}

/// With `include_user=0` users are told by their id.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in crate::http) enum PersonObject<'s> {
    Whole(Box<UserObject<'s>>),
    Id(UserId),
}

impl Shown for Person {
    const HIDDEN: Refusal = Refusal::UserNotFound;
    type Object<'s> = PersonObject<'s>;

    fn needs(&self, _: RenderOptions, needs: &mut Needs) {
        needs.users.push(self.id);
    }

    fn object<'s>(
        &'s self,
        includes: &'s Includes<'_>,
        pagination_id: Option<i64>,
    ) -> Option<PersonObject<'s>> {
        let mut object = includes.user(self.id, self.occasion)?;
        if !includes.options().user {
            return Some(PersonObject::Id(self.id));
        }
        if let Some(presence) = self
            .in_channel
            .as_ref()
            .filter(|_| includes.options().presence)
        {
            object = object.with_presence(presence.as_deref());
        }
        if self.occasion == Occasion::Named && includes.viewer() == Some(self.id) {
            object = object.with_markdown();
        }
        if let Some(id) = pagination_id {
            object = object.paginated(id);
        }
        Some(PersonObject::Whole(Box::new(object)))
    }
}
