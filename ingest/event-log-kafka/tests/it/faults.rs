//! Requests that fail, brokers that are gone, answers that take long.

use crate::members::{Reader, joined};
use crate::mock::{BROKERS, Mock, Patience, SOON, append, records, registrations, registrations_name, texts};
use event_log::{AppendError, EventLog, ReadError};
use event_log_kafka::{KafkaLog, OpenError, Options, Secrets};
use prometheus::Registry;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use std::time::Duration;

#[test]
fn an_append_whose_requests_fail_for_a_while_is_there_once_and_in_order() {
    let mock = Mock::new();
    // One request at a time: the mock takes what is sent again in any order, where a broker holds it against the sequence.
    let alone = ("max.in.flight.requests.per.connection".to_owned(), "1".to_owned());
    let log = mock.open_with(Options { settings: Secrets([alone].into()), ..mock.options() });
    append(&*log, records(registrations(0), "before", 2)).unwrap();
    mock.order(|cluster| {
        use RDKafkaRespErr::*;
        let errors = [
            RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        ];
        cluster.request_errors(RDKafkaApiKey::Produce, &errors);
    });
    let offsets = append(&*log, records(registrations(0), "after", 50)).unwrap();
    assert_eq!(offsets, (2..52).collect::<Vec<_>>());
    let wanted: Vec<_> = (0..50).map(|n| format!("after-{n}")).collect();
    assert_eq!(texts(&*log, registrations(0))[2..], wanted);
}

#[test]
fn an_append_that_the_brokers_refuse_says_that_its_outcome_is_unknown_and_is_counted() {
    let mock = Mock::new();
    let registry = Registry::new();
    let log = KafkaLog::open_unchecked(mock.options(), &registry).unwrap();
    mock.order(|cluster| {
        let refused = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
        cluster.request_errors(RDKafkaApiKey::Produce, &[refused]);
    });
    let error = append(&*log, records(registrations(1), "a", 1)).unwrap_err();
    assert!(matches!(error, AppendError::Unknown { .. }) && error.is_retryable(), "{error}");
    let families = registry.gather();
    let family = families.iter().find(|family| family.name() == "congdanso_log_append_errors_total").unwrap();
    let unknown =
        family.get_metric().iter().find(|metric| metric.get_label()[0].value() == "unknown").unwrap();
    assert_eq!(unknown.get_counter().get_value(), 1.0);
}

