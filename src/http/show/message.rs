//! Messages with their authors.

use super::{Includes, Needs, Shown};
use crate::model::{Message, Refusal};
use crate::protocol::object::MessageObject;
use crate::protocol::render_options::RenderOptions;

impl Shown for Message {
    const HIDDEN: Refusal = Refusal::MessageNotFound;
    type Object<'s> = MessageObject<'s>;

    fn needs(&self, options: RenderOptions, needs: &mut Needs) {
        if options.user {
            needs.users.push(self.user_id);
        }
    }

    fn object<'s>(
        &'s self,
        includes: &'s Includes<'_>,
        pagination_id: Option<i64>,
    ) -> Option<MessageObject<'s>> {
        let object = includes.message(self);
        Some(match pagination_id {
            Some(id) => object.paginated(id),
            None => object,
        })
    }
}
