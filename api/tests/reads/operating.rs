//! For those who run it.

use crate::fixtures::{account, citizen};
use crate::world::{Ask, READER, World};
use api::Surface;
use projections::hostile::HostileOptions;
use serde_json::Value;

#[actix_web::test]
async fn a_process_that_lives_and_works_says_so() {
    let world = World::new();
    assert_eq!(world.ask(Ask::get("/healthz")).await.ok()["status"], "alive");
    assert_eq!(world.ask(Ask::get("/readyz")).await.ok()["status"], "ready");
    *world.ready.lock().unwrap() = Err("registrations:3 has stopped".to_owned());
    let answer = world.ask(Ask::get("/readyz")).await;
    assert_eq!(answer.problem(), "not_ready");
    assert_eq!(answer.json()["detail"], "registrations:3 has stopped");
    assert_eq!(world.ask(Ask::get("/healthz")).await.status, 200);
}

#[actix_web::test]
async fn metrics_are_shown_in_the_text_format_with_every_series_from_the_start() {
    let world = World::new();
    let answer = world.ask(Ask::get("/metrics")).await;
    assert!(answer.header("content-type").starts_with("text/plain"));
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    for line in [
        "congdanso_api_not_modified_total 0",
        "congdanso_api_lookups_total{by=\"phone\",result=\"found\"} 0",
        "congdanso_api_verifications_total{verdict=\"bad_signature\"} 0",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} not in {text}");
    }
}

#[actix_web::test]
async fn requests_are_counted_by_route_and_never_by_path() {
    let world = World::new();
    let id = citizen(&world).to_string();
    for (method, pattern) in api::ROUTES.iter().filter(|(method, _)| *method == "get") {
        let path = pattern.replace("{citizen}", &id).replace("{event}", &id).replace("{id}", "d1");
        let path = path.replace("{code}", "H17-220912-0001");
        world.ask(Ask::get(&path)).await;
        let label = format!("pattern=\"{pattern}\"");
        let metrics = world.ask(Ask::get("/metrics")).await;
        let text = String::from_utf8(metrics.body.to_vec()).unwrap();
        assert!(text.contains(&label), "{method} {pattern}");
        assert!(!text.contains(&id), "{method} {pattern}");
    }
}

#[actix_web::test]
async fn a_store_that_does_not_answer_is_503_with_when_to_come_back() {
    let world = World::new();
    world.put(account(&world));
    world.store.set_weather(HostileOptions { read_timeouts_per_mille: 1_000, ..HostileOptions::calm() });
    let answer = world.get(READER, &format!("/v1/accounts/{}", citizen(&world))).await;
    assert_eq!(answer.problem(), "read_unavailable");
    assert_eq!(answer.header("retry-after"), "1");
}

#[actix_web::test]
async fn every_problem_is_explained() {
    let world = World::new();
    let all = world.ask(Ask::get("/problems")).await.ok();
    assert_eq!(all.as_array().unwrap().len(), access::Code::ALL.len());
    let one = world.ask(Ask::get("/problems/identity_absent")).await.ok();
    assert_eq!(one["status"], 404);
    assert_eq!(one["type"], "urn:congdanso:problem:identity_absent");
    assert_eq!(world.ask(Ask::get("/problems/none")).await.problem(), "not_found");
}

#[actix_web::test]
async fn a_role_has_its_own_routes_and_no_others() {
    let world = World::new();
    let always = ["/healthz", "/readyz", "/metrics", "/problems", "/problems/{code}"];
    let outcome = "/v1/events/{citizen}/{event}";
    let asked = |method: &str, pattern: &str| {
        let path = pattern.replace("{code}", "not_found").replace(['{', '}'], "");
        if method == "post" { Ask::post(&path, &Value::Null) } else { Ask::get(&path) }
    };
    for surface in [Surface::Signing, Surface::Intake] {
        for (method, pattern) in api::ROUTES {
            let is_its_own = match surface {
                Surface::Signing => api::SIGNED.contains(pattern),
                _ => *pattern == outcome,
            };
            if !is_its_own && !always.contains(pattern) {
                let answer = world.ask_as(surface, asked(method, pattern)).await;
                assert_eq!(answer.problem(), "not_found", "{surface:?} has {pattern}");
            }
        }
        for path in ["/healthz", "/readyz", "/metrics", "/problems", "/problems/not_found"] {
            assert_eq!(world.ask_as(surface, Ask::get(path)).await.status, 200, "{surface:?} lacks {path}");
        }
    }
    let presentations = asked("post", "/v1/accounts/{citizen}/presentations");
    assert_eq!(world.ask_as(Surface::Signing, presentations).await.problem(), "unauthenticated");
    let lists = world.ask_as(Surface::Signing, Ask::get("/v1/status-lists")).await;
    assert_eq!(lists.problem(), "read_unavailable", "it is there, and nothing is signed yet");
    assert_eq!(world.ask_as(Surface::Intake, asked("get", outcome)).await.problem(), "unauthenticated");
}
