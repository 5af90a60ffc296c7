//! Counts of buckets in fixed windows, in a map of bounded size.

use std::time::{Duration, Instant};

use quick_cache::sync::{Cache, EntryAction, EntryResult};

use super::bucket::Bucket;
use crate::bus::counting::Granted;

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
    /// Calls here, and those elsewhere as far as they are known.
    used: u32,
    /// Calls that all servers together have granted this one, and that were not made yet.
    granted: u32,
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

    /// Counts a call, if the bucket has room for it. True: all servers together have granted it.
    pub(super) fn take(&self, bucket: Bucket, size: Size, now: Instant) -> Result<bool, Full> {
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
            EntryResult::Removed(..) | EntryResult::Replaced(..) | EntryResult::Timeout => {
                Ok(false)
            }
        }
    }

    /// Counts what a call that was let in costs beyond itself. The bucket may hold more than it has room for: later
    /// calls wait.
    pub(super) fn charge(&self, bucket: Bucket, cost: u32) {
        self.change(bucket, |window| {
            window.used = window.used.saturating_add(cost);
        });
    }

    /// Takes a call back that another bucket had no room for. `granted`: all servers together had granted it.
    pub(super) fn give_back(&self, bucket: Bucket, granted: bool) {
        self.change(bucket, |window| {
            window.used = window.used.saturating_sub(1);
            window.granted = window.granted.saturating_add(u32::from(granted));
        });
    }

    /// Calls were granted for this bucket; one of them was made.
    pub(super) fn learn(&self, bucket: Bucket, granted: Granted, now: Instant) {
        self.change(bucket, |window| {
            window.granted = window
                .granted
                .saturating_add(granted.calls.saturating_sub(1));
            // Calls that were not told, because Redis was away or has lost them, stay counted here.
            let elsewhere = granted.total.saturating_sub(window.granted);
            window.used = window.used.max(elsewhere);
            window.ends = window.ends.min(now + granted.left);
        });
    }

    /// The bucket is full over all servers.
    pub(super) fn close(&self, bucket: Bucket, size: Size, granted: Granted, now: Instant) {
        self.change(bucket, |window| {
            window.granted = 0;
            window.used = window.used.max(size.limit);
            window.banned = granted.banned;
            window.ends = now + granted.left;
        });
    }

    fn change(&self, bucket: Bucket, change: impl FnOnce(&mut Window)) {
        let _: EntryResult<'_, _, _, _, _, _, ()> = self.0.entry(&bucket, None, |_, window| {
            change(window);
            EntryAction::Retain(())
        });
    }
}

impl Window {
    fn new(size: Size, now: Instant) -> Self {
        Self {
            used: 0,
            granted: 0,
            ends: now + size.period,
            banned: false,
        }
    }

    fn take(&mut self, size: Size, now: Instant) -> Result<bool, Full> {
        if self.ends <= now {
            *self = Self::new(size, now);
        }
        if !self.banned && self.used < size.limit {
            self.used += 1;
            let is_granted = self.granted > 0;
            self.granted = self.granted.saturating_sub(1);
            return Ok(is_granted);
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
