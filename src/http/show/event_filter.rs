//! Stored filters.

use super::{Includes, Needs, Shown};
use crate::model::{EventFilter, Refusal};
use crate::protocol::object::EventFilterObject;
use crate::protocol::render_options::RenderOptions;

impl Shown for EventFilter {
    const HIDDEN: Refusal = Refusal::FilterNotFound;
    type Object<'s> = EventFilterObject<'s>;

    fn needs(&self, _: RenderOptions, _: &mut Needs) {}

    fn object<'s>(&'s self, _: &'s Includes<'_>, _: Option<i64>) -> Option<EventFilterObject<'s>> {
        Some(EventFilterObject::new(self))
    }
}

/// A filter as it was before this call deleted it.
#[derive(Debug)]
pub(in crate::http) struct DeletedFilter(pub(in crate::http) EventFilter);

impl Shown for DeletedFilter {
    const HIDDEN: Refusal = Refusal::FilterNotFound;
    type Object<'s> = EventFilterObject<'s>;

    fn needs(&self, _: RenderOptions, _: &mut Needs) {}

    fn object<'s>(
        &'s self,
        includes: &'s Includes<'_>,
        pagination_id: Option<i64>,
    ) -> Option<EventFilterObject<'s>> {
        Some(self.0.object(includes, pagination_id)?.deleted())
    }
}
