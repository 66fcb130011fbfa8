//! The rows of one case: what the events before left, and what the event did.

use crate::fixture::Draft;
use domain::papers::PaperKey;
use domain::{Decision, Input, Key, Outcome, Row, Rules, Table, decide, keys_read};
use ed25519_dalek::SigningKey;
use schemas::{Day, Event, Place};
use std::collections::BTreeMap;

/// Rows under their keys, as a runner would keep them.
pub struct World {
    pub rules: Rules,
    pub rows: BTreeMap<(Table, Key), Row>,
}

/// What one event did.
pub struct Step {
    pub event: Event,
    pub place: Place,
    pub before: Option<Row>,
    pub decision: Decision,
}

impl World {
    pub fn new() -> Self {
        Self {
            rules: Rules::new("https://congdanso.test", "https://congdanso.test/status"),
            rows: BTreeMap::new(),
        }
    }

    /// Lowers a limit of the rules, so that a case need not fill it.
    pub fn limit(&mut self, name: &str, max: u32) {
        let rules = &mut self.rules;
        let limit = match name {
            "links_per_account" => &mut rules.links_per_account_max,
            "versions_per_document" => &mut rules.versions_per_document_max,
            "certificates_per_version" => &mut rules.certificates_per_version_max,
            "components_per_dossier" => &mut rules.components_per_dossier_max,
            "moves_per_dossier" => &mut rules.moves_per_dossier_max,
            "paper_kinds" => &mut rules.paper_kinds,
            "payments_per_row" => &mut rules.payments_per_row_max,
            _ => panic!("@max.{name} is no limit of the rules"),
        };
        *limit = max;
    }

    /// Lists the key for papers of this holder, whose seed is the holder's name and zeroes, in force from 2025 to 2029.
    pub fn list_key(&mut self, holder: &str) {
        let mut seed = [0; 32];
        seed[..holder.len()].copy_from_slice(holder.as_bytes());
        let public = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        let second = |day| i64::from(Day::parse(day).expect("a day").0) * 86_400;
        let key = PaperKey::new(&public, second("2025-01-01"), second("2030-01-01") - 1).expect("a key");
        self.rules.paper_keys.entry(holder.to_owned()).or_default().push(key);
    }

    /// Decides an event at `offset` and keeps what it writes.
    pub fn submit(&mut self, draft: &Draft, offset: u64) -> Step {
        let event = draft.event(offset, self.rules.id);
        let place = Place { stream: event.kind().stream(), partition: 3, epoch: 1, offset };
        let read = keys_read(&event);
        let before = self.rows.get(&read).cloned();
        let input = Input { event: &event, place, state: before.clone(), rules: &self.rules };
        let decision = decide(input).unwrap_or_else(|e| panic!("{}: {e}", draft.kind.name()));
        if let Some(state) = &decision.state {
            assert_eq!((state.table, &state.key), (read.0, &read.1), "the state written is the state read");
        }
        for row in decision.follows.iter().chain(&decision.state) {
            assert_eq!(row.cause.place, place);
            assert_eq!(row.cells.len(), row.table.def().cells.len(), "{}", row.table);
            self.rows.insert((row.table, row.key.clone()), row.clone());
        }
        Step { event, place, before, decision }
    }

    /// The same for an event that a case builds upon.
    pub fn given(&mut self, draft: &Draft, offset: u64) {
        let step = self.submit(draft, offset);
        assert_eq!(step.decision.outcome, Outcome::Applied, "a given {} does not apply", draft.kind.name());
    }
}
