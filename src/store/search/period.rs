//! A period as a range of ids: ids and times rise together.

use crate::model::{Bound, PageRequest};

/// The lowest and the highest id that may have been written then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period {
    pub(super) low: i64,
    pub(super) high: i64,
}

impl Period {
    /// The request within these ids too.
    pub(super) fn narrowed(self, request: &PageRequest) -> PageRequest {
        let at = |id: i64| {
            Some(Bound {
                id,
                inclusive: true,
            })
        };
        PageRequest {
            since: at(request.low().max(self.low)),
            before: at(request.high().min(self.high)),
            ..*request
        }
    }
}
