//! Statistics by difference: what a row adds to them, taken out before a change and put in after it.

use crate::rows::{Dimension, Measure, Origin};
use crate::statistics::{Delta, WHOLE_CITY};
use schemas::Channel;
use smallvec::SmallVec;

/// Rows that statistics count. What a row adds depends on the row alone, so that it can be taken out whenever the row goes.
pub trait Counted {
    /// Adds to `tally` what this row is worth.
    fn count<'a>(&'a self, tally: &mut Tally<'a>);
}

/// By what something is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bearing<'a> {
    /// Who sent it.
    pub sender: &'a str,
    /// Ward; not counted by when empty.
    pub ward: &'a str,
    /// Team; not counted by when empty.
    pub team: &'a str,
    /// How it came.
    pub channel: Channel,
    /// The kind of paper or the procedure, where it has one.
    pub subject: Option<(Dimension, &'a str)>,
}

impl<'a> Bearing<'a> {
    /// As something's origin says, without a subject.
    #[must_use]
    pub fn of(origin: &'a Origin) -> Self {
        Self {
            sender: &origin.sender,
            ward: &origin.ward,
            team: &origin.team,
            channel: origin.channel,
            subject: None,
        }
    }
}

/// Differences being gathered. A row has one bearing, and one more for each origin of what was added to it.
#[derive(Debug)]
pub struct Tally<'a> {
    sign: i64,
    shares: SmallVec<[Share<'a>; 2]>,
}

#[derive(Debug)]
struct Share<'a> {
    bearing: Bearing<'a>,
    counts: SmallVec<[(Measure, i64); 4]>,
}

impl<'a> Tally<'a> {
    /// The difference that a row makes in going from `before` to `after`; absent rows are worth nothing. Each (dimension, value,
    /// measure) stands at most once, and none is zero.
    #[must_use]
    pub fn difference<R: Counted>(before: Option<&'a R>, after: Option<&'a R>) -> Vec<Delta> {
        let mut tally = Self { sign: -1, shares: SmallVec::new() };
        if let Some(before) = before {
            before.count(&mut tally);
        }
        tally.sign = 1;
        if let Some(after) = after {
            after.count(&mut tally);
        }
        tally.deltas()
    }

    /// Counts `by` under everything that `bearing` says.
    pub fn add(&mut self, bearing: Bearing<'a>, measure: Measure, by: i64) {
        let by = by * self.sign;
        let share = match self.shares.iter().position(|share| share.bearing == bearing) {
            Some(at) => &mut self.shares[at],
            None => {
                self.shares.push(Share { bearing, counts: SmallVec::new() });
                self.shares.last_mut().expect("one was pushed")
            }
        };
        match share.counts.iter_mut().find(|(counted, _)| *counted == measure) {
            Some((_, count)) => *count += by,
            None => share.counts.push((measure, by)),
        }
    }

    fn deltas(self) -> Vec<Delta> {
        let moved = self.shares.iter().flat_map(|share| &share.counts).filter(|(_, by)| *by != 0).count();
        let mut deltas: Vec<Delta> = Vec::with_capacity(moved * 6);
        for (nth, share) in self.shares.iter().enumerate() {
            let Bearing { sender, ward, team, channel, subject } = share.bearing;
            let (subject, about) = subject.unwrap_or((Dimension::Paper, ""));
            let ways = [
                (Dimension::City, WHOLE_CITY),
                (Dimension::Ward, ward),
                (Dimension::Agency, sender),
                (Dimension::Team, team),
                (Dimension::Channel, channel.name()),
                (subject, about),
            ];
            let ways = ways.into_iter().filter(|(_, value)| !value.is_empty());
            for (dimension, value) in ways {
                for &(measure, by) in share.counts.iter().filter(|(_, by)| *by != 0) {
                    let same =
                        |d: &Delta| d.dimension == dimension && d.measure == measure && d.value == value;
                    match deltas.iter().position(same).filter(|_| nth > 0) {
                        Some(at) => deltas[at].by += by,
                        None => deltas.push(Delta { dimension, value: value.into(), measure, by }),
                    }
                }
            }
        }
        deltas.retain(|delta| delta.by != 0);
        deltas
    }
}
