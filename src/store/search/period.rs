//! A period as a range of ids: ids and times rise together.

use super::super::Failure;
use crate::model::{Bound, PageRequest, Stamp};

/// The lowest and the highest id that may have been written then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period {
    pub(super) low: i64,
    pub(super) high: i64,
}

impl Period {
    /// From moments, with what finds the first id at a moment or later. Without them: all ids.
    pub(super) fn between(
        after: Option<Stamp>,
        before: Option<Stamp>,
        mut first_since: impl FnMut(Stamp) -> Result<i64, Failure>,
    ) -> Result<Self, Failure> {
        let mut id_at = |moment: Option<Stamp>| moment.map(&mut first_since).transpose();
        Ok(Self {
            low: id_at(after)?.unwrap_or(i64::MIN),
            high: id_at(before)?.unwrap_or(i64::MAX),
        })
    }

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

/// The first id whose row is of a moment or later, found by halving; above all ids if there is none. `next` finds the id and
/// the time of the first row from an id on.
pub(in super::super) fn first_since(
    newest: i64,
    at: Stamp,
    mut next: impl FnMut(i64) -> Result<Option<(i64, i64)>, Failure>,
) -> Result<i64, Failure> {
    let (mut low, mut high) = (1, newest.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        match next(middle)? {
            Some((id, written)) if written < at.0 => low = id + 1,
            Some(_) | None => high = middle,
        }
    }
    Ok(low)
}
