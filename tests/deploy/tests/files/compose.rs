//! That the compose files name what they have.

use deploy::yaml::{document, items, member, names, texts};
use std::collections::BTreeSet;
use yaml_rust2::Yaml;

const COMPOSE: &str = "deploy/compose/compose.yaml";
const CASSANDRA: &str = "deploy/compose/cassandra.yaml";

fn services(file: &Yaml) -> impl Iterator<Item = (&str, &Yaml)> {
    let services = file["services"].as_hash().expect("a compose file has services");
    services.iter().map(|(name, service)| (name.as_str().expect("a service has a name"), service))
}

/// Where a short or long mount or grant comes from.
fn origin(yaml: &Yaml) -> String {
    let text = yaml.as_str().or_else(|| yaml["source"].as_str()).unwrap_or_default();
    text.split(':').next().unwrap_or_default().to_owned()
}

#[test]
fn services_wait_for_services_that_there_are() {
    let file = document(COMPOSE);
    let there: BTreeSet<&str> = services(&file).map(|(name, _)| name).collect();
    let mut waits = 0;
    for (name, service) in services(&file) {
        let Some(after) = member(service, "depends_on") else { continue };
        for other in names(after) {
            waits += 1;
            assert!(there.contains(other.as_str()), "{name} waits for {other}, which is no service");
            if after[other.as_str()]["condition"].as_str() == Some("service_healthy") {
                let checked = member(&file["services"][other.as_str()], "healthcheck").is_some();
                assert!(checked, "{name} waits until {other} is healthy, which has no health check");
            }
        }
    }
    assert!(waits > 10, "only {waits} were looked at");
    let overlay = document(CASSANDRA);
    assert!(services(&overlay).all(|(name, _)| there.contains(name)), "{CASSANDRA} names other services");
}

#[test]
fn services_use_volumes_networks_secrets_and_configs_that_are_declared() {
    let file = document(COMPOSE);
    for kind in ["volumes", "networks", "secrets", "configs"] {
        let declared: BTreeSet<String> = names(&file[kind]).into_iter().collect();
        let mut used = BTreeSet::new();
        for (_, service) in services(&file) {
            let Some(list) = member(service, kind) else { continue };
            used.extend(if list.is_array() { items(list).map(origin).collect() } else { names(list) });
        }
        used.retain(|name| !name.starts_with('.'));
        assert_eq!(used, declared, "{kind}");
    }
}

#[test]
fn every_service_has_limits_and_a_pinned_image_and_what_stays_up_is_checked() {
    for file in [COMPOSE, CASSANDRA] {
        for (name, service) in services(&document(file)) {
            let image = member(service, "image").and_then(Yaml::as_str).expect("a service has an image");
            let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
            let pinned =
                tag.chars().filter(|c| *c == '.').count() >= 2 || name == "keys" && tag.contains('.');
            assert!(pinned, "{file}, {name}: {image} is not pinned");
            let limits = member(service, "deploy").map(|deploy| &deploy["resources"]["limits"]["memory"]);
            assert!(limits.is_some_and(|memory| memory.as_str().is_some()), "{file}, {name} has no limits");
            let stays = member(service, "restart").and_then(Yaml::as_str) == Some("unless-stopped");
            assert!(!stays || member(service, "healthcheck").is_some(), "{file}, {name} is not checked");
        }
    }
}

#[test]
fn stores_acknowledge_what_is_in_a_synced_commit_log() {
    let scylla = texts(&document(COMPOSE)["services"]["store"]["command"]);
    assert!(scylla.contains(&"--commitlog-sync=batch".to_owned()), "{scylla:?}");
    let cassandra = document(CASSANDRA);
    let options =
        cassandra["services"]["store"]["environment"]["JVM_EXTRA_OPTS"].as_str().unwrap_or_default();
    let set: BTreeSet<&str> = options.split_whitespace().collect();
    let wanted = [
        // Without it the others are passed over.
        "-Dcassandra.config.allow_system_properties=true",
        "-Dcassandra.settings.commitlog_sync=group",
        "-Dcassandra.settings.commitlog_sync_group_window=2ms",
        // The image's own file has one, and Cassandra does not start with both.
        "-Dcassandra.settings.commitlog_sync_period=0ms",
    ];
    assert_eq!(set, BTreeSet::from(wanted));
}

#[test]
fn private_keys_are_handed_to_the_processors_alone() {
    let file = document(COMPOSE);
    for (name, service) in services(&file) {
        let secrets = member(service, "secrets").map(names).unwrap_or_default();
        assert_eq!(secrets.contains(&"keyring_process".to_owned()), name == "keys", "{name}");
    }
    let script = texts(&file["services"]["keys"]["command"]).concat();
    assert!(script.contains("process-*) ring=keyring_process ;; *) ring=keyring_public ;;"), "{script}");
}

#[test]
fn prometheus_scrapes_services_that_there_are() {
    let file = document(COMPOSE);
    let aliases = |(_, service): (&str, &Yaml)| names(&service["networks"]["inside"]["aliases"]);
    let mut hosts: BTreeSet<String> = services(&file).map(|(name, _)| name.to_owned()).collect();
    hosts.extend(services(&file).flat_map(aliases));
    hosts.insert("localhost".to_owned());
    let scraped = texts(&document("deploy/prometheus/prometheus.yml"));
    let targets: Vec<_> = scraped.iter().filter_map(|text| text.split_once(':')).collect();
    assert!(targets.len() >= 7, "only {targets:?}");
    for (host, port) in targets {
        assert!(hosts.contains(host) && port.parse::<u16>().is_ok(), "{host}:{port}");
    }
}
