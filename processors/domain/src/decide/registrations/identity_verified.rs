//! `IdentityVerified`: the identity was checked at a higher level; a contradiction at level 0 is a squatter's.

use super::account_registered::{fill, finer};
use super::change::Change;
use super::person::{phone_of, sexes_agree};
use super::{gates, levels, take_over};
use crate::birth::BirthDate;
use crate::decide::{Context, Effect, Stop, ensure, plain};
use crate::outcome::Reason;
use crate::rows::{AccountRow, Measure, Sex};
use crate::{email, name, number, text, wards};
use schemas::event::{IdentifierKind, IdentityVerified, Person};

pub(super) fn decide(
    ctx: &Context<'_>,
    body: &IdentityVerified,
    account: Option<AccountRow>,
) -> Result<Effect, Stop> {
    let row = gates::active(account)?;
    let evidence = levels::evidence_of(body.method);
    let level = levels::granted(ctx.header.channel, evidence).ok_or(Reason::MethodNotOpen)?;
    ensure(level > row.level, Reason::LevelNotHigher)?;
    text::check_reference(&body.evidence_reference)?;
    let found = Found::of(ctx, plain(&body.personal)?)?;
    let contradiction = found.contradiction(&row);
    if let Some(reason) = contradiction {
        ensure(row.level == 0, reason)?;
    }
    found.check_number(&row)?;

    let taken_over = contradiction.is_some();
    let mut change = Change::of(ctx, row);
    if taken_over {
        take_over::detach(ctx, &mut change, found.phone, ctx.header.phone_key);
        let header = ctx.header;
        if wards::in_force(&header.ward, header.occurred_on).is_ok() {
            change.row.ward.clone_from(&header.ward);
            change.row.ward_on = header.occurred_on;
        }
    } else if change.row.phone.is_empty() {
        change.set_phone(found.phone, ctx.header.phone_key);
    }
    let row = &mut change.row;
    row.level = level;
    row.confirmed |= level >= 2;
    if let Some(full_name) = found.full_name {
        row.full_name = full_name;
    }
    if let Some(birth) = found.birth
        && (taken_over || finer(birth, &row.birth_date))
    {
        row.birth_date = birth.to_string();
    }
    row.sex = found.sex.unwrap_or(row.sex);
    fill(&mut row.email, found.email);
    fill(&mut row.address, found.address);
    change.issue_code();
    change.count_act_at_level(Measure::AccountsUpgraded);
    let how = if taken_over { "taken over" } else { "raised" };
    Ok(change.finish(format!("{how} level={level}")))
}

/// What the check found; what it does not say is `None` or empty.
struct Found {
    full_name: Option<String>,
    birth: Option<BirthDate>,
    sex: Option<Sex>,
    phone: String,
    email: String,
    address: String,
}

impl Found {
    fn of(ctx: &Context<'_>, person: &Person) -> Result<Self, Reason> {
        let said = |text: &str| !text.is_empty();
        let full_name = said(&person.full_name).then(|| name::normalise(&person.full_name)).transpose()?;
        let birth = said(&person.birth_date)
            .then(|| BirthDate::parse(&person.birth_date, ctx.header.occurred_on))
            .transpose()?;
        let sex = said(&person.sex).then(|| Sex::named(&person.sex).ok_or(Reason::SexUnknown)).transpose()?;
        text::check_line(&person.address)?;
        Ok(Self {
            full_name: full_name.map(std::borrow::Cow::into_owned),
            birth,
            sex,
            phone: phone_of(&person.phone)?,
            email: email::normalise_email(&person.email)?,
            address: person.address.trim().to_owned(),
        })
    }

    fn contradiction(&self, row: &AccountRow) -> Option<Reason> {
        if self.full_name.as_ref().is_some_and(|found| !name::agree(found, &row.full_name)) {
            return Some(Reason::NameContradicts);
        }
        let held = BirthDate::read(&row.birth_date).ok();
        if self.birth.zip(held).is_some_and(|(found, held)| !found.agrees(held)) {
            return Some(Reason::BirthContradicts);
        }
        if self.sex.is_some_and(|found| !sexes_agree(found, row.sex)) {
            return Some(Reason::SexContradicts);
        }
        None
    }

    /// Whatever the check found, the number still says a birth year and a sex.
    fn check_number(&self, row: &AccountRow) -> Result<(), Reason> {
        if row.identifier != IdentifierKind::PersonalNumber {
            return Ok(());
        }
        let Some(birth) = self.birth.or_else(|| BirthDate::read(&row.birth_date).ok()) else { return Ok(()) };
        let sex = self.sex.unwrap_or(row.sex);
        number::check_holder(row.identifier, &row.number, birth, sex.name()).map(|_| ())
    }
}
