//! Apps: in lists by their short form, alone with their owner.

use super::{Includes, Needs, Shown};
use crate::model::visibility::Occasion;
use crate::model::{Client, ClientBrief, Refusal};
use crate::protocol::object::{ClientDetail, ClientObject};
use crate::protocol::render_options::RenderOptions;

impl Shown for ClientBrief {
    const HIDDEN: Refusal = Refusal::NotFound;
    type Object<'s> = ClientObject<'s>;

    fn needs(&self, _: RenderOptions, _: &mut Needs) {}

    fn object<'s>(&'s self, _: &'s Includes<'_>, _: Option<i64>) -> Option<ClientObject<'s>> {
        Some(ClientObject::new(self))
    }
}

impl Shown for Client {
    const HIDDEN: Refusal = Refusal::NotFound;
    type Object<'s> = ClientDetail<'s>;

    fn needs(&self, options: RenderOptions, needs: &mut Needs) {
        needs.users.extend(self.owner.filter(|_| options.user));
    }

    fn object<'s>(
        &'s self,
        includes: &'s Includes<'_>,
        _: Option<i64>,
    ) -> Option<ClientDetail<'s>> {
        let owner = self
            .owner
            .filter(|_| includes.options().user)
            .and_then(|id| includes.user(id, Occasion::Embedded));
        Some(ClientDetail::new(self, owner, includes.options()))
    }
}
