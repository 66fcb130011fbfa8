//! How much of it: a token bucket of events.
//!
//! A bucket holds [`BURST_SECONDS`] worth of events and refills steadily. It is one atomic word (the generic cell rate algorithm:
//! the instant at which the bucket would be full again), so taking costs no lock and one read of the monotonic clock.

use actix_web::http::header::{HeaderName, HeaderValue};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How many seconds' worth of events may come at once, in seconds.
pub const BURST_SECONDS: u32 = 10;

/// `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-10, section 3: `"events";q=quota;w=window`.
pub const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10, section 4: `"events";r=remaining;t=seconds until full`.
pub const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A bucket of events. 0 a second means without bound.
#[derive(Debug)]
pub struct Quota {
    per_second: u32,
    /// Nanoseconds since the process's first quota at which the bucket is full; in the past when it is.
    full_at: AtomicU64,
}

/// The quota does not allow it now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("quota used up, come back in {seconds} s")]
pub struct RetryAfter {
    /// In how many seconds the same will be allowed, if nobody else takes it: at least 1.
    pub seconds: u32,
}

/// Where a bucket stands, for headers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Remaining {
    /// Events that fit into the bucket.
    pub limit: u64,
    /// Events that may be sent at once.
    pub remaining: u64,
    /// Until the bucket is full again, in seconds, rounded up.
    pub reset_seconds: u64,
}

impl Quota {
    /// A full bucket of so many events per second; 0 means without bound.
    #[must_use]
    pub const fn per_second(per_second: u32) -> Self {
        Self { per_second, full_at: AtomicU64::new(0) }
    }

    /// Takes `n` events out of the bucket, all or none.
    ///
    /// More than the bucket can ever hold is given when it is full, and leaves a debt that later takers wait for: the mean rate
    /// holds, whatever the size of a batch.
    ///
    /// # Errors
    /// [`RetryAfter`] when there are not so many now.
    pub fn take(&self, n: u32) -> Result<(), RetryAfter> {
        if self.per_second == 0 { Ok(()) } else { self.take_at(n, now()) }
    }

    /// Where the bucket stands; `None` when it is without bound.
    #[must_use]
    pub fn remaining(&self) -> Option<Remaining> {
        (self.per_second != 0).then(|| self.remaining_at(now()))
    }

    /// The two headers of the draft, to be put on answers; `None` without bound.
    #[must_use]
    pub fn headers(&self) -> Option<[(HeaderName, HeaderValue); 2]> {
        let Remaining { limit, remaining, reset_seconds } = self.remaining()?;
        let value = |text: String| HeaderValue::try_from(text).expect("letters, digits and punctuation");
        Some([
            (RATELIMIT_POLICY, value(format!("\"events\";q={limit};w={BURST_SECONDS}"))),
            (RATELIMIT, value(format!("\"events\";r={remaining};t={reset_seconds}"))),
        ])
    }

    /// A rate beyond 1,000 million a second counts as that.
    fn nanos_per_event(&self) -> u64 {
        (NANOS_PER_SECOND / u64::from(self.per_second.max(1))).max(1)
    }

    fn limit(&self) -> u64 {
        u64::from(self.per_second) * u64::from(BURST_SECONDS)
    }

    fn take_at(&self, n: u32, now: u64) -> Result<(), RetryAfter> {
        let nanos_per_event = self.nanos_per_event();
        let cost = u64::from(n) * nanos_per_event;
        let window = self.limit() * nanos_per_event;
        let mut full_at = self.full_at.load(Ordering::Relaxed);
        loop {
            let base = full_at.max(now);
            let wait = (base - now + cost.min(window)).saturating_sub(window);
            if wait > 0 {
                let seconds = u32::try_from(wait.div_ceil(NANOS_PER_SECOND)).unwrap_or(u32::MAX);
                return Err(RetryAfter { seconds });
            }
            match self.full_at.compare_exchange_weak(
                full_at,
                base + cost,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Ok(()),
                Err(seen) => full_at = seen,
            }
        }
    }

    fn remaining_at(&self, now: u64) -> Remaining {
        let used = self.full_at.load(Ordering::Relaxed).saturating_sub(now);
        Remaining {
            limit: self.limit(),
            remaining: self.limit().saturating_sub(used.div_ceil(self.nanos_per_event())),
            reset_seconds: used.div_ceil(NANOS_PER_SECOND),
        }
    }
}

