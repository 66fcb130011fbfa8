//! What is asked for.

use crate::{StackError, Target};
use std::path::PathBuf;

/// Members of a kind that make sense: one for work, three for quorums.
const SIZES: [u8; 3] = [0, 1, 3];

/// Which members are wanted, and where they keep their data.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Kafka brokers, each a controller too: 0, 1 or 3.
    pub brokers: u8,
    /// Cassandra nodes: 0, 1 or 3.
    pub nodes: u8,
    /// What Prometheus scrapes; without anything there is no Prometheus.
    pub scrape: Vec<Target>,
    /// Where data, logs and the state file stand. Made when it is not there.
    pub data_dir: PathBuf,
}

impl Plan {
    /// Holds the plan against what can be started.
    ///
    /// # Errors
    /// [`StackError::Refused`] for a number of members that is not 0, 1 or 3, and for none at all.
    pub fn check(&self) -> Result<(), StackError> {
        for (what, count) in [("brokers", self.brokers), ("nodes", self.nodes)] {
            if !SIZES.contains(&count) {
                return Err(StackError::Refused(format!("{count} {what}: 0, 1 or 3 can be started")));
            }
        }
        if self.brokers == 0 && self.nodes == 0 && self.scrape.is_empty() {
            return Err(StackError::Refused("nothing to start: no brokers, no nodes".to_owned()));
        }
        Ok(())
    }

    /// The folder that `up` uses when none is given: `congdanso/stack` in the user's folder for state.
    ///
    /// # Errors
    /// [`StackError::Refused`] when the environment names no home.
    pub fn default_data_dir() -> Result<PathBuf, StackError> {
        Ok(xdg("XDG_STATE_HOME", ".local/state")?.join("congdanso/stack"))
    }
}

/// A folder of the XDG base directory specification.
pub fn xdg(variable: &str, below_home: &str) -> Result<PathBuf, StackError> {
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let fallback = || Some(PathBuf::from(std::env::var_os("HOME")?).join(below_home));
    named
        .or_else(fallback)
        .ok_or_else(|| StackError::Refused(format!("neither {variable} nor HOME is set: set one of them")))
}

#[cfg(test)]
mod tests {
    use super::Plan;

    fn plan(brokers: u8, nodes: u8) -> Plan {
        Plan { brokers, nodes, scrape: Vec::new(), data_dir: "somewhere".into() }
    }

    #[test]
    fn a_plan_of_one_or_three_is_taken_and_any_other_refused() {
        for (brokers, nodes, taken) in
            [(1, 1, true), (3, 0, true), (0, 3, true), (2, 1, false), (1, 4, false), (0, 0, false)]
        {
            assert_eq!(plan(brokers, nodes).check().is_ok(), taken, "{brokers} brokers, {nodes} nodes");
        }
    }
}
