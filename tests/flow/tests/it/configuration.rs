//! Settings: where they come from, and mistakes in them.

use flow::folder::{Folder, dump, text, verify_rebuild};
use flow::http::Client;
use flow::people::registration;
use flow::process::{Up, add_agency, bare, command, finish, output, run};

#[test]
fn every_mistake_is_told_at_once_and_nothing_is_opened() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let file = folder.write(
        "c.toml",
        "nonsense = 1\n[log]\npartitions = 0\nbackend = \"paper\"\n[identity]\ndays = \"long\"\n",
    )?;
    let missing = text(&folder.beside("no-such-file")).to_owned();
    let mut command = command(
        &data,
        &[
            "--config",
            text(&file),
            "--set",
            "http.listen=here",
            "--set",
            "http.port=80",
            "--set",
            "nothing",
            "--set",
            "logging.level=loud=quiet=1",
            "--set",
            &format!("keys.passphrase_file={missing}"),
            "--set",
            &format!("keys.key_file={missing}"),
            "up",
        ],
    );
    command.env("CONGDANSO_PROCESS__WORKERS", "1000").env("CONGDANSO_HTTP__THREADS", "1");
    let ended = finish(command)?;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for mistake in [
        "nonsense (file ",
        "log.partitions (file ",
        "log.backend (file ",
        "identity.days (file ",
        "http.listen (flag)",
        "http.port (flag)",
        "--set nothing",
        "logging.level (flag)",
        "process.workers (environment CONGDANSO_PROCESS__WORKERS): 1000 is more than 64",
        "http.threads (environment CONGDANSO_HTTP__THREADS)",
        "keys.passphrase_file and keys.key_file exclude each other",
    ] {
        assert!(ended.err.contains(mistake), "{mistake:?} is not told: {}", ended.err);
    }
    assert_eq!(ended.out, "");
    assert!(!data.exists(), "the data folder was made");
    Ok(())
}

#[test]
fn file_that_does_not_read_is_a_mistake_with_its_name() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let file = folder.write("broken.toml", "[log\npartitions = 4\n")?;
    let ended = run(&folder.data(), &["--config", text(&file), "up"])?;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("broken.toml"), "{ended:?}");
    let ended = run(&folder.data(), &["--config", "not-there.toml", "up"])?;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("not-there.toml"), "{ended:?}");
    assert!(!folder.data().exists());
    Ok(())
}

#[test]
fn origin_of_every_setting_is_shown() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let file =
        folder.write("c.toml", "[log]\npartitions = 4\n[process]\nworkers = 1\n[http]\nworkers = 1\n")?;
    let mut command = command(
        &folder.data(),
        &["--config", text(&file), "--set", "process.workers=2", "config", "show", "--origin"],
    );
    command.env("CONGDANSO_HTTP__WORKERS", "3");
    let ended = finish(command)?;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for line in [
        "process.workers = 2  # flag".to_owned(),
        "http.workers = 3  # environment CONGDANSO_HTTP__WORKERS".to_owned(),
        format!("log.partitions = 4  # file {}", file.display()),
        "identity.days = 3650  # default".to_owned(),
        format!("data_dir = {:?}  # flag", folder.data().display().to_string()),
    ] {
        assert!(ended.out.lines().any(|l| l == line), "{line} is not in {}", ended.out);
    }
    assert!(!folder.data().exists(), "showing settings made the data folder");
    Ok(())
}

#[test]
fn file_in_the_working_folder_is_read_and_a_data_folder_may_have_any_name() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    folder.write("congdanso.toml", "data_dir = \"dữ liệu \\\"1\\\"\"\n[log]\npartitions = 2\n")?;
    let mut command = bare(&["--set", "http.listen=127.0.0.1:0", "agency", "add", "a", "--role", "helper"]);
    command.current_dir(folder.beside(""));
    assert_eq!(finish(command)?.code, Some(0));
    let data = folder.beside("dữ liệu \"1\"");
    assert!(
        data.join("agencies.json").exists(),
        "{:?}",
        std::fs::read_dir(folder.beside(""))?.collect::<Vec<_>>()
    );
    let list = output(&data, &["agency", "list"])?;
    assert!(list.contains("\na "), "{list}");
    Ok(())
}

