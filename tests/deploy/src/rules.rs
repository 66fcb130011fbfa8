//! Rules of Prometheus, and the metrics that there are.

use crate::promql::{Selector, selectors};
use crate::yaml::{document, items};
use std::collections::{BTreeMap, BTreeSet};
use tidy::{quoted, section, table_rows};
use yaml_rust2::Yaml;

/// The files of rules.
pub const FILES: [&str; 2] = ["deploy/prometheus/recording.rules.yml", "deploy/prometheus/alerts.rules.yml"];
/// Metrics that Prometheus itself makes and that the program has as a process, with their labels.
const OTHERS: [&str; 8] = [
    "up",
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_threads",
    "process_virtual_memory_bytes",
];
/// Labels that scraping adds.
const SCRAPED: [&str; 3] = ["job", "instance", "role"];
/// What a histogram's name is followed by on the page.
const PARTS: [&str; 3] = ["_bucket", "_sum", "_count"];

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What it is called, as an alert or as a series.
    pub name: String,
    /// Whether it is an alert.
    pub is_alert: bool,
    /// Its query.
    pub query: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
}

/// Every rule of every file.
///
/// # Panics
/// When a rule has no name or no query.
#[must_use]
pub fn all() -> Vec<Rule> {
    let mut rules = Vec::new();
    for file in FILES {
        let file = document(file);
        for rule in items(&file["groups"]).flat_map(|group| items(&group["rules"])) {
            let is_alert = !rule["alert"].is_badvalue();
            let name = rule[if is_alert { "alert" } else { "record" }].as_str().expect("a rule has a name");
            rules.push(Rule {
                name: name.to_owned(),
                is_alert,
                query: rule["expr"].as_str().expect("a rule has a query").to_owned(),
                labels: texts(&rule["labels"]),
                annotations: texts(&rule["annotations"]),
            });
        }
    }
    rules
}

/// The alerts.
#[must_use]
pub fn alerts() -> Vec<Rule> {
    all().into_iter().filter(|rule| rule.is_alert).collect()
}

/// The metrics that a query names, those of recorded series instead of their names, without what a histogram's parts end with.
///
/// # Panics
/// When a query does not close its brackets.
#[must_use]
pub fn metrics(query: &str) -> BTreeSet<String> {
    let recorded = all();
    let named = selectors(query).into_iter().flat_map(|selector| {
        let behind: Vec<_> =
            recorded.iter().filter(|rule| !rule.is_alert && rule.name == selector.metric).collect();
        match behind.as_slice() {
            [] => BTreeSet::from([whole(&selector.metric).to_owned()]),
            rules => rules.iter().flat_map(|rule| metrics(&rule.query)).collect(),
        }
    });
    named.collect()
}

/// A histogram's name for one of its parts.
fn whole(metric: &str) -> &str {
    PARTS.iter().find_map(|part| metric.strip_suffix(part)).unwrap_or(metric)
}

fn texts(yaml: &Yaml) -> BTreeMap<String, String> {
    let members = yaml.as_hash().into_iter().flatten();
    members.filter_map(|(k, v)| Some((k.as_str()?.to_owned(), v.as_str()?.to_owned()))).collect()
}

/// Series that a query may name, each with the labels that it may be selected by; `None`: any.
pub struct Series(BTreeMap<String, Option<BTreeSet<String>>>);

impl Series {
    /// What README's table of metrics has (which a rule of `tidy` holds against the code), what rules record, and what processes have.
    #[must_use]
    pub fn known() -> Self {
        let mut known = BTreeMap::new();
        for row in table_rows(&section("## Metrics")) {
            for metric in quoted(&row[0]) {
                let (name, labels) = metric.split_once('{').unwrap_or((metric, ""));
                let labels = labels.trim_end_matches('}').split(',').filter(|label| !label.is_empty());
                known.insert(name.to_owned(), Some(labels.map(str::to_owned).collect()));
            }
        }
        known.extend(OTHERS.map(|name| (name.to_owned(), Some(BTreeSet::new()))));
        known.extend(all().into_iter().filter(|rule| !rule.is_alert).map(|rule| (rule.name, None)));
        Self(known)
    }

    /// What is wrong with a selector: the metric or labels that there are not.
    #[must_use]
    pub fn refuses(&self, selector: &Selector) -> Option<String> {
        let part = PARTS.iter().find_map(|part| selector.metric.strip_suffix(part));
        let found = self.0.get(&selector.metric).or_else(|| part.and_then(|name| self.0.get(name)));
        let Some(labels) = found else { return Some(format!("there is no metric {}", selector.metric)) };
        let labels = labels.as_ref()?;
        let is_known = |label: &&String| {
            labels.contains(*label) || SCRAPED.contains(&label.as_str()) || (part.is_some() && *label == "le")
        };
        let unknown: Vec<_> = selector.labels.iter().filter(|label| !is_known(label)).collect();
        (!unknown.is_empty()).then(|| format!("{} has no label {unknown:?}", selector.metric))
    }
}
