//! A root key that never comes to the server: made elsewhere, pinned, and carried to by files.

use crate::codes::{keys, token};
use crate::keys::{active, register};
use anyhow::{Context, ensure};
use flow::folder::{Folder, text, verify_rebuild};
use flow::http::Client;
use flow::process::{Ended, Up, add_agency, bare, finish, run};
use serde_json::Value;
use std::path::PathBuf;

/// A city whose root key lies beside its data folder, as if on another machine.
pub struct City {
    folder: Folder,
    /// Its data folder.
    pub data: PathBuf,
    passphrase: PathBuf,
    root: PathBuf,
    public: String,
    /// The setting that names the root key.
    pub pinned: String,
}

impl City {
    /// A root key and no city yet.
    pub fn new() -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        let passphrase = folder.write("passphrase", "mật khẩu của khóa gốc\n")?;
        let root = folder.beside("root.key");
        let made =
            finish(bare(&["keys", "root", "--out", text(&root), "--passphrase-file", text(&passphrase)]))?;
        ensure!(made.code == Some(0), "{made:?}");
        let public = made.out.trim().to_owned();
        let pinned = format!("keys.root_public={public}");
        let data = folder.data();
        Ok(Self { folder, data, passphrase, root, public, pinned })
    }

    /// On the server, which is configured for the root key.
    pub fn server(&self, arguments: &[&str]) -> anyhow::Result<Ended> {
        run(&self.data, &[&["--set", &self.pinned], arguments].concat())
    }

    fn with_root<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        [arguments, &["--root", text(&self.root), "--root-passphrase-file", text(&self.passphrase)]].concat()
    }

    /// Carries what waits to the root key and back, in three steps; the file that was signed.
    pub fn publish(&self, name: &str) -> anyhow::Result<PathBuf> {
        let (request, signed) =
            (self.folder.beside(&format!("{name}.request")), self.folder.beside(&format!("{name}.signed")));
        let wrote = self.server(&["keys", "publish", "--out", text(&request)])?;
        ensure!(wrote.code == Some(0), "{wrote:?}");
        let sign = ["keys", "publish", "--request", text(&request), "--out", text(&signed)];
        let wrote = finish(bare(&self.with_root(&sign)))?;
        ensure!(wrote.code == Some(0) && wrote.err.contains("of the trust list, "), "{wrote:?}");
        let installed = self.server(&["keys", "publish", "--signed", text(&signed)])?;
        ensure!(installed.code == Some(0) && installed.err.contains("is in force"), "{installed:?}");
        Ok(signed)
    }

    /// The city at work.
    pub fn up(&self) -> anyhow::Result<Up> {
        Up::start(&self.data, &["--set", &self.pinned])
    }
}

fn version(up: &Up) -> anyhow::Result<(Value, Value)> {
    let json = [("accept", "application/json")];
    let list =
        Client::new(&up.base, None)?.send(reqwest::Method::GET, "/v1/trust-list", &json, "")?.expect(200)?;
    Ok((list["version"].clone(), list["root_public"].clone()))
}

#[test]
fn root_key_file_is_sealed_for_its_owner_alone_and_never_written_over() -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let city = City::new()?;
    assert_eq!(std::fs::metadata(&city.root)?.permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&city.root)?;
    let make = ["keys", "root", "--out", text(&city.root), "--passphrase-file", text(&city.passphrase)];
    let again = finish(bare(&make))?;
    ensure!(again.code == Some(2) && again.err.contains("is there already"), "{again:?}");
    assert_eq!(before, std::fs::read(&city.root)?);
    ensure!(!city.data.exists(), "making a root key touched a data folder");
    Ok(())
}

#[test]
fn city_comes_up_under_its_own_root_and_no_other() -> anyhow::Result<()> {
    let city = City::new()?;
    let helper = city.server(&["agency", "add", "helper", "--role", "helper", "--quota", "0"])?.out;
    let refused = city.server(&["--set", "http.listen=127.0.0.1:0", "up"])?;
    ensure!(refused.code == Some(1) && refused.err.contains("keys publish --out FILE"), "{refused:?}");
    city.publish("first")?;
    let up = city.up()?;
    assert_eq!(version(&up)?, (2.into(), city.public.as_str().into()));
    let citizen = register(&Client::new(&up.base, Some(helper.trim()))?, 1)?;
    let code = token(&city.data, &citizen)?;
    let file = city.folder.beside("served");
    let verify = ["verify", &code, "--server", &up.base, "--root", &city.public, "--trust-list", text(&file)];
    let ended = finish(bare(&verify))?;
    ensure!(ended.code == Some(0) && ended.out.starts_with("valid"), "{ended:?}");
    assert_eq!(up.terminate()?.0, Some(0));
    // What was pinned stays pinned without the configuration.
    let up = Up::start(&city.data, &[])?;
    assert_eq!(version(&up)?.1, city.public.as_str());
    assert_eq!(up.terminate()?.0, Some(0));
    let elsewhere = format!("keys.root_public={}", "ab".repeat(32));
    let refused = run(&city.data, &["--set", &elsewhere, "--set", "http.listen=127.0.0.1:0", "up"])?;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    verify_rebuild(&city.data)
}