#[test]
fn number_of_partitions_is_fixed_when_the_log_is_made() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let up = Up::start(&folder.data(), &["--set", "log.partitions=4"])?;
    assert_eq!(up.terminate()?.0, Some(0));
    let ended =
        run(&folder.data(), &["--set", "log.partitions=8", "--set", "http.listen=127.0.0.1:0", "up"])?;
    assert_ne!(ended.code, Some(0));
    assert!(ended.err.contains("has 4 partitions, 8 were asked for: set 4"), "{ended:?}");
    Ok(())
}

#[test]
fn sealed_keys_open_with_their_passphrase_alone() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let (right, wrong) =
        (folder.write("right", "đúng mật khẩu dài\n")?, folder.write("wrong", "sai mật khẩu dài\n")?);
    let sealed = |file| format!("keys.passphrase_file={}", text(file));
    let (right, wrong) = (sealed(&right), sealed(&wrong));
    let list = output(&data, &["--set", &right, "agency", "add", "a", "--role", "helper"]);
    assert!(!list?.trim().is_empty());
    let keys = output(&data, &["--set", &right, "--json", "keys", "list"])?;
    let file = data.join("keys/keyring");
    let before = std::fs::read(&file)?;
    assert!(!before.starts_with(b"{"), "the keys are not sealed");
    for (arguments, words) in [
        (&["keys", "list"][..], "is sealed: configure the passphrase or key file that sealed it"),
        (&["--set", &wrong, "keys", "list"], "is not the one that sealed"),
        (&["--set", &wrong, "--set", "http.listen=127.0.0.1:0", "up"], "is not the one that sealed"),
    ] {
        let ended = run(&data, arguments)?;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.contains(words) && ended.err.contains("keyring"), "{ended:?}");
    }
    assert_eq!(before, std::fs::read(&file)?);
    let up = Up::start(&data, &["--set", &right])?;
    assert_eq!(keys, output(&data, &["--json", "keys", "list"])?);
    assert_eq!(up.terminate()?.0, Some(0));
    Ok(())
}

#[test]
fn another_issuer_is_for_new_codes_and_a_replay_keeps_the_old_ones() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let key = add_agency(&data, "helper", "helper")?;
    let mut rows = String::new();
    for (n, issuer) in [(1, "urn:city:one"), (2, "urn:city:two")] {
        let up = Up::start(&data, &["--set", &format!("identity.issuer={issuer}")])?;
        let client = Client::new(&up.base, Some(&key))?;
        let answer = client.decide("registrations", &n.to_string(), &registration(n))?.expect(200)?;
        assert_eq!(answer["outcome"], "applied");
        let code = output(
            &data,
            &["qr", "show", answer["citizen_id"].as_str().unwrap_or_default(), "--format", "text"],
        )?;
        let body = serde_json::json!({ "code": code.trim_end() }).to_string();
        let json = [("content-type", "application/json")];
        let verdict = client.send(reqwest::Method::POST, "/v1/verify", &json, body)?.expect(200)?;
        assert_eq!((&verdict["verdict"], &verdict["claims"]["issuer"]), (&"valid".into(), &issuer.into()));
        assert_eq!(up.terminate()?.0, Some(0));
        rows = dump(&data)?;
    }
    verify_rebuild(&data)?;
    output(&data, &["rebuild"])?;
    assert!(rows == dump(&data)?, "the rows differ");
    Ok(())
}

