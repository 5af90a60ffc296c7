//! Best hits first: how much of a text the words of a search make up.
//!
//! Only the newest hits are ranked, so that a common word costs no more than a rare one. The rank depends on the text
//! alone, so that pages continue where the previous one ended.

use super::super::Failure;
use super::super::pages::{Candidate, demand_time};
use super::period::Period;
use crate::model::{Bound, PageRequest};
use crate::text::words::{Phrase, cut};

/// The newest hits that are ranked; older ones are found in the order of their ids.
const RANKED: usize = 1000;
/// Hits of one statement. A phrase of equal words takes milliseconds per hit, and between the hits of one statement SQLite
/// seldom asks whether the read has to end.
const STEP: u16 = 50;
/// Pagination id of the best hit; each next one has one less.
const BEST: i64 = 1_000_000_000;

/// The ids of the newest hits of a period; `fetch` finds those of a step.
pub(super) fn newest_hits(
    period: Period,
    mut fetch: impl FnMut(&PageRequest) -> Result<Vec<i64>, Failure>,
) -> Result<Vec<i64>, Failure> {
    let mut step = period.narrowed(&PageRequest {
        count: STEP,
        ..PageRequest::default()
    });
    let mut ids = Vec::new();
    while ids.len() < RANKED {
        demand_time()?;
        let found = fetch(&step)?;
        let is_last = found.len() < usize::from(STEP);
        step.before = found.last().map(|id| Bound {
            id: *id,
            inclusive: false,
        });
        ids.extend(found);
        if is_last {
            break;
        }
    }
    Ok(ids)
}

/// The hits (id and text) in the range of a request, best first, newest first among equals; the other way round if the
/// oldest, hence the worst, are requested.
///
/// # Errors
/// The read has to end: a thousand long texts, each with many phrases, take longer than a stop may.
pub(super) fn ranked(
    texts: &[(i64, String)],
    phrases: &[Phrase],
    request: &PageRequest,
) -> Result<Vec<Candidate>, Failure> {
    let mut ranked = Vec::with_capacity(texts.len());
    for (id, text) in texts {
        demand_time()?;
        ranked.push((share(phrases, &cut(text)), *id));
    }
    ranked.sort_unstable_by(|(a, newer), (b, older)| b.total_cmp(a).then_with(|| older.cmp(newer)));
    let keyed = (0..).map(|n| BEST - n).zip(ranked);
    let mut found: Vec<Candidate> = keyed
        .map(|(key, (_, id))| Candidate { key, id })
        .filter(|one| (request.low()..=request.high()).contains(&one.key))
        .collect();
    if request.oldest {
        found.reverse();
    }
    Ok(found)
}

/// How much of a text the phrases make up, 0 to 1.
fn share(phrases: &[Phrase], words: &[String]) -> f64 {
    let hits = phrases
        .iter()
        .map(|phrase| phrase.count_in(words) * phrase.words.len());
    #[expect(clippy::cast_precision_loss, reason = "a few hundred words")]
    let share = hits.sum::<usize>() as f64 / words.len().max(1) as f64;
    share
}
