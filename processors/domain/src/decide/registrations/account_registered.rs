//! `AccountRegistered`: an account is opened by or for a citizen, or taken over by its owner.

use super::change::Change;
use super::person::{Checked, sexes_agree};
use super::{code, gates, levels, take_over};
use crate::birth::BirthDate;
use crate::decide::{Context, Effect, Stop, ensure, plain};
use crate::outcome::Reason;
use crate::row::Json;
use crate::rows::{AccountRow, AccountStatus, Measure};
use crate::{email, name};
use schemas::event::{AccountRegistered, Evidence, IdentifierKind};
use schemas::{Channel, CitizenId, Day, Micros};

pub(super) fn decide(
    ctx: &Context<'_>,
    body: &AccountRegistered,
    account: Option<AccountRow>,
) -> Result<Effect, Stop> {
    let held = gates::active_or_none(account)?;
    let level = levels::granted(ctx.header.channel, body.evidence).ok_or(Reason::MethodNotOpen)?;
    if let Some(row) = &held {
        ensure(row.level == 0 && level > 0, Reason::AlreadyActive)?;
    }
    ensure(body.identifier != IdentifierKind::Child, Reason::IdentifierNotOpen)?;
    let person = Checked::of(ctx, body.identifier, plain(&body.personal)?)?;
    let phone_needed = gates::is_citizen(ctx.header.channel) && body.evidence == Evidence::SelfDeclared;
    ensure(!phone_needed || !person.phone.is_empty(), Reason::PhoneMissing)?;
    gates::guardian(ctx, person.birth, body.guardian)?;
    let language = email::normalise_language(&body.language)?;
    let (ward, ward_on) = gates::ward_of_opening(ctx)?;

    let opening = Opening {
        person,
        identifier: body.identifier,
        level,
        language,
        ward,
        ward_on,
        opened_on: ctx.header.occurred_on,
        guardian: body.guardian,
        relation: "",
        registrant: body.registrant.filter(|registrant| *registrant != ctx.header.citizen_id),
    };
    Ok(match held {
        None => opening.open(ctx),
        Some(row) => opening.raise(ctx, row),
    })
}

/// What every opening of an account comes to, once checked.
pub(super) struct Opening<'a> {
    pub person: Checked,
    pub identifier: IdentifierKind,
    pub level: u8,
    pub language: &'a str,
    pub ward: String,
    pub ward_on: Day,
    pub opened_on: Day,
    pub guardian: Option<CitizenId>,
    pub relation: &'a str,
    pub registrant: Option<CitizenId>,
}

impl Opening<'_> {
    /// Opens an account where there was none.
    pub fn open(self, ctx: &Context<'_>) -> Effect {
        let level = self.level;
        let mut change = self.begin(ctx);
        change.issue_code();
        change.count_act_at_level(Measure::AccountsNew);
        change.finish(format!("opened level={level}"))
    }

    /// The row of a new account with its phone, without a code.
    pub fn begin<'c>(mut self, ctx: &'c Context<'c>) -> Change<'c> {
        let phone = std::mem::take(&mut self.person.phone);
        let mut change = Change::opening(ctx, self.row(ctx));
        change.set_phone(phone, ctx.header.phone_key);
        change
    }

    fn row(self, ctx: &Context<'_>) -> AccountRow {
        let header = ctx.header;
        let Checked { number, full_name, birth, sex, phone, email, address } = self.person;
        AccountRow {
            citizen: header.citizen_id,
            status: AccountStatus::Active,
            level: self.level,
            identifier: self.identifier,
            number,
            full_name,
            birth_date: birth.to_string(),
            sex,
            phone,
            phone_key: None,
            phone_epoch: 0,
            email,
            address,
            language: self.language.to_owned(),
            ward: self.ward,
            ward_on: self.ward_on,
            opened_on: self.opened_on,
            opened_by: header.channel,
            sender: header.sender.clone(),
            team: header.team.clone().unwrap_or_default(),
            guardian: self.guardian,
            relation: self.relation.to_owned(),
            registrant: self.registrant,
            confirmed: is_confirmed(header.channel, self.level, self.registrant),
            contradiction: false,
            replaced_by: None,
            replaces: None,
            status_cause: String::new(),
            links: Json::default(),
            detached: Json::default(),
            qid: code::qid(header.citizen_id),
            serial: String::new(),
            status_epoch: 0,
            status_partition: 0,
            status_index: 0,
            issued_at: Micros(0),
            expires_at: 0,
            kid: None,
            token: String::new(),
        }
    }

    /// Raises an account at level 0: the same person's keeps what it has, a squatter's is taken over.
    fn raise(self, ctx: &Context<'_>, row: AccountRow) -> Effect {
        let own = self.is_of_holder(&row);
        let confirmed = is_confirmed(ctx.header.channel, self.level, self.registrant);
        let mut change = Change::of(ctx, row);
        let phone = self.person.phone;
        if !own {
            take_over::detach(ctx, &mut change, phone, ctx.header.phone_key);
            change.row.registrant = self.registrant;
            change.row.guardian = None;
            change.row.relation.clear();
            self.language.clone_into(&mut change.row.language);
        } else if !phone.is_empty() {
            change.set_phone(phone, ctx.header.phone_key);
        }
        let row = &mut change.row;
        row.level = self.level;
        row.full_name = self.person.full_name;
        row.sex = self.person.sex;
        if !own || finer(self.person.birth, &row.birth_date) {
            row.birth_date = self.person.birth.to_string();
        }
        fill(&mut row.email, self.person.email);
        fill(&mut row.address, self.person.address);
        row.guardian = self.guardian.or(row.guardian);
        row.confirmed |= confirmed;
        if !self.ward.is_empty() {
            row.ward = self.ward;
            row.ward_on = self.ward_on;
        }
        change.issue_code();
        change.count_act_at_level(Measure::AccountsUpgraded);
        let how = if own { "raised" } else { "taken over" };
        change.finish(format!("{how} level={}", self.level))
    }

    /// Whether the account at level 0 is this person's own: nothing contradicts, the phone is the same.
    fn is_of_holder(&self, row: &AccountRow) -> bool {
        let person = &self.person;
        (row.phone.is_empty() || row.phone == person.phone)
            && name::agree(&row.full_name, &person.full_name)
            && sexes_agree(row.sex, person.sex)
            && BirthDate::read(&row.birth_date).is_ok_and(|held| held.agrees(person.birth))
    }
}

/// Whether a birth date says more than the text in a row.
pub(super) fn finer(birth: BirthDate, held: &str) -> bool {
    BirthDate::read(held).is_ok_and(|held| birth.is_finer_than(held))
}

/// Gives a field its value where it has none.
pub(super) fn fill(field: &mut String, value: String) {
    if field.is_empty() {
        *field = value;
    }
}

/// The citizen has spoken: on a channel of their own, or before an officer or a federated provider.
fn is_confirmed(channel: Channel, level: u8, registrant: Option<CitizenId>) -> bool {
    (gates::is_citizen(channel) && registrant.is_none()) || level >= 2
}
