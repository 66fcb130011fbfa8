//! What papers and the subjects of transactions share: a row before, a row after, statistics by difference.

use super::{Context, Effect, Stop, typed};
use crate::row::{Row, TypedRow};
use crate::tally::{Counted, Tally};

/// The subject's row after an event that is applied; `None` when it stays as it is.
pub(crate) type Change<R> = Result<Option<R>, Stop>;

/// Applies `change` to the subject's row; statistics move by what the row is worth after, less what it was worth before.
/// `summary` stands in history and says what the event was about, without personal data.
///
/// # Errors
/// As `change` says, or the row does not fit its table.
pub(crate) fn change<R: TypedRow + Counted>(
    ctx: &Context<'_>,
    state: Option<Row>,
    summary: &str,
    change: impl FnOnce(Option<&R>) -> Change<R>,
) -> Result<Effect, Stop> {
    let before: Option<R> = typed(state)?;
    let after = change(before.as_ref())?;
    let counts =
        after.as_ref().map_or_else(Vec::new, |after| Tally::difference(before.as_ref(), Some(after)));
    Ok(Effect {
        state: after.map(|after| ctx.row(after)),
        counts,
        summary: summary.to_owned(),
        ..Effect::default()
    })
}
