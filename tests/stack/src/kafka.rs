//! Kafka brokers: KRaft, each a controller too.

use crate::jars::{KAFKA, tail};
use crate::member::{Member, MemberKind};
use crate::ports::{Ports, loopback};
use crate::tools::Places;
use crate::{StackError, State, state};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// Heap of one broker. Enough for tests with room to spare; three of them fit beside Cassandra.
const HEAP: &str = "-Xmx512m";
/// Partitions of the topic of committed offsets: each costs time when brokers start.
const OFFSETS_PARTITIONS: u8 = 4;
/// Tests let members of a group go missing and do not want to wait for it.
const SESSION_MS_MIN: u32 = 1_000;
/// How long a broker may be silent before its leaderships move.
const BROKER_SESSION_MS: u32 = 9_000;
/// How long controllers wait for their leader and for votes. Kafka's own 2 s and 1 s make three of them on a busy machine vote
/// for ever.
const CONTROLLER_FETCH_MS: u32 = 6_000;
const CONTROLLER_ELECTION_MS: u32 = 3_000;
/// The cluster's id. Any 16 bytes in base64 will do; a fixed one lets a broker find its data again.
const CLUSTER_ID: &str = "Y29uZ2RhbnNvLXN0YWNrMQ";
/// Warnings and errors go to the member's log.
const LOG4J: &str = "status = error\nappender.out.type = Console\nappender.out.name = out\n\
    appender.out.layout.type = PatternLayout\nappender.out.layout.pattern = %d %p %c: %m%n\n\
    rootLogger.level = warn\nrootLogger.appenderRef.out.ref = out\n";

/// Makes the folders of the brokers and says how they are started.
pub fn brokers(
    count: u8,
    data_dir: &Path,
    java: &Path,
    jars: &Path,
    ports: &mut Ports,
) -> Result<Vec<Member>, StackError> {
    let addresses = [loopback(1)];
    let mut places = Vec::new();
    for _ in 0..count {
        places.push((ports.free(&addresses)?, ports.free(&addresses)?));
    }
    let voters: Vec<String> =
        (1..).zip(&places).map(|(id, (_, controller))| format!("{id}@127.0.0.1:{controller}")).collect();
    let mut members = Vec::new();
    for (id, (port, controller)) in (1..=count).zip(places) {
        let name = format!("broker-{id}");
        let folder = data_dir.join(&name);
        fs::create_dir_all(&folder).map_err(StackError::io(format!("making {}", folder.display())))?;
        let properties = folder.join("server.properties");
        let text = properties_of(id, count, port, controller, &voters.join(","), &folder.join("data"));
        state::write(&properties, &text)?;
        let log4j = folder.join("log4j2.properties");
        state::write(&log4j, LOG4J)?;
        let base = [
            HEAP.to_owned(),
            "-Xms128m".to_owned(),
            "-XX:+ExitOnOutOfMemoryError".to_owned(),
            format!("-Dlog4j2.configurationFile={}", log4j.display()),
            "-cp".to_owned(),
            format!("{}/*", jars.display()),
        ];
        let started = ["kafka.Kafka".to_owned(), properties.display().to_string()];
        members.push(Member {
            address: SocketAddr::from((addresses[0], port)),
            kind: MemberKind::Broker,
            process: None,
            log: data_dir.join(format!("{name}.log")),
            program: java.to_owned(),
            arguments: [base.to_vec(), started.to_vec()].concat(),
            peers: 0,
            name,
        });
    }
    Ok(members)
}

