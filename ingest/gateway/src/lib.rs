//! The intake: authenticate, parse, key, stamp, append, answer.
