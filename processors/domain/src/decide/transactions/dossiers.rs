//! Dossiers: filed, moved, done. Statuses and payments may come before the filing; they are kept, and the filing completes them.

use super::moves::{self, Step};
use super::payments;
use crate::codes;
use crate::decide::subject::Change;
use crate::decide::{Context, checks, ensure, plain};
use crate::lists::RESULT_WAYS;
use crate::moments::Moment;
use crate::outcome::Reason;
use crate::row::Json;
use crate::rows::{Dimension, DossierCodeRow, DossierRow, Measure, Move, MoveKind, Origin};
use crate::tally::{Bearing, Counted, Tally};
use crate::text;
use schemas::event::{DossierFiled, DossierResultIssued, DossierStatusChanged, PaymentMade, PaymentReturned};

/// Bytes of the agency's words beside one move at most: a row keeps many moves.
pub(crate) const MOVE_WORDS_BYTES_MAX: usize = 2 * 1024;

/// The status of a dossier that is still to be filed.
const AWAITED: u8 = 0;

/// Newly filed.
const FILED: u8 = 1;

/// Received by the agency.
const RECEIVED: u8 = 2;

/// Done.
const DONE: u8 = 9;

/// The result was handed out.
const HANDED_OUT: u8 = 10;

/// `DossierFiled`. What statuses already said (promised day, unit) is newer than the filing and stands.
pub(super) fn filed(ctx: &Context<'_>, body: &DossierFiled, old: Option<&DossierRow>) -> Change<DossierRow> {
    let personal = plain(&body.personal)?;
    check_filing(ctx, body)?;
    text::check_words(&personal.text)?;
    ensure(old.is_none_or(|old| old.status == AWAITED), Reason::DossierExists)?;

    let kept = old.cloned().unwrap_or_else(|| awaited(ctx, &body.code));
    let first_known = |this: &str, that: &str| if this.is_empty() { that } else { this }.to_owned();
    let Origin { sender, ward, team, channel } = Origin::of(ctx.header);
    Ok(Some(DossierRow {
        status: standing(&kept),
        procedure: body.procedure.clone(),
        procedure_name: body.procedure_name.clone(),
        field: body.field.clone(),
        method: u8::try_from(body.method).map_err(|_| Reason::MethodUnknown)?,
        result_by: body.result_by.clone(),
        received_on: first_known(&body.received_on, &kept.received_on),
        due_on: first_known(&kept.due_on, &body.due_on),
        fee: body.fee,
        unit: first_known(&kept.unit, &body.unit),
        draft: body.draft.clone(),
        sender,
        ward,
        team,
        channel,
        words: personal.text.clone(),
        components: Json(body.components.clone()),
        ..kept
    }))
}

/// The index row of a filing.
pub(super) fn index(ctx: &Context<'_>, code: &str) -> DossierCodeRow {
    DossierCodeRow {
        code: code.to_owned(),
        citizen: ctx.header.citizen_id,
        filed_at: ctx.header.accepted_at,
        sender: ctx.header.sender.clone(),
    }
}

fn check_filing(ctx: &Context<'_>, body: &DossierFiled) -> Result<(), Reason> {
    check_code(&body.code)?;
    ensure(codes::is_procedure_code(&body.procedure), Reason::ProcedureMalformed)?;
    ensure((1..=3).contains(&body.method), Reason::MethodUnknown)?;
    checks::listed(&body.result_by, RESULT_WAYS, Reason::ResultWayUnknown)?;
    let received = checks::optional_past_day(&body.received_on, ctx.today())?;
    let due = checks::optional_day(&body.due_on)?;
    checks::in_order(received, due)?;
    ensure(body.fee >= 0, Reason::FeeNegative)?;
    ensure(body.fee <= checks::AMOUNT_DONG_MAX, Reason::AmountTooLarge)?;
    for text in [&body.procedure_name, &body.field, &body.unit] {
        text::check_line(text)?;
    }
    if !body.draft.is_empty() {
        checks::id(&body.draft)?;
    }
    ensure(
        body.components.len() <= ctx.rules.components_per_dossier_max as usize,
        Reason::TooManyComponents,
    )?;
    for component in &body.components {
        checks::present_line(&component.code)?;
        if !component.document_id.is_empty() {
            checks::id(&component.document_id)?;
        }
    }
    Ok(())
}

