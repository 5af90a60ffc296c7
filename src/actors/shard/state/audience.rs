//! The listeners to a post: a copy, as a fan-out found them.

use smallvec::SmallVec;

use super::ConnectionIndex;
use super::room::Receiver;
use crate::protocol::render_class::RenderClass;

/// The listeners to posts of one author, as they were when a fan-out began.
#[derive(Debug, Default)]
pub struct Audience {
    /// Connections of the slow path.
    pub slow: Vec<ConnectionIndex>,
    /// Receivers of the fast path, by how they want posts shown.
    pub classes: SmallVec<[(RenderClass, Vec<Receiver>); 2]>,
}

impl Audience {
    /// One more on the fast path.
    pub(super) fn add(&mut self, render_class: RenderClass, receiver: Receiver) {
        let mut known = self.classes.iter_mut();
        match known.find(|(known, _)| *known == render_class) {
            Some((_, receivers)) => receivers.push(receiver),
            None => self.classes.push((render_class, vec![receiver])),
        }
    }
}
