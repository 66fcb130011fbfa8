//! Deciding: from an event and the one row it reads to an outcome and the rows that follow. Pure.

mod checks;
mod context;
mod documents;
mod registrations;
mod subject;
mod transactions;

pub use registrations::qid;

pub(crate) use context::{Context, Effect, Stop, ensure, plain, typed};

use crate::outcome::{Outcome, Reason};
use crate::row::{Cause, Key, Row, ShapeError, Table, TypedRow};
use crate::rows::{HistoryOutcome, HistoryRow};
use crate::rules::Rules;
use crate::statistics::{self, Delta};
use schemas::{CitizenId, Event, Header, Place, Stream};

/// Longest text of a header, in bytes. Senders, teams, helpers and devices come from credentials and are far shorter.
pub const HEADER_TEXT_BYTES_MAX: usize = 256;

/// The one state row that an event reads and changes.
#[must_use]
pub fn keys_read(event: &Event) -> (Table, Key) {
    let citizen = event.header.citizen_id;
    match event.kind().stream() {
        Stream::Registrations => registrations::key_read(citizen),
        Stream::Documents => documents::key_read(citizen, &event.body),
        Stream::Transactions => transactions::key_read(citizen, &event.body),
    }
}

/// What a decider sees.
#[derive(Debug)]
pub struct Input<'a> {
    /// The event.
    pub event: &'a Event,
    /// Where it stands.
    pub place: Place,
    /// The state row named by [`keys_read`], as the events below this place left it.
    pub state: Option<Row>,
    /// The rules that the event's header names.
    pub rules: &'a Rules,
}

/// What follows from an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What became of it.
    pub outcome: Outcome,
    /// The state row, whole; `None` when it stays as it is (a refusal always leaves it).
    pub state: Option<Row>,
    /// Rows that follow, the history row first. Never rows of `statistics` or `ledger`.
    pub follows: Vec<Row>,
    /// All that statistics change, the event itself among it: counted `applied` or `refused` by city, ward, agency, team,
    /// channel and kind. Repeats never come here; the caller counts them with [`statistics::outcome_deltas`].
    pub statistics: Vec<Delta>,
    /// Set when `state` is an account whose code must be issued: the caller signs what the row says and puts the token
    /// into the row's `token` cell before writing it. `kid`, `serial`, `status_*`, `issued_at` and `expires_at` are already there.
    pub issue: Option<Issue>,
}

/// An order to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issue {
    /// Whose code.
    pub citizen: CitizenId,
}

impl Decision {
    /// A refusal: nothing changes but history. Its statistics are empty; [`refuse`] makes the whole of it.
    #[must_use]
    pub fn refused(reason: Reason, history: Row) -> Self {
        Self {
            outcome: Outcome::Refused(reason),
            state: None,
            follows: vec![history],
            statistics: Vec::new(),
            issue: None,
        }
    }
}

/// Why an event cannot be decided by this program. Nothing is lost: the partition waits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecidable {
    /// The state row does not fit its table.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The personal part is sealed under a key that is not here.
    #[error("the personal part is sealed")]
    Sealed,
    /// The event stands in the log of another stream than its kind belongs to.
    #[error("the kind of this event belongs to another stream")]
    WrongStream,
}

impl Undecidable {
    /// Whether trying again can help: only after an operator has acted, never in a loop.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        false
    }
}

/// Decides one event. Duplicates are the caller's: an event whose history row has a cause below its place never comes here.
///
/// # Errors
/// [`Undecidable`]: the row does not fit its table, the personal part is sealed, or the event stands in the wrong stream.
/// Pauses the partition; retried after an operator has acted.
pub fn decide(input: Input<'_>) -> Result<Decision, Undecidable> {
    let Input { event, place, state, rules } = input;
    let ctx = Context { header: &event.header, kind: event.kind(), place, rules };
    if ctx.kind.stream() != place.stream {
        return Err(Undecidable::WrongStream);
    }
    let effect = common_rules(&ctx).map_err(Stop::from).and_then(|()| match place.stream {
        Stream::Registrations => registrations::decide(&ctx, &event.body, state),
        Stream::Documents => documents::decide(&ctx, &event.body, state),
        Stream::Transactions => transactions::decide(&ctx, &event.body, state),
    });
    match effect {
        Ok(effect) => Ok(applied(event, place, effect)),
        Err(Stop::Refused(reason)) => Ok(refuse(event, place, reason)),
        Err(Stop::Undecidable(why)) => Err(why),
    }
}

/// The whole refusal of an event, with history and statistics.
#[must_use]
pub fn refuse(event: &Event, place: Place, reason: Reason) -> Decision {
    let history = history_row(event, place, HistoryOutcome::Refused, reason.code(), String::new());
    let mut decision = Decision::refused(reason, history);
    decision.statistics = statistics::outcome_deltas(event, Outcome::Refused(reason));
    decision
}

/// The history row of an event at `place`. `summary` says what it was about, without personal data.
#[must_use]
pub fn history_row(
    event: &Event,
    place: Place,
    outcome: HistoryOutcome,
    reason: &str,
    summary: String,
) -> Row {
    let header = &event.header;
    HistoryRow {
        citizen: header.citizen_id,
        stream: place.stream,
        event_id: header.event_id,
        outcome,
        reason: reason.to_owned(),
        kind: event.kind().name().to_owned(),
        body_hash: header.body_hash,
        sender: header.sender.clone(),
        channel: Some(header.channel),
        occurred_on: header.occurred_on,
        accepted_at: header.accepted_at,
        summary,
    }
    .into_row(Cause { place, event_id: header.event_id })
}

fn applied(event: &Event, place: Place, effect: Effect) -> Decision {
    let Effect { state, follows: others, counts, summary, issue } = effect;
    let mut follows = Vec::with_capacity(1 + others.len());
    follows.push(history_row(event, place, HistoryOutcome::Applied, "", summary));
    follows.extend(others);
    let mut statistics = statistics::outcome_deltas(event, Outcome::Applied);
    statistics.extend(counts);
    Decision { outcome: Outcome::Applied, state, follows, statistics, issue }
}

/// What holds for every kind: no act from the future, no header text longer than the platform keeps.
fn common_rules(ctx: &Context<'_>) -> Result<(), Reason> {
    if ctx.header.occurred_on > ctx.today() {
        return Err(Reason::OccurredInFuture);
    }
    if header_texts(ctx.header).any(|text| text.len() > HEADER_TEXT_BYTES_MAX) {
        return Err(Reason::FieldTooLong);
    }
    Ok(())
}

fn header_texts(header: &Header) -> impl Iterator<Item = &str> {
    let optional = [&header.team, &header.helper, &header.device, &header.trace];
    [header.sender.as_str(), header.ward.as_str()]
        .into_iter()
        .chain(optional.into_iter().filter_map(|text| text.as_deref()))
}
