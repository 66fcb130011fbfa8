//! Statistics: partitions merged, rates, what a public report hides.

use crate::fixtures::counts;
use crate::world::{Ask, READER, World};
use domain::rows::{Dimension, Measure};
use schemas::Stream;
use serde_json::{Value, json};

const TRANSACTIONS: Stream = Stream::Transactions;

fn filled() -> World {
    let world = World::new();
    let ward = Dimension::Ward;
    let received = Measure::DossiersReceived;
    let online = Measure::DossiersOnline;
    world.put(counts("2025-08-31", ward, "20194", (TRANSACTIONS, 0), &[(received, 50)]));
    world.put(counts("2025-09-01", ward, "20194", (TRANSACTIONS, 0), &[(received, 10), (online, 6)]));
    world.put(counts("2025-09-01", ward, "20194", (TRANSACTIONS, 5), &[(received, 8), (online, 3)]));
    world.put(counts("2025-09-01", ward, "20194", (Stream::Registrations, 2), &[(Measure::AccountsNew, 4)]));
    world.put(counts("2025-09-02", ward, "20194", (TRANSACTIONS, 0), &[(received, 6)]));
    world.put(counts("2025-09-02", ward, "20195", (TRANSACTIONS, 0), &[(received, 7), (online, 7)]));
    world.put(counts("2025-09-02", Dimension::City, "all", (TRANSACTIONS, 0), &[(received, 13)]));
    world.put(counts("2025-10-01", ward, "20194", (TRANSACTIONS, 0), &[(received, 5)]));
    world
}

async fn lines(world: &World, query: &str) -> Vec<Value> {
    let body = world.get(READER, &format!("/v1/statistics?{query}")).await.ok();
    body["lines"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn rows_of_partitions_streams_and_days_are_added_up() {
    let world = filled();
    let lines = lines(&world, "from=2025-09-01&to=2025-09-30&by=ward").await;
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["value"], "20194");
    assert_eq!(lines[0]["counts"], json!({"accounts_new": 4, "dossiers_received": 24, "dossiers_online": 9}));
    assert_eq!(lines[0]["rates"]["dossiers_online"], "37.50");
    assert_eq!(lines[0]["rates"]["dossiers_on_time"], "N/A");
    assert_eq!(lines[0]["rates"]["satisfaction_stars"], "N/A");
    assert_eq!(lines[1]["counts"]["dossiers_received"], 7);
    assert_eq!(lines[1]["rates"]["dossiers_online"], "100.00");
}

#[actix_web::test]
async fn a_line_covers_what_is_asked_for() {
    let world = filled();
    let days = lines(&world, "from=2025-08-31&to=2025-10-01&by=ward&value=20194&per=day").await;
    let when: Vec<&str> = days.iter().map(|line| line["when"].as_str().unwrap()).collect();
    assert_eq!(when, ["2025-08-31", "2025-09-01", "2025-09-02", "2025-10-01"]);
    let months = lines(&world, "from=2025-08-31&to=2025-10-01&by=ward&value=20194&per=month").await;
    let sums: Vec<_> = months
        .iter()
        .map(|line| (line["when"].as_str().unwrap(), &line["counts"]["dossiers_received"]))
        .collect();
    assert_eq!(sums, [("2025-08", &json!(50)), ("2025-09", &json!(24)), ("2025-10", &json!(5))]);
    let city = lines(&world, "from=2025-09-01&to=2025-09-30").await;
    assert_eq!(city[0]["value"], "all");
    assert_eq!(city[0]["counts"]["dossiers_received"], 13);
    assert_eq!(lines(&world, "from=2025-09-01&to=2025-09-30&by=team").await, [] as [Value; 0]);
}

#[actix_web::test]
async fn a_public_report_hides_counts_below_five_and_what_follows_from_them() {
    let world = filled();
    let line = &lines(&world, "from=2025-09-01&to=2025-09-30&by=ward&value=20194&public=true").await[0];
    assert_eq!(line["counts"], json!({"accounts_new": null, "dossiers_received": 24, "dossiers_online": 9}));
    let day =
        &lines(&world, "from=2025-09-01&to=2025-09-01&by=ward&value=20194&per=day&public=true").await[0];
    assert_eq!(day["rates"]["dossiers_online"], "50.00");
}

#[actix_web::test]
async fn statistics_that_the_caller_has_are_304_until_a_partition_counts_on() {
    let world = filled();
    let path = "/v1/statistics?from=2025-09-01&to=2025-09-30&by=ward";
    let tag = world.get(READER, path).await.header("etag").to_owned();
    let again = async || world.ask(Ask::get(path).by(world.key(READER)).with("if-none-match", &tag)).await;
    assert_eq!(again().await.status, 304);
    let row =
        counts("2025-09-02", Dimension::Ward, "20194", (TRANSACTIONS, 0), &[(Measure::DossiersReceived, 7)]);
    world.put(row);
    assert_eq!(again().await.status, 200);
}

#[actix_web::test]
async fn a_year_is_the_most_and_a_leap_year_fits() {
    let world = World::new();
    let ask = async |query: &str| world.get(READER, &format!("/v1/statistics?{query}")).await;
    assert_eq!(ask("from=2024-01-01&to=2024-12-31").await.status, 200);
    assert_eq!(ask("from=2024-01-01&to=2025-01-01").await.problem(), "invalid_parameter");
}

#[actix_web::test]
async fn an_answer_of_too_many_lines_is_refused() {
    let world = World::new();
    for ward in 0..20_001 {
        let value = format!("w{ward:05}");
        world.put(counts(
            "2025-09-01",
            Dimension::Agency,
            &value,
            (TRANSACTIONS, 0),
            &[(Measure::Visits, 1)],
        ));
    }
    let answer = world.get(READER, "/v1/statistics?from=2025-09-01&to=2025-09-01&by=agency").await;
    assert_eq!(answer.problem(), "invalid_parameter");
    assert_eq!(answer.json()["limit_lines"], 20_000);
}
