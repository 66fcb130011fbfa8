//! `congdanso backup` and `restore`.

use super::{Progress, passphrase, reach, say_json, settings};
use crate::admin::Request;
use crate::cli::Global;
use std::path::{Path, PathBuf};

/// Everything of the data folder that cannot be made again, in one sealed file.
///
/// # Errors
/// What the answer says.
pub fn backup(global: &Global, file: PathBuf, passphrase_file: Option<&Path>) -> anyhow::Result<()> {
    let passphrase = passphrase(passphrase_file, true)?;
    let mut session = reach(global)?;
    let mut progress = Progress::new();
    let to = std::path::absolute(&file)?;
    let request = Request::Backup { to, passphrase: passphrase.to_string() };
    let result = session.ask(request, &mut |reply| progress.follow(reply, &mut |_| Ok(())))?;
    drop(progress);
    eprintln!("{} record(s), {} bytes in {}", result["records"], result["bytes"], file.display());
    if global.json { say_json(&result) } else { Ok(()) }
}

/// A backup into an empty data folder; the projections are rebuilt from the log.
///
/// # Errors
/// When the folder is not empty, the passphrase is wrong or the file is damaged: nothing is left behind then.
pub fn restore(global: &Global, file: &Path, passphrase_file: Option<&Path>) -> anyhow::Result<()> {
    let settings = settings(global)?;
    crate::telemetry::init(&settings.config, crate::telemetry::Quiet::Yes);
    let passphrase = passphrase(passphrase_file, false)?;
    let mut progress = Progress::new();
    let result = crate::archive::restore(&settings.config, file, &passphrase, &mut |reply| {
        progress.follow(reply, &mut |_| Ok(()))
    })?;
    drop(progress);
    eprintln!("{} record(s) restored into {}", result["records"], settings.config.data_dir.display());
    if result["partitions"] != settings.config.log_partitions {
        eprintln!("configure log.partitions = {}: the log has as many for each stream", result["partitions"]);
    }
    if global.json { say_json(&result) } else { Ok(()) }
}
