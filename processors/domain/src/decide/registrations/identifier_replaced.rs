//! `IdentifierReplaced`: under the old id the row redirects, under the new one the person continues.
//!
//! Both sides judge the event itself by the same rules, so that neither is applied where the other is refused for the event's own faults.

use super::account_registered::{Opening, fill, finer};
use super::change::Change;
use super::gates;
use super::person::{Checked, sexes_agree};
use crate::birth::BirthDate;
use crate::decide::{Context, Effect, Stop, ensure, plain};
use crate::email::LANGUAGE_DEFAULT;
use crate::name;
use crate::outcome::Reason;
use crate::rows::{AccountRow, AccountStatus, Measure};
use schemas::event::{IdentifierKind, IdentifierReplaced, ReplacedSide};

/// Why a number is replaced while the person stays as they were.
const CAUSES_OF_THE_SAME_DATA: [&str; 3] = ["cmnd_to_number", "number_issued", "reissued"];
/// Why a number is replaced with what it says.
const CAUSES_OF_OTHER_DATA: [&str; 2] = ["sex_corrected", "birth_corrected"];

pub(super) fn decide(
    ctx: &Context<'_>,
    body: &IdentifierReplaced,
    account: Option<AccountRow>,
) -> Result<Effect, Stop> {
    gates::channel(ctx, gates::is_desk)?;
    ensure(body.counterpart != ctx.header.citizen_id, Reason::ReplacementSame)?;
    ensure(body.identifier != IdentifierKind::Child, Reason::IdentifierNotOpen)?;
    let cause = body.cause.as_str();
    let same_data = CAUSES_OF_THE_SAME_DATA.contains(&cause);
    ensure(same_data || CAUSES_OF_OTHER_DATA.contains(&cause), Reason::CauseUnknown)?;
    let level = u8::try_from(body.level).ok().filter(|level| *level <= 2).ok_or(Reason::LevelInvalid)?;
    let person = Checked::of(ctx, body.identifier, plain(&body.personal)?)?;
    let (ward, ward_on) = gates::ward_of_opening(ctx)?;
    match body.side {
        ReplacedSide::Old => Ok(redirect(ctx, body, &person, same_data, gates::living(account)?)),
        ReplacedSide::New => {
            if account.is_some() {
                return merge(ctx, body, person, level, gates::living(account)?).map_err(Stop::from);
            }
            let opening = Opening {
                person,
                identifier: body.identifier,
                level,
                language: LANGUAGE_DEFAULT,
                ward,
                ward_on,
                opened_on: ctx.header.occurred_on,
                guardian: None,
                relation: "",
                registrant: None,
            };
            Ok(continue_here(ctx, body, opening))
        }
    }
}

/// The old side: the row ends and says where the person continues.
fn redirect(
    ctx: &Context<'_>,
    body: &IdentifierReplaced,
    person: &Checked,
    same_data: bool,
    row: AccountRow,
) -> Effect {
    let mut change = Change::of(ctx, row);
    change.end_code();
    change.end_phone();
    let row = &mut change.row;
    row.contradiction = same_data && contradicts(row, person);
    row.status = AccountStatus::Replaced;
    row.replaced_by = Some(body.counterpart);
    row.status_cause.clone_from(&body.cause);
    change.count_act(Measure::AccountsEnded);
    change.finish(format!("replaced cause={}", body.cause))
}

/// The new side where there is no account: it begins as the old one was.
fn continue_here(ctx: &Context<'_>, body: &IdentifierReplaced, opening: Opening<'_>) -> Effect {
    let mut change = opening.begin(ctx);
    change.row.replaces = Some(body.counterpart);
    change.issue_code();
    change.count_act_at_level(Measure::AccountsNew);
    change.finish(format!("continued cause={}", body.cause))
}

/// The new side where the person has an account already: the two become one, the higher level wins.
fn merge(
    ctx: &Context<'_>,
    body: &IdentifierReplaced,
    person: Checked,
    level: u8,
    row: AccountRow,
) -> Result<Effect, Reason> {
    let held = BirthDate::read(&row.birth_date);
    ensure(held.is_ok_and(|held| held.agrees(person.birth)), Reason::BirthContradicts)?;
    ensure(sexes_agree(row.sex, person.sex), Reason::SexContradicts)?;
    let raised = level > row.level;
    let same_name = name::agree(&row.full_name, &person.full_name);
    let mut change = Change::of(ctx, row);
    if change.row.phone.is_empty() {
        change.set_phone(person.phone, ctx.header.phone_key);
    }
    let row = &mut change.row;
    row.replaces = Some(body.counterpart);
    row.contradiction |= !same_name;
    fill(&mut row.email, person.email);
    fill(&mut row.address, person.address);
    if raised {
        row.level = level;
        row.full_name = person.full_name;
        row.sex = person.sex;
        if finer(person.birth, &row.birth_date) {
            row.birth_date = person.birth.to_string();
        }
        change.issue_code();
        change.count_act_at_level(Measure::AccountsUpgraded);
    }
    Ok(change.finish(format!("merged cause={}", body.cause)))
}

fn contradicts(row: &AccountRow, person: &Checked) -> bool {
    !name::agree(&row.full_name, &person.full_name)
        || !sexes_agree(row.sex, person.sex)
        || !BirthDate::read(&row.birth_date).is_ok_and(|held| held.agrees(person.birth))
}
