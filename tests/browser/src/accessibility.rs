//! What assistive software is told of a page.

use serde_json::Value;

/// One thing in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its role, as WAI-ARIA names it.
    pub role: String,
    /// Its accessible name.
    pub name: String,
    /// Whether it takes the focus.
    pub focusable: bool,
    /// Whether it is pressed, for buttons that stay so.
    pub pressed: Option<bool>,
}

impl Node {
    /// `None` for what is not told.
    pub(crate) fn of(node: &Value) -> Option<Self> {
        if node["ignored"] == true {
            return None;
        }
        let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
        let property = |name: &str| {
            let all = node["properties"].as_array().into_iter().flatten();
            all.into_iter()
                .find(|property| property["name"] == name)
                .map(|property| &property["value"]["value"])
        };
        Some(Self {
            role: text(&node["role"]),
            name: text(&node["name"]),
            focusable: property("focusable").is_some_and(|value| *value == true),
            pressed: property("pressed").and_then(|value| value.as_str().map(|text| text == "true")),
        })
    }
}
