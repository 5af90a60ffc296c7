//! Why the task of a hook ends.

use super::registry::Order;
use crate::model::{Failure, HookOff};

/// Why a task ends.
#[derive(Debug)]
pub(super) enum End {
    /// It was told to, or the process stops.
    Told,
    /// The stream is gone.
    Gone,
    /// Another node goes on with it.
    Moved,
    /// The log went back, and it begins again.
    Left,
    /// The hook is switched off.
    Off(HookOff),
}

impl From<Failure> for End {
    fn from(_: Failure) -> Self {
        Self::Told
    }
}

impl End {
    /// What an order ends, if it ends anything at once.
    pub(super) fn by(order: Order) -> Option<Self> {
        match order {
            Order::Run | Order::Drain => None,
            Order::Stop => Some(Self::Told),
            Order::Leave => Some(Self::Left),
        }
    }
}
