//! Presences, everywhere or in one channel.

use super::{Includes, Needs, Shown};
use crate::model::{Presence, Refusal};
use crate::protocol::object::PresenceObject;
use crate::protocol::render_options::RenderOptions;

impl Shown for Presence {
    const HIDDEN: Refusal = Refusal::UserNotFound;
    type Object<'s> = PresenceObject<'s>;

    fn needs(&self, _: RenderOptions, needs: &mut Needs) {
        needs.users.push(self.user_id);
    }

    fn object<'s>(
        &'s self,
        includes: &'s Includes<'_>,
        _: Option<i64>,
    ) -> Option<PresenceObject<'s>> {
        let user = includes.present(self.user_id)?;
        Some(PresenceObject::new(user, self, includes.site()))
    }
}