/// What a configuration file says, held against everything and shown.
fn shown(folder: &Folder, said: &str) -> anyhow::Result<flow::process::Ended> {
    let file = folder.write("clusters.toml", said)?;
    let ended = run(&folder.data(), &["--config", text(&file), "config", "show"])?;
    assert!(!folder.data().exists(), "showing settings made the data folder");
    Ok(ended)
}

/// A file for its owner, its group, or everybody.
fn secret(folder: &Folder, name: &str, text: &str, mode: u32) -> anyhow::Result<std::path::PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.write(name, text)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))?;
    Ok(path)
}

#[test]
fn settings_of_the_log_are_read_from_files_that_are_not_open_to_everybody() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let with = |key: &str, path: &std::path::Path, more: &str| {
        let named =
            format!("[log.kafka.settings_files]\n\"{key}\" = {:?}\n{more}", path.display().to_string());
        shown(&folder, &format!("log.backend = \"kafka\"\n{named}"))
    };
    let mounted = secret(&folder, "mounted", "mật-khẩu-7\n", 0o440)?;
    let ended = with("sasl.password", &mounted, "")?;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("log.kafka.settings_files = [\"sasl.password\"], not shown"), "{ended:?}");

    // What is in the file comes to the library that it is for.
    let family = secret(&folder, "family", "v4\nv9\n", 0o600)?;
    assert_eq!(with("broker.address.family", &family, "")?.code, Some(0));
    let wrong = secret(&folder, "wrong", "v9-hidden\n", 0o600)?;
    let open = secret(&folder, "open", "mật-khẩu-7\n", 0o644)?;
    let empty = secret(&folder, "empty", "\nmật-khẩu-7\n", 0o600)?;
    let twice = "[log.kafka.settings]\n\"sasl.password\" = \"x\"\n";
    for (key, path, more, words) in [
        ("broker.address.family", &wrong, "", "the value of broker.address.family is not allowed"),
        ("acks", &family, "", "acks is set by the program"),
        ("sasl.password", &open, "", "is open to everybody: run `chmod 600 "),
        ("sasl.password", &empty, "", "is empty"),
        ("sasl.password", &folder.beside("nowhere"), "", "No such file"),
        ("sasl.password", &mounted, twice, "sasl.password is among the settings too"),
    ] {
        let ended = with(key, path, more)?;
        assert_eq!(ended.code, Some(2), "{words}: {ended:?}");
        assert!(ended.err.contains("log.kafka: ") && ended.err.contains(words), "{words}: {ended:?}");
        for hidden in ["v9", "mật-khẩu"] {
            assert!(!ended.err.contains(hidden) && !ended.out.contains(hidden), "{ended:?}");
        }
    }
    Ok(())
}

#[test]
fn certificate_for_the_store_needs_its_key_and_the_authorities_of_the_nodes() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let with = |named: &[(&str, &std::path::Path)]| {
        let named = named.iter().map(|(key, path)| format!("{key} = {:?}\n", path.display().to_string()));
        let named: String = named.collect();
        shown(&folder, &format!("projections.backend = \"scylla\"\n[projections.scylla]\n{named}"))
    };
    let (closed, open) = (secret(&folder, "a.pem", "", 0o600)?, secret(&folder, "b.pem", "", 0o644)?);
    let (authorities, certificate) = (("authorities_file", &*open), ("certificate_file", &*open));
    let key = ("private_key_file", &*closed);
    assert_eq!(with(&[authorities, certificate, key])?.code, Some(0));
    for (named, words) in [
        (&[authorities, certificate][..], "certificate_file and private_key_file need each other"),
        (&[authorities, key], "certificate_file and private_key_file need each other"),
        (&[certificate, key], "certificate_file needs authorities_file"),
        (&[authorities, certificate, ("private_key_file", &open)], "b.pem is open to everybody"),
    ] {
        let ended = with(named)?;
        assert_eq!(ended.code, Some(2), "{words}: {ended:?}");
        assert!(ended.err.contains(words), "{words}: {ended:?}");
    }
    Ok(())
}
