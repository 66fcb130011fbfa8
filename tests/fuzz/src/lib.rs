//! Every decoder of identities, fed with what nobody would send.
//!
//! A target takes any bytes. It panics when the decoder does, or when what was decoded breaks a promise of the decoder: that there is
//! one spelling, that what is written is read back, that nothing unsigned is believed. The same targets run under libFuzzer (folder
//! `cargo-fuzz`) and, seeded and short, in the suite.

pub mod mutate;
pub mod seeds;
pub mod targets;

use std::path::PathBuf;

/// One decoder.
pub struct Target {
    /// Name of the target, of its corpus and of its dictionary.
    pub name: &'static str,
    /// Takes any bytes; panics on a broken promise.
    pub run: fn(&[u8]),
    /// Inputs that reach deep: what the corpus began with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// The most heap, in bytes, that one input of up to [`INPUT_BYTES_MAX`] may have in use at once.
    pub heap_bytes_max: usize,
}

/// The longest input that a run makes, in bytes.
pub const INPUT_BYTES_MAX: usize = 4_096;

/// The most heap for a decoder whose answer is a small multiple of its input.
const SMALL_HEAP_BYTES: usize = 512 * 1024;
/// The most heap for a decoder that inflates, to 64 KiB at most, and reads CBOR out of that.
const INFLATING_HEAP_BYTES: usize = 8 * 1024 * 1024;

/// The most heap for a reader of status lists, of which one inflates to 1 MiB at most.
const BLOCK_HEAP_BYTES: usize = 4 * 1024 * 1024;
/// The most heap for a reader of bundles, whose lists inflate to 64 MiB at most.
const BUNDLE_HEAP_BYTES: usize = 72 * 1024 * 1024;

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "base45", run: targets::base45, seeds: seeds::base45, heap_bytes_max: SMALL_HEAP_BYTES },
    Target { name: "zlib", run: targets::zlib, seeds: seeds::zlib, heap_bytes_max: SMALL_HEAP_BYTES },
    Target { name: "cbor", run: targets::cbor, seeds: seeds::cbor, heap_bytes_max: SMALL_HEAP_BYTES },
    Target { name: "cose", run: targets::cose, seeds: seeds::cose, heap_bytes_max: SMALL_HEAP_BYTES },
    Target { name: "claims", run: targets::claims, seeds: seeds::claims, heap_bytes_max: SMALL_HEAP_BYTES },
    Target { name: "token", run: targets::token, seeds: seeds::token, heap_bytes_max: INFLATING_HEAP_BYTES },
    Target {
        name: "national",
        run: targets::national,
        seeds: seeds::national,
        heap_bytes_max: INFLATING_HEAP_BYTES,
    },
    Target {
        name: "trust_list",
        run: targets::trust_list,
        seeds: seeds::trust_list,
        heap_bytes_max: SMALL_HEAP_BYTES,
    },
    Target {
        name: "presentation",
        run: targets::presentation,
        seeds: seeds::presentation,
        heap_bytes_max: SMALL_HEAP_BYTES,
    },
    Target {
        name: "status_list",
        run: targets::status_list,
        seeds: seeds::status_list,
        heap_bytes_max: BLOCK_HEAP_BYTES,
    },
    Target {
        name: "status_bundle",
        run: targets::status_bundle,
        seeds: seeds::status_bundle,
        heap_bytes_max: BUNDLE_HEAP_BYTES,
    },
];

/// The target of this name.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| panic!("no target {name}"))
}

/// The folder of a target's corpus.
#[must_use]
pub fn corpus(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)
}

/// The words of a target's dictionary, as libFuzzer reads them.
#[must_use]
pub fn dictionary(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("dictionaries").join(format!("{name}.dict"))
}
