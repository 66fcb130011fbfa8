//! Making topics, and holding those that are there against what a truth needs.

use crate::context::Quiet;
use crate::names::epoch_giver;
use crate::{OpenError, Options, TopicNames, TopicsError, asking, settings};
use futures_executor::block_on;
use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;
use schemas::Topic;
use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

/// Settings of every topic, each with its reason.
const CONFIG: &[(&str, &str)] = &[
    // The log is the truth: nothing of it goes away with time...
    ("retention.ms", "-1"),
    // ... or with size ...
    ("retention.bytes", "-1"),
    // ... or for a newer record of the same key.
    ("cleanup.policy", "delete"),
    // A replica that does not have everything never becomes the leader: better no log than another.
    ("unclean.leader.election.enable", "false"),
];
const IN_SYNC: &str = "min.insync.replicas";
const RECORD_BYTES: &str = "max.message.bytes";
/// The largest record of the port with room for its frame: a topic must take at least this many bytes.
const RECORD_BYTES_MIN: usize =
    schemas::codec::RECORD_BYTES_MAX + event_log::RECORD_BESIDE_BYTES_MAX + 16 * 1024;

/// One thing about one topic that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The topic's name.
    pub topic: String,
    /// `partitions`, `replication`, or a setting of the topic; `topic` when it is missing as a whole.
    pub what: String,
    /// As it should be.
    pub wanted: String,
    /// As it is.
    pub is: String,
}

impl Difference {
    /// Whether the topic is not there at all.
    fn is_missing(&self) -> bool {
        self.what == MISSING
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, what, wanted, is } = self;
        write!(f, "{topic}: {what} is {is}, {wanted} is wanted")
    }
}

/// What was found and done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TopicReport {
    /// Topics that were made.
    pub made: Vec<String>,
    /// What is not as it should be. Partitions and settings of topics that are there are never changed from here.
    pub differences: Vec<Difference>,
}

impl TopicReport {
    /// Whether the log can stand on these topics.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.differences.is_empty()
    }

    /// What it means for a log that is to be opened on these topics.
    ///
    /// # Errors
    /// [`OpenError::Missing`] where nothing else is wrong than that topics are not there, else [`OpenError::Differs`].
    pub fn opens(self) -> Result<(), OpenError> {
        let Self { differences, .. } = self;
        if differences.is_empty() {
            return Ok(());
        }
        if differences.iter().all(Difference::is_missing) {
            return Err(OpenError::Missing { topics: differences.into_iter().map(|d| d.topic).collect() });
        }
        Err(OpenError::Differs { differences })
    }
}

/// A topic as it should be.
struct Wanted {
    name: String,
    partitions: u16,
    replication: u16,
    config: BTreeMap<&'static str, String>,
}

/// Compares the topics in force, in their highest epochs, with `partitions` for each stream and at least `replication` copies. Takes the
/// rights to Describe and DescribeConfigs of each topic.
///
/// # Errors
/// See [`OpenError`].
pub fn check(options: &Options, partitions: u16, replication: u16) -> Result<TopicReport, OpenError> {
    Topics::connect(options)?.check(&|_| 0, partitions, replication)
}

/// Makes the topics that are missing, each in the epoch that `epoch` gives for a topic of which there is none, and compares all.
/// A second call makes nothing.
///
/// # Errors
/// See [`TopicsError`]. Topics that were made before an error stay.
pub fn ensure(
    options: &Options,
    partitions: u16,
    replication: u16,
    epoch: &dyn Fn(Topic) -> u32,
) -> Result<TopicReport, TopicsError> {
    let topics = Topics::connect(options)?;
    let before = topics.check(epoch, partitions, replication)?;
    let missing: Vec<_> =
        before.differences.iter().filter(|d| d.is_missing()).map(|d| d.topic.clone()).collect();
    let mut made = Vec::new();
    for wanted in topics.wanted(epoch, partitions, replication)? {
        if missing.contains(&wanted.name) && topics.make(&wanted)? {
            made.push(wanted.name);
        }
    }
    if missing.is_empty() {
        return Ok(before);
    }
    // Those too that somebody else has made meanwhile, or that a process was killed over.
    let report = topics.await_made(&missing, || topics.check(epoch, partitions, replication))?;
    Ok(TopicReport { made, ..report })
}

