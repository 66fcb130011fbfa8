//! That queries name what there is.

use deploy::rules::Series;
use deploy::{dashboards, promql, rules};

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
