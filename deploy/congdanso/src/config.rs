//! Settings: defaults, then a file, then the environment, then flags. Every mistake is told at once; nothing is opened before
//! all of it is valid.

mod clusters;

pub use clusters::{List, LogBackend, ProjectionsBackend, ReadConsistency};

use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Profile};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Environment variables that hold settings begin so; `__` stands between the parts of a key.
const ENV_PREFIX: &str = "CONGDANSO_";
/// Read when `--config` names no other file and it is there.
pub const DEFAULT_FILE: &str = "congdanso.toml";

/// A margin of more MiB than this (1 EiB) is a slip of the pen.
const DISK_MARGIN_MIB_MAX: u64 = 1 << 40;

/// Something wrong with the settings: all of it.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} mistake(s):\n{}", .0.len(), .0.iter().map(|m| format!("  - {m}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<String>);

/// Where a setting's value comes from, and what it is.
pub struct Shown {
    /// Its key.
    pub key: &'static str,
    /// As TOML.
    pub value: String,
    /// Default, file, environment or flag.
    pub origin: String,
    /// What it is for.
    pub doc: String,
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])* $field:ident($key:literal): $type:ty = $default:expr, $check:expr;)*) => {
        /// All settings, valid.
        #[derive(Clone, Debug)]
        pub struct Config { $($(#[doc = $doc])* pub $field: $type,)* }

        const KEYS: &[&str] = &[$($key),*];

        fn defaults() -> Figment {
            Figment::new()$(.merge(Serialized::default($key, $default)))*
        }

        fn extract(figment: &Figment, mistakes: &mut Vec<String>) -> Option<Config> {
            $(let $field: Option<$type> = one::<$type, _>(figment, $key, $check, mistakes);)*
            Some(Config { $($field: $field?,)* })
        }

        fn docs() -> Vec<(&'static str, String)> {
            vec![$(($key, [$($doc),*].join(" ").trim().to_owned())),*]
        }
    };
}

settings! {
    /// The folder that holds everything: log, projections, keys, credentials. Made when it is not there.
    data_dir("data_dir"): PathBuf = "congdanso-data", |value| not_empty(value);
    /// Address and port of the HTTP interface. Loopback unless you put a TLS proxy in front.
    http_listen("http.listen"): SocketAddr = "127.0.0.1:8080", anything;
    /// Threads that serve HTTP; 0 takes one per core.
    http_workers("http.workers"): usize = 0, |n| at_most(n, 256);
    /// `embedded`: the log in this folder. `kafka`: a cluster that several processes share.
    log_backend("log.backend"): LogBackend = "embedded", anything;
    /// Partitions of each stream, fixed when the log is made.
    log_partitions("log.partitions"): u16 = 16, |n| within(n, 1, 1024);
    /// Brokers to begin with, `host:port`, with commas between them.
    kafka_bootstrap_servers("log.kafka.bootstrap_servers"): String = "127.0.0.1:9092", |value| not_blank(value);
    /// What the names of topics begin with: letters, digits, `_` and `-`.
    kafka_city("log.kafka.city"): String = "danang", |value| not_blank(value);
    /// The group of the processors: members of one group share the partitions.
    kafka_group("log.kafka.group"): String = "congdanso.process", |value| not_blank(value);
    /// Who this process is in the group, the same after a restart; empty joins as a stranger each time.
    kafka_instance("log.kafka.instance"): String = "", anything;
    /// Copies of each record, for `topics ensure` and `topics check`.
    kafka_replication("log.kafka.replication"): u16 = 1, |n| within(n, 1, 7);
    /// Settings of librdkafka that are passed through: TLS, SASL, and whatever the cluster asks of its clients. Values are never shown.
    kafka_settings("log.kafka.settings"): BTreeMap<String, String> = no_settings(), anything;
    /// Files whose first line is the value of such a setting: passwords.
    kafka_settings_files("log.kafka.settings_files"): BTreeMap<String, String> = no_settings(), anything;
    /// MiB of disk that must stay free; below it the intake answers 503.
    log_disk_margin_mib("log.disk_margin_mib"): u64 = 512, |n| at_most(n, DISK_MARGIN_MIB_MAX);
    /// `embedded`: the projections in this folder. `scylla`: a cluster of ScyllaDB or Cassandra that several processes share.
    projections_backend("projections.backend"): ProjectionsBackend = "embedded", anything;
    /// MiB of disk that must stay free; below it processing waits.
    projections_disk_margin_mib("projections.disk_margin_mib"): u64 = 256, |n| at_most(n, DISK_MARGIN_MIB_MAX);
    /// Some of the store's nodes, `host:port`, a list or with commas between them; the others are learnt from them.
    scylla_contact_points("projections.scylla.contact_points"): List = "127.0.0.1:9042", anything;
    /// What the names of the store's keyspaces begin with.
    scylla_keyspace("projections.scylla.keyspace"): String = "congdanso", |value| not_blank(value);
    /// The data centre that is read and written; no request leaves it.
    scylla_local_datacenter("projections.scylla.local_datacenter"): String = "datacenter1", |value| not_blank(value);
    /// The rack to prefer within it; empty for none.
    scylla_local_rack("projections.scylla.local_rack"): String = "", anything;
    /// Copies of each row in the local data centre.
    scylla_replication("projections.scylla.replication"): u32 = 1, |n| within(n, 1, 7);
    /// `local_quorum`, or `local_one`: then a reader may see a cause go backwards.
    scylla_read_consistency("projections.scylla.read_consistency"): ReadConsistency = "local_quorum", anything;
    /// The role that logs in to the store; empty for none.
    scylla_user("projections.scylla.user"): String = "", anything;
    /// A file whose first line is its password.
    scylla_password_file("projections.scylla.password_file"): PathBuf = "", |value| no_file_or_there(value);
    /// PEM file of the authorities that sign the nodes' certificates; empty leaves connections unencrypted.
    scylla_authorities_file("projections.scylla.authorities_file"): PathBuf = "", |value| no_file_or_there(value);
    /// PEM file of this client's certificate and what signs it, where nodes ask for one.
    scylla_certificate_file("projections.scylla.certificate_file"): PathBuf = "", |value| no_file_or_there(value);
    /// PEM file of that certificate's private key.
    scylla_private_key_file("projections.scylla.private_key_file"): PathBuf = "", |value| no_file_or_there(value);
    /// Threads that decide; 0 takes one per core.
    process_workers("process.workers"): usize = 0, |n| at_most(n, 64);
    /// Records of one batch at most.
    process_batch_records("process.batch_records"): usize = 1024, |n| within(n, 1, 65_536);
    /// Addresses of processors, `http://host:port`, a list or with commas between them: `serve` asks them for what only they sign, status
    /// lists and presentation codes.
    serve_processors("serve.processors"): List = "", processors_or_none;
    /// `iss` of every signed code.
    identity_issuer("identity.issuer"): String = "danang.example", |value| not_blank(value);
    /// Address under which status lists are published; it is printed into every code.
    identity_status_uri("identity.status_uri"): String = "https://danang.example/s", |value| not_blank(value);
    /// Days that a code holds.
    identity_days("identity.days"): u32 = 3650, |n| within(n, 1, 36_500);
    /// A file whose first line is the passphrase that seals keys and pepper; empty leaves them plain with mode 0600.
    keys_passphrase_file("keys.passphrase_file"): PathBuf = "", |value| no_file_or_there(value);
    /// A file of 32 random bytes that seals keys and pepper instead of a passphrase.
    keys_key_file("keys.key_file"): PathBuf = "", |value| no_file_or_there(value);
    /// The city's root key, 64 hexadecimal digits, where it is kept elsewhere: what is served must be signed by it. Empty: one made in
    /// this folder, for development.
    keys_root_public("keys.root_public"): String = "", |text| no_key_or_one(text);
    /// Least level of log lines: `error`, `warn`, `info`, `debug` or `trace`, or filter directives.
    logging_level("logging.level"): String = "info", |value| directives(value);
    /// `text` or `json`.
    logging_format("logging.format"): LogFormat = "text", anything;
}

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

fn anything<T>(_: &T) -> Result<(), String> {
    Ok(())
}

fn not_empty(path: &Path) -> Result<(), String> {
    if path.as_os_str().is_empty() { Err("must not be empty".to_owned()) } else { Ok(()) }
}

fn no_file_or_there(path: &Path) -> Result<(), String> {
    if path.as_os_str().is_empty() || path.is_file() {
        Ok(())
    } else {
        Err("there is no such file".to_owned())
    }
}

fn no_key_or_one(text: &str) -> Result<(), String> {
    if text.is_empty() || public_key(text).is_some() {
        Ok(())
    } else {
        Err("expected 64 hexadecimal digits".to_owned())
    }
}

/// A public key in hexadecimal.
pub fn public_key(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    hex::decode_to_slice(text.trim(), &mut key).ok()?;
    Some(key)
}

impl Config {
    /// Addresses of processors.
    pub fn processors(&self) -> Vec<String> {
        self.serve_processors.given().cloned().collect()
    }

    /// The root key that is configured, if one is.
    pub fn root_public(&self) -> Option<[u8; 32]> {
        public_key(&self.keys_root_public)
    }
}

fn processors_or_none(list: &List) -> Result<(), String> {
    let is_base = |text: &String| {
        let rest = text.strip_prefix("http://").unwrap_or_default();
        !rest.is_empty() && !rest.contains(['/', '?', '#', '@'])
    };
    if list.given().all(is_base) { Ok(()) } else { Err("expected http://host:port".to_owned()) }
}

fn no_settings() -> BTreeMap<String, String> {
    BTreeMap::new()
}

fn not_blank(text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err("must not be empty".to_owned()) } else { Ok(()) }
}

fn directives(text: &str) -> Result<(), String> {
    not_blank(text)?;
    tracing_subscriber::EnvFilter::try_new(text).map(|_| ()).map_err(|error| error.to_string())
}

fn at_most<T: PartialOrd + std::fmt::Display>(n: &T, most: T) -> Result<(), String> {
    if *n <= most { Ok(()) } else { Err(format!("{n} is more than {most}")) }
}

fn within<T: PartialOrd + std::fmt::Display>(n: &T, least: T, most: T) -> Result<(), String> {
    if *n < least { Err(format!("{n} is less than {least}")) } else { at_most(n, most) }
}

fn one<T: DeserializeOwned, C: Fn(&T) -> Result<(), String>>(
    figment: &Figment,
    key: &str,
    check: C,
    mistakes: &mut Vec<String>,
) -> Option<T> {
    let said = |figment: &Figment| origin(figment, key);
    match figment.extract_inner::<T>(key) {
        Ok(value) => match check(&value) {
            Ok(()) => Some(value),
            Err(why) => {
                mistakes.push(format!("{key} ({}): {why}", said(figment)));
                None
            }
        },
        Err(error) => {
            let why: Vec<String> = error.into_iter().map(|e| e.kind.to_string()).collect();
            mistakes.push(format!("{key} ({}): {}", said(figment), why.join("; ")));
            None
        }
    }
}

/// The settings and where they come from.
pub struct Settings {
    /// The settings.
    pub config: Config,
    figment: Figment,
}

impl Settings {
    /// Reads all sources. `file`: the file named by `--config`, which must be there; otherwise [`DEFAULT_FILE`] is read when it
    /// is there. `flags`: key and value of each `--set` and of each flag that stands for a setting.
    ///
    /// # Errors
    /// [`ConfigError`] with every mistake in every source.
    pub fn load(file: Option<&Path>, flags: &[(String, String)]) -> Result<Self, ConfigError> {
        let mut mistakes = Vec::new();
        let mut figment = defaults();
        match file {
            Some(path) if !path.is_file() => {
                mistakes.push(format!("--config {}: there is no such file", path.display()))
            }
            Some(path) => figment = figment.merge(Toml::file_exact(path)),
            None if Path::new(DEFAULT_FILE).is_file() => {
                figment = figment.merge(Toml::file_exact(DEFAULT_FILE))
            }
            None => {}
        }
        for (name, value) in std::env::vars_os() {
            if let Some(key) = name.to_str().and_then(|name| name.strip_prefix(ENV_PREFIX)) {
                let key = key.to_lowercase().replace("__", ".");
                figment = figment.merge(Given::new(ENVIRONMENT, &key, &value.to_string_lossy()));
            }
        }
        for (key, value) in flags {
            figment = figment.merge(Given::new(FLAG, key, value));
        }
        match figment.extract::<Dict>() {
            Ok(all) => unknown(&figment, &all, String::new(), &mut mistakes),
            Err(error) => mistakes.extend(error.into_iter().map(|e| e.to_string())),
        }
        let config = extract(&figment, &mut mistakes);
        mistakes.extend(config.iter().flat_map(Config::mistakes_of_clusters));
        let sealing = ["keys.passphrase_file", "keys.key_file"];
        if sealing.iter().all(|key| figment.extract_inner::<String>(key).is_ok_and(|path| !path.is_empty())) {
            mistakes.push(format!("{} exclude each other", sealing.join(" and ")));
        }
        match config {
            Some(config) if mistakes.is_empty() => Ok(Self { config, figment }),
            _ => {
                mistakes.dedup();
                Err(ConfigError(mistakes))
            }
        }
    }

    /// Every setting with its value and origin, in the order of their declaration.
    pub fn shown(&self) -> Vec<Shown> {
        docs()
            .into_iter()
            .map(|(key, doc)| {
                let value = self.figment.find_value(key).map_or_else(
                    |_| String::new(),
                    |v| match v {
                        Value::Dict(_, settings) => {
                            format!("{:?}, not shown", settings.keys().collect::<Vec<_>>())
                        }
                        shown => show(&shown),
                    },
                );
                Shown { key, value, origin: origin(&self.figment, key), doc }
            })
            .collect()
    }
}

/// What a value given as text comes from, as [`origin`] finds it again.
const ENVIRONMENT: &str = "environment";
const FLAG: &str = "flag";

/// A value that was given as text, by the environment or a flag.
struct Given {
    from: &'static str,
    key: String,
    value: Value,
}

impl Given {
    /// Where the default is text the text is the value, also when it looks like a number or a list.
    fn new(from: &'static str, key: &str, text: &str) -> Self {
        let is_text = matches!(defaults().find_value(key), Ok(Value::String(..)));
        let value = match (is_text, text.parse::<u64>()) {
            (false, Ok(number)) => Value::from(number),
            _ => Value::from(text),
        };
        Self { from, key: key.to_owned(), value }
    }
}

impl figment::Provider for Given {
    fn metadata(&self) -> figment::Metadata {
        figment::Metadata::named(self.from)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let nested = figment::util::nest(&self.key, self.value.clone()).into_dict().unwrap_or_default();
        Ok(Map::from([(Profile::Default, nested)]))
    }
}

fn unknown(figment: &Figment, dict: &Dict, prefix: String, mistakes: &mut Vec<String>) {
    for (name, value) in dict {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let is_section = KEYS.iter().any(|k| k.starts_with(&format!("{key}.")));
        match value {
            Value::Dict(_, inner) if is_section => unknown(figment, inner, key, mistakes),
            _ if KEYS.contains(&key.as_str()) => {}
            _ => mistakes.push(format!(
                "{key} ({}): there is no such setting{}",
                origin(figment, &key),
                nearest(&key)
            )),
        }
    }
}

fn nearest(key: &str) -> String {
    let last = key.rsplit('.').next().unwrap_or(key);
    let near = KEYS.iter().find(|k| {
        k.rsplit('.').next() == Some(last) || k.replace(['.', '_'], "") == key.replace(['.', '_'], "")
    });
    near.map_or_else(String::new, |k| format!(" (did you mean {k}?)"))
}

fn origin(figment: &Figment, key: &str) -> String {
    let Some(metadata) = figment.find_metadata(key) else { return "default".to_owned() };
    match (&metadata.source, metadata.name.as_ref()) {
        (Some(figment::Source::File(path)), _) => format!("file {}", path.display()),
        (_, FLAG) => FLAG.to_owned(),
        (_, ENVIRONMENT) => {
            format!("environment {ENV_PREFIX}{}", key.to_uppercase().replace('.', "__"))
        }
        _ => "default".to_owned(),
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Bool(_, b) => b.to_string(),
        Value::Num(_, n) => {
            let whole =
                n.to_u128_lossy().map(|n| n.to_string()).or_else(|| n.to_i128().map(|n| n.to_string()));
            whole.or_else(|| n.to_f64().map(|n| n.to_string())).unwrap_or_default()
        }
        Value::Array(_, list) => format!("[{}]", list.iter().map(show).collect::<Vec<_>>().join(", ")),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.toml");
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    #[test]
    fn flags_win_over_the_file_and_say_so() {
        let (_dir, path) = file("[log]\npartitions = 4\n[http]\nlisten = \"127.0.0.1:9000\"\n");
        let settings = Settings::load(Some(&path), &[("log.partitions".into(), "8".into())]).unwrap();
        assert_eq!(settings.config.log_partitions, 8);
        assert_eq!(settings.config.http_listen.port(), 9000);
        let shown = settings.shown();
        let origin = |key| shown.iter().find(|s| s.key == key).unwrap().origin.clone();
        assert_eq!(origin("log.partitions"), "flag");
        assert!(origin("http.listen").starts_with("file "));
        assert_eq!(origin("data_dir"), "default");
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let (_dir, path) = file(
            "nonsense = 1\n[log]\npartitions = 0\nbackend = \"paper\"\n[http]\nlisten = \"here\"\nport = 1\n",
        );
        let ConfigError(mistakes) = Settings::load(Some(&path), &[]).err().unwrap();
        for key in ["nonsense", "log.partitions", "log.backend", "http.listen", "http.port"] {
            assert!(mistakes.iter().any(|m| m.starts_with(key)), "{key} is not among {mistakes:?}");
        }
    }

    #[test]
    fn a_named_file_that_is_not_there_is_a_mistake() {
        assert!(Settings::load(Some(Path::new("no-such-file.toml")), &[]).is_err());
    }
}
