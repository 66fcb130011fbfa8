//! Who sends what: the mix of a registration drive.

use crate::broken::break_it;
use crate::citizen::{Citizen, Population};
use crate::{documents, registrations, transactions};
use rand::RngExt;
use schemas::{Day, Stream};

/// Of a thousand accounts, so many come through each channel.
const ASSISTED: u32 = 600;
const INHERITED: u32 = 250;
const WEB: u32 = 100;
/// Of a thousand events, so many are broken, and so many are sent twice.
const BROKEN: u32 = 30;
const REPEATED: u32 = 20;
/// Citizens that one team registers, about.
const CITIZENS_PER_TEAM: u32 = 100;
/// Teams of the city.
const TEAMS_MAX: u32 = 2_500;

/// A kind of sender: each has a credential of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Sender {
    /// A helper of the community team of this number.
    Helper(u32),
    /// The importer of an older system.
    Importer,
    /// The web portal.
    Portal,
    /// The gateway of text messages.
    SmsGateway,
    /// An agency that files papers and dossiers.
    Agency,
    /// A utility that sends bills.
    Utility,
}

/// A community team with one helper at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Its name.
    pub team: String,
    /// The helper.
    pub helper: String,
    /// The device.
    pub device: String,
    /// Where it works.
    pub ward: &'static str,
}

/// What should become of a submission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// Applied.
    Applied,
    /// Turned away by the intake.
    Rejected,
    /// Accepted, and refused by the processor.
    Refused,
    /// Accepted, and found to be a repeat.
    Duplicate,
}

/// One submission on its way.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Who sends it.
    pub sender: Sender,
    /// Where to.
    pub stream: Stream,
    /// One JSON object, without a line break. From [`Sender::SmsGateway`]: the webhook's message.
    pub line: String,
    /// What should become of it.
    pub expected: Expected,
    /// Which citizen of the population it is about.
    pub citizen: u64,
    /// Whether it opens the citizen's account.
    pub opens: bool,
}

/// What a drive sends.
#[derive(Clone, Debug)]
pub struct Plan {
    population: Population,
    teams: u32,
}

impl Plan {
    /// The drive of `citizens` citizens of `seed` on `today`.
    #[must_use]
    pub fn new(seed: u64, citizens: u32, today: Day) -> Self {
        let teams = (citizens * ASSISTED / 1_000 / CITIZENS_PER_TEAM).clamp(4, TEAMS_MAX);
        Self { population: Population::new(seed, today), teams }
    }

    /// The citizens.
    #[must_use]
    pub const fn population(&self) -> &Population {
        &self.population
    }

    /// The teams, by number.
    #[must_use]
    pub fn teams(&self) -> Vec<Team> {
        let wards = domain::wards::on(self.population.today());
        (0..self.teams)
            .map(|n| Team {
                team: format!("to-cnscd-{n:04}"),
                helper: format!("helper-{n:04}"),
                device: format!("device-{n:04}"),
                ward: wards[n as usize % wards.len()].code,
            })
            .collect()
    }

    /// Everything that is sent about citizen `index`, in order; repeats at the end.
    #[must_use]
    pub fn submissions(&self, index: u64) -> Vec<Submission> {
        let citizen = self.population.citizen(index);
        let mut draw = self.population.draws(1, index);
        let mut all = Vec::with_capacity(6);
        let way = draw.random_range(0..1_000);
        let team = (index / u64::from(CITIZENS_PER_TEAM)) as u32 % self.teams;
        all.push(self.account(&citizen, way, team));
        let papers = 1 + usize::from(draw.random_bool(0.5));
        for nth in 0..papers {
            all.push(documents::filed(&citizen, nth, self.population.today(), &mut draw));
        }
        transactions::two(&citizen, self.population.today(), &mut draw, &mut all);
        let mut repeats = Vec::new();
        for submission in &mut all {
            let chance = draw.random_range(0..1_000);
            if chance < BROKEN {
                break_it(submission, &citizen, self.population.today(), &mut draw);
            } else if chance < BROKEN + REPEATED {
                repeats.push(Submission {
                    expected: Expected::Duplicate,
                    opens: false,
                    ..submission.clone()
                });
            }
        }
        all.extend(repeats);
        all
    }

    /// The registration of citizen `index` by a helper, right in everything: for measuring.
    #[must_use]
    pub fn assisted(&self, index: u64) -> Submission {
        let citizen = self.population.citizen(index);
        self.account(&citizen, 0, (index / u64::from(CITIZENS_PER_TEAM)) as u32 % self.teams)
    }

    fn account(&self, citizen: &Citizen, way: u32, team: u32) -> Submission {
        let today = self.population.today();
        let (sender, line) = if way < ASSISTED {
            (Sender::Helper(team), registrations::assisted(citizen, today))
        } else if way < ASSISTED + INHERITED {
            (Sender::Importer, registrations::inherited(citizen, today))
        } else if way < ASSISTED + INHERITED + WEB {
            (Sender::Portal, registrations::web(citizen, today))
        } else {
            (Sender::SmsGateway, registrations::sms(citizen))
        };
        Submission {
            sender,
            stream: Stream::Registrations,
            line,
            expected: Expected::Applied,
            citizen: citizen.index,
            opens: true,
        }
    }
}
