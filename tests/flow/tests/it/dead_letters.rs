//! Records that no intake of ours wrote: dead letters, quarantines, replays.

use crate::engine::{Folder, log};
use anyhow::{Context, ensure};
use bytes::Bytes;
use event_log::{EventLog, NewRecord};
use flow::folder::{Ledger, dump, verify_rebuild};
use flow::http::Client;
use flow::people::{paper, registration};
use flow::process::{Up, add_agency, json, output, run};
use schemas::partitioner::partition_of;
use schemas::{CitizenId, Event, EventId, Place, Stream, Topic, TopicPartition};
use serde_json::Value;
use std::path::Path;

const STREAM: Stream = Stream::Registrations;
const TOPIC: Topic = Topic::Stream(STREAM);

fn append(log: &dyn EventLog, partition: u16, key: &[u8], value: Vec<u8>) -> anyhow::Result<Place> {
    let to = TopicPartition { topic: TOPIC, partition };
    let record = NewRecord { to, key: Bytes::copy_from_slice(key), value: value.into(), headers: Vec::new() };
    let offset = futures_executor::block_on(log.append(vec![record]))?[0];
    Ok(Place { stream: STREAM, partition, epoch: log.layout(TOPIC).epoch, offset })
}

/// A folder with one account in it, its event, and the credentials to send and to read.
struct World {
    folder: Folder,
    event: Event,
    helper: String,
    agency: String,
}

impl World {
    fn new() -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        let data = folder.data();
        let (helper, agency) = (add_agency(&data, "helper", "helper")?, add_agency(&data, "dvc", "agency")?);
        let up = Up::start(&data, &[])?;
        let answer = Client::new(&up.base, Some(&helper))?
            .decide("registrations", "1", &registration(1))?
            .expect(200)?;
        ensure!(up.terminate()?.0 == Some(0));
        let place: Place =
            answer["place"].as_str().context("a place")?.parse().map_err(|()| anyhow::anyhow!("{answer}"))?;
        let records = log(&folder)?.read(place.topic_partition(), place.offset, 1, 1)?;
        Ok(Self { folder, event: schemas::codec::decode(STREAM, &records[0].value)?, helper, agency })
    }

    /// The event again, as the nth of other people.
    fn other(&self, n: u32) -> Event {
        let mut event = self.event.clone();
        event.header.citizen_id = CitizenId(id(n).parse().expect("a UUID"));
        event.header.event_id = EventId(id(n + 1_000_000).parse().expect("a UUID"));
        event
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.data()
    }
}

/// The nth id of nobody.
fn id(n: u32) -> String {
    format!("{n:08x}-89ab-8def-8123-456789abcdef")
}

fn key(event: &Event) -> [u8; 36] {
    event.header.citizen_id.record_key()
}

fn home(event: &Event, log: &dyn EventLog) -> u16 {
    partition_of(&key(event), log.layout(TOPIC).partitions)
}

/// Waits for what becomes of an event.
fn outcome(up: &Up, key: &str, event: &Event, place: &Place) -> anyhow::Result<Value> {
    let client = Client::new(&up.base, Some(key))?;
    let path = format!("/v1/events/{}/{}?place={place}", event.header.citizen_id, event.header.event_id);
    client.applied(&path, &place.to_string())?.expect(200)
}

fn listed(data: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let said = output(data, &["--json", "dlq", "list"])?;
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let lines = said.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>()?;
    Ok(lines.iter().map(|line| (text(line, "place"), text(line, "reason"))).collect())
}

