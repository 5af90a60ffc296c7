//! A request that may take longer than others, as long as its bytes arrive: the handler of an upload says so to its
//! connection.

use actix_web::HttpRequest;

use super::flag::{Flag, Raised};

/// Whether an upload runs on a connection.
#[derive(Clone, Debug, Default)]
pub struct Uploading(Flag);

impl Uploading {
    /// The request is an upload from here on.
    pub fn of(request: &HttpRequest) -> Option<Raised> {
        Some(request.conn_data::<Self>()?.0.raise())
    }

    pub(super) fn is_on(&self) -> bool {
        self.0.is_up()
    }
}
