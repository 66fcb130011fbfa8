//! The page that checks codes: its files and how they are sent.

use crate::world::{Ask, World};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::Path;

/// Of names and contents of all vendored files, in the order of their names.
const VENDORED_SHA256: &str = "c2482bc5edd0ffb8102d5a2aedc2541de45385ed9f91c173d661458df023e4f4";

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/verifier"))
}

/// All files below a folder of the page, by their path from the page's folder.
fn files(below: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder().join(below)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{below}/{}", entry.file_name().into_string().unwrap());
        let path = path.trim_start_matches('/').to_owned();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path);
        }
    }
    found
}

async fn kept(world: &World) -> Vec<String> {
    let worker = world.ask(Ask::get("/verify/sw.js")).await;
    let text = String::from_utf8(worker.body.to_vec()).unwrap();
    let list = text.lines().find_map(|line| line.strip_prefix("const FILES = ")).unwrap();
    serde_json::from_str(list.trim_end_matches(';')).unwrap()
}

#[actix_web::test]
async fn every_file_of_the_page_is_served_and_kept_for_when_there_is_no_network() {
    let world = World::new();
    let served: BTreeSet<String> =
        files("").into_iter().filter(|path| path != "README.md" && path != "index.html").collect();
    for path in &served {
        let answer = world.ask(Ask::get(&format!("/verify/{path}"))).await;
        assert_eq!(answer.status, 200, "{path}");
        if path != "sw.js" {
            assert_eq!(answer.body, std::fs::read(folder().join(path)).unwrap(), "{path}");
        }
    }
    let needed = served.iter().filter(|path| *path != "sw.js" && !path.ends_with("LICENSE"));
    let needed: BTreeSet<String> =
        needed.map(|path| format!("/verify/{path}")).chain(["/verify".to_owned()]).collect();
    assert_eq!(kept(&world).await.into_iter().collect::<BTreeSet<_>>(), needed);
}

#[actix_web::test]
async fn the_page_and_its_files_run_nothing_from_elsewhere() {
    let world = World::new();
    for (path, media) in [
        ("/verify", "text/html; charset=utf-8"),
        ("/verify/page.js", "text/javascript; charset=utf-8"),
        ("/verify/page.css", "text/css; charset=utf-8"),
        ("/verify/icon.svg", "image/svg+xml"),
        ("/verify/manifest.webmanifest", "application/manifest+json"),
        ("/verify/vendor/zxing-wasm-3.1.4/reader/zxing_reader.wasm", "application/wasm"),
        ("/verify/vendor/cborg-6.1.5/LICENSE", "text/plain; charset=utf-8"),
    ] {
        let answer = world.ask(Ask::get(path)).await;
        assert_eq!(answer.header("content-type"), media, "{path}");
        assert_eq!(answer.header("cache-control"), "public, no-cache", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "), "{policy}");
        assert!(!policy.contains("'unsafe") && !policy.contains("http"), "{policy}");
        let tag = answer.header("etag").to_owned();
        assert_eq!(world.ask(Ask::get(path).with("if-none-match", &tag)).await.status, 304, "{path}");
    }
    for path in files("").iter().filter(|path| !path.starts_with("vendor/") && !path.ends_with(".md")) {
        let text = std::fs::read_to_string(folder().join(path)).unwrap();
        // The name of a language is no address.
        let text = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("http://") && !text.contains("https://"), "{path} names another origin");
        assert!(
            !text.contains("innerHTML") && !text.contains("eval("),
            "{path} makes script or markup of text"
        );
    }
    let page = std::fs::read_to_string(folder().join("index.html")).unwrap();
    for inline in ["style=", "<style", "onclick", "<script>"] {
        assert!(!page.contains(inline), "the policy lets no {inline} through");
    }
}

#[actix_web::test]
async fn the_service_worker_may_answer_for_the_page_above_it() {
    let world = World::new();
    let worker = world.ask(Ask::get("/verify/sw.js")).await;
    assert_eq!(worker.header("service-worker-allowed"), "/verify");
    let page = world.ask(Ask::get("/verify")).await;
    assert!(page.header("permissions-policy").starts_with("camera=(self), "));
}

#[actix_web::test]
async fn what_is_no_file_of_the_page_is_not_found() {
    let world = World::new();
    for path in [
        "/verify/",
        "/verify/nothing.js",
        "/verify/index.html",
        "/verify/../verify/page.js/",
        "/verify/README.md",
    ] {
        assert_eq!(world.ask(Ask::get(path)).await.problem(), "not_found", "{path}");
    }
    let answer = world.ask(Ask::post("/verify/page.js", &Value::Null)).await;
    assert_eq!(answer.status, 405);
    assert_eq!(answer.header("allow"), "GET, HEAD");
}

#[test]
fn vendored_files_are_the_ones_that_were_taken() {
    let mut sum = Sha256::new();
    for path in files("vendor") {
        sum.update(&path);
        sum.update(Sha256::digest(std::fs::read(folder().join(&path)).unwrap()));
    }
    assert_eq!(hex::encode(sum.finalize()), VENDORED_SHA256);
}
