//! That queries name what there is.

use deploy::engines::Engine;
use deploy::rules::Series;
use deploy::{dashboards, promql, rules};
use std::collections::BTreeSet;

fn wrong(series: &Series, query: &str) -> Vec<String> {
    let selectors = promql::selectors(query);
    assert!(!selectors.is_empty(), "`{query}` names no metric");
    selectors.iter().filter_map(|selector| series.refuses(selector)).collect()
}

#[test]
fn every_rule_names_metrics_and_labels_that_there_are() {
    let series = Series::known();
    for rule in rules::all().iter().filter(|rule| !rule.query.starts_with("vector(")) {
        let wrong = wrong(&series, &rule.query);
        assert!(wrong.is_empty(), "{}: {wrong:?}", rule.name);
    }
}

#[test]
fn every_dashboard_names_metrics_and_labels_that_there_are() {
    let series = Series::known();
    for (name, board) in dashboards::all() {
        for (title, query) in dashboards::queries(&board) {
            let wrong = wrong(&series, query);
            assert!(wrong.is_empty(), "{name}, `{title}`: {wrong:?}");
        }
    }
}

#[test]
fn a_metric_or_label_that_there_is_not_is_found() {
    let series = Series::known();
    assert_eq!(wrong(&series, "rate(congdanso_no_such_total[5m])").len(), 1);
    assert_eq!(wrong(&series, "congdanso_process_lag_records{streams=\"documents\"}").len(), 1);
    assert_eq!(wrong(&series, "congdanso_process_lag_records{stream=\"documents\", role=\"up\"}").len(), 0);
}

/// Dashboards and alerts knew nothing of the engine that a city runs.
#[test]
fn what_the_adapters_of_the_real_engine_count_is_on_a_dashboard() {
    let boards = dashboards::all();
    let queries = boards.iter().flat_map(|(_, board)| dashboards::queries(board));
    let shown: BTreeSet<String> = queries.flat_map(|(_, query)| rules::metrics(query)).collect();
    let counted = Engine::Real.own_metrics();
    assert!(counted.len() >= 7, "{counted:?}");
    let missing: Vec<_> = counted.difference(&shown).collect();
    assert!(missing.is_empty(), "no panel shows {missing:?}");
}

#[test]
fn metrics_of_one_engine_are_those_that_the_other_does_not_have() {
    for (engine, own) in
        [(Engine::Embedded, "congdanso_log_fsync_seconds"), (Engine::Real, "congdanso_log_stalls_total")]
    {
        let metrics = engine.own_metrics();
        assert!(metrics.contains(own), "{own} is missing in {metrics:?}");
        assert!(!metrics.contains("congdanso_log_appended_records_total"), "both have it");
        assert!(!engine.lacks().contains(own), "{own} is missing where it is");
    }
}
