//! What all servers of a database count together.

use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::bucket::{Attempts, Bucket};
use super::windows::seconds_until;
use super::{RateLimiter, RateLimits, Taken, size};
use crate::bus::counting::Want;

impl RateLimiter {
    /// Asks for the calls that this server has no grant for. The seconds to wait, if there is no room over all servers;
    /// without an answer what was counted here holds.
    pub(super) async fn ask_all(&self, limits: &RateLimits, taken: &Taken) -> Option<u64> {
        let lacking = taken.iter().filter(|(_, granted)| !granted);
        let lacking: SmallVec<[Bucket; 2]> = lacking.map(|(bucket, _)| *bucket).collect();
        if lacking.is_empty() {
            return None;
        }
        let wants = lacking.iter().map(|bucket| self.want(limits, *bucket));
        let grants = self.counts.calls(wants.collect::<Option<_>>()?).await?;
        let now = Instant::now();
        if grants.iter().all(|granted| granted.calls > 0) {
            for (bucket, granted) in lacking.iter().zip(&grants) {
                self.windows(*bucket).learn(*bucket, *granted, now);
            }
            return None;
        }
        for (bucket, granted) in taken {
            self.windows(*bucket).give_back(*bucket, *granted);
        }
        let mut wait = Duration::ZERO;
        for (bucket, granted) in lacking.iter().zip(&grants) {
            let size = size(limits, *bucket);
            if granted.total >= size.limit {
                self.windows(*bucket).close(*bucket, size, *granted, now);
                wait = wait.max(granted.left);
            }
        }
        Some(seconds_until(now + wait, now).max(1))
    }

    /// Tells what a call costs beyond itself.
    pub(super) fn tell_all(&self, limits: &RateLimits, bucket: Bucket, cost: u32) {
        if let Some(want) = self.want(limits, bucket) {
            self.counts.charge(want, cost);
        }
    }

    /// The same on all servers, if they count together.
    pub(super) fn number_over_all(&self, attempts: Attempts<'_>) -> Option<u64> {
        let name = attempts.name();
        let [kind, account, device] = &name;
        let number = self.counts.number(&[kind, account, device])?;
        let half = number.to_le_bytes().first_chunk().copied();
        half.map(u64::from_le_bytes)
    }

    fn want(&self, limits: &RateLimits, bucket: Bucket) -> Option<Want> {
        let size = size(limits, bucket);
        Some(Want {
            key: self.counts.number(&[&bucket.name()])?,
            limit: size.limit,
            period: size.period,
            ban: size.ban,
        })
    }
}