#[test]
fn records_that_are_no_events_become_dead_letters_and_the_partition_goes_on() -> anyhow::Result<()> {
    let world = World::new()?;
    let data = world.data();
    let mut wanted = Vec::new();
    let (last, last_at) = {
        let log = log(&world.folder)?;
        let event = world.other(1);
        let (at, key, whole) = (home(&event, &*log), key(&event), schemas::codec::encode(&event));
        let mut framed = vec![0xC3, 0x01];
        framed.extend(schemas::codec::fingerprint(STREAM));
        let bomb = [&framed[..], &[0xFF; 9], &[0x01; 200]].concat();
        let foreign = (2..).map(|n| world.other(n)).find(|e| home(e, &*log) == at).context("a key")?;
        for (partition, key, value, reason) in [
            (at, key, b"no frame".to_vec(), "malformed"),
            (at, key, framed.clone(), "malformed"),
            (at, key, bomb, "malformed"),
            (at, key, [&whole[..], b"x"].concat(), "malformed"),
            (at, key, whole[..whole.len() - 1].to_vec(), "malformed"),
            (at, key, Vec::new(), "malformed"),
            ((at + 1) % 16, key, whole.clone(), "wrong_partition"),
            (at, self::key(&foreign), whole.clone(), "wrong_key"),
        ] {
            wanted.push((append(&*log, partition, &key, value)?.to_string(), reason.to_owned()));
        }
        (event, append(&*log, at, &key, whole)?)
    };
    wanted.sort();
    let up = Up::start(&data, &[])?;
    assert_eq!(outcome(&up, &world.helper, &last, &last_at)?["outcome"], "applied");
    flow::process::until_all_is_decided(&up)?;
    let sorted = |data: &Path| -> anyhow::Result<Vec<_>> {
        let mut listed = listed(data)?;
        listed.sort();
        Ok(listed)
    };
    assert_eq!(sorted(&data)?, wanted);
    shown_and_asked_wrongly(&data, &wanted)?;
    ensure!(up.terminate()?.0 == Some(0));
    assert_eq!(sorted(&data)?, wanted);
    shown_and_asked_wrongly(&data, &wanted)?;
    let ledger = Ledger::of(&data)?;
    assert_eq!((ledger.applied, ledger.dead_lettered, ledger.total()), (2, 8, 10));
    verify_rebuild(&data)?;
    let rows = dump(&data)?;
    output(&data, &["rebuild"])?;
    assert!(rows == dump(&data)?, "the rows differ");
    assert_eq!(sorted(&data)?, wanted, "a rebuild makes no dead letters");
    Ok(())
}

fn shown_and_asked_wrongly(data: &Path, wanted: &[(String, String)]) -> anyhow::Result<()> {
    for (place, reason) in wanted {
        let letter = json(data, &["dlq", "show", place])?;
        ensure!(letter["place"] == *place && letter["reason"] == *reason, "{letter}");
        ensure!(
            letter["detail"].as_str().is_some_and(|detail| !detail.is_empty()) && letter["value"].is_string(),
            "{letter}"
        );
        let words = output(data, &["dlq", "show", place])?;
        ensure!(words.contains(place) && words.contains(reason), "{words}");
    }
    let table = output(data, &["dlq", "list", "--stream", "registrations"])?;
    ensure!(table.lines().count() == wanted.len() + 1 && table.starts_with("PLACE"), "{table}");
    assert_eq!(output(data, &["--json", "dlq", "list", "--stream", "documents"])?, "");
    for (arguments, exit) in [
        (&["dlq", "list", "--stream", "marriages"][..], 2),
        (&["dlq", "show", "registrations:0"], 2),
        (&["dlq", "show", "registrations:0:0:999"], 3),
        (&["dlq", "replay", "registrations:0:0:999"], 3),
    ] {
        let ended = run(data, arguments)?;
        assert_eq!((ended.code, ended.out.as_str()), (Some(exit), ""), "{arguments:?}: {ended:?}");
    }
    Ok(())
}

#[test]
fn dead_letter_is_replayed_where_its_key_belongs() -> anyhow::Result<()> {
    for running in [false, true] {
        let world = World::new()?;
        let data = world.data();
        let event = world.other(1);
        let (dead, home) = {
            let log = log(&world.folder)?;
            let home = home(&event, &*log);
            (append(&*log, (home + 1) % 16, &key(&event), schemas::codec::encode(&event))?, home)
        };
        let up = Up::start(&data, &[])?;
        flow::process::until_all_is_decided(&up)?;
        assert_eq!(listed(&data)?, [(dead.to_string(), "wrong_partition".to_owned())]);
        let replay = || -> anyhow::Result<Place> {
            let said = output(&data, &["dlq", "replay", &dead.to_string()])?;
            said.trim().parse().map_err(|()| anyhow::anyhow!("{said}"))
        };
        let (up, again) = if running {
            let again = replay()?;
            (up, again)
        } else {
            ensure!(up.terminate()?.0 == Some(0));
            let again = replay()?;
            (Up::start(&data, &[])?, again)
        };
        assert_eq!(again.partition, home);
        assert_eq!(outcome(&up, &world.helper, &event, &again)?["outcome"], "applied");
        ensure!(up.terminate()?.0 == Some(0));
        let ledger = Ledger::of(&data)?;
        assert_eq!((ledger.applied, ledger.dead_lettered), (2, 1));
        verify_rebuild(&data)?;
    }
    Ok(())
}

