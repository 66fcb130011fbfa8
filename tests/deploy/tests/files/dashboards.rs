//! That Grafana can show the dashboards.

use deploy::dashboards::{all, panels, queries, variables};
use serde_json::Value;
use std::collections::BTreeSet;

/// Columns of a dashboard.
const COLUMNS: u64 = 24;
/// Set by Grafana itself.
const BUILT_IN: [&str; 1] = ["__rate_interval"];

#[test]
fn there_is_a_dashboard_for_drives_one_for_the_pipeline_and_one_for_the_api() {
    let boards = all();
    let names: Vec<&str> = boards.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["api", "drive", "pipeline"]);
    for (name, board) in &boards {
        assert_eq!(board["uid"], format!("congdanso-{name}"));
        assert!(board["title"].as_str().is_some_and(|title| title.contains(name.as_str())), "{name}");
    }
}

#[test]
fn every_panel_asks_the_source_that_the_viewer_chose() {
    for (name, board) in all() {
        assert!(variables(&board).any(|v| v == "datasource"), "{name} has no variable `datasource`");
        for panel in panels(&board).filter(|panel| panel["type"] != "row") {
            let title = &panel["title"];
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{name}, {title}");
            let targets = panel["targets"].as_array().expect("a panel has queries");
            assert!(!targets.is_empty(), "{name}, {title} has no query");
            let mut ids = BTreeSet::new();
            for target in targets {
                assert_eq!(target["datasource"]["uid"], "${datasource}", "{name}, {title}");
                assert!(ids.insert(target["refId"].to_string()), "{name}, {title}: two queries have one id");
            }
        }
    }
}

#[test]
fn panels_lie_beside_each_other() {
    let place = |panel: &Value, of: &str| panel["gridPos"][of].as_u64().expect("a panel has a place");
    for (name, board) in all() {
        let mut taken = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for panel in panels(&board) {
            let (x, y) = (place(panel, "x"), place(panel, "y"));
            let (w, h) = (place(panel, "w"), place(panel, "h"));
            assert!(w > 0 && h > 0 && x + w <= COLUMNS, "{name}, {}: too wide or nothing", panel["title"]);
            for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                assert!(taken.insert(cell), "{name}, {} lies on another panel", panel["title"]);
            }
            assert!(ids.insert(panel["id"].to_string()), "{name}: two panels have the id {}", panel["id"]);
        }
    }
}

#[test]
fn queries_use_variables_that_the_dashboard_has() {
    for (name, board) in all() {
        let known: BTreeSet<&str> = variables(&board).chain(BUILT_IN).collect();
        for (title, query) in queries(&board) {
            for after in query.split('$').skip(1) {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                assert!(known.contains(&after[..end]), "{name}, {title}: no variable ${}", &after[..end]);
            }
        }
    }
}
