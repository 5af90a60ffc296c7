use std::net::IpAddr;

use super::bucket::{Attempts, Buckets, of_address, of_token};
use super::*;
use crate::event::samples::{ADA, token};
use crate::model::UserId;

fn limiter(change: impl FnOnce(&mut RateLimits)) -> RateLimiter {
    let mut limits = RateLimits {
        enabled: true,
        anonymous_reads: 2,
        anonymous_read_reset_seconds: 60,
        authorized_reads: 5,
        user_reads: 50,
        authorized_read_reset_seconds: 3600,
        writes: 3,
        user_writes: 5,
        write_reset_seconds: 60,
        markers: 4,
        user_markers: 40,
        marker_reset_seconds: 30,
        sign_ins: 6,
        account_sign_ins: 2,
        sign_in_reset_seconds: 60,
        ban_seconds: 0,
    };
    change(&mut limits);
    RateLimiter::bounded(limits, 200, 200)
}

impl RateLimiter {
    /// As of a moment, on a server without others.
    fn count_at(&self, buckets: &[Bucket], now: Instant) -> Counted {
        let limits = self.limits.get();
        let taken = match limits.enabled {
            true => self.take_all(&limits, buckets, now).map(drop),
            false => Ok(()),
        };
        Counted {
            rate_status: self.status(&limits, buckets, now),
            retry_in: taken.err(),
        }
    }
}

fn reads(last: u8) -> Buckets {
    of_address(IpAddr::from([10, 0, 0, last]), Class::Read)
}

