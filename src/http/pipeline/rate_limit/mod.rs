//! Rate limits per caller: fixed windows, and a ban beyond the limit.
//!
//! One small entry per caller and kind of call, in a map of shards: a call locks one shard for some
//! nanoseconds. The map is bounded; what is over is swept out once a minute.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dashmap::DashMap;

use crate::config::{Live, RateLimitConfig};
use crate::model::TokenId;

/// Most entries kept. Beyond it, new addresses share one bucket and new tokens are not counted.
const ENTRIES_MAX: usize = 200_000;
/// Seconds between two sweeps.
const SWEEP_SECONDS: u64 = 60;

/// The numbers; `/sys/config` publishes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// Whether calls are counted at all.
    pub enabled: bool,
    /// Reads without a token, per address.
    pub anonymous_reads: u32,
    /// Seconds until anonymous reads start anew.
    pub anonymous_read_reset_seconds: u64,
    /// Reads with a token, per token.
    pub authorized_reads: u32,
    /// Seconds until authorized reads start anew.
    pub authorized_read_reset_seconds: u64,
    /// Writes, per token or address.
    pub writes: u32,
    /// Seconds until writes start anew.
    pub write_reset_seconds: u64,
    /// Seconds that going over costs.
    pub seconds_banned: u64,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self::from(&RateLimitConfig::default())
    }
}

impl From<&RateLimitConfig> for RateLimits {
    fn from(config: &RateLimitConfig) -> Self {
        Self {
            enabled: config.enabled,
            anonymous_reads: config.anonymous_reads,
            anonymous_read_reset_seconds: config.anonymous_read_reset_seconds,
            authorized_reads: config.authorized_reads,
            authorized_read_reset_seconds: config.authorized_read_reset_seconds,
            writes: config.writes,
            write_reset_seconds: config.write_reset_seconds,
            seconds_banned: config.seconds_banned,
        }
    }
}

/// The token or client address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RateKey {
    /// With a valid token.
    Token(TokenId),
    /// Without one.
    Address(IpAddr),
    /// Addresses for which there was no room.
    Overflow,
}

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bucket {
    /// The token or client address.
    pub key: RateKey,
    /// Reads, else writes.
    pub reads: bool,
}

/// The state of a bucket, as the headers report it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateStatus {
    /// Size of the bucket.
    pub limit: u32,
    /// What is left.
    pub remaining: u32,
    /// Seconds until it is full again.
    pub reset_seconds: u64,
}

/// The verdict on one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    rate_status: RateStatus,
    banned_for: Option<u64>,
}

impl Counted {
    /// The state of the bucket after the request.
    pub fn rate_status(self) -> RateStatus {
        self.rate_status
    }

    /// `Err` holds the seconds to wait.
    pub fn allowed(self) -> Result<(), u64> {
        self.banned_for.map_or(Ok(()), Err)
    }
}

#[derive(Clone, Copy, Debug)]
struct Window {
    used: u32,
    ends: Instant,
    banned: bool,
}

/// Counts calls.
pub struct RateLimiter {
    limits: Live<RateLimits>,
    windows: DashMap<Bucket, Window>,
    entries_max: usize,
    begun: Instant,
    /// Seconds after `begun` at which the next sweep is due.
    next_sweep: AtomicU64,
}

impl RateLimiter {
    /// Without entries.
    pub fn new(limits: RateLimits) -> Self {
        Self {
            limits: Live::new(limits),
            windows: DashMap::new(),
            entries_max: ENTRIES_MAX,
            begun: Instant::now(),
            next_sweep: AtomicU64::new(SWEEP_SECONDS),
        }
    }

    /// The numbers.
    pub fn limits(&self) -> Arc<RateLimits> {
        self.limits.get()
    }

