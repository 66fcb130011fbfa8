//! Topics are made as they must be, and what differs is told.

use crate::{STACK, city};
use event_log::EventLog;
use event_log::conformance::PARTITIONS;
use event_log_kafka::{Difference, KafkaLog, OpenError, TopicNames, check, ensure};
use live::{City, awaited};
use prometheus::Registry;
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

/// Sets a topic as the program makes it, but for one setting.
fn set_but_for(name: &str, setting: &str, value: &str) {
    let mut alter = AlterConfig::new(ResourceSpecifier::Topic(name));
    for (usual, good) in [
        ("retention.ms", "-1"),
        ("retention.bytes", "-1"),
        ("cleanup.policy", "delete"),
        ("unclean.leader.election.enable", "false"),
        ("min.insync.replicas", "1"),
    ] {
        alter = alter.set(usual, if usual == setting { value } else { good });
    }
    if setting == "max.message.bytes" {
        alter = alter.set(setting, value);
    }
    let altered = futures_executor::block_on(admin().alter_configs([&alter], &AdminOptions::new()))
        .expect("the broker answers");
    altered[0].as_ref().expect("the topic is altered");
}

/// Why the log does not open, once the broker has heard of what was altered.
fn refusal(city: &City, wanted: &Difference) -> OpenError {
    awaited("the refusal", || match city.open(1) {
        Err(error @ OpenError::Differs { .. }) => {
            let OpenError::Differs { differences } = &error else { return None };
            (differences == std::slice::from_ref(wanted)).then_some(error)
        }
        _ => None,
    })
}

#[test]
fn a_log_does_not_open_on_a_topic_with_a_wrong_setting_and_says_which() {
    let city = city();
    let name = TopicNames::new(&city.options.city).name(Topic::Stream(Stream::Documents), 0);
    for (setting, value, wanted) in [
        ("retention.ms", "604800000", "-1"),
        ("retention.bytes", "1073741824", "-1"),
        ("cleanup.policy", "compact", "delete"),
        ("unclean.leader.election.enable", "true", "false"),
        ("min.insync.replicas", "2", "1"),
        ("max.message.bytes", "65536", "at least 147456"),
    ] {
        set_but_for(&name, setting, value);
        let difference = Difference {
            topic: name.clone(),
            what: setting.to_owned(),
            wanted: wanted.to_owned(),
            is: value.to_owned(),
        };
        let error = refusal(&city, &difference);
        let told =
            format!("topics are not as they should be: {name}: {setting} is {value}, {wanted} is wanted");
        assert_eq!(error.to_string(), told);
        assert!(!error.is_retryable(), "{told}");
        assert!(check(&city.options, PARTITIONS, 1).unwrap().differences.contains(&difference));
    }
    set_but_for(&name, "", "");
    awaited("the log, as the topic is set right again", || city.open(1).ok());
}

#[test]
fn a_log_does_not_open_on_topics_with_too_few_copies_or_other_partitions() {
    let city = city();
    let Err(OpenError::Differs { differences }) = city.open(3) else { panic!("one copy is not three") };
    let told: Vec<_> = differences.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2 * Topic::ALL.len(), "{told:?}");
    for topic in Topic::ALL {
        let name = TopicNames::new(&city.options.city).name(topic, 0);
        for words in ["replication is 1, 3 is wanted", "min.insync.replicas is 1, 2 is wanted"] {
            assert!(told.contains(&format!("{name}: {words}")), "{told:?}");
        }
    }
    let wanted = PARTITIONS + 1;
    let opened = KafkaLog::open(city.options.clone(), wanted, 1, &Registry::new());
    let Err(OpenError::Differs { differences }) = opened else { panic!("{PARTITIONS} are not {wanted}") };
    // The control topic has one partition, whatever the others have.
    assert_eq!(differences.len(), Topic::ALL.len() - 1, "{differences:?}");
    let told = differences[0].to_string();
    assert!(told.ends_with(&format!(": partitions is {PARTITIONS}, {wanted} is wanted")), "{told}");
}

#[test]
fn the_program_does_not_start_on_a_topic_with_a_wrong_setting_and_says_which() {
    let city = city();
    let name = TopicNames::new(&city.options.city).name(Topic::Stream(Stream::Registrations), 0);
    set_but_for(&name, "retention.ms", "604800000");
    let words = format!("{name}: retention.ms is 604800000, -1 is wanted");
    let folder = flow::folder::Folder::new().unwrap();
    let config = format!(
        "log.backend = \"kafka\"\nlog.kafka.bootstrap_servers = \"{}\"\nlog.kafka.city = \"{}\"\nlog.partitions = {PARTITIONS}\n",
        city.options.bootstrap_servers, city.options.city
    );
    let config = folder.write("wrong.toml", &config).unwrap();
    let arguments = ["--config", flow::folder::text(&config)];
    awaited("the difference, told by `topics check`", || {
        let checked =
            flow::process::run(&folder.data(), &[&arguments[..], &["topics", "check"]].concat()).unwrap();
        checked.out.contains(&words).then_some(())
    });
    let Err(error) = flow::process::Up::start(&folder.data(), &arguments) else { panic!("it serves") };
    assert!(error.to_string().contains(&words), "{error}");
    assert!(!folder.data().join("keys").exists(), "something was made beside a log that did not open");
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
    assert_eq!(
        log.layout(Topic::DeadLetters(Stream::Registrations)).epoch,
        4,
        "dead letters beside their stream"
    );
    assert_eq!(log.layout(Topic::Control).epoch, 0);
    assert_eq!(log.topic_name(registrations), format!("{}.registrations.v5", city.options.city));
}
