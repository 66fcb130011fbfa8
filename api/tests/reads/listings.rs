//! Listings: all rows once, filters, cursors, tags.

use crate::fixtures::*;
use crate::world::{Ask, READER, UTILITY, WARD, World};
use domain::rows::{DocumentRow, DocumentStatus, FeedbackRow, FeedbackStatus};
use schemas::Kind;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// All items of a listing, page by page; every page but the last is full.
async fn all(world: &World, who: &str, path: &str, limit: usize) -> Vec<Value> {
    let mut items = Vec::new();
    let sign = if path.contains('?') { '&' } else { '?' };
    let mut page = format!("{path}{sign}limit={limit}");
    loop {
        let body = world.get(who, &page).await.ok();
        let got = body["items"].as_array().unwrap();
        items.extend(got.iter().cloned());
        let Some(next) = body["next"].as_str() else { return items };
        assert_eq!(got.len(), limit);
        page = format!("{path}{sign}limit={limit}&cursor={next}");
    }
}

#[actix_web::test]
async fn five_hundred_papers_are_paged_through_without_loss_or_repeat() {
    let world = World::new();
    let owner = citizen(&world);
    for n in 0..500 {
        let filer = if n % 5 == 0 { WARD } else { UTILITY };
        world.put(document(owner, &format!("d{n:03}"), filer));
    }
    world.put(document(someone(1), "other", WARD));
    let path = format!("/v1/accounts/{owner}/documents");
    for limit in [7, 50, 200] {
        let items = all(&world, READER, &path, limit).await;
        let ids: BTreeSet<&str> = items.iter().map(|item| item["document_id"].as_str().unwrap()).collect();
        assert_eq!((items.len(), ids.len()), (500, 500), "limit {limit}");
        let own = all(&world, WARD, &path, limit).await;
        assert_eq!(own.len(), 100, "limit {limit}");
        assert!(own.iter().all(|item| item["filer"] == WARD));
    }
    assert_eq!(world.get(READER, &path).await.ok()["items"].as_array().unwrap().len(), 50);
}

#[actix_web::test]
async fn a_page_of_few_own_rows_among_thousands_ends_early_and_goes_on() {
    let world = World::new();
    let owner = citizen(&world);
    for n in 0..2_500 {
        world.put(document(owner, &format!("d{n:04}"), if n % 1_000 == 999 { WARD } else { UTILITY }));
    }
    let path = format!("/v1/accounts/{owner}/documents");
    let first = world.get(WARD, &path).await.ok();
    let next = first["next"].as_str().unwrap();
    let second = world.get(WARD, &format!("{path}?cursor={next}")).await.ok();
    assert!(second.get("next").is_none());
    let count = |page: &Value| page["items"].as_array().unwrap().len();
    assert_eq!(count(&first) + count(&second), 2);
}

