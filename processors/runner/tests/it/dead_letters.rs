//! What cannot be an event goes to the dead letters whole, with the headers that tools know.

use crate::support::{MemoryLog, RATINGS, World, citizen, of_citizen, rated};
use runner::{DeadLetter, DeadReason};
use schemas::{Stream, TopicPartition};

fn header<'a>(record: &'a event_log::Record, name: &str) -> &'a str {
    let value = record.headers.iter().find(|(n, _)| n == name).map(|(_, value)| &value[..]);
    std::str::from_utf8(value.unwrap_or_else(|| panic!("no header {name}"))).unwrap()
}

#[test]
fn an_undecodable_record_goes_to_the_dead_letters_and_its_neighbours_are_unharmed() {
    let world = World::new();
    world.log.send(&rated("t-1", 4));
    let offset = world.log.put(RATINGS, &citizen(0).record_key(), b"no event".to_vec());
    world.log.send(&rated("t-2", 5));
    world.drain();
    assert_eq!((world.next_offset(RATINGS), world.rating()), (Some(3), Some((2, 5))));
    assert_eq!(world.ledger(), [2, 0, 0, 1, 0]);
    let letters = world.dead_letters(RATINGS);
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!((&letter.key[..], &letter.value[..]), (&citizen(0).record_key()[..], &b"no event"[..]));
    assert_eq!(header(letter, "__connect.errors.topic"), "transactions");
    assert_eq!(header(letter, "__connect.errors.partition"), "0");
    assert_eq!(header(letter, "__connect.errors.offset"), offset.to_string());
    assert_eq!(header(letter, "__connect.errors.stage"), "decide");
    assert_eq!(header(letter, "__connect.errors.exception.class.name"), "malformed");
    assert_eq!(header(letter, "__connect.errors.exception.message"), "not an event: no Avro framing");
    assert_eq!(header(letter, "congdanso.errors.epoch"), "0");
    let read = DeadLetter::read(Stream::Transactions, letter.clone()).unwrap();
    assert_eq!((read.place.offset, read.reason.as_str()), (offset, DeadReason::Malformed.code()));
}

#[test]
fn a_record_in_the_wrong_partition_is_not_decided_there() {
    let world = World::over(MemoryLog::new(2, 0));
    let event = of_citizen(0, rated("t-1", 4));
    let key = event.header.citizen_id.record_key();
    let own = schemas::partitioner::partition_of(&key, 2);
    let wrong = TopicPartition { partition: 1 - own, ..RATINGS };
    world.log.put(wrong, &key, schemas::codec::encode(&event));
    world.drain();
    assert_eq!((world.next_offset(wrong), world.rating()), (Some(1), None));
    let letters = world.dead_letters(wrong);
    assert_eq!(header(&letters[0], "__connect.errors.exception.class.name"), "wrong_partition");
    assert_eq!(header(&letters[0], "__connect.errors.partition"), wrong.partition.to_string());
    assert_eq!(world.ledger(), [0, 0, 0, 1, 0]);
}

#[test]
fn a_record_under_another_citizens_key_is_not_decided() {
    let world = World::new();
    world.log.put(RATINGS, &citizen(1).record_key(), schemas::codec::encode(&rated("t-1", 4)));
    world.drain();
    assert_eq!((world.next_offset(RATINGS), world.rating()), (Some(1), None));
    let letters = world.dead_letters(RATINGS);
    assert_eq!(header(&letters[0], "__connect.errors.exception.class.name"), "wrong_key");
    assert!(world.history().is_empty());
}

#[test]
fn a_dead_letter_of_a_batch_that_was_tried_twice_counts_once() {
    let world = World::new();
    world.log.put(RATINGS, &citizen(0).record_key(), b"no event".to_vec());
    world.store.fail(crate::support::Call::Commit);
    let (mut engine, mut consumer) = (world.engine(), world.consumer());
    engine.step(&mut *consumer).unwrap();
    assert!(engine.step(&mut *consumer).unwrap_err().is_retryable());
    crate::support::drain(&mut engine, &mut *consumer);
    assert_eq!(world.ledger(), [0, 0, 0, 1, 0]);
    let places: Vec<_> = world
        .dead_letters(RATINGS)
        .into_iter()
        .map(|letter| DeadLetter::read(Stream::Transactions, letter).unwrap().place)
        .collect();
    assert_eq!(places.len(), 2, "a dead letter is appended at least once");
    assert_eq!(places[0], places[1]);
}
