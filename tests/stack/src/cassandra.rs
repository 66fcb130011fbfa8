//! Cassandra nodes: 127.0.0.1, 127.0.0.2, ..., all on the same ports, as its drivers expect of a cluster.

use crate::jars::CASSANDRA;
use crate::member::{Member, MemberKind};
use crate::ports::{Ports, loopback};
use crate::{StackError, state};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Heap and memtables of a node that is alone, in MiB.
const ALONE: Memory = Memory { heap: 1_024, memtables: 256 };
/// And of one of several, which share the machine.
const OF_SEVERAL: Memory = Memory { heap: 640, memtables: 96 };
/// How long one of several nodes tries to reach another one before it ends.
const PEER_MAX: Duration = Duration::from_secs(120);
/// What a JDK 17 must open to Cassandra 5, as its own start script does.
const EXPORTS: [&str; 10] = [
    "java.base/jdk.internal.misc",
    "java.base/jdk.internal.ref",
    "java.base/sun.nio.ch",
    "java.base/java.lang.ref",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.rmi/sun.rmi.transport.tcp",
    "java.sql/java.sql",
    "jdk.unsupported/sun.misc",
];
const OPENS: [&str; 15] = [
    "java.base/java.lang.module",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.util.jar",
    "java.base/sun.nio.ch",
    "java.base/java.io",
    "java.base/java.lang",
    "java.base/java.lang.reflect",
    "java.base/java.util",
    "java.base/java.nio",
    "jdk.management/com.sun.management.internal",
    "jdk.compiler/com.sun.tools.javac",
];
/// Without it the memory meter of Cassandra ends the process without a word.
const AGENT: &str = "jamm-0.4.0.jar";
const LOGBACK: &str = r#"<configuration>
  <appender name="out" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%date %level %logger{20}: %msg%n</pattern></encoder></appender>
  <root level="WARN"><appender-ref ref="out"/></root>
</configuration>
"#;

/// What a node takes, in MiB.
#[derive(Clone, Copy)]
struct Memory {
    heap: u16,
    /// Within the heap; half as much again outside it.
    memtables: u16,
}

impl Memory {
    fn of(nodes: u8) -> Self {
        if nodes == 1 { ALONE } else { OF_SEVERAL }
    }
}

/// Makes the folders of the nodes and says how they are started.
pub fn nodes(
    count: u8,
    data_dir: &Path,
    java: &Path,
    jars: &Path,
    ports: &mut Ports,
) -> Result<Vec<Member>, StackError> {
    let addresses: Vec<Ipv4Addr> = (1..=count).map(loopback).collect();
    let (native, storage) = (ports.free(&addresses)?, ports.free(&addresses)?);
    let mut members = Vec::new();
    for (id, address) in (1..=count).zip(addresses) {
        let name = format!("node-{id}");
        let folder = data_dir.join(&name);
        fs::create_dir_all(&folder).map_err(StackError::io(format!("making {}", folder.display())))?;
        let yaml = folder.join("cassandra.yaml");
        state::write(&yaml, &yaml_of(id, count, address, native, storage, &folder))?;
        let logback = folder.join("logback.xml");
        state::write(&logback, LOGBACK)?;
        members.push(Member {
            address: SocketAddr::from((address, native)),
            kind: MemberKind::Node,
            process: None,
            log: data_dir.join(format!("{name}.log")),
            program: java.to_owned(),
            arguments: arguments(count, jars, &folder, &yaml, &logback),
            peers: count - 1,
            name,
        });
    }
    Ok(members)
}

/// The folder of jars in the cache.
pub fn jars(say: &mut dyn FnMut(&str)) -> Result<PathBuf, StackError> {
    CASSANDRA.folder(say)
}