#[actix_web::test]
async fn papers_are_shown_with_their_versions_and_filtered() {
    let world = World::new();
    let owner = citizen(&world);
    world.put(document(owner, "d1", WARD));
    world.put(DocumentRow { document_kind: "ho_chieu".to_owned(), ..document(owner, "d2", WARD) });
    let gone = DocumentRow {
        status: DocumentStatus::Withdrawn,
        status_cause: "mistake".to_owned(),
        ..document(owner, "d3", WARD)
    };
    world.put(gone);
    let path = format!("/v1/accounts/{owner}/documents");
    let ids = |body: Value| -> Vec<String> {
        let items = body["items"].as_array().unwrap();
        items.iter().map(|item| item["document_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(world.get(READER, &path).await.ok()), ["d1", "d2"]);
    assert_eq!(ids(world.get(READER, &format!("{path}?withdrawn=true")).await.ok()), ["d1", "d2", "d3"]);
    assert_eq!(ids(world.get(READER, &format!("{path}?kind=ho_chieu")).await.ok()), ["d2"]);
    let paper = world.get(READER, &format!("{path}/d1")).await.ok();
    assert_eq!(paper["kind_vi"], "Giấy khai sinh");
    assert_eq!(paper["versions"][0]["filed_on"], "2025-09-03");
    assert_eq!(paper["versions"][0]["content"]["bytes"], 1_234);
    assert_eq!(paper["versions"][0]["certificates"][0]["certificate"], "CT-1");
    let gone = world.get(READER, &format!("{path}/d3")).await.ok();
    assert_eq!((&gone["status"], &gone["status_cause"]), (&json!("withdrawn"), &json!("mistake")));
    assert_eq!(world.get(READER, &format!("{path}/d9")).await.problem(), "not_found");
}

#[actix_web::test]
async fn transactions_of_all_kinds_are_merged_in_a_fixed_order() {
    let world = World::new();
    let owner = citizen(&world);
    world.put(rating(owner, "r1", WARD));
    world.put(feedback(owner, "f1", WARD));
    world.put(visit(owner, "v1", WARD));
    world.put(appointment(owner, "a1", WARD));
    world.put(draft(owner, "D-1", vec![payment("P-1", 10_000, UTILITY), payment("P-2", 5_000, WARD)]));
    world.put(bill(owner, "PC-2", UTILITY));
    world.put(bill(owner, "PC-1", UTILITY));
    let path = format!("/v1/accounts/{owner}/transactions");
    let expected = ["bill", "bill", "payment", "appointment", "visit", "feedback", "rating"];
    for limit in [1, 2, 3, 200] {
        let items = all(&world, READER, &path, limit).await;
        let kinds: Vec<&str> = items.iter().map(|item| item["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, expected, "limit {limit}");
        assert_eq!((&items[0]["contract"], &items[1]["contract"]), (&json!("PC-1"), &json!("PC-2")));
        assert_eq!(items[2]["balance"], 15_000);
        assert_eq!(items[0]["payments"][0]["amount"], 300_000);
        assert_eq!(items[3]["sender"], WARD);
    }
    let visits = all(&world, READER, &format!("{path}?kind=visit"), 1).await;
    assert_eq!(visits.len(), 1);
    let drafts = all(&world, UTILITY, &format!("{path}?kind=payment"), 5).await;
    assert_eq!(drafts[0]["payments"].as_array().unwrap().len(), 1, "another agency's payment is not shown");
    assert_eq!(drafts[0]["balance"], 10_000);
}

#[actix_web::test]
async fn feedback_shows_when_each_step_is_due() {
    let world = World::new();
    let owner = citizen(&world);
    world.put(feedback(owner, "f1", WARD));
    let answered = FeedbackRow {
        status: FeedbackStatus::Resolved,
        answered_at: at("2025-09-19T08:00:00+07:00"),
        ..feedback(owner, "f2", WARD)
    };
    world.put(answered);
    let body = world.get(READER, &format!("/v1/accounts/{owner}/transactions")).await.ok();
    let first =
        json!({"refuse_by": "2025-09-16", "ask_supplement_by": "2025-09-19", "resolve_by": "2025-10-03"});
    assert_eq!(body["items"][0]["due"], first);
    assert_eq!(body["items"][1]["due"]["publish_by"], "2025-09-23");
    assert_eq!(body["items"][1]["answered_at"], "2025-09-19T01:00:00.000000Z");
    assert!(body["items"][0].get("answered_at").is_none());
}

#[actix_web::test]
async fn history_has_the_three_streams_and_can_be_one_of_them() {
    let world = World::new();
    let owner = citizen(&world);
    world.put(history(owner, 11, Kind::AccountRegistered, WARD));
    world.put(history(owner, 12, Kind::DocumentFiled, WARD));
    world.put(refused(history(owner, 13, Kind::BillIssued, UTILITY), "amount_not_positive"));
    let path = format!("/v1/accounts/{owner}/history");
    let items = all(&world, READER, &path, 2).await;
    let kinds: BTreeSet<&str> = items.iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, BTreeSet::from(["AccountRegistered", "BillIssued", "DocumentFiled"]));
    let only = all(&world, READER, &format!("{path}?stream=transactions"), 2).await;
    assert_eq!(only.len(), 1);
    assert_eq!(only[0]["outcome"], "refused");
    assert_eq!(only[0]["reason"], "amount_not_positive");
    assert_eq!(only[0]["reason_vi"], "Số tiền phải lớn hơn 0.");
    assert_eq!(only[0]["accepted_at"], "2025-09-11T01:00:00.000000Z");
    assert_eq!(all(&world, UTILITY, &path, 1).await.len(), 1);
}

#[actix_web::test]
async fn a_page_that_the_caller_has_is_304_until_one_of_its_rows_changes() {
    let world = World::new();
    let owner = citizen(&world);
    world.put(document(owner, "d1", WARD));
    world.put(document(owner, "d2", WARD));
    let path = format!("/v1/accounts/{owner}/documents");
    let tag = world.get(READER, &path).await.header("etag").to_owned();
    let again = async || world.ask(Ask::get(&path).by(world.key(READER)).with("if-none-match", &tag)).await;
    assert_eq!(again().await.status, 304);
    world.put(document(owner, "d2", WARD));
    assert_eq!(again().await.status, 200);
}

#[actix_web::test]
async fn a_cursor_of_another_listing_or_owner_or_filter_is_refused() {
    let world = World::new();
    let owner = citizen(&world);
    for id in ["d1", "d2", "d3"] {
        world.put(document(owner, id, WARD));
    }
    let path = format!("/v1/accounts/{owner}/documents");
    let body = world.get(READER, &format!("{path}?limit=1")).await.ok();
    let cursor = body["next"].as_str().unwrap();
    assert_eq!(world.get(READER, &format!("{path}?cursor={cursor}")).await.status, 200);
    let elsewhere = [
        format!("/v1/accounts/{}/documents?cursor={cursor}", someone(1)),
        format!("{path}?withdrawn=true&cursor={cursor}"),
        format!("/v1/accounts/{owner}/history?cursor={cursor}"),
        format!("/v1/accounts/{owner}/transactions?cursor={cursor}"),
        format!("/v1/accounts/{owner}/dossiers?cursor={cursor}"),
        format!("{path}?cursor={cursor}x"),
        format!("{path}?cursor=B{}", &cursor[1..]),
        format!("{path}?cursor="),
    ];
    for path in elsewhere {
        assert_eq!(world.get(READER, &path).await.problem(), "invalid_cursor", "{path}");
    }
}
