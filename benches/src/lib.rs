//! Criterion benches and ratios against peers measured in the same run.
