//! An event with the frames that were made of it, shared by all that send it: now, and again to streams that missed it.

use std::mem::size_of;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;

use crate::event::{Event, Route, RoutingKey};
use crate::fault::{Seeded, seeded};
use crate::model::Token;
use crate::protocol::frame::Frame;
use crate::protocol::render_class::RenderClass;
use crate::protocol::site::Site;
use crate::protocol::stream::{Beside, Place, user_frame};

/// An event, and its frames for user streams: rendered on first demand, once for each render class in use.
#[derive(Debug)]
pub struct RenderedEvent {
    /// What happened.
    pub event: Arc<Event>,
    /// User streams that it concerns.
    pub routes: SmallVec<[Route; 2]>,
    /// Where and when it passed.
    pub place: Place,
    frames: Mutex<Frames>,
}

#[derive(Debug, Default)]
struct Frames {
    /// Nearly always one.
    rendered: SmallVec<[(RenderClass, Arc<Frame>); 1]>,
    bytes: usize,
    /// What a ring holds in all, while it holds this event.
    ring_bytes: Option<Arc<AtomicUsize>>,
}

impl RenderedEvent {
    /// Without a frame yet.
    pub fn new(event: Arc<Event>, place: Place) -> Self {
        Self {
            routes: event.payload.routing().heard_by,
            event,
            place,
            frames: Mutex::default(),
        }
    }

    /// The frame for user streams of this render class; of one with samples, without them.
    pub fn frame(&self, class: RenderClass, site: &Site) -> Arc<Frame> {
        let class = class.for_payload(&self.event.payload).without_samples();
        let mut frames = self.frames();
        let any = seeded(Seeded::FrameOfAnyClass);
        let mut known = frames.rendered.iter();
        if let Some((_, frame)) = known.find(|(known, _)| any || *known == class) {
            return frame.clone();
        }
        let frame = Arc::new(user_frame(
            &self.event,
            class,
            site,
            &Beside::default(),
            &self.place,
        ));
        let bytes = frame.weight();
        frames.bytes += bytes;
        if let Some(total) = &frames.ring_bytes {
            total.fetch_add(bytes, Ordering::Relaxed);
        }
        frames.rendered.push((class, frame.clone()));
        frame
    }

    /// The frame for one receiver: what it shows depends on the token.
    pub fn own_frame(&self, class: RenderClass, site: &Site, token: &Token) -> Frame {
        let class = class.for_payload(&self.event.payload);
        let beside = Beside {
            own_token: Some(token),
            ..Beside::default()
        };
        user_frame(&self.event, class, site, &beside, &self.place)
    }

    /// A ring takes it in: its frames count there from now on.
    pub(super) fn enter(&self, total: &Arc<AtomicUsize>) {
        let mut frames = self.frames();
        total.fetch_add(frames.bytes, Ordering::Relaxed);
        frames.ring_bytes = Some(Arc::clone(total));
    }

    /// The ring lets it go.
    pub(super) fn leave(&self) {
        let mut frames = self.frames();
        if let Some(total) = frames.ring_bytes.take() {
            total.fetch_sub(frames.bytes, Ordering::Relaxed);
        }
    }

    /// Bytes of memory without the frames: the parsed event takes about as much again as its row, and so does the entry
    /// in the index for each key.
    pub(super) fn weight(&self, keys: usize) -> usize {
        let row = usize::try_from(self.event.row_bytes).unwrap_or(usize::MAX);
        let keys = keys.saturating_mul(2 * size_of::<RoutingKey>());
        size_of::<Self>()
            .saturating_add(size_of::<Event>())
            .saturating_add(row)
            .saturating_add(keys)
    }

    fn frames(&self) -> MutexGuard<'_, Frames> {
        // A poisoned lock only means that a thread died while rendering: the list itself is whole.
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
