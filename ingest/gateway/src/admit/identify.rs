//! From an identifier as submitted to the id it is filed under.

use super::json_problem_in;
use crate::submission::{Child, Identifier};
use access::{Code, Problem};
use domain::keys::Pepper;
use domain::number::check_shape;
use domain::outcome::Reason;
use schemas::event::IdentifierKind;
use schemas::{CitizenId, Day};
use serde_json::value::RawValue;

/// Longest way to write a number that is looked at, in characters.
const NUMBER_CHARS_MAX: usize = 40;

/// A person with an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyed {
    /// The id.
    pub id: CitizenId,
    /// The number that it was made from, in canonical form, empty for a child; `None` when the sender gave the id itself.
    pub number: Option<(IdentifierKind, String)>,
    /// What stands for a child's number.
    pub child: Option<ChildSource>,
}

/// What a child's id was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildSource {
    /// The guardian's id.
    pub guardian: CitizenId,
    /// `YYYY-MM-DD`.
    pub birth_date: String,
    /// From 1.
    pub birth_order: u8,
}

/// Keys the identifier that stands in `field` of a submission.
///
/// # Errors
/// `invalid_body` when it is no identifier, `citizen_not_keyed` when it has not the shape of its kind.
pub fn identify(pepper: &Pepper, field: &str, json: &RawValue) -> Result<Keyed, Problem> {
    let identifier: Identifier<'_> =
        serde_json::from_str(json.get()).map_err(|error| json_problem_in(field, &error))?;
    let (kind, text) = match &identifier {
        Identifier::Number(text) => (IdentifierKind::PersonalNumber, text),
        Identifier::Cmnd(text) => (IdentifierKind::Cmnd, text),
        Identifier::Passport(text) => (IdentifierKind::Passport, text),
        Identifier::Child(child) => return child_of(pepper, field, child),
        Identifier::Id(id) if id.get_version_num() == 8 => {
            return Ok(Keyed { id: CitizenId(*id), number: None, child: None });
        }
        Identifier::Id(_) => return Err(not_keyed(field, "expected an id that the city gave")),
    };
    let number = canonical(kind, text).ok_or_else(|| not_keyed(field, shape_of(kind)))?;
    Ok(Keyed { id: pepper.citizen(kind, &number), number: Some((kind, number)), child: None })
}

fn child_of(pepper: &Pepper, field: &str, child: &Child<'_>) -> Result<Keyed, Problem> {
    let guardian = identify_adult(pepper, field, child.guardian)?;
    if Day::parse(&child.birth_date).is_none() || child.birth_order == 0 {
        return Err(not_keyed(field, shape_of(IdentifierKind::Child)));
    }
    Ok(Keyed {
        id: pepper.child(guardian, &child.birth_date, child.birth_order),
        number: Some((IdentifierKind::Child, String::new())),
        child: Some(ChildSource {
            guardian,
            birth_date: child.birth_date.clone().into_owned(),
            birth_order: child.birth_order,
        }),
    })
}

/// Keys someone who cannot be a child without a number. Nesting ends here: a child's guardian is no child.
fn identify_adult(pepper: &Pepper, field: &str, json: &RawValue) -> Result<CitizenId, Problem> {
    let keyed = match serde_json::from_str(json.get()) {
        Ok(Identifier::Child(_)) => return Err(not_keyed(field, "a guardian has a number")),
        _ => identify(pepper, field, json)?,
    };
    Ok(keyed.id)
}

fn not_keyed(field: &str, expected: &str) -> Problem {
    Problem::with_detail(Code::CitizenNotKeyed, format!("in {field}: {expected}"))
}

const fn shape_of(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::PersonalNumber => "expected 12 digits",
        IdentifierKind::Cmnd => "expected 9 digits",
        IdentifierKind::Passport => "expected a letter and 7 or 8 digits",
        IdentifierKind::Child => "expected a day as YYYY-MM-DD and a birth order from 1",
    }
}

/// The number without the spaces, dots and dashes people write, in upper case; `None` when it has not the shape of its kind.
fn canonical(kind: IdentifierKind, text: &str) -> Option<String> {
    let kept = |c: &char| !matches!(c, ' ' | '\u{a0}' | '.' | '-');
    // Longer than any number: not worth copying.
    let short = text.chars().take(NUMBER_CHARS_MAX + 1).count() <= NUMBER_CHARS_MAX;
    let number: String =
        text.chars().filter(kept).map(|c| c.to_ascii_uppercase()).take_while(|_| short).collect();
    // Whether the place in it exists is the processor's question.
    matches!(check_shape(kind, &number), Ok(()) | Err(Reason::NumberProvinceUnknown)).then_some(number)
}
