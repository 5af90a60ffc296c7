//! Pages of lists that the database can only roughly filter.

use super::Failure;
use crate::model::{Bound, Page, PageRequest};

/// Rows per step.
const STEP: u16 = 200;
/// Most rows examined for one page: a very selective filter must not scan the whole table.
const MOST: usize = 10_000;

/// Collects one page of the rows that `keep` accepts, fetching step by step in the direction of the request.
pub(super) fn gather<T>(
    request: &PageRequest,
    mut fetch: impl FnMut(&PageRequest) -> Result<Vec<(i64, T)>, Failure>,
    mut keep: impl FnMut(&T) -> Result<bool, Failure>,
) -> Result<Page<T>, Failure> {
    let wanted = usize::from(request.count) + 1;
    // The first step is as long as the page: mostly little is left out of it.
    let mut step = PageRequest {
        count: STEP.min(request.count + 1),
        ..*request
    };
    let (mut kept, mut seen) = (Vec::new(), 0);
    loop {
        let rows = fetch(&step)?;
        seen += rows.len();
        let is_last = rows.len() < usize::from(step.count);
        step.count = STEP;
        let edge = rows.last().map(|(id, _)| *id);
        for (id, item) in rows {
            if keep(&item)? {
                kept.push((id, item));
            }
            if kept.len() == wanted {
                return Ok(Page::of(request, kept));
            }
        }
        let Some(id) = edge.filter(|_| !is_last) else {
            return Ok(Page::of(request, kept));
        };
        if seen >= MOST {
            let mut page = Page::of(request, kept);
            page.more = true;
            return Ok(page);
        }
        let beyond = Some(Bound {
            id,
            inclusive: false,
        });
        if step.oldest {
            step.since = beyond;
        } else {
            step.before = beyond;
        }
    }
}
