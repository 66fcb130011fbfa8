//! `backup` and `restore`.

use crate::demo;
use anyhow::{Context, ensure};
use event_log_embedded::{EmbeddedLog, Options};
use flow::folder::{Folder, dump, files, text, verify_rebuild};
use flow::http::Client;
use flow::people::{number, registration};
use flow::process::{Up, add_agency, json, output, run};
use reqwest::Method;
use serde_json::json;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

struct Sealed {
    file: PathBuf,
    passphrase: PathBuf,
}

impl Sealed {
    fn of(folder: &Folder, name: &str) -> anyhow::Result<Self> {
        let sealed = Self {
            file: folder.beside(name),
            passphrase: folder.write("passphrase", "bí mật của thành phố\nnot this line\n")?,
        };
        let said = output(
            &folder.data(),
            &["--json", "backup", text(&sealed.file), "--passphrase-file", text(&sealed.passphrase)],
        )?;
        ensure!(said.contains("\"records\""), "{said}");
        Ok(sealed)
    }

    fn restore(&self, data: &Path) -> anyhow::Result<flow::process::Ended> {
        run(data, &["restore", text(&self.file), "--passphrase-file", text(&self.passphrase)])
    }
}

/// Id of the citizen of a number, as the program says it over HTTP.
fn id(data: &Path, n: u32) -> anyhow::Result<String> {
    let name = format!("reader-{}", output(data, &["agency", "list"])?.lines().count());
    let key = add_agency(data, &name, "app")?;
    let up = Up::start(data, &[])?;
    let body = json!({ "number": number(n) }).to_string();
    let found = Client::new(&up.base, Some(&key))?
        .send(Method::POST, "/v1/lookup", &[("content-type", "application/json")], body)?
        .expect(200)?;
    ensure!(up.terminate()?.0 == Some(0));
    found["citizens"][0]["citizen_id"].as_str().map(str::to_owned).with_context(|| found.to_string())
}

/// A demo's folder with an account of a known number.
fn original() -> anyhow::Result<Folder> {
    let folder = demo::folder()?;
    let data = folder.data();
    output(&data, &["keys", "rotate"])?;
    let key = add_agency(&data, "helper", "helper")?;
    let up = Up::start(&data, &[])?;
    let answer =
        Client::new(&up.base, Some(&key))?.decide("registrations", "1", &registration(1))?.expect(200)?;
    ensure!(answer["outcome"] == "applied", "{answer}");
    ensure!(up.terminate()?.0 == Some(0));
    Ok(folder)
}

#[test]
fn restored_folder_holds_the_same_rows_keys_and_pepper() -> anyhow::Result<()> {
    let folder = original()?;
    let data = folder.data();
    let at_rest = Sealed::of(&folder, "at-rest.backup")?;
    let up = Up::start(&data, &[])?;
    let running = Sealed::of(&folder, "running.backup")?;
    ensure!(up.terminate()?.0 == Some(0));
    let (rows, keys) = (dump(&data)?, output(&data, &["--json", "keys", "list"])?);
    let agencies = output(&data, &["--json", "agency", "list"])?;
    for sealed in [at_rest, running] {
        let restored = Folder::new()?;
        let ended = sealed.restore(&restored.data())?;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(rows == dump(&restored.data())?, "the rows differ");
        assert_eq!(keys, output(&restored.data(), &["--json", "keys", "list"])?);
        assert_eq!(agencies, output(&restored.data(), &["--json", "agency", "list"])?);
        verify_rebuild(&restored.data())?;
        assert_eq!(id(&restored.data(), 1)?, id(&data, 1)?);
        for file in files(&restored.data())? {
            use std::os::unix::fs::PermissionsExt;
            let secret = file.ends_with("keys/keyring") || file.ends_with("agencies.json");
            ensure!(
                !secret || file.metadata()?.permissions().mode() & 0o077 == 0,
                "{} is open to others",
                file.display()
            );
        }
        // It works on: a repeat is known, and what is new is signed with the key in force.
        let up = Up::start(&restored.data(), &[])?;
        let key = output(&restored.data(), &["agency", "rotate", "helper"])?;
        let client = Client::new(&up.base, Some(key.trim()))?;
        assert_eq!(
            client.decide("registrations", "1", &registration(1))?.expect(200)?["outcome"],
            "duplicate"
        );
        assert_eq!(client.decide("registrations", "2", &registration(2))?.expect(200)?["outcome"], "applied");
        ensure!(up.terminate()?.0 == Some(0));
    }
    Ok(())
}