#[test]
fn changes_wait_for_the_root_and_take_hold_of_a_running_process_once_signed() -> anyhow::Result<()> {
    let city = City::new()?;
    add_agency(&city.data, "app", "app")?;
    let first = city.publish("first")?;
    let up = city.up()?;
    let old = active(&city.data)?;
    let rotated = city.server(&["keys", "rotate"])?;
    ensure!(rotated.code == Some(0) && rotated.err.contains("waits for the root key"), "{rotated:?}");
    assert_eq!((active(&city.data)?, version(&up)?.0), (old.clone(), 2.into()), "nothing is in force yet");
    let waiting = keys(&city.data, "identity")?;
    ensure!(waiting.contains(&(rotated.out.trim().to_owned(), "requested".to_owned())), "{waiting:?}");
    let second = city.publish("second")?;
    assert_eq!((active(&city.data)?, version(&up)?.0), (rotated.out.trim().to_owned(), 3.into()));
    assert_eq!(city.server(&["keys", "publish", "--dry-run"])?.code, Some(3), "nothing waits any more");

    // The same list again changes nothing; an older one, or one that another key signed, is refused.
    let install = |file: &PathBuf| city.server(&["keys", "publish", "--signed", text(file)]);
    assert_eq!(install(&second)?.code, Some(0));
    let older = install(&first)?;
    ensure!(older.code == Some(4) && older.err.contains("a version only rises"), "{older:?}");
    let other = city.folder.beside("other.key");
    let made = ["keys", "root", "--out", text(&other), "--passphrase-file", text(&city.passphrase)];
    ensure!(finish(bare(&made))?.code == Some(0));
    city.server(&["keys", "issue", "--purpose", "audit"])?;
    let forged = city.folder.beside("forged");
    let passphrase = ["--root-passphrase-file", text(&city.passphrase)];
    let sign =
        [&["keys", "publish", "--root", text(&other), "--out", text(&forged)][..], &passphrase].concat();
    ensure!(city.server(&sign)?.code == Some(0));
    let refused = install(&forged)?;
    ensure!(
        refused.code == Some(4) && refused.err.contains("not signed by the pinned root key"),
        "{refused:?}"
    );
    assert_eq!(version(&up)?.0, 3);
    ensure!(city.server(&["keys", "publish", "--discard"])?.err.contains("taken back"));
    ensure!(keys(&city.data, "audit")?.is_empty());
    assert_eq!(up.terminate()?.0, Some(0));
    Ok(())
}

#[test]
fn emergency_takes_one_step_where_the_root_key_is_at_hand() -> anyhow::Result<()> {
    let city = City::new()?;
    city.publish("first")?;
    let up = city.up()?;
    let old = active(&city.data)?;
    let wrong = city.folder.write("wrong", "sai\n")?;
    let revoke = ["keys", "revoke", &old, "--reason", "key_compromise"];
    let root = ["--root", text(&city.root), "--root-passphrase-file", text(&wrong)];
    let refused = city.server(&[&revoke[..], &root].concat())?;
    ensure!(refused.code == Some(1) && refused.err.contains("is not the one that sealed"), "{refused:?}");
    ensure!(city.server(&["keys", "publish", "--dry-run"])?.code == Some(3), "a change waits all the same");
    let revoked = city.server(&city.with_root(&revoke))?;
    ensure!(
        revoked.code == Some(0) && revoked.err.contains("Version 3 of the trust list is in force"),
        "{revoked:?}"
    );
    let new = revoked.out.trim().to_owned();
    assert_eq!((active(&city.data)?, version(&up)?.0), (new, 3.into()));
    let states = keys(&city.data, "identity")?;
    ensure!(states.contains(&(old, "revoked".to_owned())), "{states:?}");
    assert_eq!(up.terminate()?.0, Some(0));
    let secrets = std::fs::read_to_string(city.data.join("keys/keyring"))?;
    ensure!(!secrets.contains("\"root\":"), "a root key lies in the data folder");
    Ok(())
}

#[test]
fn what_is_no_request_is_not_signed() -> anyhow::Result<()> {
    let city = City::new()?;
    let request = city.folder.write("request", "not a list")?;
    let out = city.folder.beside("signed");
    let sign = ["keys", "publish", "--request", text(&request), "--out", text(&out)];
    let refused = finish(bare(&city.with_root(&sign)))?;
    ensure!(refused.code == Some(4) && refused.err.contains("not a trust list"), "{refused:?}");
    ensure!(!out.exists());
    let alone = finish(bare(&["keys", "publish", "--request", text(&request), "--out", text(&out)]))?;
    assert_eq!(alone.code, Some(2), "{alone:?}");
    let nothing = city.server(&["keys", "publish"])?;
    ensure!(nothing.code == Some(2) && nothing.err.contains("--root FILE"), "{nothing:?}");
    nothing.err.lines().find(|line| line.contains("Version 2")).context("what waits is shown")?;
    Ok(())
}
