//! `ProfileCorrected`: name, birth date, address, e-mail, language or ward of residence are corrected.

use super::change::Change;
use super::gates;
use crate::birth::BirthDate;
use crate::decide::{Context, Effect, Stop, ensure, plain};
use crate::outcome::Reason;
use crate::rows::{AccountRow, Measure};
use crate::{email, name, number, text, wards};
use schemas::Channel;
use schemas::event::{IdentifierKind, ProfileChange, ProfileCorrected};

pub(super) fn decide(
    ctx: &Context<'_>,
    body: &ProfileCorrected,
    account: Option<AccountRow>,
) -> Result<Effect, Stop> {
    let row = gates::active(account)?;
    let may = |channel| gates::is_citizen(channel) || gates::is_desk(channel) || channel == Channel::Helper;
    gates::channel(ctx, may)?;
    let personal = plain(&body.personal)?;
    let mut change = Change::of(ctx, row);
    let code_says_other = correct_checked_fields(ctx, personal, &mut change.row)?;
    correct_other_fields(ctx, body, personal, &mut change.row)?;

    let fields = change.before().map_or_else(String::new, |before| changed_fields(before, &change.row));
    ensure(!fields.is_empty(), Reason::NothingChanges)?;
    if code_says_other {
        change.issue_code();
    }
    change.count_act(Measure::AccountsUpdated);
    Ok(change.finish(format!("fields={fields}")))
}

/// Name and birth date: what the code says. Whether either changed.
fn correct_checked_fields(
    ctx: &Context<'_>,
    personal: &ProfileChange,
    row: &mut AccountRow,
) -> Result<bool, Reason> {
    let open = row.level == 0 || gates::is_desk(ctx.header.channel);
    let mut changed = false;
    if let Some(given) = &personal.full_name {
        let full_name = name::normalise(given)?;
        if full_name != row.full_name {
            ensure(open, Reason::FieldNeedsHigherLevel)?;
            row.full_name = full_name.into_owned();
            changed = true;
        }
    }
    if let Some(given) = &personal.birth_date {
        let birth = BirthDate::parse(given, ctx.header.occurred_on)?;
        let birth_date = birth.to_string();
        if birth_date != row.birth_date {
            ensure(open, Reason::FieldNeedsHigherLevel)?;
            if row.identifier == IdentifierKind::PersonalNumber {
                number::check_holder(row.identifier, &row.number, birth, row.sex.name())?;
            }
            gates::guardian(ctx, birth, row.guardian)?;
            row.birth_date = birth_date;
            changed = true;
        }
    }
    Ok(changed)
}

fn correct_other_fields(
    ctx: &Context<'_>,
    body: &ProfileCorrected,
    personal: &ProfileChange,
    row: &mut AccountRow,
) -> Result<(), Reason> {
    if let Some(address) = &personal.address {
        text::check_line(address)?;
        address.trim().clone_into(&mut row.address);
    }
    if let Some(given) = &personal.email {
        row.email = email::normalise_email(given)?;
    }
    if let Some(language) = &body.language {
        email::normalise_language(language)?.clone_into(&mut row.language);
    }
    if let Some(ward) = &body.residence_ward {
        let on = ctx.header.occurred_on;
        let held = wards::in_force(&row.ward, row.ward_on).ok();
        // The same unit of the same table is no change, whatever the day.
        if held != Some(wards::in_force(ward, on)?) {
            row.ward.clone_from(ward);
            row.ward_on = on;
        }
    }
    Ok(())
}

/// Names of what differs, for history: never values.
fn changed_fields(before: &AccountRow, after: &AccountRow) -> String {
    let fields = [
        ("full_name", before.full_name != after.full_name),
        ("birth_date", before.birth_date != after.birth_date),
        ("address", before.address != after.address),
        ("email", before.email != after.email),
        ("language", before.language != after.language),
        ("ward", (&before.ward, before.ward_on) != (&after.ward, after.ward_on)),
    ];
    let changed: Vec<_> = fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect();
    changed.join(",")
}
