//! `verify --server`: a verifier that keeps the trust list and never goes back.

use crate::codes::token;
use crate::keys::{active, register};
use anyhow::{Context, ensure};
use flow::folder::{Folder, text};
use flow::http::Client;
use flow::process::{Ended, Up, add_agency, bare, finish, output};
use std::path::Path;
use std::time::Duration;

/// As if it had been kept for longer than it may be without asking.
fn make_old(file: &Path) -> anyhow::Result<()> {
    let time = std::fs::metadata(file)?.modified()? - Duration::from_secs(31);
    Ok(std::fs::File::options().append(true).open(file)?.set_modified(time)?)
}

struct Verifier<'a> {
    code: &'a str,
    root: &'a str,
    file: &'a Path,
}

impl Verifier<'_> {
    fn ask(&self, server: &str) -> anyhow::Result<Ended> {
        finish(bare(&[
            "verify",
            self.code,
            "--server",
            server,
            "--root",
            self.root,
            "--trust-list",
            text(self.file),
        ]))
    }
}

#[test]
fn rollback_of_the_trust_list_is_refused_by_who_keeps_one() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let helper = add_agency(&data, "helper", "helper")?;
    let up = Up::start(&data, &[])?;
    let citizen = register(&Client::new(&up.base, Some(&helper))?, 1)?;
    let code = token(&data, &citizen)?;
    let json = [("accept", "application/json")];
    let list =
        Client::new(&up.base, None)?.send(reqwest::Method::GET, "/v1/trust-list", &json, "")?.json()?;
    let root = list["root_public"].as_str().context("a root")?.to_owned();
    assert_eq!(up.terminate()?.0, Some(0));
    let before = folder.copy()?;
    output(&data, &["keys", "revoke", &active(&data)?, "--reason", "key_compromise"])?;

    let (now, back) = (Up::start(&data, &[])?, Up::start(&before.data(), &[])?);
    let file = folder.beside("kept.cose");
    let verifier = Verifier { code: &code, root: &root, file: &file };
    let ended = verifier.ask(&back.base)?;
    ensure!(ended.code == Some(0) && ended.out.starts_with("valid"), "a first list is believed: {ended:?}");
    let older = std::fs::read(&file)?;
    // Within its ttl nobody is asked, so that a thousand checks cost one request.
    let ended = verifier.ask(&now.base)?;
    ensure!(ended.code == Some(0), "{ended:?}");
    make_old(&file)?;
    let ended = verifier.ask(&now.base)?;
    ensure!(ended.code == Some(4) && ended.out.starts_with("key_revoked"), "{ended:?}");
    let newer = std::fs::read(&file)?;
    ensure!(newer != older);
    make_old(&file)?;
    let ended = verifier.ask(&back.base)?;
    ensure!(
        ended.out.starts_with("key_revoked") && ended.err.contains("version 1 after version 2: refused"),
        "{ended:?}"
    );
    assert_eq!(newer, std::fs::read(&file)?);

    // Nobody there: the list that is held is used, and that is told.
    let address = now.base.clone();
    assert_eq!(now.terminate()?.0, Some(0));
    let ended = verifier.ask(&address)?;
    ensure!(
        ended.out.starts_with("key_revoked") && ended.err.contains("could not be brought up to date"),
        "{ended:?}"
    );
    std::fs::remove_file(&file)?;
    let ended = verifier.ask(&address)?;
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (Some(1), ""),
        "without any list nothing is said: {ended:?}"
    );
    assert_eq!(back.terminate()?.0, Some(0));
    Ok(())
}

#[test]
fn list_of_another_root_is_not_believed_from_a_server_or_a_file() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let helper = add_agency(&data, "helper", "helper")?;
    let up = Up::start(&data, &[])?;
    let citizen = register(&Client::new(&up.base, Some(&helper))?, 1)?;
    let (code, other, file) = (token(&data, &citizen)?, "ab".repeat(32), folder.beside("kept.cose"));
    let verifier = Verifier { code: &code, root: &other, file: &file };
    for _ in 0..2 {
        let ended = verifier.ask(&up.base)?;
        ensure!(
            ended.code == Some(1) && ended.err.contains("not signed by the pinned root key"),
            "{ended:?}"
        );
        std::fs::write(&file, "no list")?;
    }
    let ended = verifier.ask("https://danang.example")?;
    ensure!(ended.code == Some(2) && ended.err.contains("http://ADDRESS"), "{ended:?}");
    assert_eq!(up.terminate()?.0, Some(0));
    Ok(())
}
