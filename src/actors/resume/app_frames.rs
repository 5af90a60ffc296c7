//! The frame of an event that an app is shown from the log: for streams that missed it, and for webhooks.

use std::sync::OnceLock;

use super::AppView;
use crate::actors::log_tail::targets::targets;
use crate::actors::shard::hearing::app_hears;
use crate::event::Pos;
use crate::log::RenderedEvent;
use crate::model::AppStream;
use crate::protocol::app_filter::AppFilter;
use crate::protocol::event_filter::{CompiledFilter, SeenEvent};
use crate::protocol::frame::AppFrame;
use crate::protocol::object::PostPeople;
use crate::protocol::render_class::RenderClass;
use crate::protocol::site::Site;
use crate::protocol::stream::app_frame;

/// An app stream, as far as it decides what is received and how it looks.
#[derive(Clone, Copy, Debug)]
pub struct Receiving<'a> {
    /// The stored stream.
    pub stream: &'a AppStream,
    /// What its address leaves out.
    pub filter: &'a AppFilter,
    /// What its address shows.
    pub class: RenderClass,
}

/// The frame, if the app may see the event and the stream asks for it. To be asked of each event, in order.
pub fn missed_frame(
    view: &mut AppView,
    receiving: Receiving<'_>,
    (event, pos): (&RenderedEvent, Pos),
    site: &Site,
) -> Option<AppFrame> {
    let sees = view.sees(&event.event, pos);
    let payload = &event.event.payload;
    let Receiving {
        stream,
        filter,
        class,
    } = receiving;
    if !sees || !app_hears(&stream.object_types, filter, payload) {
        return None;
    }
    let passes = |stored: &CompiledFilter| {
        stored.lets_pass(&SeenEvent {
            event: &event.event,
            site,
            whole: &OnceLock::new(),
            is_authorized: &|user| view.is_authorized_by(user),
        })
    };
    if !filter.stored.as_deref().is_none_or(passes) {
        return None;
    }
    let hidden = view.hidden_from(payload);
    let targets = targets(payload, &view.subscribers(payload), &hidden);
    let class = class.for_payload(payload).without_samples();
    let beside = (&targets, &PostPeople::default());
    Some(app_frame(&event.event, class, site, beside, &event.place))
}
