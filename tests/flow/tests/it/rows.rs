//! `dump` and `rebuild`, on a folder at rest and under a running process.

use crate::demo;
use crate::engine::Folder;
use flow::folder::{dump, verify_rebuild};
use flow::process::{Up, json, output, run};

#[test]
fn dump_is_the_same_twice_and_after_a_rebuild_was_swapped_in() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let data = folder.data();
    let before = dump(&data)?;
    assert!(before.lines().count() > 2_000, "{} rows", before.lines().count());
    assert_eq!(before, dump(&data)?);
    verify_rebuild(&data)?;
    let said = json(&data, &["rebuild", "--verify"])?;
    assert_eq!((&said["identical"], &said["different"]), (&true.into(), &0.into()));
    assert_eq!(said["rows"].as_u64(), Some(before.lines().filter(|line| is_row(line)).count() as u64));
    output(&data, &["rebuild"])?;
    assert_eq!(before, dump(&data)?);
    verify_rebuild(&data)
}

fn is_row(line: &str) -> bool {
    line.starts_with('{') && line.ends_with('}')
}

#[test]
fn running_process_dumps_and_rebuilds_what_the_folder_holds() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let data = folder.data();
    let before = dump(&data)?;
    let up = Up::start(&data, &[])?;
    assert_eq!(before, dump(&data)?);
    verify_rebuild(&data)?;
    output(&data, &["rebuild"])?;
    assert_eq!(before, dump(&data)?);
    assert_eq!(up.terminate()?.0, Some(0));
    assert_eq!(before, dump(&data)?);
    Ok(())
}

#[test]
fn one_table_is_dumped_alone_and_an_unknown_one_is_told_with_the_names() -> anyhow::Result<()> {
    let folder = demo::folder()?;
    let all = dump(&folder.data())?;
    let accounts = output(&folder.data(), &["dump", "--table", "accounts"])?;
    let of_accounts: Vec<&str> = all.lines().filter(|line| line.contains("\"table\":\"accounts\"")).collect();
    assert_eq!(accounts.lines().collect::<Vec<_>>(), of_accounts);
    assert!(!of_accounts.is_empty());
    let ended = run(&folder.data(), &["dump", "--table", "acounts"])?;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("no table acounts") && ended.err.contains("accounts"), "{ended:?}");
    Ok(())
}

#[test]
fn commands_on_a_folder_that_is_not_there_say_so_and_make_none() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let passphrase = folder.write("passphrase", "x")?;
    let file = folder.beside("file");
    let backup = ["backup", flow::folder::text(&file), "--passphrase-file", flow::folder::text(&passphrase)];
    for arguments in
        [&["dump"][..], &["rebuild"], &["rebuild", "--verify"], &["dlq", "list"], &["keys", "list"], &backup]
    {
        let ended = run(&folder.data(), arguments)?;
        assert_eq!(ended.code, Some(3), "{arguments:?}: {ended:?}");
        assert!(ended.err.contains("there is no data folder"), "{arguments:?}: {ended:?}");
        assert!(!folder.data().exists(), "{arguments:?} made a folder");
    }
    assert!(!file.exists());
    Ok(())
}