#[test]
fn backup_is_sealed_for_its_owner_and_never_written_over_a_file() -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let folder = original()?;
    let sealed = Sealed::of(&folder, "a.backup")?;
    assert_eq!(sealed.file.metadata()?.permissions().mode() & 0o777, 0o600);
    let bytes = std::fs::read(&sealed.file)?;
    for clear in [number(1).as_bytes(), "Nguyễn Văn An".as_bytes(), b"helper"] {
        ensure!(!bytes.windows(clear.len()).any(|window| window == clear), "the backup can be read");
    }
    let arguments = ["backup", text(&sealed.file), "--passphrase-file", text(&sealed.passphrase)];
    let ended = run(&folder.data(), &arguments)?;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    ensure!(ended.err.contains("is there already") && std::fs::read(&sealed.file)? == bytes, "{ended:?}");
    let empty = folder.write("empty", "\n")?;
    let other = folder.beside("other.backup");
    let ended = run(&folder.data(), &["backup", text(&other), "--passphrase-file", text(&empty)])?;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    ensure!(!other.exists());
    Ok(())
}

#[test]
fn wrong_passphrase_or_damaged_file_restores_nothing() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let sealed = Sealed::of(&folder, "a.backup")?;
    let bytes = std::fs::read(&sealed.file)?;
    let wrong = Sealed { file: sealed.file.clone(), passphrase: folder.write("wrong", "guess\n")? };
    let damaged = |name: &str, bytes: Vec<u8>| -> anyhow::Result<Sealed> {
        let file = folder.beside(name);
        std::fs::write(&file, bytes)?;
        Ok(Sealed { file, passphrase: sealed.passphrase.clone() })
    };
    let mut cases = vec![("wrong passphrase", wrong)];
    for (name, at) in [("first", 0), ("early", 40), ("middle", bytes.len() / 2), ("last", bytes.len() - 1)] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        cases.push((name, damaged(name, flipped)?));
    }
    for (name, length) in [("nothing", 0), ("half", bytes.len() / 2), ("all but one", bytes.len() - 1)] {
        cases.push((name, damaged(name, bytes[..length].to_vec())?));
    }
    cases.push(("more", damaged("more", [&bytes[..], b"x"].concat())?));
    cases.push(("another file", damaged("another", b"PK\x03\x04 a picture album".repeat(100))?));
    for (name, case) in cases {
        let target = Folder::new()?;
        let ended = case.restore(&target.data())?;
        ensure!(ended.code == Some(1), "{name}: {ended:?}");
        ensure!(ended.err.contains("error: ") && !ended.err.contains("panicked"), "{name}: {ended:?}");
        let left: Vec<_> = std::fs::read_dir(target.beside(""))?.collect();
        ensure!(left.is_empty(), "{name}: {left:?} is left behind");
    }
    Ok(())
}

#[test]
fn folder_that_holds_something_is_not_restored_into() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let sealed = Sealed::of(&folder, "a.backup")?;
    let before = dump(&folder.data())?;
    let ended = sealed.restore(&folder.data())?;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    ensure!(ended.err.contains("is not empty"), "{ended:?}");
    assert!(before == dump(&folder.data())?, "the rows differ");
    // An empty folder is as good as none, and what an earlier try left beside it goes away.
    let target = Folder::new()?;
    std::fs::create_dir(target.data())?;
    std::fs::create_dir(target.beside("data.restoring"))?;
    std::fs::write(target.beside("data.restoring").join("x"), "left by a killed restore")?;
    assert_eq!(sealed.restore(&target.data())?.code, Some(0));
    assert!(before == dump(&target.data())?, "the rows differ");
    ensure!(!target.beside("data.restoring").exists());
    let said = json(&target.data(), &["rebuild", "--verify"])?;
    assert_eq!(said["identical"], true);
    Ok(())
}

