//! Each target over its corpus and over a seeded run of mutations, within its memory.

use fuzz::{INPUT_BYTES_MAX, TARGETS, Target, corpus, dictionary, mutate, target};
use peak_alloc::PeakAlloc;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;
/// One target at a time, so that the peak of the heap is its own.
static TURN: Mutex<()> = Mutex::new(());

/// Mutations of one target in the suite.
const RUNS: u64 = 3_000;
/// Changed when the suite is to look elsewhere.
const SEED: u64 = 1405;

fn corpus_of(target: &Target) -> Vec<Vec<u8>> {
    let folder = corpus(target.name);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the corpus can be read").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("the corpus can be read")).collect()
}

/// Runs one input and says the most heap that it had in use.
fn heap_of(target: &Target, input: &[u8]) -> usize {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    (target.run)(input);
    HEAP.peak_usage().saturating_sub(before)
}

fn short_run(name: &str) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let target = target(name);
    let inputs = corpus_of(target);
    let words = std::fs::read_to_string(dictionary(name)).expect("each target has a dictionary");
    let words = mutate::words(&words);
    // What is made once and kept is not an input's.
    inputs.iter().for_each(|input| (target.run)(input));
    let mut heap = inputs.iter().map(|input| heap_of(target, input)).max().unwrap_or_default();
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    for run in 0..RUNS {
        let [input, other] = [(); 2].map(|()| &inputs[random.random_range(0..inputs.len())]);
        let input = mutate::mutated(input, other, &words, &mut random);
        let outcome = std::panic::catch_unwind(|| heap_of(target, &input));
        match outcome {
            Ok(used) => heap = heap.max(used),
            Err(_) => panic!("{name}: run {run} of seed {SEED}: {input:02x?}"),
        }
    }
    println!("{name}: {} inputs, {RUNS} mutations, {heap} bytes of heap at most", inputs.len());
    assert!(
        heap <= target.heap_bytes_max,
        "{name} took {heap} bytes for an input of {INPUT_BYTES_MAX} at most"
    );
}

macro_rules! short_runs {
    ($($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            short_run($name);
        })*

        #[test]
        fn every_target_has_a_short_run() {
            let run = BTreeSet::from([$($name),*]);
            assert_eq!(TARGETS.iter().map(|target| target.name).collect::<BTreeSet<_>>(), run);
        }
    };
}

short_runs! {
    base45_survives_mutations: "base45",
    zlib_survives_mutations: "zlib",
    cbor_survives_mutations: "cbor",
    cose_survives_mutations: "cose",
    claims_survive_mutations: "claims",
    tokens_survive_mutations: "token",
    national_strings_survive_mutations: "national",
    presentations_survive_mutations: "presentation",
    trust_lists_survive_mutations: "trust_list",
    status_lists_survive_mutations: "status_list",
    status_bundles_survive_mutations: "status_bundle",
}

#[test]
fn corpora_hold_the_seeds() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for target in TARGETS {
        let inputs = corpus_of(target);
        for seed in (target.seeds)() {
            assert!(
                inputs.contains(&seed),
                "{}: `cargo run -p fuzz --example corpus` adds seeds",
                target.name
            );
        }
        assert!(inputs.iter().all(|input| input.len() <= INPUT_BYTES_MAX), "{}", target.name);
    }
}

#[test]
fn seeds_are_believed_where_they_are_whole() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let reached = |name: &str, whole: &dyn Fn(&[u8]) -> bool| {
        assert!((target(name).seeds)().iter().any(|seed| whole(seed)), "no seed of {name} is whole");
    };
    reached("claims", &|seed| identity::decoders::claims(seed).is_some());
    reached("cose", &|seed| {
        matches!(identity::decoders::cose(seed, &fuzz::seeds::key().public()), Some(Some(_)))
    });
    reached("zlib", &|seed| identity::decoders::zlib(seed).is_some_and(|contents| contents == [0; 1_024]));
    reached("trust_list", &|seed| identity::TrustList::read_unsigned(seed).is_ok());
    reached("token", &|seed| {
        let text = std::str::from_utf8(seed).expect("tokens are text");
        identity::token::open(text, &fuzz::seeds::trust()).is_ok()
    });
}

#[test]
fn mutations_are_the_same_for_the_same_seed_and_differ_from_what_they_change() {
    let drawn = |seed| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut draw = || mutate::mutated(b"HELLO WORLD", b"other", &[b"word".to_vec()], &mut random);
        (0..100).map(|_| draw()).collect::<Vec<_>>()
    };
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
    assert!(drawn(1).iter().filter(|out| out.as_slice() != b"HELLO WORLD").count() > 90);
}
