//! The program's `move` between a folder and real servers, and back: the same log and the same rows in all three.

use anyhow::ensure;
use flow::folder::{Folder, dump, text};
use flow::process::{Ended, bare, command, finish, json, run};
use serde_json::Value;
use stack::Stack;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const CITIZENS: &str = "300";
/// Not a measure of speed: after so long nothing moves any more.
const HANG: Duration = Duration::from_secs(300);

/// A folder with a demo in it, servers, and the configurations between which it moves.
struct World {
    folder: Folder,
    /// Last, so that servers outlive whoever speaks to them.
    _stack: Stack,
    /// Kafka and Cassandra, with the data folder `city`.
    city: PathBuf,
    /// The embedded backends again, in the data folder `home`.
    home: PathBuf,
}

impl World {
    fn new() -> anyhow::Result<Self> {
        let (folder, stack) = (Folder::new()?, Stack::temporary(1, 1)?);
        json(&folder.data(), &["demo", "--citizens", CITIZENS, "--exit"])?;
        let config = |name: &str, more: &str| {
            let data = folder.beside(name);
            folder.write(&format!("{name}.toml"), &format!("data_dir = \"{}\"\n{more}", data.display()))
        };
        let city = config("city", &stack.state().configuration())?;
        let home = config("home", "")?;
        Ok(Self { folder, _stack: stack, city, home })
    }

    /// A command under one of the configurations.
    fn under(&self, config: &Path, arguments: &[&str]) -> anyhow::Result<Ended> {
        finish(bare(&[&["--config", text(config)], arguments].concat()))
    }

    fn dump_under(&self, config: &Path) -> anyhow::Result<String> {
        let ended = self.under(config, &["dump"])?;
        ensure!(ended.code == Some(0), "{ended:?}");
        Ok(ended.out)
    }
}

fn identical(ended: &Ended) -> anyhow::Result<Value> {
    ensure!(ended.code == Some(0), "{ended:?}");
    let said = ended.json()?;
    ensure!(said["identical"] == true && said["different"] == 0 && said["undecided"] == 0, "{said}");
    Ok(said)
}

/// Starts the move to the servers and kills it once its generation of the rows is being filled.
fn kill_while_it_fills(world: &World) -> anyhow::Result<()> {
    let marked = world.folder.beside("city").join("MOVING");
    let mut child = command(&world.folder.data(), &["move", "--to", text(&world.city)]).spawn()?;
    let started = Instant::now();
    let is_filling = || std::fs::read_to_string(&marked).is_ok_and(|said| said.contains("\"generation\":2"));
    while !is_filling() {
        ensure!(child.try_wait()?.is_none(), "it ended before it filled a generation");
        ensure!(started.elapsed() < HANG, "no generation is filled");
        std::thread::yield_now();
    }
    child.kill()?;
    ensure!(child.wait()?.code().is_none(), "it had ended by itself");
    Ok(())
}

#[test]
fn a_city_moved_to_kafka_and_cassandra_and_home_again_is_identical_each_time() -> anyhow::Result<()> {
    let world = World::new()?;
    let source = world.folder.data();
    let rows = dump(&source)?;
    ensure!(rows.lines().count() > 2_000, "{} rows", rows.lines().count());

    kill_while_it_fills(&world)?;
    let refused = world.under(&world.city, &["dump"])?;
    ensure!(refused.code == Some(1) && refused.err.contains("congdanso move"), "{refused:?}");
    let there = identical(&run(&source, &["--json", "move", "--to", text(&world.city)])?)?;
    assert_eq!(there["generation"], 2, "the generation that was begun was not gone on with: {there}");
    assert_eq!(there["appended"], 0, "{there}");
    assert!(world.dump_under(&world.city)? == rows, "the rows on Kafka and Cassandra differ");
    let checked = world.under(&world.city, &["rebuild", "--verify"])?;
    assert_eq!((checked.code, checked.out.as_str()), (Some(0), "identical\n"), "{checked:?}");

    let back = identical(&world.under(&world.city, &["--json", "move", "--to", text(&world.home)])?)?;
    assert_eq!(back["appended"], back["records"], "{back}");
    assert_eq!(back["partitions"], there["partitions"]);
    assert!(world.dump_under(&world.home)? == rows, "the rows at home differ");

    let again = world.under(&world.city, &["--json", "move", "--to", text(&world.home)])?;
    assert_eq!(identical(&again)?["appended"], 0);
    Ok(())
}