fn arguments(nodes: u8, jars: &Path, folder: &Path, yaml: &Path, logback: &Path) -> Vec<String> {
    let mut arguments = vec![
        format!("-Xmx{}m", Memory::of(nodes).heap),
        "-Xms256m".to_owned(),
        "-XX:+ExitOnOutOfMemoryError".to_owned(),
        format!("-javaagent:{}", jars.join(AGENT).display()),
        "-Djdk.attach.allowAttachSelf=true".to_owned(),
        "-Djava.net.preferIPv4Stack=true".to_owned(),
        "-Dcassandra-foreground=yes".to_owned(),
        format!("-Dcassandra.config=file://{}", yaml.display()),
        format!("-Dcassandra.storagedir={}", folder.display()),
        format!("-Dlogback.configurationFile=file://{}", logback.display()),
    ];
    // Nobody waits for gossip to settle: whoever starts nodes waits until they see each other.
    arguments.push("-Dcassandra.skip_wait_for_gossip_to_settle=0".to_owned());
    // A node that is alone has nobody to hear from; of several each must reach the first one, which takes its time on a busy machine.
    let ring_delay = if nodes == 1 { 0 } else { PEER_MAX.as_millis() };
    arguments.push(format!("-Dcassandra.ring_delay_ms={ring_delay}"));
    arguments.extend(EXPORTS.map(|module| format!("--add-exports={module}=ALL-UNNAMED")));
    arguments.extend(OPENS.map(|module| format!("--add-opens={module}=ALL-UNNAMED")));
    arguments.extend(["-cp".to_owned(), format!("{}/*", jars.display())]);
    arguments.push("org.apache.cassandra.service.CassandraDaemon".to_owned());
    arguments
}

/// The token of a node, so that the nodes share the ring evenly and need not ask each other.
fn token(id: u8, nodes: u8) -> i128 {
    i128::from(i64::MIN) + (i128::from(id) - 1) * ((1 << 64) / i128::from(nodes))
}

fn yaml_of(id: u8, nodes: u8, address: Ipv4Addr, native: u16, storage: u16, folder: &Path) -> String {
    let folder = folder.display();
    let on_heap = Memory::of(nodes).memtables;
    let off_heap = on_heap / 2;
    // The lowest value of the ring is no token of a node.
    let token = token(id, nodes) + 1;
    format!(
        r#"cluster_name: congdanso-stack
num_tokens: 1
initial_token: "{token}"
auto_bootstrap: false
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
authenticator: AllowAllAuthenticator
authorizer: AllowAllAuthorizer
endpoint_snitch: SimpleSnitch
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: "127.0.0.1:{storage}"
listen_address: {address}
rpc_address: {address}
storage_port: {storage}
native_transport_port: {native}
start_native_transport: true
data_file_directories: ["{folder}/data"]
commitlog_directory: "{folder}/commitlog"
saved_caches_directory: "{folder}/saved_caches"
hints_directory: "{folder}/hints"
cdc_raw_directory: "{folder}/cdc_raw"
commitlog_sync: group
commitlog_sync_group_window: 2ms
# Each writer waits for the sync of its group: few of them would be what bounds a small machine.
concurrent_writes: 256
commitlog_total_space: 512MiB
memtable_heap_space: {on_heap}MiB
memtable_offheap_space: {off_heap}MiB
# What a node missed is brought to it by the reads that need it, and by nothing else: tests are to see that they do.
hinted_handoff_enabled: false
key_cache_size: 16MiB
counter_cache_size: 0MiB
networking_cache_size: 32MiB
file_cache_size: 64MiB
concurrent_compactors: 1
auto_snapshot: false
read_request_timeout: 5s
write_request_timeout: 5s
request_timeout: 10s
"#
    )
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn nodes_share_the_ring_evenly() {
        assert_eq!(token(1, 1), i128::from(i64::MIN));
        let tokens: Vec<_> = (1..=3).map(|id| token(id, 3)).collect();
        assert_eq!(tokens[1] - tokens[0], tokens[2] - tokens[1]);
        assert!(tokens.iter().all(|token| i64::try_from(*token).is_ok()), "{tokens:?}");
    }
}