fn of(id: i64, user: Option<UserId>, class: Class) -> Buckets {
    of_token(&token(id, user, "messages"), class)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// How many of so many calls are admitted.
fn admitted(limiter: &RateLimiter, buckets: &[Bucket], calls: usize, now: Instant) -> usize {
    let calls = (0..calls).map(|_| limiter.count_at(buckets, now));
    calls.filter(|counted| counted.allowed().is_ok()).count()
}

#[test]
fn a_full_bucket_says_when_it_refills_and_asking_on_costs_nothing() {
    let limiter = limiter(|_| ());
    let start = Instant::now();
    let first = limiter.count_at(&reads(1), start);
    assert_eq!(
        first.rate_status(),
        RateStatus {
            limit: 2,
            remaining: 1,
            reset_seconds: 60
        }
    );
    assert_eq!(limiter.count_at(&reads(1), start).allowed(), Ok(()));
    for asked_at in [0, 1, 59] {
        let refused = limiter.count_at(&reads(1), start + seconds(asked_at));
        assert_eq!(refused.allowed(), Err(60 - asked_at));
        assert_eq!(refused.rate_status().remaining, 0);
    }
    let next = limiter.count_at(&reads(1), start + seconds(60));
    assert_eq!((next.allowed(), next.rate_status().remaining), (Ok(()), 1));
}

#[test]
fn going_over_costs_a_ban_where_the_operator_asks_for_it_and_a_ban_ends() {
    let limiter = limiter(|limits| limits.ban_seconds = 600);
    let start = Instant::now();
    assert_eq!(admitted(&limiter, &reads(1), 2, start), 2);
    assert_eq!(limiter.count_at(&reads(1), start).allowed(), Err(600));
    // Asking on does not prolong it; the end of the window does not shorten it.
    let later = limiter.count_at(&reads(1), start + seconds(100));
    assert_eq!(later.allowed(), Err(500));
    assert_eq!(later.rate_status().remaining, 0);
    let after = limiter.count_at(&reads(1), start + seconds(600));
    assert_eq!(after.allowed(), Ok(()));
    assert_eq!(after.rate_status().remaining, 1);
}

#[test]
fn a_ban_that_is_shorter_than_the_window_does_not_end_it_early() {
    let limiter = limiter(|limits| limits.ban_seconds = 10);
    let start = Instant::now();
    assert_eq!(admitted(&limiter, &reads(1), 2, start), 2);
    assert_eq!(limiter.count_at(&reads(1), start).allowed(), Err(60));
    let behind_the_ban = limiter.count_at(&reads(1), start + seconds(10));
    assert_eq!(behind_the_ban.allowed(), Err(50));
    // Late in a window the ban is the longer one.
    let next = start + seconds(60);
    assert_eq!(admitted(&limiter, &reads(1), 2, next), 2);
    let late = limiter.count_at(&reads(1), next + seconds(55));
    assert_eq!(late.allowed(), Err(10));
}

#[test]
fn callers_and_kinds_of_calls_are_counted_apart() {
    let limiter = limiter(|_| ());
    let start = Instant::now();
    assert_eq!(admitted(&limiter, &reads(1), 9, start), 2);
    assert_eq!(admitted(&limiter, &reads(2), 9, start), 2);
    // Markers and presence do not use up writing, nor reading.
    for (class, most) in [(Class::Marker, 4), (Class::Write, 3), (Class::Read, 5)] {
        let buckets = of(1, Some(ADA), class);
        assert_eq!(admitted(&limiter, &buckets, 9, start), most, "{class:?}");
    }
    let address = IpAddr::from([10, 0, 0, 1]);
    let sign_ins = of_address(address, Class::SignIn);
    assert_eq!(admitted(&limiter, &sign_ins, 9, start), 6);
}

#[test]
fn a_user_has_no_more_calls_with_more_tokens() {
    let limiter = limiter(|_| ());
    let start = Instant::now();
    let (first, second) = (
        of(1, Some(ADA), Class::Write),
        of(2, Some(ADA), Class::Write),
    );
    assert_eq!(admitted(&limiter, &first, 9, start), 3);
    assert_eq!(admitted(&limiter, &second, 9, start), 2);
    let refused = limiter.count_at(&second, start);
    assert_eq!(refused.allowed(), Err(60));
    // The headers report the bucket that refused, and a refused call took nothing of the other.
    let status = refused.rate_status();
    assert_eq!((status.limit, status.remaining), (5, 0));
    assert_eq!(limiter.peek(&second[..1]).remaining, 1);
    // An app has none.
    assert_eq!(admitted(&limiter, &of(3, None, Class::Write), 9, start), 3);
}

#[test]
fn the_parts_of_an_ipv6_network_have_a_limit_together() {
    let limiter = limiter(|_| ());
    let start = Instant::now();
    let of_part = |part: u16, host: u16| {
        let address = std::net::Ipv6Addr::new(0x2001, 0xdb8, 7, part, 0, 0, 0, host);
        of_address(address.into(), Class::Read)
    };
    // One household, any address.
    assert_eq!(admitted(&limiter, &of_part(0, 1), 2, start), 2);
    assert_eq!(admitted(&limiter, &of_part(0, 2), 2, start), 0);
    // One /48 with its 65 536 parts: eight times as much, all together.
    let all: usize = (1..100)
        .map(|part| admitted(&limiter, &of_part(part, 1), 2, start))
        .sum();
    assert_eq!(all, 14);
    // Mapped addresses are the IPv4 addresses that they hold.
    let mapped = of_address("::ffff:10.0.0.1".parse().unwrap(), Class::Read);
    assert_eq!(mapped, reads(1));
}

#[test]
fn sign_ins_are_limited_by_name_by_account_and_by_device_each_apart() {
    let limiter = limiter(|_| ());
    for attempts in [
        Attempts::Name("ada"),
        Attempts::Name("no such name"),
        Attempts::Account(ADA),
        Attempts::Device(ADA, "a phone"),
        Attempts::Device(ADA, "a desk"),
    ] {
        let bucket = limiter.account(attempts);
        let start = Instant::now();
        let admitted = (0..5).filter(|_| limiter.count_at(&[bucket], start).allowed().is_ok());
        assert_eq!(admitted.count(), 2, "{attempts:?}");
    }
}

#[test]
fn new_limits_hold_from_the_next_call_on() {
    let limiter = limiter(|_| ());
    let start = Instant::now();
    assert_eq!(admitted(&limiter, &reads(1), 9, start), 2);
    let raised = RateLimits {
        anonymous_reads: 4,
        ..(*limiter.limits()).clone()
    };
    limiter.set_limits(raised);
    assert_eq!(admitted(&limiter, &reads(1), 9, start), 2);
    assert_eq!(limiter.count_at(&reads(1), start).rate_status().limit, 4);
}

#[test]
fn switched_off_it_still_tells_the_numbers() {
    let limiter = limiter(|limits| limits.enabled = false);
    let start = Instant::now();
    for _ in 0..9 {
        let counted = limiter.count_at(&reads(1), start);
        assert_eq!(counted.allowed(), Ok(()));
        assert_eq!(counted.rate_status().remaining, 2);
    }
    assert!(limiter.is_empty());
}

#[test]
fn addresses_beyond_the_bound_displace_no_token_and_share_no_bucket() {
    let limiter = limiter(|_| ());
    let start = Instant::now();
    let writes = of(1, Some(ADA), Class::Write);
    assert_eq!(admitted(&limiter, &writes, 9, start), 3);
    for number in 0..5000_u32 {
        let address = IpAddr::from(std::net::Ipv4Addr::from_bits(number));
        let call = of_address(address, Class::Read);
        assert_eq!(limiter.count_at(&call, start).allowed(), Ok(()), "{number}");
    }
    assert!(limiter.addresses.len() <= 200);
    // The token is still counted, and so is an address that keeps asking.
    assert_eq!(admitted(&limiter, &writes, 9, start), 0);
    assert_eq!(admitted(&limiter, &reads(1), 9, start), 2);
}

#[test]
fn an_address_that_keeps_asking_stays_counted_while_others_come_and_go() {
    let limiter = limiter(|_| ());
    let start = Instant::now();
    assert_eq!(admitted(&limiter, &reads(1), 9, start), 2);
    for number in 0..5000_u32 {
        let address = IpAddr::from(std::net::Ipv4Addr::from_bits(number));
        limiter.count_at(&of_address(address, Class::Read), start);
        let refused = limiter.count_at(&reads(1), start);
        assert!(refused.allowed().is_err(), "after {number} others");
    }
}
