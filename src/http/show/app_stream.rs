//! Stored app streams.

use super::{Includes, Needs, Shown};
use crate::model::{AppStream, Refusal};
use crate::protocol::object::AppStreamObject;
use crate::protocol::render_options::RenderOptions;

impl Shown for AppStream {
    const HIDDEN: Refusal = Refusal::StreamNotFound;
    type Object<'s> = AppStreamObject<'s>;

    fn needs(&self, _: RenderOptions, _: &mut Needs) {}

    fn object<'s>(
        &'s self,
        includes: &'s Includes<'_>,
        _: Option<i64>,
    ) -> Option<AppStreamObject<'s>> {
        Some(AppStreamObject::new(self, includes.site()))
    }
}

/// An app stream as it was before this call deleted it.
#[derive(Debug)]
pub(in crate::http) struct Deleted(pub(in crate::http) AppStream);

impl Shown for Deleted {
    const HIDDEN: Refusal = Refusal::StreamNotFound;
    type Object<'s> = AppStreamObject<'s>;

    fn needs(&self, _: RenderOptions, _: &mut Needs) {}

    fn object<'s>(
        &'s self,
        includes: &'s Includes<'_>,
        pagination_id: Option<i64>,
    ) -> Option<AppStreamObject<'s>> {
        Some(self.0.object(includes, pagination_id)?.deleted())
    }
}
