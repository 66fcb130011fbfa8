//! `ChildRegistered`: a child's account is opened under a guardian; a child without a number has one too.

use super::account_registered::Opening;
use super::gates;
use super::person::Checked;
use crate::decide::{Context, Effect, Stop, ensure, plain};
use crate::email::LANGUAGE_DEFAULT;
use crate::outcome::Reason;
use crate::rows::AccountRow;
use schemas::Channel;
use schemas::event::{ChildRegistered, IdentifierKind};

/// What a guardian can be to a child.
const RELATIONS: [&str; 3] = ["father", "mother", "guardian"];
/// Most children of one guardian born on one day.
const BIRTH_ORDER_MAX: i32 = 10;

pub(super) fn decide(
    ctx: &Context<'_>,
    body: &ChildRegistered,
    account: Option<AccountRow>,
) -> Result<Effect, Stop> {
    let held = gates::active_or_none(account)?;
    let from_guardian = |channel| matches!(channel, Channel::Web | Channel::Zalo | Channel::Family);
    gates::channel(ctx, |channel| from_guardian(channel) || gates::is_desk(channel))?;
    ensure(held.is_none(), Reason::AlreadyActive)?;
    let numbered = body.identifier == IdentifierKind::PersonalNumber;
    ensure(numbered || body.identifier == IdentifierKind::Child, Reason::IdentifierNotOpen)?;
    ensure(RELATIONS.contains(&body.relation.as_str()), Reason::RelationUnknown)?;
    ensure((1..=BIRTH_ORDER_MAX).contains(&body.birth_order), Reason::BirthOrderInvalid)?;
    let guardian = body.guardian.ok_or(Reason::GuardianMissing)?;

    let person = Checked::of(ctx, body.identifier, plain(&body.personal)?)?;
    // The id of a numberless child was made from the whole day of birth.
    ensure(numbered || person.birth.is_whole(), Reason::BirthMalformed)?;
    gates::guardian(ctx, person.birth, Some(guardian))?;
    let grown = person.birth.surely_reached(ctx.rules.guardian_age_years, ctx.header.occurred_on);
    ensure(!grown, Reason::NotAChild)?;
    let (ward, ward_on) = gates::ward_of_opening(ctx)?;
    let opening = Opening {
        person,
        identifier: body.identifier,
        level: u8::from(gates::is_desk(ctx.header.channel)),
        language: LANGUAGE_DEFAULT,
        ward,
        ward_on,
        opened_on: ctx.header.occurred_on,
        guardian: Some(guardian),
        relation: &body.relation,
        registrant: Some(guardian),
    };
    Ok(opening.open(ctx))
}
