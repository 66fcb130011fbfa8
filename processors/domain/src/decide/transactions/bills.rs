//! Bills of utilities: issued, paid, taken back. Money is a fact: a payment is kept whatever state its bill is in.

use super::payments;
use crate::codes;
use crate::decide::subject::Change;
use crate::decide::{Context, checks, ensure};
use crate::lists::UTILITIES;
use crate::moments;
use crate::outcome::Reason;
use crate::row::{InKey, Json, Key};
use crate::rows::{BillRow, BillStatus, Measure, Origin};
use crate::tally::{Bearing, Counted, Tally};
use crate::text;
use schemas::CitizenId;
use schemas::event::{BillCancelled, BillIssued, PaymentMade, PaymentReturned};

/// What names a bill of a citizen.
#[derive(Clone, Copy, Debug)]
pub(super) struct BillKey<'a> {
    /// The utility.
    pub utility: &'a str,
    /// The contract.
    pub contract: &'a str,
    /// `YYYY-MM`.
    pub period: &'a str,
}

impl BillKey<'_> {
    /// The row's key. What is malformed reads as empty, and no such row is ever written.
    pub(super) fn of(self, citizen: CitizenId) -> Key {
        let text = |good: bool, text: &str| if good { text.to_owned() } else { String::new() }.to_part();
        Key(vec![
            citizen.to_part(),
            text(UTILITIES.contains(&self.utility), self.utility),
            text(codes::is_contract(self.contract), self.contract),
            text(moments::is_month(self.period), self.period),
        ])
    }

    /// For history: the contract stays out of it.
    pub(super) fn summary(self) -> String {
        format!("{} {}", self.utility, self.period)
    }

    fn check(self) -> Result<(), Reason> {
        checks::listed(self.utility, UTILITIES, Reason::UtilityUnknown)?;
        ensure(codes::is_contract(self.contract), Reason::ContractMalformed)?;
        ensure(moments::is_month(self.period), Reason::PeriodMalformed)
    }

    /// A bill that is not issued yet.
    fn awaited(self, ctx: &Context<'_>) -> BillRow {
        let Origin { sender, ward, team, channel } = Origin::of(ctx.header);
        BillRow {
            citizen: ctx.header.citizen_id,
            utility: self.utility.to_owned(),
            contract: self.contract.to_owned(),
            period: self.period.to_owned(),
            status: BillStatus::Awaited,
            amount: 0,
            due_on: String::new(),
            sender,
            ward,
            team,
            channel,
            paid_twice: false,
            payments: Json(Vec::new()),
            paid_when_cancelled: false,
            status_cause: String::new(),
        }
    }
}

/// `BillIssued`. The same amount again changes nothing. After a cancellation the period may be billed anew, with any amount.
pub(super) fn issued(
    ctx: &Context<'_>,
    key: BillKey<'_>,
    body: &BillIssued,
    old: Option<&BillRow>,
) -> Change<BillRow> {
    key.check()?;
    checks::amount(body.amount)?;
    checks::optional_day(&body.due_on)?;
    if let Some(old) = old
        && matches!(old.status, BillStatus::Issued | BillStatus::Paid)
    {
        ensure(old.amount == body.amount, Reason::BillAmountDiffers)?;
        return Ok(None);
    }
    let Origin { sender, ward, team, channel } = Origin::of(ctx.header);
    let mut new = BillRow {
        amount: body.amount,
        due_on: body.due_on.clone(),
        sender,
        ward,
        team,
        channel,
        status_cause: String::new(),
        ..old.cloned().unwrap_or_else(|| key.awaited(ctx))
    };
    settle(&mut new);
    new.paid_twice |= is_paid_without_the_last(&new);
    Ok(Some(new))
}

/// `BillCancelled`. A paid bill may be taken back too: the flag says that its money is to go back.
pub(super) fn cancelled(key: BillKey<'_>, body: &BillCancelled, old: Option<&BillRow>) -> Change<BillRow> {
    key.check()?;
    text::check_cause(&body.cause)?;
    let old = old.filter(|old| old.status != BillStatus::Awaited).ok_or(Reason::BillUnknown)?;
    ensure(old.status != BillStatus::Cancelled, Reason::BillIsCancelled)?;
    let paid = payments::balance(&old.payments.0) > 0;
    Ok(Some(BillRow {
        status: BillStatus::Cancelled,
        status_cause: body.cause.clone(),
        paid_when_cancelled: old.paid_when_cancelled || paid,
        ..old.clone()
    }))
}

/// `PaymentMade` for a bill, which may still be to come.
pub(super) fn paid(
    ctx: &Context<'_>,
    key: BillKey<'_>,
    body: &PaymentMade,
    old: Option<&BillRow>,
) -> Change<BillRow> {
    key.check()?;
    payments::check_made(body)?;
    let mut new = old.cloned().unwrap_or_else(|| key.awaited(ctx));
    payments::add(ctx, body, &mut new.payments.0)?;
    match new.status {
        BillStatus::Awaited => {}
        BillStatus::Issued => settle(&mut new),
        BillStatus::Paid => new.paid_twice = true,
        BillStatus::Cancelled => new.paid_when_cancelled = true,
    }
    Ok(Some(new))
}

/// `PaymentReturned` of a bill: a bill whose money went back is to be paid again.
pub(super) fn returned(key: BillKey<'_>, body: &PaymentReturned, old: Option<&BillRow>) -> Change<BillRow> {
    key.check()?;
    payments::check_returned(body)?;
    let mut new = old.ok_or(Reason::PaymentUnknown)?.clone();
    payments::give_back(body, &mut new.payments.0)?;
    if new.status == BillStatus::Paid {
        settle(&mut new);
    }
    Ok(Some(new))
}

/// A bill is paid when its payments cover it.
fn settle(bill: &mut BillRow) {
    let covered = payments::balance(&bill.payments.0) >= bill.amount;
    bill.status = if covered { BillStatus::Paid } else { BillStatus::Issued };
}

/// Whether the payments that came before the bill covered it more than once.
fn is_paid_without_the_last(bill: &BillRow) -> bool {
    let payments = &bill.payments.0;
    payments.split_last().is_some_and(|(last, earlier)| {
        last.amount > last.returned && payments::balance(earlier) >= bill.amount
    })
}

impl Counted for BillRow {
    fn count<'a>(&'a self, tally: &mut Tally<'a>) {
        if matches!(self.status, BillStatus::Issued | BillStatus::Paid) {
            let bearing = Bearing {
                sender: &self.sender,
                ward: &self.ward,
                team: &self.team,
                channel: self.channel,
                subject: None,
            };
            tally.add(bearing, Measure::BillsIssued, 1);
        }
        payments::count(&self.payments.0, tally);
    }
}
