//! Keys and rule sets by the names that events have for them, and which of them new events name.

use crate::config::Config;
use anyhow::Context;
use arc_swap::ArcSwap;
use domain::Rules;
use domain::papers::{HOLDER_BYTES_MAX, PAPER_KEYS_MAX, PaperKey};
use gateway::{Stamp, Stamps};
use identity::TrustList;
use identity::trust::{Purpose, TrustedKey};
use keystore::{Keystore, RulesBook};
use parking_lot::Mutex;
use runner::Reference;
use schemas::{Kid, RulesId};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

// Whatever a trust list holds fits into a rule set.
const _: () = assert!(TrustList::MAX_KEYS <= PAPER_KEYS_MAX);
const _: () = assert!(TrustedKey::HOLDER_BYTES_MAX <= HOLDER_BYTES_MAX);

/// Keys and rules by name, for the engines, and the stamp of new events.
pub struct Names {
    keys: Arc<Keystore>,
    book: RulesBook,
    stamps: Arc<Stamps>,
    config: Config,
    in_force: ArcSwap<Rules>,
    last: ArcSwap<Option<Arc<Rules>>>,
    /// Held while what is in force is changed, so that the newest list is the last to be put into force.
    changing: Mutex<()>,
}

impl Reference for Names {
    fn signing_key(&self, kid: Kid) -> Option<Arc<identity::SigningKey>> {
        self.keys.signing_key(kid).or_else(|| {
            self.look_again();
            self.keys.signing_key(kid)
        })
    }

    fn rules(&self, id: RulesId) -> Option<Arc<Rules>> {
        // Nearly every event names the rules of the event before it.
        if let Some(rules) = self.last.load().as_ref().as_ref().filter(|rules| rules.id == id) {
            return Some(Arc::clone(rules));
        }
        let rules = self.book.find(id).or_else(|| {
            // An intake may have been handed a trust list with other keys for papers before this process was.
            self.look_again();
            self.book.find(id)
        })?;
        self.last.store(Arc::new(Some(Arc::clone(&rules))));
        Some(rules)
    }
}

impl Names {
    /// Opens the book of rules in this folder, and puts into it what `config` and the trust list ask for.
    ///
    /// # Errors
    /// When the folder cannot be read or written, or the configuration makes no rule set.
    pub fn open(folder: &Path, config: &Config, keys: &Arc<Keystore>) -> anyhow::Result<Arc<Self>> {
        let book = RulesBook::open(folder)?;
        let rules = rules_of(config, &keys.trust_list())?;
        book.put(&rules)?;
        Ok(Arc::new(Self {
            keys: Arc::clone(keys),
            book,
            stamps: Stamps::new(Stamp { rules: rules.id, kid: keys.active() }),
            config: config.clone(),
            in_force: ArcSwap::from_pointee(rules),
            last: ArcSwap::from_pointee(None),
            changing: Mutex::new(()),
        }))
    }

    /// What new events are stamped with.
    pub fn stamps(&self) -> &Arc<Stamps> {
        &self.stamps
    }

    /// The rules that new events are stamped with.
    pub fn in_force(&self) -> Arc<Rules> {
        self.in_force.load_full()
    }

    /// The canonical texts of all sets.
    pub fn texts(&self) -> Vec<String> {
        self.book.texts().into_iter().map(|(_, text)| text.to_string()).collect()
    }

    /// Has new events name the identity key that is active now, and the rules with the keys for papers that are listed now. The rules are
    /// in the book before an event names them.
    ///
    /// # Errors
    /// When the book cannot be written. New events name the key that is active, and the rules from before.
    pub fn put_into_force(&self) -> anyhow::Result<()> {
        let _changing = self.changing.lock();
        let kept = self.keep_rules();
        self.stamps.set(Stamp { rules: self.in_force.load().id, kid: self.keys.active() });
        kept.context("the rules with the keys for papers of this trust list are not in force")
    }

    fn keep_rules(&self) -> anyhow::Result<()> {
        let rules = rules_of(&self.config, &self.keys.trust_list())?;
        if rules.id != self.in_force.load().id {
            self.book.put(&rules)?;
            tracing::info!(rules = %rules.id, holders = rules.paper_keys.len(), "the keys for papers have changed");
            self.in_force.store(Arc::new(rules));
        }
        Ok(())
    }

    /// Reads the keys again where their file was put back: before a partition waits for one that is not held.
    pub fn look_again(&self) {
        match self.keys.refresh() {
            Ok(true) => {
                tracing::info!(version = self.keys.trust_list().version, "the keys were read again");
            }
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the keys were replaced and are not read again"),
        }
        if let Err(error) = self.put_into_force() {
            tracing::error!(error = format!("{error:#}"), "new events name the rules from before");
        }
    }
}

/// The rule set that a configuration and a trust list ask for: the same in every process that has both, whatever its clock says.
///
/// # Errors
/// When the configuration makes no rule set.
pub fn rules_of(config: &Config, list: &TrustList) -> anyhow::Result<Rules> {
    let rules = Rules::new(&config.identity_issuer, &config.identity_status_uri);
    let rules = Rules { identity_days: config.identity_days, paper_keys: paper_keys(list)?, ..rules };
    Ok(Rules::parse(&rules.canonical())?)
}

/// The keys for papers that are not withdrawn. Whether one is within its dates is judged for each event, by its time of acceptance.
fn paper_keys(list: &TrustList) -> anyhow::Result<BTreeMap<String, Vec<PaperKey>>> {
    let mut of_holders = BTreeMap::<String, Vec<PaperKey>>::new();
    for trusted in &list.keys {
        let Some(holder) = trusted.holder.as_ref().filter(|_| trusted.purpose == Purpose::Papers) else {
            continue;
        };
        if trusted.withdrawn.is_some() {
            continue;
        }
        let key = PaperKey::new(&trusted.public, trusted.not_before, trusted.not_after)
            .with_context(|| format!("the key {} of the trust list signs no papers", Kid(trusted.kid)))?;
        of_holders.entry(holder.clone()).or_default().push(key);
    }
    for keys in of_holders.values_mut() {
        keys.sort_unstable_by(|a, b| a.public().cmp(b.public()));
    }
    Ok(of_holders)
}

#[cfg(test)]
mod tests;