const MISSING: &str = "topic";
/// How often brokers are asked again about what they do not know yet.
const LOOK: Duration = Duration::from_millis(100);
/// How long new topics may take until all their partitions have leaders: a broker that has just started makes files for each.
const LED_MAX: Duration = Duration::from_secs(60);

struct Topics {
    admin: AdminClient<Quiet>,
    names: TopicNames,
    options: Options,
}

impl Topics {
    fn connect(options: &Options) -> Result<Self, OpenError> {
        options.check()?;
        // A client that makes topics does not say why it is turned away, if it is.
        asking::metadata(options)?;
        let admin = AdminClient::from_config_and_context(&settings::admin(options), Quiet)
            .map_err(|error| settings::not_made(&error))?;
        Ok(Self { admin, names: TopicNames::new(&options.city), options: options.clone() })
    }

    fn metadata(&self) -> Result<Metadata, OpenError> {
        let asked = self.admin.inner().fetch_metadata(None, self.options.read_timeout);
        asked.map_err(|error| OpenError::Unreachable { reason: error.to_string() })
    }

    /// Every topic in the highest epoch that is there, or in the one that is wanted; dead letters in that of their stream.
    fn wanted(
        &self,
        epoch: &dyn Fn(Topic) -> u32,
        partitions: u16,
        replication: u16,
    ) -> Result<Vec<Wanted>, OpenError> {
        let metadata = self.metadata()?;
        let there: Vec<_> =
            metadata.topics().iter().filter_map(|topic| self.names.parse(topic.name())).collect();
        let wanted = |topic: Topic| {
            let giver = epoch_giver(topic);
            let highest = there.iter().filter(|(other, _)| *other == giver).map(|(_, epoch)| *epoch).max();
            let mut config: BTreeMap<_, _> =
                CONFIG.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            // A majority has a record before it is acknowledged.
            config.insert(IN_SYNC, (replication / 2 + 1).to_string());
            Wanted {
                name: self.names.name(topic, highest.unwrap_or_else(|| epoch(giver))),
                partitions: if topic == Topic::Control { 1 } else { partitions },
                replication,
                config,
            }
        };
        Ok(Topic::ALL.into_iter().map(wanted).collect())
    }

    fn check(
        &self,
        epoch: &dyn Fn(Topic) -> u32,
        partitions: u16,
        replication: u16,
    ) -> Result<TopicReport, OpenError> {
        let metadata = self.metadata()?;
        let wanted = self.wanted(epoch, partitions, replication)?;
        let mut report = TopicReport::default();
        let there = |wanted: &&Wanted| {
            metadata
                .topics()
                .iter()
                .any(|topic| topic.name() == wanted.name && !topic.partitions().is_empty())
        };
        let present: Vec<&Wanted> = wanted.iter().filter(there).collect();
        let configs = self.configs(&present)?;
        for wanted in &wanted {
            let Some(is) = metadata.topics().iter().find(|topic| topic.name() == wanted.name) else {
                report.differences.push(wanted.difference(MISSING, "there", "missing"));
                continue;
            };
            if is.partitions().is_empty() {
                report.differences.push(wanted.difference(MISSING, "there", "missing"));
                continue;
            }
            let count = is.partitions().len();
            if count != usize::from(wanted.partitions) {
                report.differences.push(wanted.difference("partitions", wanted.partitions, count));
            }
            // A partition that is being moved to another broker has more copies for a while.
            let fewest = is.partitions().iter().map(|partition| partition.replicas().len()).min();
            let fewest = fewest.unwrap_or_default();
            if fewest < usize::from(wanted.replication) {
                report.differences.push(wanted.difference("replication", wanted.replication, fewest));
            }
            if let Some(config) = configs.get(&wanted.name) {
                report.differences.extend(wanted.differing(config));
            }
        }
        Ok(report)
    }

