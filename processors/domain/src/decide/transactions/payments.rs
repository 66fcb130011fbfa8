//! Payments on a row: what is paid keeps them all, oldest first.

use crate::decide::{Context, checks, ensure};
use crate::outcome::Reason;
use crate::rows::{Measure, Origin, Payment};
use crate::tally::{Bearing, Tally};
use crate::text;
use schemas::event::{PaymentMade, PaymentReturned};

/// What of a `PaymentMade` can be checked alone.
pub(super) fn check_made(body: &PaymentMade) -> Result<(), Reason> {
    checks::id(&body.payment_id)?;
    checks::amount(body.amount)?;
    checks::present_line(&body.provider)
}

/// What of a `PaymentReturned` can be checked alone.
pub(super) fn check_returned(body: &PaymentReturned) -> Result<(), Reason> {
    checks::id(&body.payment_id)?;
    checks::amount(body.amount)?;
    text::check_cause(&body.cause)
}

/// Adds a payment to those that are there.
pub(super) fn add(ctx: &Context<'_>, body: &PaymentMade, payments: &mut Vec<Payment>) -> Result<(), Reason> {
    let twice = payments.iter().any(|payment| payment.payment_id == body.payment_id);
    ensure(!twice, Reason::PaymentExists)?;
    ensure(payments.len() < ctx.rules.payments_per_row_max as usize, Reason::TooManyPayments)?;
    payments.push(Payment {
        payment_id: body.payment_id.clone(),
        amount: body.amount,
        provider: body.provider.clone(),
        at: ctx.header.accepted_at,
        returned: 0,
        origin: Origin::of(ctx.header),
    });
    Ok(())
}

/// Notes that a payment, or a part of it, went back. A payment goes back once.
pub(super) fn give_back(body: &PaymentReturned, payments: &mut [Payment]) -> Result<(), Reason> {
    let payment = payments
        .iter_mut()
        .find(|payment| payment.payment_id == body.payment_id)
        .ok_or(Reason::PaymentUnknown)?;
    ensure(payment.returned == 0, Reason::PaymentIsReturned)?;
    ensure(body.amount <= payment.amount, Reason::ReturnedMoreThanPaid)?;
    payment.returned = body.amount;
    Ok(())
}

/// Đồng paid and not returned.
pub(super) fn balance(payments: &[Payment]) -> i64 {
    payments.iter().map(|payment| payment.amount - payment.returned).sum()
}

/// Each payment counts under those who sent it; what went back is taken off there.
pub(super) fn count<'a>(payments: &'a [Payment], tally: &mut Tally<'a>) {
    for payment in payments {
        let bearing = Bearing::of(&payment.origin);
        tally.add(bearing, Measure::PaymentsMade, 1);
        tally.add(bearing, Measure::AmountPaid, payment.amount - payment.returned);
    }
}
