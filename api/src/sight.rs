//! What a caller sees.
//!
//! `read:all` sees everything. Any other caller sees the rows that its own agency sent: papers it filed, dossiers, bills, appointments,
//! visits, feedback and ratings it reported, payments it moved, history of its own events. Of an account it sees
//!
//! - [`Sight::Own`], when it opened the account or had an event of the account's own stream applied: the account without links, its
//!   number masked, and its code;
//! - [`Sight::Party`], when it had an event of another stream applied: the same without phone, e-mail and address, and no code;
//! - nothing otherwise, as if there were no account. A refused event opens nothing, so that nobody gains sight of an account by sending
//!   what does not hold.

use crate::answer::unreadable;
use crate::limits::PAGE_ROWS_MAX;
use crate::state::State;
use access::{Entry, Problem, Scope};
use domain::row::InKey;
use domain::rows::HistoryOutcome;
use domain::{Cell, Key, Row, Table};
use projections::Scan;
use schemas::{CitizenId, Stream};

/// How much of an account a caller sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sight {
    /// Everything.
    All,
    /// What an agency sees that keeps the account.
    Own,
    /// What an agency sees that has to do with the citizen.
    Party,
}

impl Sight {
    /// In entity tags.
    pub(crate) const fn view(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Own => "own",
            Self::Party => "party",
        }
    }
}

/// Whose rows a caller sees.
#[derive(Clone, Copy)]
pub(crate) enum Whose<'a> {
    Everybodys,
    Agency(&'a str),
}

impl<'a> Whose<'a> {
    pub fn of(entry: &'a Entry) -> Self {
        if entry.credential.has(Scope::ReadAll) {
            Self::Everybodys
        } else {
            Self::Agency(&entry.credential.agency)
        }
    }

    /// Whether what this agency sent is seen.
    pub fn sees(self, sender: &str) -> bool {
        match self {
            Self::Everybodys => true,
            Self::Agency(agency) => agency == sender,
        }
    }

    /// Whether a row is seen whose table has a column for its sender.
    pub fn sees_row(self, row: &Row) -> bool {
        match self {
            Self::Everybodys => true,
            Self::Agency(agency) => {
                text(row, sender_column(row.table)).is_some_and(|sender| sender == agency)
            }
        }
    }

    /// In bindings of entity tags.
    pub fn view(self) -> &'a str {
        match self {
            Self::Everybodys => "",
            Self::Agency(agency) => agency,
        }
    }
}

const fn sender_column(table: Table) -> &'static str {
    match table {
        Table::Documents => "filer",
        _ => "sender",
    }
}

/// The text in this column.
pub(crate) fn text<'a>(row: &'a Row, column: &str) -> Option<&'a str> {
    let at = row.table.def().cells.iter().position(|(name, _)| *name == column)?;
    match row.cells.get(at) {
        Some(Cell::Text(text)) => Some(text),
        _ => None,
    }
}

/// What the caller sees of the account of this citizen that `opener` opened; `None` when nothing.
pub(crate) async fn of_account(
    state: &State,
    entry: &Entry,
    citizen: CitizenId,
    opener: &str,
) -> Result<Option<Sight>, Problem> {
    let Whose::Agency(agency) = Whose::of(entry) else { return Ok(Some(Sight::All)) };
    if agency == opener {
        return Ok(Some(Sight::Own));
    }
    let ways = [
        (Stream::Registrations, Sight::Own),
        (Stream::Documents, Sight::Party),
        (Stream::Transactions, Sight::Party),
    ];
    for (stream, sight) in ways {
        if has_applied(state, agency, citizen, stream).await? {
            return Ok(Some(sight));
        }
    }
    Ok(None)
}

/// Whether an event of this agency about the citizen was applied. Reads up to the first such row.
async fn has_applied(
    state: &State,
    agency: &str,
    citizen: CitizenId,
    stream: Stream,
) -> Result<bool, Problem> {
    let mut after = None;
    loop {
        let prefix = Key(vec![citizen.to_part(), stream.to_part()]);
        let scan = Scan { table: Table::History, prefix, after, rows_max: PAGE_ROWS_MAX };
        let page = state.reader.scan(scan).await.map_err(unreadable)?;
        let applied = |row: &Row| {
            text(row, "sender") == Some(agency)
                && text(row, "outcome") == Some(HistoryOutcome::Applied.name())
        };
        if page.rows.iter().any(applied) {
            return Ok(true);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(false),
        }
    }
}
