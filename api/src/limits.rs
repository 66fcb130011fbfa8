//! Every bound of the reading side, with its unit.

use std::time::Duration;

/// Rows of a page that names no limit.
pub const PAGE_ROWS_DEFAULT: usize = 50;
/// Rows of a page, at most.
pub const PAGE_ROWS_MAX: usize = 200;
/// Rows that are read for one page, at most: where few of them are the caller's, a page is short and has a cursor.
pub const PAGE_READ_ROWS_MAX: usize = 2_000;
/// Characters of a cursor, at most.
pub const CURSOR_CHARS_MAX: usize = 1_024;
/// How long `If-Applied` waits.
pub const IF_APPLIED_WAIT_MAX: Duration = Duration::from_secs(2);
/// What `Retry-After` says when a read may succeed soon, in seconds.
pub const RETRY_AFTER_SECONDS: u32 = 1;

/// Bytes of the body of a look-up.
pub const LOOKUP_BODY_BYTES_MAX: usize = 1_024;
/// Look-ups per second of one credential; bursts up to ten seconds' worth.
pub const LOOKUPS_PER_SECOND_MAX: u32 = 5;
/// Citizens of one phone that a look-up names.
pub const LOOKUP_CITIZENS_MAX: usize = 64;
/// Rows of one phone that a look-up reads, ended ones too.
pub const LOOKUP_READ_ROWS_MAX: usize = 1_000;

/// Bytes of the body of a verification: a code of the largest QR symbol has 4,296 characters.
pub const VERIFY_BODY_BYTES_MAX: usize = 16 * 1_024;

/// Bytes of the body that asks for a presentation.
pub const PRESENTATION_BODY_BYTES_MAX: usize = 2 * 1_024;
/// Papers of a citizen that are read for a portrait, at most, in the order of their ids: any behind them do not count.
pub const PORTRAIT_READ_ROWS_MAX: usize = 10_000;
/// Presentations that are remembered within their minute, so that none is accepted twice: about 20 MB.
pub const REPLAYS_REMEMBERED_MAX: usize = 100_000;

/// Days of one query of statistics.
pub const STATISTICS_DAYS_MAX: i32 = 366;
/// Lines of the answer to one query of statistics.
pub const STATISTICS_LINES_MAX: usize = 20_000;
/// Queries of statistics that read at the same time; others wait in line.
pub const STATISTICS_AT_ONCE_MAX: usize = 2;
/// Rows of statistics that are read in one step.
pub const STATISTICS_READ_ROWS: usize = 1_000;
/// Counts below this are not shown in public reports.
pub const PUBLIC_COUNT_MIN: i64 = 5;
/// Characters of the value that statistics are asked for.
pub const STATISTICS_VALUE_CHARS_MAX: usize = 64;