/// `DossierStatusChanged`. A skipped step moves the dossier and is flagged; a status that is not ahead is kept without moving it;
/// what has ended stays ended.
pub(super) fn moved(
    ctx: &Context<'_>,
    body: &DossierStatusChanged,
    old: Option<&DossierRow>,
) -> Change<DossierRow> {
    let personal = plain(&body.personal)?;
    check_code(&body.code)?;
    let status = moves::status(body.status).ok_or(Reason::StatusUnknown)?;
    let moment = checks::past_moment(&body.moved_at, ctx.today())?;
    let due = checks::optional_day(&body.due_on)?;
    text::check_line(&body.unit)?;
    ensure(personal.text.len() <= MOVE_WORDS_BYTES_MAX, Reason::FieldTooLong)?;
    text::check_words(&personal.text)?;

    let mut new = old.cloned().unwrap_or_else(|| awaited(ctx, &body.code));
    let how = go(ctx, &mut new, status, &body.moved_at, moment, &personal.text)?;
    if how != MoveKind::Late {
        checks::in_order(checks::optional_day(&new.received_on)?, due)?;
        if !body.due_on.is_empty() {
            new.due_on.clone_from(&body.due_on);
        }
        if !body.unit.is_empty() {
            new.unit.clone_from(&body.unit);
        }
        if status == RECEIVED && new.received_on.is_empty() {
            new.received_on = moment.day().to_string();
        }
    }
    Ok(Some(new))
}

/// `DossierResultIssued`: the dossier is done, or, where it was done already, the result is handed out. Where statuses said
/// so before, the result completes them.
pub(super) fn result_issued(
    ctx: &Context<'_>,
    body: &DossierResultIssued,
    old: Option<&DossierRow>,
) -> Change<DossierRow> {
    check_code(&body.code)?;
    let finished = checks::past_day(&body.finished_on, ctx.today())?;
    if !body.document_id.is_empty() {
        checks::id(&body.document_id)?;
    }
    let mut new = old.cloned().unwrap_or_else(|| awaited(ctx, &body.code));
    checks::in_order(checks::optional_day(&new.received_on)?, Some(finished))?;
    let here = standing(&new);
    ensure(here != HANDED_OUT || new.finished_on.is_empty(), Reason::DossierEnded)?;
    let to = if matches!(here, DONE | HANDED_OUT) { HANDED_OUT } else { DONE };
    go(ctx, &mut new, to, &body.finished_on, Moment::Day(finished), "")?;
    new.finished_on.clone_from(&body.finished_on);
    new.result_document.clone_from(&body.document_id);
    new.result_electronic = body.electronic;
    Ok(Some(new))
}

/// `PaymentMade` for a dossier, which may still be to come.
pub(super) fn paid(
    ctx: &Context<'_>,
    code: &str,
    body: &PaymentMade,
    old: Option<&DossierRow>,
) -> Change<DossierRow> {
    check_code(code)?;
    payments::check_made(body)?;
    let mut new = old.cloned().unwrap_or_else(|| awaited(ctx, code));
    payments::add(ctx, body, &mut new.payments.0)?;
    Ok(Some(new))
}

/// `PaymentReturned` of a dossier.
pub(super) fn returned(code: &str, body: &PaymentReturned, old: Option<&DossierRow>) -> Change<DossierRow> {
    check_code(code)?;
    payments::check_returned(body)?;
    let mut new = old.ok_or(Reason::PaymentUnknown)?.clone();
    payments::give_back(body, &mut new.payments.0)?;
    Ok(Some(new))
}

fn check_code(code: &str) -> Result<(), Reason> {
    ensure(codes::is_dossier_code(code), Reason::DossierCodeMalformed)
}

