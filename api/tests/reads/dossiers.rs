//! Dossiers by owner and by code.

use crate::fixtures::{CODE, citizen, dossier, dossier_code, draft, payment, someone};
use crate::world::{Ask, READER, UTILITY, WARD, World};
use domain::rows::DossierRow;

#[actix_web::test]
async fn a_dossier_is_read_by_its_code_with_the_payments_for_its_draft() {
    let world = World::new();
    let owner = citizen(&world);
    world.put(dossier(owner, CODE, WARD));
    world.put(dossier_code(owner, CODE));
    world.put(draft(owner, "D-1", vec![payment("P-1", 30_000, UTILITY)]));
    world.put(draft(owner, "D-2", vec![payment("P-7", 1, UTILITY)]));
    let body = world.get(READER, &format!("/v1/dossiers/{CODE}")).await.ok();
    assert_eq!(body["contested"], false);
    let dossier = &body["dossiers"][0];
    assert_eq!(dossier["status_vi"], "Đang xử lý");
    assert_eq!(dossier["moves"][0]["how"], "moved");
    assert_eq!(dossier["components"][0]["reused"], true);
    assert_eq!(dossier["payments"][0]["payment_id"], "P-2");
    let joined = dossier["draft_payments"].as_array().unwrap();
    assert_eq!(joined.len(), 1);
    assert_eq!(joined[0]["payment_id"], "P-1");
    let listed = world.get(WARD, &format!("/v1/accounts/{owner}/dossiers")).await.ok();
    assert_eq!(&listed["items"][0], dossier);
}

#[actix_web::test]
async fn a_payment_for_the_draft_changes_the_tag() {
    let world = World::new();
    let owner = citizen(&world);
    world.put(dossier(owner, CODE, WARD));
    world.put(dossier_code(owner, CODE));
    for path in [format!("/v1/dossiers/{CODE}"), format!("/v1/accounts/{owner}/dossiers")] {
        let tag = world.get(READER, &path).await.header("etag").to_owned();
        let again =
            async || world.ask(Ask::get(&path).by(world.key(READER)).with("if-none-match", &tag)).await;
        assert_eq!(again().await.status, 304);
        world.put(draft(owner, "D-1", vec![payment("P-1", 30_000, UTILITY)]));
        assert_eq!(again().await.status, 200);
    }
}

#[actix_web::test]
async fn two_owners_of_one_code_are_both_shown_to_read_all_and_flagged() {
    let world = World::new();
    let owner = citizen(&world);
    world.put(dossier(owner, CODE, WARD));
    world.put(dossier(someone(4), CODE, UTILITY));
    world.put(dossier_code(owner, CODE));
    world.put(dossier_code(someone(4), CODE));
    let body = world.get(READER, &format!("/v1/dossiers/{CODE}")).await.ok();
    assert_eq!(body["contested"], true);
    assert_eq!(body["dossiers"].as_array().unwrap().len(), 2);
    let own = world.get(UTILITY, &format!("/v1/dossiers/{CODE}")).await.ok();
    assert_eq!(own["contested"], false, "what another agency sent is no news for this one");
    assert_eq!(own["dossiers"][0]["citizen_id"], someone(4).to_string());
    assert_eq!(own["dossiers"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn every_status_has_a_name_in_both_languages() {
    let world = World::new();
    let owner = citizen(&world);
    for status in 0..=10 {
        world.put(DossierRow { status, ..dossier(owner, &format!("H17-220912-{status:04}"), WARD) });
    }
    let body = world.get(READER, &format!("/v1/accounts/{owner}/dossiers")).await.ok();
    let named = |item: &&serde_json::Value| item["status_vi"] != "" && item["status_en"] != "";
    assert_eq!(body["items"].as_array().unwrap().iter().filter(named).count(), 11);
}
