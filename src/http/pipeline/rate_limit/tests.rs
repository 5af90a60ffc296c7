use std::net::Ipv4Addr;

use super::*;

fn limiter(change: impl FnOnce(&mut RateLimits)) -> RateLimiter {
    let mut limits = RateLimits {
        enabled: true,
        anonymous_reads: 2,
        anonymous_read_reset_seconds: 60,
        authorized_reads: 5,
        authorized_read_reset_seconds: 3600,
        writes: 1,
        write_reset_seconds: 60,
        seconds_banned: 600,
    };
    change(&mut limits);
    RateLimiter::new(limits)
}

fn reads(last: u8) -> Bucket {
    Bucket {
        key: RateKey::Address(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))),
        reads: true,
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn going_over_costs_a_ban_and_a_ban_ends() {
    let limiter = limiter(|_| ());
    let start = Instant::now();
    let first = limiter.count_at(reads(1), start);
    assert_eq!(
        first.rate_status(),
        RateStatus {
            limit: 2,
            remaining: 1,
            reset_seconds: 60
        }
    );
    assert_eq!(limiter.count_at(reads(1), start).allowed(), Ok(()));
    assert_eq!(limiter.count_at(reads(1), start).allowed(), Err(600));
    // Asking on does not prolong it; the end of the window does not shorten it.
    let later = limiter.count_at(reads(1), start + seconds(100));
    assert_eq!(later.allowed(), Err(500));
    assert_eq!(later.rate_status().remaining, 0);
    let after = limiter.count_at(reads(1), start + seconds(600));
    assert_eq!(after.allowed(), Ok(()));
    assert_eq!(after.rate_status().remaining, 1);
}

#[test]
fn a_window_ends_without_a_ban() {
    let limiter = limiter(|_| ());
    let start = Instant::now();
    limiter.count_at(reads(1), start);
    limiter.count_at(reads(1), start);
    let next = limiter.count_at(reads(1), start + seconds(60));
    assert_eq!((next.allowed(), next.rate_status().remaining), (Ok(()), 1));
}

#[test]
fn callers_and_kinds_are_counted_apart() {
    let limiter = limiter(|_| ());
    let start = Instant::now();
    let writes = Bucket {
        reads: false,
        ..reads(1)
    };
    let token = Bucket {
        key: RateKey::Token(TokenId(1)),
        reads: true,
    };
    assert_eq!(limiter.count_at(writes, start).rate_status().limit, 1);
    assert_eq!(limiter.count_at(writes, start).allowed(), Err(600));
    assert_eq!(limiter.count_at(reads(1), start).allowed(), Ok(()));
    assert_eq!(limiter.count_at(reads(2), start).rate_status().remaining, 1);
    assert_eq!(limiter.count_at(token, start).rate_status().limit, 5);
}

#[test]
fn switched_off_it_still_tells_the_numbers() {
    let limiter = limiter(|limits| limits.enabled = false);
    let start = Instant::now();
    for _ in 0..9 {
        let counted = limiter.count_at(reads(1), start);
        assert_eq!(counted.allowed(), Ok(()));
        assert_eq!(counted.rate_status().remaining, 2);
    }
    assert!(limiter.windows.is_empty());
}

#[test]
fn the_map_is_bounded_and_swept() {
    let mut limiter = limiter(|_| ());
    limiter.entries_max = 2;
    let start = Instant::now();
    limiter.count_at(reads(1), start);
    limiter.count_at(reads(2), start);
    // From here on, strangers share one bucket, and tokens go free.
    assert_eq!(limiter.count_at(reads(3), start).allowed(), Ok(()));
    assert_eq!(limiter.count_at(reads(4), start).allowed(), Ok(()));
    assert_eq!(limiter.count_at(reads(5), start).allowed(), Err(600));
    let token = Bucket {
        key: RateKey::Token(TokenId(1)),
        reads: true,
    };
    for _ in 0..9 {
        assert_eq!(limiter.count_at(token, start).allowed(), Ok(()));
    }
    assert_eq!(limiter.windows.len(), 3);
    // Everything but the ban of the crowd is over by then.
    limiter.count_at(reads(6), start + seconds(61));
    assert_eq!(limiter.windows.len(), 2);
}
