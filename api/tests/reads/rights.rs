//! Who sees what. What may not be seen answers like what is not there.

use crate::fixtures::*;
use crate::world::{Ask, READER, UTILITY, WARD, World};
use schemas::Kind;

#[actix_web::test]
async fn every_route_but_the_open_ones_needs_a_credential() {
    let world = World::new();
    world.put(account(&world));
    let open = [
        "/v1/verify",
        "/v1/trust-list",
        "/v1/status-",
        "/s/",
        "/openapi.json",
        "/docs",
        "/verify",
        "/problems",
        "/healthz",
        "/readyz",
        "/metrics",
    ];
    for (method, pattern) in api::ROUTES {
        let id = citizen(&world).to_string();
        let path = pattern
            .replace("{citizen}", &id)
            .replace("{event}", &id)
            .replace("{id}", "d1")
            .replace("{code}", CODE);
        let ask = |path: &str| match *method {
            "post" => Ask::post(path, &serde_json::json!({})),
            _ => Ask::get(path),
        };
        let answer = world.ask(ask(&path)).await;
        if open.iter().any(|prefix| pattern.starts_with(prefix)) {
            assert_ne!(answer.status, 401, "{pattern}");
        } else {
            assert_eq!(answer.problem(), "unauthenticated", "{pattern}");
            assert_eq!(world.ask(ask(&path).by("cds_x_y")).await.problem(), "unauthenticated", "{pattern}");
        }
    }
}

#[actix_web::test]
async fn an_account_is_whole_for_read_all_and_masked_for_who_opened_it() {
    let world = World::new();
    world.put(account(&world));
    let path = format!("/v1/accounts/{}", citizen(&world));
    let whole = world.get(READER, &path).await.ok();
    assert_eq!(whole["number"], NUMBER);
    let own = world.get(WARD, &path).await.ok();
    assert_eq!(own["number"], "******000001");
    assert_eq!(own["phone"], PHONE);
    assert!(own.get("links").is_none());
    for body in [whole, own] {
        let text = body.to_string();
        assert!(!text.contains("secret-proof") && !text.contains("Mạo Danh"), "{text}");
    }
    let tags = [READER, WARD].map(|who| world.get(who, &path));
    let [one, other] = futures_util::future::join_all(tags).await.try_into().unwrap();
    assert_ne!(one.header("etag"), other.header("etag"));
    assert_eq!(world.get(UTILITY, &path).await.problem(), "not_found");
    assert_eq!(world.get(UTILITY, &format!("{path}/identity")).await.problem(), "not_found");
    assert_eq!(world.get(WARD, &format!("{path}/identity")).await.status, 200);
}

#[actix_web::test]
async fn an_applied_event_of_another_stream_shows_the_account_without_contacts_and_code() {
    let world = World::new();
    world.put(account(&world));
    world.put(history(citizen(&world), 5, Kind::BillIssued, UTILITY));
    let path = format!("/v1/accounts/{}", citizen(&world));
    let body = world.get(UTILITY, &path).await.ok();
    assert_eq!(body["full_name"], NAME);
    assert_eq!(body["number"], "******000001");
    for hidden in ["phone", "email", "address", "links"] {
        assert!(body.get(hidden).is_none(), "{hidden}");
    }
    assert_eq!(world.get(UTILITY, &format!("{path}/identity")).await.problem(), "not_found");
}

#[actix_web::test]
async fn an_applied_registration_shows_the_account_like_its_opener_s() {
    let world = World::new();
    world.put(account(&world));
    world.put(history(citizen(&world), 5, Kind::IdentityVerified, UTILITY));
    let path = format!("/v1/accounts/{}", citizen(&world));
    assert_eq!(world.get(UTILITY, &path).await.ok()["phone"], PHONE);
    assert_eq!(world.get(UTILITY, &format!("{path}/identity")).await.status, 200);
}

#[actix_web::test]
async fn a_refused_event_opens_nothing() {
    let world = World::new();
    world.put(account(&world));
    let mine = history(citizen(&world), 5, Kind::AccountRegistered, UTILITY);
    world.put(refused(mine, "already_active"));
    let path = format!("/v1/accounts/{}", citizen(&world));
    assert_eq!(world.get(UTILITY, &path).await.problem(), "not_found");
}

#[actix_web::test]
async fn an_agency_s_own_event_is_found_behind_hundreds_of_others() {
    let world = World::new();
    world.put(account(&world));
    for event in 0..450 {
        world.put(history(citizen(&world), 1_000 + event, Kind::BillIssued, WARD));
    }
    world.put(history(citizen(&world), 9_999, Kind::BillIssued, UTILITY));
    assert_eq!(world.get(UTILITY, &format!("/v1/accounts/{}", citizen(&world))).await.status, 200);
}

#[actix_web::test]
async fn rows_that_another_agency_sent_are_as_if_they_were_not_there() {
    let world = World::new();
    let owner = citizen(&world);
    world.put(document(owner, "d1", WARD));
    world.put(dossier(owner, CODE, WARD));
    world.put(dossier_code(owner, CODE));
    world.put(history(owner, 7, Kind::DossierFiled, WARD));
    world.put(appointment(owner, "a1", WARD));
    world.put(draft(owner, "D-1", vec![payment("P-1", 10_000, WARD)]));
    let event = format!("/v1/events/{owner}/00000000-0000-0000-0000-000000000007");
    let single = [format!("/v1/accounts/{owner}/documents/d1"), format!("/v1/dossiers/{CODE}"), event];
    for path in &single {
        assert_eq!(world.get(READER, path).await.status, 200, "{path}");
        assert_eq!(world.get(WARD, path).await.status, 200, "{path}");
        let refused = world.get(UTILITY, path).await;
        let unknown =
            path.replace(&owner.to_string(), &someone(1).to_string()).replace(CODE, "H17-220912-0009");
        let unknown = world.get(UTILITY, &unknown).await;
        assert_eq!(refused.problem(), unknown.problem(), "{path}");
        assert_eq!(refused.status, 404, "{path}");
    }
    for (listing, rows) in [("documents", 1), ("dossiers", 1), ("transactions", 2), ("history", 1)] {
        let path = format!("/v1/accounts/{owner}/{listing}");
        let mut counts = Vec::new();
        for who in [READER, WARD, UTILITY] {
            counts.push(world.get(who, &path).await.ok()["items"].as_array().unwrap().len());
        }
        assert_eq!(counts, [rows, rows, 0], "{listing}");
    }
}

#[actix_web::test]
async fn statistics_and_look_ups_need_their_scopes() {
    let world = World::new();
    let statistics = world.get(WARD, "/v1/statistics?from=2025-09-01&to=2025-09-02").await;
    assert_eq!(statistics.problem(), "scope_missing");
    let body = serde_json::json!({"number": NUMBER});
    let lookup = world.ask(Ask::post("/v1/lookup", &body).by(world.key(WARD))).await;
    assert_eq!(lookup.problem(), "scope_missing");
}
