//! A request that may take longer than others, as long as its bytes arrive: the handler of an upload says so to its
//! connection.

use std::cell::Cell;
use std::rc::Rc;

use actix_web::HttpRequest;

/// Whether an upload runs on a connection.
#[derive(Clone, Debug, Default)]
pub struct Uploading(Rc<Cell<bool>>);

/// An upload, until this is dropped.
#[derive(Debug)]
pub struct Running(Uploading);

impl Uploading {
    /// The request is an upload from here on.
    pub fn of(request: &HttpRequest) -> Option<Running> {
        let uploading = request.conn_data::<Self>()?.clone();
        uploading.0.set(true);
        Some(Running(uploading))
    }

    pub(super) fn is_on(&self) -> bool {
        self.0.get()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.0.set(false);
    }
}
