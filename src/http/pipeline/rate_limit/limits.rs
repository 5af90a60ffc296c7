//! The numbers of the rate limiter.

use super::bucket::{Bucket, Class, RateKey};
use crate::config::RateLimitConfig;

/// A network of /48 has as many calls as so many of its parts of /64: large sites share one, and one who owns a /48
/// has 65 536 parts.
const PARTS_OF_NETWORK: u32 = 8;

/// The numbers; `/sys/config` publishes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// Whether calls are counted at all.
    pub enabled: bool,
    /// Reads without a token, per address.
    pub anonymous_reads: u32,
    /// Seconds until the bucket of anonymous reads refills.
    pub anonymous_read_reset_seconds: u64,
    /// Reads with a token, per token.
    pub authorized_reads: u32,
    /// Reads of a user, over all tokens.
    pub user_reads: u32,
    /// Seconds until the bucket of authorized reads refills.
    pub authorized_read_reset_seconds: u64,
    /// Writes, per token or address.
    pub writes: u32,
    /// Writes of a user, over all tokens.
    pub user_writes: u32,
    /// Seconds until the bucket of writes refills.
    pub write_reset_seconds: u64,
    /// Markers and presence, per token.
    pub markers: u32,
    /// Markers and presence of a user, over all tokens.
    pub user_markers: u32,
    /// Seconds until the bucket of markers refills.
    pub marker_reset_seconds: u64,
    /// Attempts to sign in, per address.
    pub sign_ins: u32,
    /// Attempts to sign in, per account.
    pub account_sign_ins: u32,
    /// Seconds until the bucket of attempts to sign in refills.
    pub sign_in_reset_seconds: u64,
    /// Seconds for which a call beyond the limit closes its bucket at least; 0: until the count restarts.
    pub ban_seconds: u64,
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
            user_reads: config.user_reads,
            authorized_read_reset_seconds: config.authorized_read_reset_seconds,
            writes: config.writes,
            user_writes: config.user_writes,
            write_reset_seconds: config.write_reset_seconds,
            markers: config.markers,
            user_markers: config.user_markers,
            marker_reset_seconds: config.marker_reset_seconds,
            sign_ins: config.sign_ins,
            account_sign_ins: config.account_sign_ins,
            sign_in_reset_seconds: config.sign_in_reset_seconds,
            ban_seconds: config.ban_seconds,
        }
    }
}

impl RateLimits {
    /// How many calls a bucket holds, and the seconds until it refills.
    pub(super) fn size(&self, bucket: Bucket) -> (u32, u64) {
        let of_network = |limit: u32| limit.saturating_mul(PARTS_OF_NETWORK);
        let limit = match (bucket.class, bucket.key) {
            (Class::Read, RateKey::Token(_)) => self.authorized_reads,
            (Class::Read, RateKey::User(_)) => self.user_reads,
            (Class::Read, RateKey::Address(_)) => self.anonymous_reads,
            (Class::Read, RateKey::Network(_)) => of_network(self.anonymous_reads),
            (Class::Write, RateKey::User(_)) => self.user_writes,
            (Class::Write, RateKey::Network(_)) => of_network(self.writes),
            (Class::Write, RateKey::Token(_) | RateKey::Address(_)) => self.writes,
            (Class::Marker, RateKey::User(_)) => self.user_markers,
            (Class::Marker, RateKey::Network(_)) => of_network(self.markers),
            (Class::Marker, RateKey::Token(_) | RateKey::Address(_)) => self.markers,
            (Class::SignIn, RateKey::Network(_)) => of_network(self.sign_ins),
            (Class::SignIn, RateKey::Token(_) | RateKey::User(_) | RateKey::Address(_)) => {
                self.sign_ins
            }
            // Accounts are only counted by attempts to sign in.
            (_, RateKey::Account(_)) => self.account_sign_ins,
        };
        let anonymous = matches!(bucket.key, RateKey::Address(_) | RateKey::Network(_));
        let seconds = match bucket.class {
            Class::Read if anonymous => self.anonymous_read_reset_seconds,
            Class::Read => self.authorized_read_reset_seconds,
            Class::Write => self.write_reset_seconds,
            Class::Marker => self.marker_reset_seconds,
            Class::SignIn => self.sign_in_reset_seconds,
        };
        (limit, seconds)
    }
}
