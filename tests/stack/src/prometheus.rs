//! Prometheus, where the machine has it.

use crate::member::{Member, MemberKind};
use crate::ports::{Ports, loopback};
use crate::{StackError, state};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

/// How often it scrapes.
const SCRAPE_INTERVAL: &str = "5s";

/// Writes its configuration and says how it is started.
pub fn member(scrape: &[SocketAddr], data_dir: &Path, ports: &mut Ports) -> Result<Member, StackError> {
    let name = "prometheus".to_owned();
    let folder = data_dir.join(&name);
    fs::create_dir_all(&folder).map_err(StackError::io(format!("making {}", folder.display())))?;
    let address = SocketAddr::from((loopback(1), ports.free(&[loopback(1)])?));
    let config = folder.join("prometheus.yml");
    let targets: Vec<String> = scrape.iter().map(|target| format!("\"{target}\"")).collect();
    state::write(
        &config,
        &format!(
            "global:\n  scrape_interval: {SCRAPE_INTERVAL}\nscrape_configs:\n  - job_name: congdanso\n    static_configs:\n      - targets: [{}]\n",
            targets.join(", ")
        ),
    )?;
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
