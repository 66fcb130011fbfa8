//! Prometheus, where the machine has it.

use crate::member::{Member, MemberKind};
use crate::ports::{Ports, loopback};
use crate::{StackError, state};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// How often it scrapes.
const SCRAPE_INTERVAL: &str = "5s";
/// Roles of the program; dashboards and alerts ask for them.
const ROLES: [&str; 4] = ["up", "ingest", "process", "serve"];
/// The project's rules, from the folder of this package.
const RULES: &str = "../../deploy/prometheus";

/// A process that Prometheus scrapes at `/metrics`, and the role that it has there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `up`, `ingest`, `process` or `serve`.
    pub role: &'static str,
    /// Where it serves.
    pub address: SocketAddr,
}

impl FromStr for Target {
    type Err = StackError;

    /// Reads `ROLE=ADDRESS`; an address alone is one process with everything, `up`.
    fn from_str(text: &str) -> Result<Self, StackError> {
        let (role, address) = text.split_once('=').unwrap_or((ROLES[0], text));
        let role = ROLES.into_iter().find(|known| *known == role);
        let (Some(role), Ok(address)) = (role, address.parse()) else {
            let message = format!(
                "{text} is nothing to scrape: expected ADDRESS:PORT or one of {ROLES:?}, `=` and that"
            );
            return Err(StackError::Refused(message));
        };
        Ok(Self { role, address })
    }
}

/// Writes its configuration and says how it is started.
pub fn member(scrape: &[Target], data_dir: &Path, ports: &mut Ports) -> Result<Member, StackError> {
    let name = "prometheus".to_owned();
    let folder = data_dir.join(&name);
    fs::create_dir_all(&folder).map_err(StackError::io(format!("making {}", folder.display())))?;
    let address = SocketAddr::from((loopback(1), ports.free(&[loopback(1)])?));
    let config = folder.join("prometheus.yml");
    state::write(&config, &configuration(scrape, &rules()?))?;
    Ok(Member {
        address,
        kind: MemberKind::Prometheus,
        process: None,
        log: data_dir.join("prometheus.log"),
        program: "prometheus".into(),
        arguments: vec![
            format!("--config.file={}", config.display()),
            format!("--storage.tsdb.path={}", folder.join("data").display()),
            format!("--web.listen-address={address}"),
        ],
        peers: 0,
        name,
    })
}

/// The rules that this program was built beside; none where it was taken away from them.
fn rules() -> Result<Vec<PathBuf>, StackError> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(RULES);
    let Ok(folder) = folder.canonicalize() else { return Ok(Vec::new()) };
    let failed = || StackError::io(format!("reading {}", folder.display()));
    let mut rules = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed())? {
        let path = entry.map_err(failed())?.path();
        if path.to_string_lossy().ends_with(".rules.yml") {
            rules.push(path);
        }
    }
    rules.sort_unstable();
    Ok(rules)
}

fn configuration(scrape: &[Target], rules: &[PathBuf]) -> String {
    let rules: String = rules.iter().map(|path| format!("\n  - {path:?}")).collect();
    let targets = scrape.iter().map(|Target { role, address }| {
        format!("\n      - {{targets: [\"{address}\"], labels: {{role: {role}}}}}")
    });
    let targets: String = targets.collect();
    format!(
        "global:\n  scrape_interval: {SCRAPE_INTERVAL}\n  evaluation_interval: {SCRAPE_INTERVAL}\nrule_files:{rules}\n\
         scrape_configs:\n  - job_name: congdanso\n    static_configs:{targets}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_an_address_with_the_role_that_it_has_there() {
        let read =
            |text: &str| text.parse::<Target>().ok().map(|target| (target.role, target.address.port()));
        assert_eq!(read("127.0.0.1:8080"), Some(("up", 8080)));
        assert_eq!(read("process=127.0.0.1:8091"), Some(("process", 8091)));
        for wrong in ["", "process", "process=", "processor=127.0.0.1:8091", "127.0.0.1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    /// No role was told, and no rule was loaded: alerts and dashboards found nothing.
    #[test]
    fn the_configuration_has_a_role_for_each_target_and_the_projects_rules() {
        let target = |text: &str| text.parse().expect("a target");
        let rules = rules().expect("the rules can be listed");
        let names: Vec<_> = rules.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        assert_eq!(names, ["alerts.rules.yml", "recording.rules.yml"]);
        let text = configuration(&[target("ingest=127.0.0.1:1"), target("127.0.0.1:2")], &rules);
        for part in [
            "- job_name: congdanso\n",
            "- {targets: [\"127.0.0.1:1\"], labels: {role: ingest}}\n",
            "- {targets: [\"127.0.0.1:2\"], labels: {role: up}}\n",
            "/deploy/prometheus/alerts.rules.yml\"\n",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }
}