/// Nanoseconds of the monotonic clock since the first look at it.
fn now() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = NANOS_PER_SECOND;

    #[test]
    fn a_full_bucket_gives_ten_seconds_worth_and_no_more() {
        let quota = Quota::per_second(10);
        assert_eq!(quota.take_at(100, 5 * S), Ok(()));
        assert_eq!(quota.take_at(1, 5 * S), Err(RetryAfter { seconds: 1 }));
    }

    #[test]
    fn a_bucket_refills_at_its_rate_and_not_beyond_full() {
        let quota = Quota::per_second(10);
        assert_eq!(quota.take_at(100, 0), Ok(()));
        assert_eq!(quota.take_at(10, S), Ok(()));
        assert_eq!(quota.take_at(1, S), Err(RetryAfter { seconds: 1 }));
        assert_eq!(quota.take_at(100, 1_000 * S), Ok(()));
        assert_eq!(quota.take_at(1, 1_000 * S), Err(RetryAfter { seconds: 1 }));
    }

    #[test]
    fn what_does_not_fit_takes_nothing_and_says_when_it_will() {
        let quota = Quota::per_second(10);
        assert_eq!(quota.take_at(60, 0), Ok(()));
        assert_eq!(quota.take_at(70, 0), Err(RetryAfter { seconds: 3 }));
        assert_eq!(quota.take_at(40, 0), Ok(()));
        assert_eq!(quota.take_at(70, 6 * S), Err(RetryAfter { seconds: 1 }));
        assert_eq!(quota.take_at(70, 7 * S), Ok(()));
    }

    #[test]
    fn more_than_a_bucket_waits_until_it_is_full_and_leaves_a_debt() {
        let quota = Quota::per_second(1);
        assert_eq!(quota.take_at(1, 0), Ok(()));
        assert_eq!(quota.take_at(500, 0), Err(RetryAfter { seconds: 1 }));
        assert_eq!(quota.take_at(500, S), Ok(()));
        assert_eq!(quota.take_at(1, S), Err(RetryAfter { seconds: 491 }));
        assert_eq!(quota.take_at(1, 491 * S), Err(RetryAfter { seconds: 1 }));
        assert_eq!(quota.take_at(1, 492 * S), Ok(()));
    }

    #[test]
    fn no_bound_gives_always_and_has_no_headers() {
        let quota = Quota::per_second(0);
        for _ in 0..1_000 {
            assert_eq!(quota.take(u32::MAX), Ok(()));
        }
        assert!(quota.headers().is_none());
    }

    #[test]
    fn the_greatest_rate_and_batch_do_not_overflow() {
        let quota = Quota::per_second(u32::MAX);
        for _ in 0..10 {
            assert_eq!(quota.take_at(u32::MAX, S), Ok(()));
        }
        assert!(quota.take_at(u32::MAX, S).is_err());
        let slow = Quota::per_second(1);
        assert_eq!(slow.take_at(u32::MAX, S), Ok(()));
        assert_eq!(slow.take_at(1, S), Err(RetryAfter { seconds: u32::MAX - 9 }));
    }

    #[test]
    fn remaining_counts_whole_events_and_rounds_the_reset_up() {
        let quota = Quota::per_second(10);
        assert_eq!(quota.remaining_at(S), Remaining { limit: 100, remaining: 100, reset_seconds: 0 });
        assert_eq!(quota.take_at(25, S), Ok(()));
        assert_eq!(quota.remaining_at(S), Remaining { limit: 100, remaining: 75, reset_seconds: 3 });
    }

    #[test]
    fn headers_have_the_form_of_the_draft() {
        let quota = Quota::per_second(1_000_000);
        assert_eq!(quota.take(10_000_000), Ok(()));
        let [(policy_name, policy), (name, value)] = quota.headers().unwrap();
        assert_eq!(policy_name.as_str(), "ratelimit-policy");
        assert_eq!(policy.to_str().unwrap(), "\"events\";q=10000000;w=10");
        assert_eq!(name.as_str(), "ratelimit");
        let value = value.to_str().unwrap();
        assert!(value.starts_with("\"events\";r=") && value.contains(";t="), "{value}");
    }

    #[test]
    fn takers_side_by_side_get_no_more_than_the_bucket_holds() {
        let quota = Quota::per_second(100);
        let given: u32 = std::thread::scope(|scope| {
            let taker = || (0..1_000).filter(|_| quota.take_at(1, 0).is_ok()).count() as u32;
            let takers: Vec<_> = (0..4).map(|_| scope.spawn(taker)).collect();
            takers.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(given, 1_000);
    }
}
