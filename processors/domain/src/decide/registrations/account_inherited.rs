//! `AccountInherited`: an account is taken over from an older system; it never overrides one that is here.

use super::account_registered::Opening;
use super::gates;
use super::person::Checked;
use crate::decide::{Context, Effect, Stop, ensure, plain};
use crate::email::LANGUAGE_DEFAULT;
use crate::outcome::Reason;
use crate::rows::AccountRow;
use crate::text;
use schemas::event::{AccountInherited, IdentifierKind};
use schemas::{Channel, Day};

/// What an older system's word is worth at most.
const LEVEL_MAX: i32 = 1;

pub(super) fn decide(
    ctx: &Context<'_>,
    body: &AccountInherited,
    account: Option<AccountRow>,
) -> Result<Effect, Stop> {
    let held = gates::active_or_none(account)?;
    gates::channel(ctx, |channel| channel == Channel::Inherited)?;
    ensure(held.is_none(), Reason::AlreadyActive)?;
    ensure(body.level >= 0, Reason::LevelInvalid)?;
    ensure(body.identifier != IdentifierKind::Child, Reason::IdentifierNotOpen)?;
    ensure(!body.source.is_empty(), Reason::SourceMissing)?;
    text::check_reference(&body.source)?;
    text::check_reference(&body.source_reference)?;
    let opened_on = Day::parse(&body.opened_on).filter(|day| *day <= ctx.header.occurred_on);
    let opened_on = opened_on.ok_or(Reason::OpenedOnInvalid)?;
    let person = Checked::of(ctx, body.identifier, plain(&body.personal)?)?;
    gates::guardian(ctx, person.birth, None)?;
    let (ward, ward_on) = gates::ward_of_opening(ctx)?;
    let opening = Opening {
        person,
        identifier: body.identifier,
        level: u8::from(body.level >= LEVEL_MAX),
        language: LANGUAGE_DEFAULT,
        ward,
        ward_on,
        opened_on,
        guardian: None,
        relation: "",
        registrant: None,
    };
    Ok(opening.open(ctx))
}