/// Where a dossier stands: at its last move, or newly filed. Holds for dossiers still to be filed too.
fn standing(dossier: &DossierRow) -> u8 {
    last_move(dossier).map_or(FILED, |last| last.status)
}

fn last_move(dossier: &DossierRow) -> Option<&Move> {
    dossier.moves.0.iter().rev().find(|kept| kept.how != MoveKind::Late)
}

/// Keeps a move, and moves the dossier where the table says so.
fn go(
    ctx: &Context<'_>,
    dossier: &mut DossierRow,
    to: u8,
    moved_at: &str,
    moment: Moment,
    words: &str,
) -> Result<MoveKind, Reason> {
    let filed = dossier.status != AWAITED;
    let how = match moves::step(standing(dossier), to) {
        Step::Next if filed => MoveKind::Moved,
        Step::Next | Step::Skipping => MoveKind::Gap,
        Step::Behind => MoveKind::Late,
        Step::BehindTheEnd if happened_before_the_last_move(dossier, moment) => MoveKind::Late,
        Step::BehindTheEnd | Step::OutOfTheEnd => return Err(Reason::DossierEnded),
    };
    ensure(dossier.moves.0.len() < ctx.rules.moves_per_dossier_max as usize, Reason::TooManyMoves)?;
    dossier.moves.0.push(Move {
        status: to,
        moved_at: moved_at.to_owned(),
        at: ctx.header.accepted_at,
        how,
        words: words.to_owned(),
    });
    dossier.gap |= how == MoveKind::Gap || !filed;
    if filed && how != MoveKind::Late {
        dossier.status = to;
    }
    Ok(how)
}

/// Whether the agency itself says that something happened before the dossier's last move: a message that was overtaken, not a
/// move.
fn happened_before_the_last_move(dossier: &DossierRow, moment: Moment) -> bool {
    last_move(dossier)
        .and_then(|last| Moment::parse(&last.moved_at))
        .is_some_and(|last| moment.is_before(last))
}

/// A dossier that is not filed yet.
fn awaited(ctx: &Context<'_>, code: &str) -> DossierRow {
    let Origin { sender, ward, team, channel } = Origin::of(ctx.header);
    DossierRow {
        citizen: ctx.header.citizen_id,
        code: code.to_owned(),
        status: AWAITED,
        gap: false,
        procedure: String::new(),
        procedure_name: String::new(),
        field: String::new(),
        method: 0,
        result_by: String::new(),
        received_on: String::new(),
        due_on: String::new(),
        finished_on: String::new(),
        fee: 0,
        unit: String::new(),
        draft: String::new(),
        sender,
        ward,
        team,
        channel,
        words: String::new(),
        components: Json(Vec::new()),
        result_document: String::new(),
        result_electronic: false,
        moves: Json(Vec::new()),
        payments: Json(Vec::new()),
    }
}

impl Counted for DossierRow {
    /// A dossier counts from its filing on, all under those who filed it, so that numerators and denominators of the rates
    /// stand together. Days are `YYYY-MM-DD`: their texts sort as they do.
    fn count<'a>(&'a self, tally: &mut Tally<'a>) {
        payments::count(&self.payments.0, tally);
        if self.status == AWAITED {
            return;
        }
        let bearing = Bearing {
            sender: &self.sender,
            ward: &self.ward,
            team: &self.team,
            channel: self.channel,
            subject: Some((Dimension::Procedure, &self.procedure)),
        };
        let components = &self.components.0;
        let finished = !self.finished_on.is_empty();
        let on_time = finished && !self.due_on.is_empty() && self.finished_on <= self.due_on;
        for (measure, holds) in [
            (Measure::DossiersReceived, true),
            (Measure::DossiersOnline, self.method == 2),
            (Measure::DossiersDigitised, !components.is_empty() && components.iter().all(|c| c.digitised)),
            (Measure::DossiersReusing, components.iter().any(|c| c.reused)),
            (Measure::DossiersFinished, finished),
            (Measure::DossiersOnTime, on_time),
            (Measure::ResultsElectronic, finished && self.result_electronic),
        ] {
            if holds {
                tally.add(bearing, measure, 1);
            }
        }
    }
}
