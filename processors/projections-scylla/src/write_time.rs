//! The write time of a row: its place in the log, as a timestamp of the store.
//!
//! `T0(epoch) + 4 * offset + phase`, in microseconds as the store counts them, with `T0(epoch) = epoch * 2^42`. The larger one wins in
//! the store, so that a retry, a late write and a replay can only write the same bytes at the same time. T0 is a function and no stored
//! value: no two processes can ever disagree on it, and every time lies in the past of any clock (the last one is in September 2005),
//! which ScyllaDB asks for (`restrict_future_timestamp`). What the function is, is stored beside each generation and compared.

/// Epochs that have a T0, the last one. An epoch is an incarnation of a topic: 255 re-creations.
pub const EPOCH_MAX: u32 = 255;
/// Offsets of an epoch that have a write time, the last one: 10,000 events a second in one partition reach it after three years and a
/// half, the load of a whole city spread over 48 partitions after more than a century.
pub const OFFSET_MAX: u64 = (1 << 40) - 1;
/// How [`T0`](t0) is reckoned, as stored beside each generation.
pub const FUNCTION: &str = "epoch * 2^42 + 4 * offset + 1";

const EPOCH_BITS: u32 = 42;
const STEPS_PER_OFFSET: i64 = 4;
/// Phase of everything that is written by the log; 0, 2 and 3 are free.
const PHASE: i64 = 1;

/// A place that has no write time. Not retryable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("epoch {epoch}, offset {offset} has no write time: at most epoch {EPOCH_MAX}, offset {OFFSET_MAX}")]
pub struct OutOfRange {
    /// The epoch.
    pub epoch: u32,
    /// The offset.
    pub offset: u64,
}

/// Where an epoch's write times begin, in microseconds.
#[must_use]
pub const fn t0(epoch: u32) -> i64 {
    (epoch as i64) << EPOCH_BITS
}

/// The write time of what an offset writes, in microseconds. A checkpoint has that of its next offset.
///
/// # Errors
/// [`OutOfRange`].
pub const fn write_time(epoch: u32, offset: u64) -> Result<i64, OutOfRange> {
    if epoch > EPOCH_MAX || offset > OFFSET_MAX {
        return Err(OutOfRange { epoch, offset });
    }
    Ok(t0(epoch) + STEPS_PER_OFFSET * offset as i64 + PHASE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_place_has_a_later_write_time() {
        let places = [(0, 0), (0, 1), (0, OFFSET_MAX), (1, 0), (1, 7), (2, 0), (EPOCH_MAX, OFFSET_MAX)];
        let times: Vec<_> = places.iter().map(|(e, o)| write_time(*e, *o).unwrap()).collect();
        assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
        assert_eq!(times[0], 1);
        assert_eq!(times[3], t0(1) + 1);
    }

    #[test]
    fn write_times_lie_in_the_past_of_any_clock() {
        const YEAR_2006_MICROS: i64 = 1_136_073_600_000_000;
        assert!(write_time(EPOCH_MAX, OFFSET_MAX).unwrap() < YEAR_2006_MICROS);
    }

    #[test]
    fn places_without_a_write_time_are_refused() {
        for (epoch, offset) in [(EPOCH_MAX + 1, 0), (0, OFFSET_MAX + 1), (u32::MAX, u64::MAX)] {
            assert_eq!(write_time(epoch, offset), Err(OutOfRange { epoch, offset }));
        }
    }
}
