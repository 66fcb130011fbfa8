//! What a query names: metrics and the labels that it selects by.

use std::collections::BTreeSet;

/// Words that are neither metrics nor functions.
const WORDS: [&str; 7] = ["and", "or", "unless", "offset", "bool", "inf", "nan"];
/// Words before a list of labels.
const GROUPS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// A metric in a query, and the labels in its braces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector {
    /// Its name.
    pub metric: String,
    /// What it is selected by.
    pub labels: BTreeSet<String>,
}

/// Every metric that a query names.
///
/// # Panics
/// When brackets or quotes are not closed.
#[must_use]
pub fn selectors(query: &str) -> Vec<Selector> {
    let mut found: Vec<Selector> = Vec::new();
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_alphabetic() || first == '_' || first == ':' {
            let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            let next = after.trim_start();
            if GROUPS.contains(&word) {
                rest = next.strip_prefix('(').map_or(rest, |inside| until(inside, ')').1);
            } else if !["(", "by ", "without "].iter().any(|call| next.starts_with(call))
                && !WORDS.contains(&word)
            {
                found.push(Selector { metric: word.to_owned(), labels: BTreeSet::new() });
            }
        } else if first.is_ascii_digit() {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.');
        } else if first == '{' {
            let (inside, after) = until(&rest[1..], '}');
            let last = found.last_mut().unwrap_or_else(|| panic!("{query}: braces follow a metric"));
            last.labels.extend(labels(inside));
            rest = after;
        } else if first == '[' {
            rest = until(&rest[1..], ']').1;
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    found
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

/// What stands before a closing bracket outside of quotes, and what comes after it.
fn until(text: &str, closing: char) -> (&str, &str) {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            c if c == closing && !quoted => return (&text[..at], &text[at + c.len_utf8()..]),
            _ => {}
        }
    }
    panic!("`{text}` does not close with {closing}")
}

/// The names before `=`, `!=`, `=~` and `!~`; every other part between quotes is a value.
fn labels(inside: &str) -> impl Iterator<Item = String> {
    let names = inside.split('"').step_by(2);
    names.map(|part| part.trim_matches(|c: char| !is_name(c)).to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::selectors;

    fn told(query: &str) -> Vec<String> {
        let labels = |s: super::Selector| s.labels.into_iter().collect::<Vec<_>>().join(",");
        selectors(query).into_iter().map(|s| format!("{} {}", s.metric.clone(), labels(s))).collect()
    }

    #[test]
    fn functions_durations_groups_and_numbers_are_no_metrics() {
        let query = r#"histogram_quantile(0.99, sum by (le, stream) (rate(a_bucket{x="}", y=~"b|c"}[$__rate_interval])))
            / on (slo) group_left (z) (b:c:d offset 10m > 14 * 1024 ^ 3) and up == 0"#;
        assert_eq!(told(query), ["a_bucket x,y", "b:c:d ", "up "]);
    }

    #[test]
    #[should_panic(expected = "does not close")]
    fn an_open_brace_is_no_query() {
        assert!(selectors("a{b=\"c\"").is_empty());
    }
}