/// A folder whose log is in a later epoch, with citizens and a code that was taken back.
fn of_a_later_epoch(epoch: u32) -> anyhow::Result<Folder> {
    let folder = Folder::new()?;
    let data = folder.data();
    let (desk, officer) = (add_agency(&data, "desk", "helper")?, add_agency(&data, "officer", "officer")?);
    for made in ["log", "projections"] {
        std::fs::remove_dir_all(data.join(made))?;
    }
    let options = Options { epoch, ..Options::default() };
    drop(EmbeddedLog::open(&data.join("log"), options, &prometheus::Registry::new())?);
    let up = Up::start(&data, &[])?;
    let desk = Client::new(&up.base, Some(&desk))?;
    for n in 1..=3 {
        let answer = desk.decide("registrations", &n.to_string(), &registration(n))?.expect(200)?;
        ensure!(answer["outcome"] == "applied", "{answer}");
    }
    let suspended = json!({
        "kind": "AccountSuspended", "citizen": { "number": number(2) }, "occurred_on": flow::people::DAY,
        "data": { "cause": "fraud_check" }
    });
    let officer = Client::new(&up.base, Some(&officer))?;
    let answer = officer.decide("registrations", "suspended", &suspended)?.expect(200)?;
    ensure!(answer["outcome"] == "applied", "{answer}");
    ensure!(up.terminate()?.0 == Some(0));
    Ok(folder)
}

#[test]
fn restored_log_is_in_its_epoch_so_that_causes_and_status_lists_stay_true() -> anyhow::Result<()> {
    let folder = of_a_later_epoch(3)?;
    let sealed = Sealed::of(&folder, "a.backup")?;
    let target = Folder::new()?;
    let ended = sealed.restore(&target.data())?;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let (rows, restored) = (dump(&folder.data())?, dump(&target.data())?);
    assert!(rows.contains("\"status_entries\"") && rows.contains(":3:0\""), "{rows}");
    assert!(rows == restored, "{rows}\nin the restored folder:\n{restored}");
    verify_rebuild(&target.data())
}

#[test]
fn restore_into_a_cluster_is_refused_before_anything_is_opened() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let sealed = Sealed::of(&folder, "a.backup")?;
    let cluster = TcpListener::bind("127.0.0.1:0")?;
    cluster.set_nonblocking(true)?;
    let address = cluster.local_addr()?;
    let kafka = ["--set".to_owned(), "log.backend=kafka".to_owned()];
    let scylla = ["--set".to_owned(), "projections.backend=scylla".to_owned()];
    let at = ["log.kafka.bootstrap_servers", "projections.scylla.contact_points"]
        .map(|key| ["--set".to_owned(), format!("{key}={address}")])
        .concat();
    for named in [&kafka[..], &scylla, &[kafka.clone(), scylla.clone()].concat()] {
        let target = Folder::new()?;
        let settings: Vec<&str> = named.iter().chain(&at).map(String::as_str).collect();
        let restore = ["restore", text(&sealed.file), "--passphrase-file", text(&sealed.passphrase)];
        let ended = run(&target.data(), &[&settings[..], &restore].concat())?;
        assert_eq!(ended.code, Some(2), "{named:?}: {ended:?}");
        for words in ["log.backend = \"embedded\"", "congdanso move --to"] {
            ensure!(ended.err.contains(words), "{named:?}: {words}: {ended:?}");
        }
        let left: Vec<_> = std::fs::read_dir(target.beside(""))?.collect();
        ensure!(left.is_empty(), "{named:?}: {left:?} is left behind");
        let spoken = cluster.accept().map(|(_, from)| from);
        ensure!(spoken.is_err(), "{named:?}: the cluster was spoken to: {spoken:?}");
    }
    Ok(())
}
