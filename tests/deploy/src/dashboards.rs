//! Dashboards of Grafana.

use serde_json::Value;
use tidy::{files, source};

/// Where they stand.
pub const FOLDER: &str = "deploy/grafana/dashboards/";

/// Every dashboard with its file's name without the ending.
///
/// # Panics
/// When one is no JSON.
#[must_use]
pub fn all() -> Vec<(String, Value)> {
    let names = files().into_iter().filter_map(|file| {
        let name = file.strip_prefix(FOLDER)?.strip_suffix(".json")?.to_owned();
        Some((name, file))
    });
    let read = |(name, file): (String, String)| {
        let board = serde_json::from_str(&source(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        (name, board)
    };
    names.map(read).collect()
}

/// The panels, rows too.
pub fn panels(board: &Value) -> impl Iterator<Item = &Value> {
    board["panels"].as_array().into_iter().flatten()
}

/// Every query of a dashboard, with the title of its panel.
pub fn queries(board: &Value) -> impl Iterator<Item = (&str, &str)> {
    panels(board).flat_map(|panel| {
        let title = panel["title"].as_str().unwrap_or_default();
        let targets = panel["targets"].as_array().into_iter().flatten();
        targets.map(move |target| (title, target["expr"].as_str().unwrap_or_default()))
    })
}

/// The names of a dashboard's variables.
pub fn variables(board: &Value) -> impl Iterator<Item = &str> {
    board["templating"]["list"].as_array().into_iter().flatten().filter_map(|v| v["name"].as_str())
}