#[test]
fn without_brokers_appends_are_unknown_and_a_repeat_succeeds_when_they_are_back() {
    let mock = Mock::new();
    let log = mock.open_with(Options { append_timeout: SOON, read_timeout: SOON, ..mock.options() });
    append(&*log, records(registrations(0), "a", 1)).unwrap();
    mock.all_down();
    let error = append(&*log, records(registrations(0), "b", 1)).unwrap_err();
    assert!(matches!(error, AppendError::Unknown { .. }), "{error}");
    let error = log.bounds(registrations(0)).unwrap_err();
    assert!(matches!(error, ReadError::Unavailable { .. }) && error.is_retryable(), "{error}");
    let error = log.read(registrations(0), 0, 10, 1_000).unwrap_err();
    assert!(error.is_retryable(), "{error}");

    mock.all_up();
    let patience = Patience::for_("an answer of the brokers that are back");
    let offset = loop {
        patience.check();
        match append(&*log, records(registrations(0), "b", 1)) {
            Ok(offsets) => break offsets[0],
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    };
    let read = loop {
        patience.check();
        match log.read(registrations(0), offset, 10, 1_000) {
            Ok(read) => break read,
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    };
    assert_eq!(&read[0].value[..], b"b-0");
}

#[test]
fn a_full_queue_takes_nothing_and_is_free_again_after_the_deliveries() {
    let mock = Mock::new();
    let log = mock.open_with(Options { queue_records_max: 10, ..mock.options() });
    let too_many = append(&*log, records(registrations(0), "too-many", 11)).unwrap_err();
    assert!(matches!(too_many, AppendError::Invalid { .. }), "{too_many}");

    mock.all_down();
    let waiting = log.append(records(registrations(0), "a", 10));
    let busy = append(&*log, records(registrations(0), "b", 1)).unwrap_err();
    assert!(matches!(busy, AppendError::Busy), "{busy}");
    mock.all_up();
    assert_eq!(futures_executor::block_on(waiting).unwrap().len(), 10);
    append(&*log, records(registrations(0), "c", 10)).unwrap();
    let texts = texts(&*log, registrations(0));
    assert_eq!(texts.len(), 20);
    assert!(!texts.iter().any(|text| text.starts_with('b') || text.starts_with('t')), "{texts:?}");
}

#[test]
fn slow_answers_change_nothing_but_time() {
    let mock = Mock::new();
    let log = mock.open_with(mock.options());
    mock.order(|cluster| {
        for id in 1..=BROKERS {
            cluster.broker_round_trip_time(id, Duration::from_millis(200)).expect("a delay is set");
        }
    });
    for round in 0..3 {
        append(&*log, records(registrations(2), &format!("{round}"), 5)).unwrap();
    }
    assert_eq!(log.bounds(registrations(2)).unwrap().end, 15);
    let wanted: Vec<_> = (0..15).map(|n| format!("{}-{}", n / 5, n % 5)).collect();
    assert_eq!(texts(&*log, registrations(2)), wanted);
}

#[test]
fn a_reader_goes_on_after_fetches_that_failed() {
    let mock = Mock::new();
    let log = mock.open_with(mock.options());
    append(&*log, records(registrations(0), "a", 20)).unwrap();
    mock.order(|cluster| {
        use RDKafkaRespErr::*;
        let errors = [RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART];
        cluster.request_errors(RDKafkaApiKey::Fetch, &errors);
    });
    assert_eq!(texts(&*log, registrations(0)).len(), 20);
}

/// Who leads is kept for minutes by a client that neither produces to a topic nor fetches it.
#[test]
fn the_ends_of_a_partition_are_told_when_its_leader_is_gone_and_another_leads() {
    let mock = Mock::new();
    let log = mock.open_with(mock.options());
    mock.order(|cluster| {
        cluster.partition_leader(&registrations_name(), 0, Some(1)).expect("a leader is set")
    });
    assert_eq!(log.bounds(registrations(0)).unwrap().end, 0);
    mock.order(|cluster| {
        cluster.partition_leader(&registrations_name(), 0, Some(2)).expect("a leader is set");
        cluster.broker_down(1).expect("a broker goes down");
    });
    for _ in 0..3 {
        assert_eq!(log.bounds(registrations(0)).unwrap().end, 0);
    }
}

#[test]
fn a_member_reads_each_record_once_while_brokers_come_and_go() {
    const ROUNDS: usize = 4;
    let mock = Mock::new();
    let log = mock.open_with(mock.options());
    let mut reader = Reader::new(joined(&*log));
    for round in 0..ROUNDS {
        let down = i32::try_from(round).unwrap() % BROKERS + 1;
        mock.order(move |cluster| cluster.broker_down(down).expect("a broker goes down"));
        mock.order(move |cluster| cluster.broker_up(down).expect("a broker comes up"));
        append(&*log, records(registrations(3), &format!("{round}"), 10)).unwrap();
        reader.read_until((round as u64 + 1) * 10);
    }
    reader.member.close();
}

#[test]
fn a_member_closes_when_all_brokers_are_gone() {
    let mock = Mock::new();
    let log = mock.open_with(mock.options());
    let member = joined(&*log);
    mock.all_down();
    member.close();
}

#[test]
fn a_log_without_its_topics_or_without_brokers_does_not_open_and_says_why() {
    let mock = Mock::empty();
    let Err(error) = KafkaLog::open_unchecked(mock.options(), &Registry::new()) else {
        panic!("there are no topics")
    };
    let OpenError::Missing { topics } = &error else { panic!("{error}") };
    assert!(topics.contains(&"danang.registrations.v1".to_owned()) && error.is_retryable(), "{error}");

    let options = Options { read_timeout: SOON, ..mock.options() };
    mock.all_down();
    let Err(error) = KafkaLog::open_unchecked(options, &Registry::new()) else {
        panic!("there are no brokers")
    };
    assert!(matches!(error, OpenError::Unreachable { .. }) && error.is_retryable(), "{error}");
}