/// Formats the broker's log folder. Does nothing to one that is formatted.
pub fn format(member: &Member, jars: &Path) -> Result<(), StackError> {
    let Some(properties) = member.arguments.last() else { return Ok(()) };
    let output = Command::new(&member.program)
        .args(["-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", &format!("{}/*", jars.display())])
        .args(["kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", CLUSTER_ID, "-c", properties])
        .output()
        .map_err(StackError::io("running kafka.tools.StorageTool"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(StackError::Member {
        member: member.name.clone(),
        happened: "could not be formatted".to_owned(),
        log: member.log.clone(),
        said: tail(&String::from_utf8_lossy(&said), 10),
    })
}

/// Tools that are worth having beside the brokers, by name and main class.
const TOOLS: [(&str, &str); 3] = [
    ("consumer-groups", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"),
    ("topics", "org.apache.kafka.tools.TopicCommand"),
    ("configs", "kafka.admin.ConfigCommand"),
];

/// Runs a tool of Kafka on the brokers of a stack, on this process's terminal.
///
/// # Errors
/// [`StackError::Refused`] for a tool that is not one of them, and when the stack has no brokers.
pub fn tool(state: &State, name: &str, arguments: &[String]) -> Result<ExitStatus, StackError> {
    let Some((_, class)) = TOOLS.iter().find(|(tool, _)| *tool == name) else {
        let names = TOOLS.map(|(tool, _)| tool).join(", ");
        return Err(StackError::Refused(format!("there is no tool {name}; there are {names}")));
    };
    let broker = state.of_kind(MemberKind::Broker).next();
    let broker = broker.ok_or_else(|| StackError::Refused("the stack has no brokers".to_owned()))?;
    // A broker's own command line ends with its class path, its class and its properties.
    let base = &broker.arguments[..broker.arguments.len().saturating_sub(2)];
    Command::new(Places::of_environment().java()?)
        .args(base)
        .args([class, "--bootstrap-server", &state.bootstrap_servers()])
        .args(arguments)
        .status()
        .map_err(StackError::io(format!("running {name}")))
}

/// The folder of jars in the cache.
pub fn jars(say: &mut dyn FnMut(&str)) -> Result<PathBuf, StackError> {
    KAFKA.folder(say)
}

fn properties_of(id: u8, brokers: u8, port: u16, controller: u16, voters: &str, data: &Path) -> String {
    let copies = brokers.min(3);
    // A majority of the copies must have a record before it is acknowledged.
    let in_sync = copies / 2 + 1;
    format!(
        "process.roles=broker,controller\n\
         node.id={id}\n\
         controller.quorum.voters={voters}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
         controller.listener.names=CONTROLLER\n\
         inter.broker.listener.name=PLAINTEXT\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         log.dirs={}\n\
         auto.create.topics.enable=false\n\
         default.replication.factor={copies}\n\
         min.insync.replicas={in_sync}\n\
         unclean.leader.election.enable=false\n\
         offsets.topic.replication.factor={copies}\n\
         offsets.topic.num.partitions={OFFSETS_PARTITIONS}\n\
         transaction.state.log.replication.factor={copies}\n\
         transaction.state.log.min.isr={in_sync}\n\
         share.coordinator.state.topic.replication.factor={copies}\n\
         share.coordinator.state.topic.min.isr={in_sync}\n\
         group.initial.rebalance.delay.ms=0\n\
         group.min.session.timeout.ms={SESSION_MS_MIN}\n\
         broker.session.timeout.ms={BROKER_SESSION_MS}\n\
         controller.quorum.fetch.timeout.ms={CONTROLLER_FETCH_MS}\n\
         controller.quorum.request.timeout.ms={CONTROLLER_FETCH_MS}\n\
         controller.quorum.election.timeout.ms={CONTROLLER_ELECTION_MS}\n\
         num.network.threads=2\n\
         num.io.threads=4\n\
         log.cleaner.dedupe.buffer.size=4194304\n",
        data.display()
    )
}

#[cfg(test)]
mod tests {
    use super::properties_of;
    use std::path::Path;

    #[test]
    fn one_broker_keeps_one_copy_and_three_keep_three_with_two_in_sync() {
        for (brokers, copies, in_sync) in [(1, 1, 1), (3, 3, 2)] {
            let text = properties_of(1, brokers, 1, 2, "1@127.0.0.1:2", Path::new("data"));
            for line in [
                format!("default.replication.factor={copies}\n"),
                format!("offsets.topic.replication.factor={copies}\n"),
                format!("\nmin.insync.replicas={in_sync}\n"),
                format!("transaction.state.log.min.isr={in_sync}\n"),
            ] {
                assert!(text.contains(&line), "{line}{text}");
            }
        }
    }
}
