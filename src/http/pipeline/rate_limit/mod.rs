//! Rate limits: fixed windows per token, user, address, network and account ([`bucket`]).
//!
//! A call counts in all of its buckets or in none. A full bucket says when it refills; beyond that nothing happens
//! to the caller, unless the operator sets `rate_limits.ban_seconds`. The maps are bounded (`windows.rs`), those of
//! tokens and of addresses apart: addresses are easy to obtain, and must not displace tokens.
//!
//! Servers of one database that have a bus count together (`together.rs`): what is counted here includes what is known of
//! the others.

pub mod bucket;
mod limits;
mod together;
mod windows;

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bucket::{Attempts, Bucket, Class, RateKey};
use smallvec::SmallVec;
use windows::{Full, Size, Windows, seconds_until};

pub use limits::RateLimits;

use crate::bus::counting::Counts;
use crate::config::Live;

/// Tokens and users that are counted at a time, with up to four kinds of calls each. An entry has about 100 bytes.
const TOKENS_MAX: usize = 200_000;
/// Addresses and networks.
const ADDRESSES_MAX: usize = 200_000;
/// Accounts that are signed in to.
const ACCOUNTS_MAX: usize = 50_000;

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
    retry_in: Option<u64>,
}

impl Counted {
    /// The state of the bucket with the least room, after the call.
    pub fn rate_status(self) -> RateStatus {
        self.rate_status
    }

    /// `Err` holds the seconds to wait.
    pub fn allowed(self) -> Result<(), u64> {
        self.retry_in.map_or(Ok(()), Err)
    }
}

/// The buckets that a call was counted in, and whether all servers together had granted it.
type Taken = SmallVec<[(Bucket, bool); 2]>;

/// Counts calls.
pub struct RateLimiter {
    limits: Live<RateLimits>,
    tokens: Windows,
    addresses: Windows,
    accounts: Windows,
    names: RandomState,
    counts: Counts,
}

impl RateLimiter {
    /// Without entries. `counts`: those of all servers.
    pub fn new(limits: RateLimits, counts: Counts) -> Self {
        Self {
            counts,
            ..Self::bounded(limits, TOKENS_MAX, ADDRESSES_MAX)
        }
    }

    fn bounded(limits: RateLimits, tokens: usize, addresses: usize) -> Self {
        Self {
            limits: Live::new(limits),
            tokens: Windows::new(tokens),
            addresses: Windows::new(addresses),
            accounts: Windows::new(ACCOUNTS_MAX),
            names: RandomState::new(),
            counts: Counts::default(),
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
        self.tokens.len() + self.addresses.len() + self.accounts.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Counts one call in its buckets.
    pub async fn count(&self, buckets: &[Bucket]) -> Counted {
        let limits = self.limits.get();
        let retry_in = match limits.enabled {
            true => match self.take_all(&limits, buckets, Instant::now()) {
                Ok(taken) => self.ask_all(&limits, &taken).await,
                Err(seconds) => Some(seconds),
            },
            false => None,
        };
        Counted {
            rate_status: self.status(&limits, buckets, Instant::now()),
            retry_in,
        }
    }

    /// Counts what a call that was let in costs beyond itself: it writes many rows, say.
    pub fn charge(&self, buckets: &[Bucket], cost: u32) {
        let limits = self.limits.get();
        if limits.enabled && cost > 0 {
            for bucket in buckets {
                self.windows(*bucket).charge(*bucket, cost);
                self.tell_all(&limits, *bucket, cost);
            }
        }
    }

    /// Takes a counted call back, which belongs to other buckets.
    pub fn give_back(&self, buckets: &[Bucket]) {
        for bucket in buckets {
            self.windows(*bucket).give_back(*bucket, true);
        }
    }

    /// Counts an attempt to sign in to an account.
    pub async fn count_account(&self, attempts: Attempts<'_>) -> Counted {
        let bucket = self.account(attempts);
        self.count(&[bucket]).await
    }

    /// The state of the bucket with the least room, without counting.
    pub fn peek(&self, buckets: &[Bucket]) -> RateStatus {
        self.status(&self.limits.get(), buckets, Instant::now())
    }

    fn windows(&self, bucket: Bucket) -> &Windows {
        match bucket.key {
            RateKey::Token(_) | RateKey::User(_) => &self.tokens,
            RateKey::Address(_) | RateKey::Network(_) => &self.addresses,
            RateKey::Account(_) => &self.accounts,
        }
    }

    fn account(&self, attempts: Attempts<'_>) -> Bucket {
        let number = self.number_over_all(attempts);
        Bucket {
            key: RateKey::Account(number.unwrap_or_else(|| self.names.hash_one(attempts))),
            class: Class::SignIn,
        }
    }

    /// Takes one call of each bucket, or none; then says after how many seconds all of them have room.
    fn take_all(
        &self,
        limits: &RateLimits,
        buckets: &[Bucket],
        now: Instant,
    ) -> Result<Taken, u64> {
        let mut taken = Taken::new();
        let mut retry_in = None;
        for bucket in buckets {
            let size = size(limits, *bucket);
            match self.windows(*bucket).take(*bucket, size, now) {
                Ok(granted) => taken.push((*bucket, granted)),
                Err(Full(seconds)) => retry_in = retry_in.max(Some(seconds)),
            }
        }
        let Some(seconds) = retry_in else {
            return Ok(taken);
        };
        for (bucket, granted) in taken {
            self.windows(bucket).give_back(bucket, granted);
        }
        Err(seconds)
    }

    fn status(&self, limits: &RateLimits, buckets: &[Bucket], now: Instant) -> RateStatus {
        let states = buckets.iter().map(|bucket| {
            let size = size(limits, *bucket);
            match self.windows(*bucket).peek(*bucket, size, now) {
                None => RateStatus {
                    limit: size.limit,
                    remaining: size.limit,
                    reset_seconds: size.period.as_secs(),
                },
                Some((used, ends)) => RateStatus {
                    limit: size.limit,
                    remaining: size.limit.saturating_sub(used),
                    reset_seconds: seconds_until(ends, now),
                },
            }
        });
        // Of two without room the one that keeps the caller waiting.
        let state = states.min_by_key(|state| (state.remaining, u64::MAX - state.reset_seconds));
        state.unwrap_or_default()
    }
}

fn size(limits: &RateLimits, bucket: Bucket) -> Size {
    let (limit, seconds) = limits.size(bucket);
    Size {
        limit,
        period: Duration::from_secs(seconds),
        ban: Duration::from_secs(limits.ban_seconds),
    }
}

#[cfg(test)]
mod tests;
