//! Counts of buckets in fixed windows, in a map of bounded size.

use std::time::{Duration, Instant};

use quick_cache::sync::{Cache, EntryAction, EntryResult};

use super::bucket::Bucket;

/// A full bucket: seconds until it has room again.
pub(super) struct Full(pub(super) u64);

/// How much a bucket holds.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) limit: u32,
    pub(super) period: Duration,
    /// How long a call beyond the limit keeps the bucket closed at least; zero: until the window ends.
    pub(super) ban: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    used: u32,
    ends: Instant,
    banned: bool,
}

/// The windows of one kind of key. When the map is full, the windows that were used least leave first: a new one
/// does not displace one that is in use.
pub(super) struct Windows(Cache<Bucket, Window>);

impl Windows {
    pub(super) fn new(most: usize) -> Self {
        Self(Cache::new(most))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What is used of a bucket, and the time at which it refills; `None`: nothing, or its window has ended.
    pub(super) fn peek(&self, bucket: Bucket, size: Size, now: Instant) -> Option<(u32, Instant)> {
        let window = self.0.get(&bucket).filter(|window| window.ends > now)?;
        let used = if window.banned {
            size.limit
        } else {
            window.used
        };
        Some((used, window.ends))
    }

    /// Counts a call, if the bucket has room for it.
    pub(super) fn take(&self, bucket: Bucket, size: Size, now: Instant) -> Result<(), Full> {
        let taken = self.0.entry(&bucket, None, |_, window| {
            EntryAction::Retain(window.take(size, now))
        });
        match taken {
            EntryResult::Retained(outcome) => outcome,
            EntryResult::Vacant(place) => {
                let mut window = Window::new(size, now);
                let outcome = window.take(size, now);
                // If the place was cleared meanwhile, the call is not counted.
                let _cleared = place.insert(window).is_err();
                outcome
            }
            // Without a timeout, a removal and a replacement these do not occur.
            EntryResult::Removed(..) | EntryResult::Replaced(..) | EntryResult::Timeout => Ok(()),
        }
    }

    /// Counts what a call that was let in costs beyond itself. The bucket may hold more than it has room for: later
    /// calls wait.
    pub(super) fn charge(&self, bucket: Bucket, cost: u32) {
        let _: EntryResult<'_, _, _, _, _, _, ()> = self.0.entry(&bucket, None, |_, window| {
            window.used = window.used.saturating_add(cost);
            EntryAction::Retain(())
        });
    }

    /// Takes a call back that another bucket had no room for.
    pub(super) fn give_back(&self, bucket: Bucket) {
        let _: EntryResult<'_, _, _, _, _, _, ()> = self.0.entry(&bucket, None, |_, window| {
            window.used = window.used.saturating_sub(1);
            EntryAction::Retain(())
        });
    }
}

impl Window {
    fn new(size: Size, now: Instant) -> Self {
        Self {
            used: 0,
            ends: now + size.period,
            banned: false,
        }
    }

    fn take(&mut self, size: Size, now: Instant) -> Result<(), Full> {
        if self.ends <= now {
            *self = Self::new(size, now);
        }
        if !self.banned && self.used < size.limit {
            self.used += 1;
            return Ok(());
        }
        if !self.banned && !size.ban.is_zero() {
            self.banned = true;
            // A ban that is shorter than the rest of the window would end the window early.
            self.ends = self.ends.max(now + size.ban);
        }
        Err(Full(seconds_until(self.ends, now)))
    }
}

/// Rounded up, so that a client that waits this long is admitted.
pub(super) fn seconds_until(then: Instant, now: Instant) -> u64 {
    let left = then.saturating_duration_since(now);
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}
