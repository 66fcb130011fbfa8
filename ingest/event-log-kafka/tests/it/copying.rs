//! A log copied from one machine into a cluster and home again, place by place, with requests that fail in the middle.

use crate::mock::Mock;
use event_log::conformance::PARTITIONS;
use event_log::copy::{Copied, CopyError, CopyLimits, LogCopy, Phase, Watch};
use event_log::{AppendError, EventLog, NewRecord};
use event_log_embedded::EmbeddedLog;
use futures_executor::block_on;
use prometheus::Registry;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use schemas::{Topic, TopicPartition};
use std::sync::Arc;
use tempfile::TempDir;

const LIMITS: CopyLimits = CopyLimits { batch_records_max: 10, batch_bytes_max: 4_096 };
/// One record is one request, so that a refused one leaves nothing behind it. Of several requests of one append a busy machine may
/// have the first refused and the next taken, as the mock cluster looks at no sequence numbers.
const SINGLY: CopyLimits = CopyLimits { batch_records_max: 1, ..LIMITS };

/// Ends at the first error, as a process that is killed, or goes on.
enum After {
    Ends,
    GoesOn,
}

impl Watch for After {
    fn progress(&mut self, _: Phase, done: u64, total: u64) {
        assert!(done <= total);
    }

    fn again(&mut self, error: &CopyError) -> bool {
        assert!(matches!(error, CopyError::Append { error: AppendError::Unknown { .. }, .. }), "{error}");
        matches!(self, Self::GoesOn)
    }
}

fn embedded(folder: &TempDir) -> Arc<EmbeddedLog> {
    let options = event_log_embedded::Options {
        partitions: PARTITIONS,
        disk_margin_bytes: 0,
        ..event_log_embedded::Options::default()
    };
    EmbeddedLog::open(folder.path(), options, &Registry::new()).expect("the log opens")
}

/// Puts 40 records into every partition of every topic: some with headers, some empty.
fn fill(log: &dyn EventLog) {
    for topic in Topic::ALL {
        for partition in 0..log.layout(topic).partitions {
            let record = |n: usize| NewRecord {
                to: TopicPartition { topic, partition },
                key: format!("{topic}-{n}").into(),
                value: "x".repeat(n % 7).into(),
                headers: (0..n % 3).map(|h| (format!("header-{h}"), format!("{n}").into())).collect(),
            };
            block_on(log.append((0..40).map(record).collect())).expect("the log takes records");
        }
    }
}

fn copied(
    from: &dyn EventLog,
    to: &dyn EventLog,
    limits: CopyLimits,
    mut watch: After,
) -> Result<(u64, Vec<Copied>), CopyError> {
    let mut copy = LogCopy::plan(from, to, limits, &mut watch)?;
    let appended = copy.run(&mut watch)?;
    Ok((appended, copy.verify(&mut watch)?))
}

/// The brokers take so many more requests to append, and refuse the next.
fn refuse_after(mock: &Mock, requests: usize) {
    use RDKafkaRespErr::{RD_KAFKA_RESP_ERR_NO_ERROR as TAKEN, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED};
    mock.order(move |cluster| {
        let mut answers = vec![TAKEN; requests];
        answers.push(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
        cluster.request_errors(RDKafkaApiKey::Produce, &answers);
    });
}

#[test]
fn a_folder_is_copied_into_a_cluster_in_two_tries_and_home_again_with_the_same_places() {
    let (mock, from, home) = (Mock::new(), TempDir::new().unwrap(), TempDir::new().unwrap());
    let source = embedded(&from);
    fill(&*source);

    refuse_after(&mock, 30);
    let died = copied(&*source, &*mock.open_with(mock.options()), SINGLY, After::Ends).unwrap_err();
    assert!(matches!(died, CopyError::Append { .. }) && !died.is_refusal(), "{died}");

    let cluster = mock.open_with(mock.options());
    let (appended, there) = copied(&*source, &*cluster, LIMITS, After::Ends).unwrap();
    let records: u64 = there.iter().map(|partition| partition.records).sum();
    assert_eq!(records, 40 * (6 * u64::from(PARTITIONS) + 1));
    assert!(appended < records && appended > 0, "{appended} of {records} were appended by the second try");

    let folder = embedded(&home);
    let (appended, back) = copied(&*cluster, &*folder, LIMITS, After::Ends).unwrap();
    assert_eq!((appended, &back), (records, &there));
    assert_eq!(copied(&*source, &*folder, LIMITS, After::Ends).unwrap(), (0, there));
}

#[test]
fn a_copy_goes_on_after_requests_that_fail_and_doubles_nothing() {
    let (mock, from) = (Mock::new(), TempDir::new().unwrap());
    let source = embedded(&from);
    fill(&*source);
    refuse_after(&mock, 7);
    let cluster = mock.open_with(mock.options());
    let (appended, there) = copied(&*source, &*cluster, SINGLY, After::GoesOn).unwrap();
    assert_eq!(appended, there.iter().map(|partition| partition.records).sum::<u64>());
}
