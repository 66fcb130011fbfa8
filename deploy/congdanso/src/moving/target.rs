//! The target's log and store, open.

use super::carry::{Carried, carry};
use super::following::Following;
use super::unfinished::Unfinished;
use crate::backends::{self, FreshStore, Store};
use crate::config::Config;
use crate::node::Node;
use crate::ops;
use event_log::EventLog;
use prometheus::Registry;
use runner::{Control, Deps, RebuildError};
use schemas::TopicPartition;
use std::sync::Arc;

/// Where everything goes.
pub struct Target {
    /// The log that is copied into.
    pub log: Arc<dyn EventLog>,
    /// The store whose rows are made anew.
    pub store: Arc<Store>,
    /// What its folder was given.
    pub carried: Carried,
    /// What its rows are decided with: of its own folder, where it has one, which proves that all of that is there.
    deps: Deps,
    /// Keeps its folder locked.
    _node: Option<Node>,
}

impl Target {
    /// Carries keys, rules and credentials, makes topics and tables that are not there, and opens them.
    ///
    /// # Errors
    /// See [`carry`] and [`backends::make`]; else as the backends say.
    pub fn prepare(from: &Node, to: &Config) -> anyhow::Result<Self> {
        let carried = carry(from, to)?;
        backends::make(to, &*from.log)?;
        if let Carried::Shared = carried {
            let (log, store) = backends::patiently(|| backends::open(to, &Registry::new()))?;
            let control = Arc::new(Control::default());
            let deps = Deps { log: Arc::clone(&log), control, ..from.deps.clone() };
            return Ok(Self { log, store, carried, deps, _node: None });
        }
        let node = backends::patiently(|| Node::open_unfinished(to))?;
        let (log, store, deps) = (Arc::clone(&node.log), Arc::clone(&node.store), node.deps.clone());
        Ok(Self { log, store, carried, deps, _node: Some(node) })
    }

    /// Fills fresh projections from the target's log, those of an earlier try where they were kept. Returns how many events the last
    /// try took.
    ///
    /// # Errors
    /// A [`RebuildError`], or as the store says. What is filled stays where it can.
    pub fn fill(
        &self,
        unfinished: &mut Unfinished,
        until: &[(TopicPartition, u64)],
        watch: &mut Following<'_>,
    ) -> anyhow::Result<(FreshStore, u64)> {
        let kept = unfinished.generation().map(|number| self.store.kept(number)).transpose()?.flatten();
        let mut fresh = match kept {
            Some(kept) => kept,
            None => self.store.fresh()?,
        };
        unfinished.fills(fresh.keep())?;
        let metrics = runner::Metrics::register(&Registry::new())?;
        let deps = Deps { store: fresh.writer(), metrics, ..self.deps.clone() };
        loop {
            let decided =
                ops::replay_on(&deps, until, "deciding the log anew", &mut |reply| watch.tell(reply));
            match decided {
                Ok(events) => return Ok((fresh, events)),
                Err(error) if is_retryable(&error) && watch.once_more(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn is_retryable(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(RebuildError::Engine(error)) if error.is_retryable())
}
