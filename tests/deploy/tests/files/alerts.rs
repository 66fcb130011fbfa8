//! That every alert says what to do, and has been seen to fire.

use deploy::engines::Engine;
use deploy::rules::{self, alerts};
use deploy::yaml::{document, items, names};
use std::collections::BTreeSet;
use tidy::{between, files, quoted, source, table_rows};

/// The paragraphs of the page, by the alert that they are about.
fn runbooks() -> Vec<(String, String)> {
    let page = source("deploy/prometheus/README.md");
    let parts = page.split("\n### ").skip(1).filter_map(|part| part.split_once('\n'));
    let text = |text: &str| text.split("\n## ").next().unwrap_or_default().trim().to_owned();
    parts.map(|(name, rest)| (name.to_owned(), text(rest))).collect()
}

#[test]
fn every_alert_has_a_paragraph_that_says_what_to_do() {
    let runbooks = runbooks();
    for alert in alerts() {
        let paragraph = runbooks.iter().find(|(name, _)| *name == alert.name);
        let (_, text) = paragraph.unwrap_or_else(|| panic!("{} has no paragraph", alert.name));
        assert!(text.len() > 100, "the paragraph of {} says too little", alert.name);
        let link = format!("deploy/prometheus/README.md#{}", alert.name.to_lowercase());
        assert_eq!(alert.annotations.get("runbook"), Some(&link), "{}", alert.name);
        assert!(alert.annotations.contains_key("summary"), "{} has no summary", alert.name);
        let severity = alert.labels.get("severity").map(String::as_str);
        assert!(matches!(severity, Some("critical" | "warning")), "{}: {severity:?}", alert.name);
    }
}

#[test]
fn every_paragraph_is_about_one_alert_that_there_is() {
    let named: Vec<String> = runbooks().into_iter().map(|(name, _)| name).collect();
    let told: BTreeSet<&String> = named.iter().collect();
    assert_eq!(told.len(), named.len(), "an alert has two paragraphs");
    let alerts = alerts();
    let there: BTreeSet<&String> = alerts.iter().map(|alert| &alert.name).collect();
    assert_eq!(told, there);
    assert_eq!(there.len(), alerts.len(), "two alerts have one name");
}

/// The files of cases.
fn cases() -> impl Iterator<Item = String> {
    files().into_iter().filter(|file| file.starts_with("deploy/prometheus/tests/"))
}

#[test]
fn promtool_is_told_to_evaluate_every_group_and_recordings_before_alerts() {
    let of_file = |file: &str| {
        let file = document(file);
        let names = items(&file["groups"]).filter_map(|group| group["name"].as_str().map(str::to_owned));
        names.collect::<Vec<_>>()
    };
    let groups: Vec<String> = rules::FILES.into_iter().flat_map(of_file).collect();
    for file in cases() {
        assert_eq!(names(&document(&file)["group_eval_order"]), groups, "{file}");
    }
}

#[test]
fn every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_is_quiet() {
    let (mut fires, mut quiet) = (BTreeSet::new(), BTreeSet::new());
    for file in cases() {
        let file = document(&file);
        for case in items(&file["tests"]).flat_map(|test| items(&test["alert_rule_test"])) {
            let name = case["alertname"].as_str().expect("a case names its alert").to_owned();
            if items(&case["exp_alerts"]).next().is_some() {
                fires.insert(name)
            } else {
                quiet.insert(name)
            };
        }
    }
    let there: BTreeSet<String> = alerts().into_iter().map(|alert| alert.name).collect();
    assert_eq!(fires, there, "cases in which alerts fire");
    assert_eq!(quiet, there, "cases in which alerts are quiet");
}

#[test]
fn the_page_says_which_alerts_hold_on_one_engine_alone() {
    let page = source("deploy/prometheus/README.md");
    let chapter = between(&page, "\n## Engines\n", "\n## ").next().expect("a chapter about engines");
    let rows = table_rows(chapter);
    for (engine, begins) in [(Engine::Embedded, "embedded alone"), (Engine::Real, "real alone")] {
        let row = rows.iter().find(|row| row[0] == begins).unwrap_or_else(|| panic!("no row `{begins}`"));
        let told: BTreeSet<&str> = quoted(&row[1]).into_iter().collect();
        let own = engine.own_metrics();
        let alerts = alerts();
        let holds = |alert: &&rules::Rule| !rules::metrics(&alert.query).is_disjoint(&own);
        let there: BTreeSet<&str> = alerts.iter().filter(holds).map(|alert| alert.name.as_str()).collect();
        assert_eq!(told, there, "{begins}");
    }
}
