//! The description of the API, and the page to read it by.

use crate::world::{Ask, World};
use serde_json::Value;
use std::collections::BTreeSet;

async fn document(world: &World) -> Value {
    world.ask(Ask::get("/openapi.json")).await.ok()
}

/// Every operation: method, path, description.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &'_ Value)| {
        let item = item.as_object().unwrap().clone();
        item.keys().map(|method| (method.clone(), path.clone())).collect::<Vec<_>>()
    };
    let named: Vec<_> = paths.iter().flat_map(of_path).collect();
    named
        .into_iter()
        .map(|(method, path)| {
            let operation = &document["paths"][&path][&method];
            (method, path, operation)
        })
        .collect()
}

#[actix_web::test]
async fn the_description_has_exactly_the_routes_that_are_registered() {
    let document = document(&World::new()).await;
    let described: BTreeSet<_> =
        operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    let registered: BTreeSet<_> =
        api::ROUTES.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(described, registered);
}

#[actix_web::test]
async fn the_description_has_the_shape_of_openapi_3_1() {
    let document = document(&World::new()).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(document["info"]["title"], "congdanso");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let tags: BTreeSet<&str> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let what = format!("{method} {path}");
        assert!(!operation["summary"].as_str().unwrap().is_empty(), "{what}");
        let tag = operation["tags"][0].as_str().unwrap();
        assert!(tags.contains(tag), "{what}: {tag}");
        assert!(ids.insert(operation["operationId"].to_string()), "{what}: operation ids are unique");
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(status.parse::<u16>().is_ok() && response["description"].is_string(), "{what}");
            let is_problem = status.starts_with('4') || status.starts_with('5');
            assert_eq!(
                response["content"].get("application/problem+json").is_some(),
                is_problem,
                "{what} {status}"
            );
        }
        let declared: BTreeSet<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| {
                assert_eq!(parameter["required"], true, "{what}");
                parameter["name"].as_str().unwrap()
            })
            .collect();
        let in_path: BTreeSet<&str> =
            path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
        assert_eq!(declared, in_path, "{what}");
        for requirement in operation["security"].as_array().unwrap() {
            assert!(requirement.as_object().unwrap().keys().all(|name| schemes.contains_key(name)), "{what}");
        }
    }
}

#[actix_web::test]
async fn every_reference_of_the_description_resolves() {
    fn references<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
        match value {
            Value::Object(map) => {
                into.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| references(value, into));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, into)),
            _ => {}
        }
    }
    let document = document(&World::new()).await;
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[actix_web::test]
async fn the_description_and_the_page_are_304_for_who_has_them() {
    let world = World::new();
    for path in ["/openapi.json", "/docs", "/problems"] {
        let tag = world.ask(Ask::get(path)).await.header("etag").to_owned();
        assert_eq!(world.ask(Ask::get(path).with("if-none-match", &tag)).await.status, 304, "{path}");
    }
}

#[actix_web::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let world = World::new();
    let answer = world.ask(Ask::get("/docs")).await;
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"));
    let html = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(html.contains("Tham số / Parameters"));
    assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("innerHTML"));
}