    /// Other numbers from now on. What was counted stays.
    pub fn set_limits(&self, limits: RateLimits) {
        self.limits.set(limits);
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.windows.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// Counts one call.
    pub fn count(&self, bucket: Bucket) -> Counted {
        self.count_at(bucket, Instant::now())
    }

    /// The state of a bucket, without counting.
    pub fn peek(&self, bucket: Bucket) -> RateStatus {
        let now = Instant::now();
        let known = self.windows.get(&bucket).map(|window| *window);
        self.rate_status(bucket, known.filter(|window| window.ends > now), now)
    }

    /// Whether a bucket is banned now.
    pub fn is_banned(&self, bucket: Bucket) -> bool {
        let now = Instant::now();
        self.windows
            .get(&bucket)
            .is_some_and(|window| window.banned && window.ends > now)
    }

    fn size(&self, bucket: Bucket) -> (u32, u64) {
        let limits = self.limits.get();
        match (bucket.reads, bucket.key) {
            (false, _) => (limits.writes, limits.write_reset_seconds),
            (true, RateKey::Token(_)) => (
                limits.authorized_reads,
                limits.authorized_read_reset_seconds,
            ),
            (true, RateKey::Address(_) | RateKey::Overflow) => {
                (limits.anonymous_reads, limits.anonymous_read_reset_seconds)
            }
        }
    }

    fn rate_status(&self, bucket: Bucket, window: Option<Window>, now: Instant) -> RateStatus {
        let (limit, period) = self.size(bucket);
        match window {
            None => RateStatus {
                limit,
                remaining: limit,
                reset_seconds: period,
            },
            Some(window) => RateStatus {
                limit,
                remaining: if window.banned {
                    0
                } else {
                    limit.saturating_sub(window.used)
                },
                reset_seconds: seconds_until(window.ends, now),
            },
        }
    }

    fn count_at(&self, bucket: Bucket, now: Instant) -> Counted {
        if !self.limits.get().enabled {
            return Counted {
                rate_status: self.rate_status(bucket, None, now),
                banned_for: None,
            };
        }
        self.sweep_if_due(now);
        let Some(bucket) = self.room_for(bucket) else {
            return Counted {
                rate_status: self.rate_status(bucket, None, now),
                banned_for: None,
            };
        };
        let (limit, period) = self.size(bucket);
        let fresh = Window {
            used: 0,
            ends: now + Duration::from_secs(period),
            banned: false,
        };
        let mut entry = self.windows.entry(bucket).or_insert(fresh);
        if entry.ends <= now {
            *entry = fresh;
        }
        if !entry.banned {
            if entry.used < limit {
                entry.used += 1;
            } else {
                entry.banned = true;
                entry.ends = now + Duration::from_secs(self.limits.get().seconds_banned);
            }
        }
        let window = *entry;
        drop(entry);
        let banned_for = window.banned.then(|| seconds_until(window.ends, now));
        Counted {
            rate_status: self.rate_status(bucket, Some(window), now),
            banned_for,
        }
    }

    /// The bucket to count in; `None` if the call goes uncounted.
    fn room_for(&self, bucket: Bucket) -> Option<Bucket> {
        // `len` locks every shard of the map, so only new buckets call it.
        if self.windows.contains_key(&bucket) || self.windows.len() < self.entries_max {
            return Some(bucket);
        }
        match bucket.key {
            // Tokens are issued by this server; client addresses are easy to obtain.
            RateKey::Token(_) => None,
            RateKey::Address(_) | RateKey::Overflow => Some(Bucket {
                key: RateKey::Overflow,
                ..bucket
            }),
        }
    }

    fn sweep_if_due(&self, now: Instant) {
        let due = self.next_sweep.load(Ordering::Relaxed);
        let elapsed = now.saturating_duration_since(self.begun).as_secs();
        let won = elapsed >= due
            && self
                .next_sweep
                .compare_exchange(
                    due,
                    elapsed + SWEEP_SECONDS,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                )
                .is_ok();
        if won {
            self.windows.retain(|_, window| window.ends > now);
        }
    }
}

/// Rounded up, so that a client that waits this long is admitted.
fn seconds_until(then: Instant, now: Instant) -> u64 {
    let left = then.saturating_duration_since(now);
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests;
