//! Tokens, without their secrets.

use super::{Includes, Needs, Shown};
use crate::model::visibility::Occasion;
use crate::model::{Refusal, Scope, Token};
use crate::protocol::object::TokenObject;
use crate::protocol::render_options::RenderOptions;

impl Shown for Token {
    const HIDDEN: Refusal = Refusal::NotFound;
    type Object<'s> = TokenObject<'s>;

    fn needs(&self, _: RenderOptions, needs: &mut Needs) {
        needs.users.extend(self.user);
        needs.storage.extend(self.user);
        let is_shown = self.scopes.has(Scope::Email);
        needs.emails.extend(self.user.filter(|_| is_shown));
    }

    fn object<'s>(&'s self, includes: &'s Includes<'_>, _: Option<i64>) -> Option<TokenObject<'s>> {
        let user = self.user.and_then(|id| {
            let user = includes.user(id, Occasion::Embedded)?;
            // The source of the profile text is for its owner only.
            Some(if includes.viewer() == Some(id) {
                user.with_markdown()
            } else {
                user
            })
        });
        let storage = self.user.map(|id| includes.storage(id));
        let email = self.user.and_then(|id| includes.email(id));
        Some(TokenObject::new(self, user, storage).with_email(email))
    }
}
