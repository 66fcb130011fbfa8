//! A person as an event tells of them, checked by the rules of the field.

use crate::birth::BirthDate;
use crate::decide::Context;
use crate::outcome::Reason;
use crate::rows::Sex;
use crate::{email, name, number, phone, text};
use schemas::Channel;
use schemas::event::{IdentifierKind, Person};

/// What a person says, normalised.
pub(super) struct Checked {
    /// As keyed.
    pub number: String,
    /// NFC, single spaces.
    pub full_name: String,
    /// In line with the number.
    pub birth: BirthDate,
    /// In line with the number.
    pub sex: Sex,
    /// E.164; empty when none.
    pub phone: String,
    /// Empty when none.
    pub email: String,
    /// Empty when none.
    pub address: String,
}

impl Checked {
    /// Checks number, birth date, sex, name, phone, e-mail and address, in this order.
    pub fn of(ctx: &Context<'_>, identifier: IdentifierKind, person: &Person) -> Result<Self, Reason> {
        number::check_shape(identifier, &person.number)?;
        let birth = BirthDate::parse(&person.birth_date, ctx.header.occurred_on)?;
        let sex = sex_of(ctx, identifier, person, birth)?;
        let full_name = name::normalise(&person.full_name)?.into_owned();
        let phone = phone_of(&person.phone)?;
        let email = email::normalise_email(&person.email)?;
        text::check_line(&person.address)?;
        Ok(Self {
            number: person.number.clone(),
            full_name,
            birth,
            sex,
            phone,
            email,
            address: person.address.trim().to_owned(),
        })
    }
}

/// The phone in E.164 form; empty when none is given.
pub(super) fn phone_of(given: &str) -> Result<String, Reason> {
    if given.trim().is_empty() { Ok(String::new()) } else { phone::normalise(given) }
}

fn sex_of(
    ctx: &Context<'_>,
    identifier: IdentifierKind,
    person: &Person,
    birth: BirthDate,
) -> Result<Sex, Reason> {
    // A text message has no field for the sex, and an old card's number does not tell it.
    let cannot_be_known = ctx.header.channel == Channel::Sms && identifier == IdentifierKind::Cmnd;
    if cannot_be_known && person.sex.is_empty() {
        return Ok(Sex::Other);
    }
    number::check_holder(identifier, &person.number, birth, &person.sex)
}

/// Whether two sexes can be one person's: `other` also stands for what is not known.
pub(super) fn sexes_agree(one: Sex, other: Sex) -> bool {
    one == other || one == Sex::Other || other == Sex::Other
}
