//! One event on its way to many sockets.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use smallvec::SmallVec;

use crate::event::Event;
use crate::model::{ClientId, UserId};
use crate::protocol::display::Display;
use crate::protocol::frame::Frame;
use crate::protocol::site::Site;
use crate::protocol::stream::{Audience, app_frame, user_frame};

/// Who must not hear of what a user does, as of one place in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// They muted the user; `include_muted=1` lifts it.
    pub muted_by: HashSet<UserId>,
    /// One of the two blocks the other.
    pub blocked: HashSet<UserId>,
}

impl Hidden {
    /// Nobody at all: the usual case, for which receivers are not looked at one by one.
    pub fn is_empty(&self) -> bool {
        self.muted_by.is_empty() && self.blocked.is_empty()
    }

    /// Whether it is kept from this viewer.
    pub fn from(&self, viewer: UserId, include_muted: bool) -> bool {
        self.blocked.contains(&viewer) || (!include_muted && self.muted_by.contains(&viewer))
    }
}

/// An event with all that its receivers have in common.
///
/// Most receivers want the same bytes. They are produced on first demand, once for each [`Display`] in use,
/// and shared by all shards; only the subscription ids differ from socket to socket.
#[derive(Debug)]
pub struct Delivery {
    /// What happened.
    pub event: Arc<Event>,
    /// Who must not hear of it.
    pub hidden: Arc<Hidden>,
    /// Apps that may see it.
    pub apps: SmallVec<[ClientId; 1]>,
    /// What apps are told beside.
    pub audience: Audience,
    frames: Rendered<Arc<Frame>>,
    app_frames: Rendered<Bytes>,
}

/// What was rendered so far, by display class: nearly always one.
type Rendered<T> = Mutex<SmallVec<[(Display, T); 1]>>;

impl Delivery {
    /// Nothing is rendered yet.
    pub fn new(
        event: Arc<Event>,
        hidden: Arc<Hidden>,
        apps: SmallVec<[ClientId; 1]>,
        audience: Audience,
    ) -> Self {
        Self {
            event,
            hidden,
            apps,
            audience,
            frames: Mutex::default(),
            app_frames: Mutex::default(),
        }
    }

    /// The frame for user streams of this display class.
    pub fn frame(&self, display: Display, site: &Site) -> Arc<Frame> {
        let display = display.for_body(&self.event.body);
        // A poisoned lock only means that another shard died while rendering: the list itself is whole.
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, frame)) = frames.iter().find(|(class, _)| *class == display) {
            return frame.clone();
        }
        let frame = Arc::new(user_frame(&self.event, display, site, None));
        frames.push((display, frame.clone()));
        frame
    }

    /// The frame for app streams of this display class.
    pub fn app_frame(&self, display: Display, site: &Site) -> Bytes {
        let display = display.for_body(&self.event.body);
        let mut frames = self
            .app_frames
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((_, frame)) = frames.iter().find(|(class, _)| *class == display) {
            return frame.clone();
        }
        let frame = app_frame(&self.event, display, site, &self.audience);
        frames.push((display, frame.clone()));
        frame
    }
}
