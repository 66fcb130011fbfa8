//! The loop: read, decode, prefetch, decide, sign, commit, publish progress.
