//! Every bound of the intake, each with its unit.

use std::time::Duration;

/// A single JSON submission may not be larger, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// A line of NDJSON may not be longer, in bytes, without its line end.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// Lines that go to the log in one append.
pub const GROUP_LINES_MAX: usize = 500;
/// Bytes of lines that go to the log in one append; the line that crosses it is still taken in.
pub const GROUP_BYTES_MAX: usize = 256 * 1024;
/// Bytes of submissions that wait on the log, over all requests.
pub const IN_FLIGHT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How long a batch waits for room under [`IN_FLIGHT_BYTES_MAX`] before its lines are answered `log_busy`.
pub const ROOM_WAIT_MAX: Duration = Duration::from_secs(2);
/// How long a submission that was read, or a group of a batch, waits for the log, with all attempts and for room: after that it is answered
/// `503 log_busy`, whatever the log is doing. Less than what is in flight has when the process is told to stop.
pub const APPEND_WAIT_MAX: Duration = Duration::from_secs(8);
/// How long the next chunk of a body may take.
pub const CHUNK_WAIT_MAX: Duration = Duration::from_secs(30);
/// How often records are appended before the log's answer is passed on to the sender, within [`APPEND_WAIT_MAX`].
pub const APPEND_ATTEMPTS_MAX: u32 = 3;
/// Wait before the second attempt; doubled for each one after it.
pub const APPEND_BACKOFF: Duration = Duration::from_millis(20);
/// `Retry-After` of a 503, in seconds.
pub const RETRY_AFTER_SECONDS: u32 = 2;
/// `Retry-After` when the disk is nearly full, in seconds: an operator has to make room.
pub const RETRY_AFTER_DISK_SECONDS: u32 = 60;
/// The longest `Prefer: wait`, in seconds; more is cut to this.
pub const WAIT_SECONDS_MAX: u64 = 10;
/// How long the reply to a text message waits for the outcome.
pub const SMS_WAIT_MAX: Duration = Duration::from_secs(2);
/// Text messages of one phone within [`SMS_WINDOW`].
pub const SMS_PER_PHONE_MAX: u32 = 5;
/// The window that [`SMS_PER_PHONE_MAX`] counts in.
pub const SMS_WINDOW: Duration = Duration::from_secs(600);
/// Phones whose messages are counted at the same time; the least used are forgotten.
pub const SMS_PHONES_MAX: usize = 16_384;
/// Event ids whose body hash is remembered; the least used are forgotten. About 10 MiB when full.
pub const RECENT_BODIES_MAX: usize = 131_072;
/// Characters of an idempotency key.
pub const REFERENCE_CHARS_MAX: usize = 255;
/// How far the wall clock may stray from where the monotonic clock says it should be, in microseconds.
pub const CLOCK_STRAY_MICROS_MAX: i64 = 5 * 60 * 1_000_000;
