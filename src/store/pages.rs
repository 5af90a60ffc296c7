//! Pages of lists that the database can only roughly filter.

use super::Failure;
use super::reading::is_over;
use crate::model::{Bound, Page, PageRequest};

/// Most rows per step.
const STEP: u16 = 200;
/// Each step is so many times as long as the one before it: a page that lacks a few rows does not read hundreds.
const GROWTH: u16 = 4;
/// Most rows examined for one page: a very selective filter must not scan the whole table.
pub(super) const MOST: usize = 10_000;

/// Collects one page of the rows that `keep` accepts, fetching step by step in the direction of the request.
pub(super) fn gather<T>(
    request: &PageRequest,
    fetch: impl FnMut(&PageRequest) -> Result<Vec<(i64, T)>, Failure>,
    keep: impl FnMut(&T) -> Result<bool, Failure>,
) -> Result<Page<T>, Failure> {
    Ok(gather_within(MOST, request, fetch, keep)?.0)
}

/// The same with another bound of rows examined; whether the page is whole. If not, the bound ended it.
pub(super) fn gather_within<T>(
    most: usize,
    request: &PageRequest,
    mut fetch: impl FnMut(&PageRequest) -> Result<Vec<(i64, T)>, Failure>,
    mut keep: impl FnMut(&T) -> Result<bool, Failure>,
) -> Result<(Page<T>, bool), Failure> {
    let wanted = usize::from(request.count) + 1;
    // The first step is as long as the page: mostly little is left out of it.
    let mut step = PageRequest {
        count: STEP.min(request.count + 1),
        ..*request
    };
    let (mut kept, mut seen) = (Vec::new(), 0);
    loop {
        demand_time()?;
        let rows = fetch(&step)?;
        seen += rows.len();
        let is_last = rows.len() < usize::from(step.count);
        step.count = STEP.min(step.count.saturating_mul(GROWTH));
        let edge = rows.last().map(|(id, _)| *id);
        for (id, item) in rows {
            if keep(&item)? {
                kept.push((id, item));
            }
            if kept.len() == wanted {
                return Ok((Page::of(request, kept), true));
            }
        }
        let Some(id) = edge.filter(|_| !is_last) else {
            return Ok((Page::of(request, kept), true));
        };
        if seen >= most {
            let mut page = Page::of(request, kept);
            page.more = true;
            page.edge = Some(id);
            return Ok((page, false));
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

/// A row that a list may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// The pagination id.
    pub(super) key: i64,
    /// The id of the row.
    pub(super) id: i64,
}

/// The same for an order that costs much to establish, such as a ranking: the candidates were found at once, at most
/// one more than [`MOST`], in the direction of the request.
pub(super) fn gather_found<T>(
    request: &PageRequest,
    found: &[Candidate],
    mut load: impl FnMut(&[Candidate]) -> Result<Vec<(i64, T)>, Failure>,
    mut keep: impl FnMut(&T) -> Result<bool, Failure>,
) -> Result<Page<T>, Failure> {
    let wanted = usize::from(request.count) + 1;
    let mut kept = Vec::new();
    let within = found.get(..MOST).unwrap_or(found);
    for step in within.chunks(usize::from(STEP)) {
        demand_time()?;
        for (key, item) in load(step)? {
            if keep(&item)? {
                kept.push((key, item));
            }
            if kept.len() == wanted {
                return Ok(Page::of(request, kept));
            }
        }
    }
    let mut page = Page::of(request, kept);
    if found.len() > MOST {
        page.more = true;
        page.edge = within.last().map(|one| one.key);
    }
    Ok(page)
}

/// Between statements nothing else ends a read that takes too long.
pub(super) fn demand_time() -> Result<(), Failure> {
    if is_over() {
        Err(Failure::Busy)
    } else {
        Ok(())
    }
}
