//! What a connection is told by the handler of its request, for as long as that lasts.

use std::cell::Cell;
use std::rc::Rc;

/// Up while one [`Raised`] is held.
#[derive(Clone, Debug, Default)]
pub(super) struct Flag(Rc<Cell<bool>>);

/// A flag that is up, until this is dropped.
#[derive(Debug)]
pub struct Raised(Flag);

impl Flag {
    pub(super) fn raise(&self) -> Raised {
        self.0.set(true);
        Raised(self.clone())
    }

    pub(super) fn is_up(&self) -> bool {
        self.0.get()
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        self.0.0.set(false);
    }
}
