//! Topics are part of the routing of events: see [`crate::event::routing`].

pub use crate::event::Topic;
