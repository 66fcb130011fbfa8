//! YAML files, with merge keys followed.

use tidy::source;
use yaml_rust2::{Yaml, YamlLoader};

/// The documents of a file of the project.
///
/// # Panics
/// When it is no YAML.
#[must_use]
pub fn documents(path: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(&source(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The one document of a file.
///
/// # Panics
/// When it has none or several.
#[must_use]
pub fn document(path: &str) -> Yaml {
    let mut documents = documents(path);
    assert_eq!(documents.len(), 1, "{path} has one document");
    documents.remove(0)
}

/// A member of a mapping, also one that stands in what is merged into it with `<<`.
#[must_use]
pub fn member<'a>(yaml: &'a Yaml, name: &str) -> Option<&'a Yaml> {
    let own = &yaml[name];
    if own.is_badvalue() {
        let merged = &yaml["<<"];
        if merged.is_badvalue() { None } else { member(merged, name) }
    } else {
        Some(own)
    }
}

/// The names of a mapping, or the texts of a list.
#[must_use]
pub fn names(yaml: &Yaml) -> Vec<String> {
    let text = |yaml: &Yaml| yaml.as_str().map(str::to_owned);
    match yaml {
        Yaml::Hash(hash) => hash.keys().filter_map(text).collect(),
        Yaml::Array(list) => list.iter().filter_map(text).collect(),
        _ => Vec::new(),
    }
}

/// The items of a list; none where there is no list.
pub fn items(yaml: &Yaml) -> impl Iterator<Item = &Yaml> {
    yaml.as_vec().into_iter().flatten()
}

/// Every text anywhere in a document, names of members too.
#[must_use]
pub fn texts(yaml: &Yaml) -> Vec<String> {
    match yaml {
        Yaml::String(text) => vec![text.clone()],
        Yaml::Array(list) => list.iter().flat_map(texts).collect(),
        Yaml::Hash(hash) => hash.iter().flat_map(|(k, v)| [texts(k), texts(v)].concat()).collect(),
        _ => Vec::new(),
    }
}