    /// Settings by topic. A broker that does not know a topic yet, or may not tell, answers with none; it is asked again.
    fn configs(&self, of: &[&Wanted]) -> Result<BTreeMap<String, ConfigResource>, OpenError> {
        if of.is_empty() {
            return Ok(BTreeMap::new());
        }
        let which: Vec<_> = of.iter().map(|wanted| ResourceSpecifier::Topic(&wanted.name)).collect();
        let asking = |reason: String| OpenError::Asking { reason };
        let since = Instant::now();
        loop {
            let answers = block_on(self.admin.describe_configs(&which, &self.admin_options()))
                .map_err(|error| asking(error.to_string()))?;
            let mut configs = BTreeMap::new();
            for (wanted, answer) in of.iter().zip(answers) {
                configs.insert(wanted.name.clone(), answer.map_err(|code| asking(code.to_string()))?);
            }
            let Some((name, _)) = configs.iter().find(|(_, config)| config.entries.is_empty()) else {
                return Ok(configs);
            };
            if since.elapsed() > self.options.read_timeout {
                let reason = format!(
                    "no broker tells the settings of {name}: the right to DescribeConfigs of the topic is needed"
                );
                return Err(asking(reason));
            }
            std::thread::sleep(LOOK);
        }
    }

    fn admin_options(&self) -> AdminOptions {
        let timeout = Some(self.options.read_timeout);
        AdminOptions::new().request_timeout(timeout).operation_timeout(timeout)
    }

    /// Makes one topic; `false` when somebody else was faster.
    fn make(&self, wanted: &Wanted) -> Result<bool, TopicsError> {
        let replication = TopicReplication::Fixed(wanted.replication.into());
        let mut topic = NewTopic::new(&wanted.name, wanted.partitions.into(), replication);
        for (name, value) in &wanted.config {
            topic = topic.set(name, value);
        }
        let making = |reason: String| TopicsError::Making { name: wanted.name.clone(), reason };
        let answers = block_on(self.admin.create_topics([&topic], &self.admin_options()))
            .map_err(|error: KafkaError| making(error.to_string()))?;
        match answers.into_iter().next() {
            Some(Ok(_)) => Ok(true),
            Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => Ok(false),
            Some(Err((_, code))) => Err(making(code.to_string())),
            None => Err(making("no answer".to_owned())),
        }
    }

    /// A topic that was made is known to every broker, and led, a moment later.
    fn await_made(
        &self,
        made: &[String],
        check: impl Fn() -> Result<TopicReport, OpenError>,
    ) -> Result<TopicReport, TopicsError> {
        let since = Instant::now();
        loop {
            let metadata = self.metadata()?;
            let led = |name: &String| {
                let topic = metadata.topics().iter().find(|topic| topic.name() == name);
                topic.is_some_and(|t| {
                    !t.partitions().is_empty() && t.partitions().iter().all(|p| p.leader() >= 0)
                })
            };
            let report = check()?;
            if made.iter().all(led) && !report.differences.iter().any(Difference::is_missing) {
                return Ok(report);
            }
            if since.elapsed() > LED_MAX {
                let reason = "the new topics have no leaders yet".to_owned();
                return Err(OpenError::Asking { reason }.into());
            }
            std::thread::sleep(LOOK);
        }
    }
}

impl Wanted {
    fn difference(&self, what: &str, wanted: impl fmt::Display, is: impl fmt::Display) -> Difference {
        Difference {
            topic: self.name.clone(),
            what: what.to_owned(),
            wanted: wanted.to_string(),
            is: is.to_string(),
        }
    }

    fn differing(&self, is: &ConfigResource) -> Vec<Difference> {
        let value = |name: &str| is.get(name).and_then(|entry| entry.value.clone()).unwrap_or_default();
        let mut differences: Vec<_> = self
            .config
            .iter()
            .filter(|(name, wanted)| value(name) != **wanted)
            .map(|(name, wanted)| self.difference(name, wanted, value(name)))
            .collect();
        let bytes = value(RECORD_BYTES);
        if bytes.parse().is_ok_and(|bytes: usize| bytes < RECORD_BYTES_MIN) {
            differences.push(self.difference(RECORD_BYTES, format!("at least {RECORD_BYTES_MIN}"), bytes));
        }
        differences
    }
}