/// A record under a schema of the future, and a good event behind it in the same partition.
fn future_schema(world: &World) -> anyhow::Result<(Place, Event, Place)> {
    let log = log(&world.folder)?;
    let event = world.other(1);
    let (at, key) = (home(&event, &*log), key(&event));
    let unknown = append(&*log, at, &key, [&[0xC3, 0x01][..], b"tomorrow", b"whatever it says"].concat())?;
    let behind = append(&*log, at, &key, schemas::codec::encode(&event))?;
    Ok((unknown, event, behind))
}

fn until_paused(up: &Up) -> anyhow::Result<()> {
    let client = Client::new(&up.base, None)?;
    let waits = "congdanso_process_paused_partitions{cause=\"unknown_schema\"} 1";
    let started = std::time::Instant::now();
    while !client.get("/metrics")?.text.contains(waits) {
        ensure!(started.elapsed().as_secs() < 120, "no partition waits");
    }
    Ok(())
}

#[test]
fn unknown_schema_holds_its_partition_up_until_it_is_taken_out() -> anyhow::Result<()> {
    let world = World::new()?;
    let data = world.data();
    let (unknown, event, behind) = future_schema(&world)?;
    let up = Up::start(&data, &[])?;
    until_paused(&up)?;
    // What stands behind it waits and is not lost; other partitions and streams go on.
    let path = format!("/v1/events/{}/{}?place={behind}", event.header.citizen_id, event.header.event_id);
    assert_eq!(Client::new(&up.base, Some(&world.helper))?.get(&path)?.expect(200)?["outcome"], "pending");
    let agency = Client::new(&up.base, Some(&world.agency))?;
    assert_eq!(agency.decide("documents", "1", &paper(1))?.expect(200)?["outcome"], "applied");
    ensure!(listed(&data)?.is_empty(), "an unknown schema is no dead letter");
    let elsewhere = Place { partition: (unknown.partition + 1) % 16, ..unknown };
    for wrong in [behind, elsewhere, Place { offset: 0, ..unknown }, Place { epoch: 7, ..unknown }] {
        if wrong != unknown {
            let ended = run(&data, &["dlq", "quarantine", &wrong.to_string(), "--reason", "mistaken"])?;
            assert_eq!(ended.code, Some(4), "{wrong}: {ended:?}");
            ensure!(ended.err.contains("is not where its partition waits"), "{ended:?}");
        }
    }
    output(&data, &["dlq", "quarantine", &unknown.to_string(), "--reason", "newer_gateway"])?;
    assert_eq!(outcome(&up, &world.helper, &event, &behind)?["outcome"], "applied");
    let letter = json(&data, &["dlq", "show", &unknown.to_string()])?;
    ensure!(letter["reason"] == "quarantined" && letter["detail"] == "newer_gateway", "{letter}");
    ensure!(up.terminate()?.0 == Some(0));
    let ledger = Ledger::of(&data)?;
    assert_eq!((ledger.applied, ledger.quarantined, ledger.total()), (3, 1, 4));
    verify_rebuild(&data)
}

#[test]
fn record_that_waits_is_taken_out_of_a_folder_at_rest() -> anyhow::Result<()> {
    let world = World::new()?;
    let data = world.data();
    let (unknown, event, behind) = future_schema(&world)?;
    let up = Up::start(&data, &[])?;
    until_paused(&up)?;
    ensure!(up.terminate()?.0 == Some(0));
    verify_rebuild(&data)?;
    let nothing_there = Place { partition: (unknown.partition + 1) % 16, offset: 0, ..unknown };
    for wrong in [behind, nothing_there, Place { partition: 16, ..unknown }] {
        let ended = run(&data, &["dlq", "quarantine", &wrong.to_string(), "--reason", "mistaken"])?;
        assert_eq!(ended.code, Some(4), "{wrong}: {ended:?}");
    }
    output(&data, &["dlq", "quarantine", &unknown.to_string(), "--reason", "newer_gateway"])?;
    let up = Up::start(&data, &[])?;
    assert_eq!(outcome(&up, &world.helper, &event, &behind)?["outcome"], "applied");
    ensure!(up.terminate()?.0 == Some(0));
    assert_eq!(listed(&data)?, [(unknown.to_string(), "quarantined".to_owned())]);
    verify_rebuild(&data)
}
