//! The body of an answer that is a stream.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;

use crate::http::socket::Carried;

/// Bytes taken at once: what the dispatcher gathers before it writes. More would leave the queue of the connection, whose
/// bounds say when a reader is too slow.
const AT_ONCE: usize = 32 * 1024;

/// Takes what waits for a connection; the connection ends when this is dropped.
#[derive(Debug)]
pub(super) struct StreamBody(pub(super) Carried);

impl MessageBody for StreamBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let bytes = self.0.socket().poll_take(cx, AT_ONCE);
        bytes.map(|bytes| bytes.map(Ok))
    }
}
