//! How a poll is divided.

/// Divides `records_max` over partitions that have so many records: evenly, and what some do not need goes to the others. When
/// there are more partitions than records, the first ones get one each.
pub fn shares(available: &[u64], records_max: usize) -> Vec<usize> {
    let mut by_need: Vec<usize> = (0..available.len()).filter(|n| available[*n] > 0).collect();
    by_need.truncate(records_max);
    by_need.sort_by_key(|n| available[*n]);
    let mut shares = vec![0; available.len()];
    let mut left = records_max;
    for (taken, n) in by_need.iter().enumerate() {
        let even = left.div_ceil(by_need.len() - taken);
        shares[*n] = usize::try_from(available[*n]).map_or(even, |available| available.min(even));
        left -= shares[*n];
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn shares_are_even_and_what_is_not_needed_goes_to_others() {
        for (available, records_max, wanted) in [
            (&[][..], 5, &[][..]),
            (&[0, 0], 5, &[0, 0]),
            (&[9, 0, 9], 4, &[2, 0, 2]),
            (&[9, 1, 9], 9, &[4, 1, 4]),
            (&[1_000, 1, 1, 1], 100, &[97, 1, 1, 1]),
            (&[3, 3, 3], 100, &[3, 3, 3]),
            (&[9, 9, 9], 2, &[1, 1, 0]),
            (&[0, 9, 9], 1, &[0, 1, 0]),
            (&[u64::MAX, u64::MAX], 7, &[4, 3]),
        ] {
            assert_eq!(shares(available, records_max), wanted, "{available:?} by {records_max}");
        }
    }
}
