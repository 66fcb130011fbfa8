//! Ratings of services and answers to surveys: one per dossier or survey, the last word counts.

use crate::codes;
use crate::decide::subject::Change;
use crate::decide::{Context, checks, ensure, plain};
use crate::outcome::Reason;
use crate::rows::{Measure, Origin, RatingRow};
use crate::tally::{Bearing, Counted, Tally};
use crate::text;
use schemas::Personal;
use schemas::event::Words;

/// What is rated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rated<'a> {
    /// A dossier, by its code.
    Dossier(&'a str),
    /// A survey, by its id.
    Survey(&'a str),
}

impl<'a> Rated<'a> {
    /// What kind of thing, as in the row's key.
    pub(super) const fn subject(self) -> &'static str {
        match self {
            Self::Dossier(_) => "dossier",
            Self::Survey(_) => "survey",
        }
    }

    /// Which, as the event names it.
    pub(super) const fn id(self) -> &'a str {
        match self {
            Self::Dossier(id) | Self::Survey(id) => id,
        }
    }

    /// Which, or nothing when it is malformed: no such row is ever written.
    pub(super) fn id_in_key(self) -> &'a str {
        if self.check().is_ok() { self.id() } else { "" }
    }

    fn check(self) -> Result<(), Reason> {
        match self {
            Self::Dossier(code) => ensure(codes::is_dossier_code(code), Reason::DossierCodeMalformed),
            Self::Survey(id) => checks::id(id),
        }
    }
}

/// `ServiceRated` and `SurveyAnswered`.
pub(super) fn spoken(
    ctx: &Context<'_>,
    rated: Rated<'_>,
    stars: i32,
    personal: &Personal<Words>,
    old: Option<&RatingRow>,
) -> Change<RatingRow> {
    let words = plain(personal)?;
    rated.check()?;
    let stars = checks::stars(stars)?;
    text::check_words(&words.text)?;
    let Origin { sender, ward, team, channel } = Origin::of(ctx.header);
    Ok(Some(RatingRow {
        citizen: ctx.header.citizen_id,
        subject: rated.subject().to_owned(),
        subject_id: rated.id().to_owned(),
        stars,
        words: words.text.clone(),
        times: old.map_or(0, |old| old.times).saturating_add(1),
        sender,
        ward,
        team,
        channel,
    }))
}

impl Counted for RatingRow {
    fn count<'a>(&'a self, tally: &mut Tally<'a>) {
        let bearing = Bearing {
            sender: &self.sender,
            ward: &self.ward,
            team: &self.team,
            channel: self.channel,
            subject: None,
        };
        tally.add(bearing, Measure::Ratings, 1);
        tally.add(bearing, Measure::Stars, i64::from(self.stars));
    }
}
