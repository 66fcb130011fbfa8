//! The people whom a submission names, and what of them is written into its body.

use super::identify::{Keyed, identify};
use crate::submission::Submission;
use access::{Code, Problem};
use domain::keys::Pepper;
use schemas::event::ReplacedSide;
use schemas::{Body, CitizenId, Kind};
use serde_json::value::RawValue;

/// The people of one submission, keyed.
#[derive(Debug)]
pub struct Parties {
    /// Whom it is about.
    pub citizen: Keyed,
    /// Who answers for someone under 14.
    pub guardian: Option<CitizenId>,
    /// Who declared it.
    pub registrant: Option<CitizenId>,
    /// The old id of a replaced identifier.
    pub replaced: Option<CitizenId>,
}

impl Parties {
    /// Keys everybody that `submission` names.
    ///
    /// # Errors
    /// `invalid_body` for a field that the kind does not take or lacks, else as [`identify`].
    pub fn of(pepper: &Pepper, kind: Kind, submission: &Submission<'_>) -> Result<Self, Problem> {
        let takes_guardian = matches!(kind, Kind::AccountRegistered | Kind::ChildRegistered);
        let other = |field, takes, json: Option<&RawValue>| match json {
            None => Ok(None),
            Some(json) if takes => identify(pepper, field, json).map(|keyed| Some(keyed.id)),
            Some(_) => Err(wrong(format!("{} takes no {field}", kind.name()))),
        };
        let citizen = identify(pepper, "citizen", submission.citizen)?;
        let guardian = other("guardian", takes_guardian, submission.guardian)?;
        let registrant = other("registrant", kind == Kind::AccountRegistered, submission.registrant)?;
        let replaced = other("replaces", kind == Kind::IdentifierReplaced, submission.replaces)?;
        if kind == Kind::IdentifierReplaced && replaced.is_none() {
            return Err(wrong("replaces is missing"));
        }
        let childs = citizen.child.as_ref().map(|child| child.guardian).filter(|_| takes_guardian);
        Ok(Self { guardian: guardian.or(childs), citizen, registrant, replaced })
    }

    /// Writes numbers and ids into the body, over whatever the sender put there.
    ///
    /// # Errors
    /// `citizen_not_keyed` when the kind needs a number and has none, `invalid_body` when the body names another child.
    pub fn fill(&self, body: &mut Body) -> Result<(), Problem> {
        match (&self.citizen.number, body.kind()) {
            (Some((identifier, number)), _) => {
                self.same_child(body)?;
                body.set_person_number(*identifier, number);
            }
            (None, Kind::IdentityVerified) => {}
            (None, _) if body.person().is_some() => {
                return Err(Problem::with_detail(
                    Code::CitizenNotKeyed,
                    "in citizen: this kind needs the number itself",
                ));
            }
            (None, _) => {}
        }
        body.set_guardian(self.guardian);
        body.set_registrant(self.registrant);
        if let Some(old) = self.replaced {
            body.set_counterpart(ReplacedSide::New, old);
        }
        Ok(())
    }

    /// What a child's id was made from cannot be read back from it: it must be what the body says.
    fn same_child(&self, body: &Body) -> Result<(), Problem> {
        let (Some(child), Some(person)) = (&self.citizen.child, body.person()) else { return Ok(()) };
        if child.birth_date != person.birth_date {
            return Err(wrong("in data: birth_date is not the one in citizen"));
        }
        match body.child_key() {
            Some(key) if key.birth_order != i32::from(child.birth_order) => {
                Err(wrong("in data: birth_order is not the one in citizen"))
            }
            _ => Ok(()),
        }
    }
}

fn wrong(detail: impl Into<String>) -> Problem {
    Problem::with_detail(Code::InvalidBody, detail)
}
