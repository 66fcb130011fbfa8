//! Topics are made as they must be, and what differs is told.

use crate::{STACK, city};
use event_log::EventLog;
use event_log::conformance::PARTITIONS;
use event_log_kafka::{Difference, TopicNames, check, ensure};
use live::City;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use schemas::{Stream, Topic};

fn admin() -> AdminClient<DefaultClientContext> {
    ClientConfig::new()
        .set("bootstrap.servers", STACK.bootstrap_servers())
        .create()
        .expect("a client is made")
}

#[test]
fn topics_that_are_missing_are_told_one_by_one_and_made_once() {
    let city = City::founded(&STACK.bootstrap_servers(), 1);
    let before = check(&city.options, PARTITIONS, 1).unwrap();
    assert_eq!(before.differences.len(), Topic::ALL.len(), "{before:?}");
    assert!(before.differences.iter().all(|difference| difference.is == "missing"), "{before:?}");

    let made = ensure(&city.options, PARTITIONS, 1, &|_| 0).unwrap();
    assert!(made.is_good() && made.made.len() == Topic::ALL.len(), "{made:?}");
    let again = ensure(&city.options, PARTITIONS, 1, &|_| 0).unwrap();
    assert!(again.is_good() && again.made.is_empty(), "{again:?}");
    assert!(check(&city.options, PARTITIONS, 1).unwrap().is_good());
}

#[test]
fn partitions_replication_and_settings_that_differ_are_told_with_both_values() {
    let city = city();
    let name = TopicNames::new(&city.options.city).name(Topic::Stream(Stream::Documents), 0);
    let alter = AlterConfig::new(ResourceSpecifier::Topic(&name))
        .set("retention.ms", "60000")
        .set("cleanup.policy", "compact");
    futures_executor::block_on(admin().alter_configs([&alter], &AdminOptions::new())).unwrap()[0]
        .as_ref()
        .unwrap();

    let report = check(&city.options, PARTITIONS + 1, 3).unwrap();
    let difference = |what: &str, wanted: &str, is: &str| Difference {
        topic: name.clone(),
        what: what.to_owned(),
        wanted: wanted.to_owned(),
        is: is.to_owned(),
    };
    for wanted in [
        difference("partitions", "5", "4"),
        difference("replication", "3", "1"),
        difference("min.insync.replicas", "2", "1"),
        difference("retention.ms", "-1", "60000"),
        difference("cleanup.policy", "delete", "compact"),
    ] {
        assert!(report.differences.contains(&wanted), "{wanted} is not in {report:?}");
    }
    let fewer = check(&city.options, PARTITIONS, 1).unwrap();
    let of_documents = fewer.differences.iter().filter(|difference| difference.topic == name).count();
    // Altering replaces all settings of a topic, so those that are the broker's own defaults may differ as well.
    assert!(of_documents >= 2 && of_documents == fewer.differences.len(), "{fewer:?}");
}

#[test]
fn a_topic_made_under_the_next_number_is_the_next_epoch() {
    let city = City::founded(&STACK.bootstrap_servers(), 1);
    let registrations = Topic::Stream(Stream::Registrations);
    let report =
        ensure(&city.options, PARTITIONS, 1, &|topic| if topic == registrations { 4 } else { 0 }).unwrap();
    assert!(report.is_good(), "{report:?}");
    let log = city.log();
    assert_eq!(log.layout(registrations).epoch, 4);
    assert_eq!(log.layout(Topic::Control).epoch, 0);
    assert_eq!(log.topic_name(registrations), format!("{}.registrations.v5", city.options.city));
}
