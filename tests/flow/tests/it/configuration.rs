//! Settings: where they come from, and mistakes in them.

use flow::folder::{Folder, text};
use flow::process::{Up, bare, command, finish, output, run};

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
