//! What checking codes costs beside the bare signature check: at a gate, one after the other, and in an audit.

use crate::program::{binary, cpu_of_children, cpu_of_this_thread};
use crate::say;
use anyhow::{Context, ensure};
use ed25519_dalek::{Signature, VerifyingKey};
use identity::claims::{Sex, StatusReference};
use identity::status::{BLOCK_ENTRIES, Entries, ListId, Status, Validity};
use identity::trust::{Purpose, TrustedKey};
use identity::verdict::{KnownStatus, Verifier};
use identity::{Claims, SigningKey, StatusBundle, StatusList, TrustList, Verdict, decoders};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Codes, all different.
const CODES: usize = 4_096;
/// Times that each is measured, in turn; the best counts.
const TURNS: usize = 9;
/// Times that the codes go through the program.
const STREAMED: usize = 25;
/// Years that a code holds, in seconds, about.
const TEN_YEARS: i64 = 315_360_000;

struct Codes {
    key: SigningKey,
    tokens: Vec<String>,
    now: i64,
}

impl Codes {
    fn new() -> anyhow::Result<Self> {
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
        let key = SigningKey::from_seed(&[7; 32]);
        let tokens = (0..CODES).map(|n| identity::token::sign(&claims(n, now), &key)).collect();
        Ok(Self { key, tokens, now })
    }

    fn trust(&self) -> TrustList {
        let (from, until) = (self.now - 1_000_000, self.now + TEN_YEARS);
        let key = TrustedKey::new(self.key.public(), Purpose::Identity, from, until);
        TrustList { version: 1, issued_at: self.now, keys: vec![key], ..TrustList::default() }
    }

    /// What is signed and by what, of messages as long as those in the codes.
    fn signed(&self) -> Vec<(Vec<u8>, Signature)> {
        let message = |token: &String| {
            // The bytes of a code less base45, zlib, and what stands around the signed part.
            let bytes = token.len() * 2 / 3 - 64 - 30;
            token.bytes().cycle().take(bytes).collect::<Vec<_>>()
        };
        let sign = |message: Vec<u8>| {
            let signature = Signature::from_bytes(&self.key.sign(&message));
            (message, signature)
        };
        self.tokens.iter().map(message).map(sign).collect()
    }
}

fn claims(n: usize, now: i64) -> Claims {
    Claims {
        issuer: "danang.example".to_owned(),
        qid: format!("DN{n:016}"),
        serial: format!("S{n:011}"),
        masked_number: format!("******{n:06}"),
        full_name: "Nguyễn Thị Hoàng Phương Thảo".to_owned(),
        birth_date: "1990-05-17".to_owned(),
        sex: Sex::Female,
        level: 1,
        declarant_qid: String::new(),
        issued_at: now - 86_400,
        not_before: now - 86_400,
        expires_at: now + TEN_YEARS,
        status: StatusReference { uri: "https://danang.example/s/0/12/0".to_owned(), index: n as u64 },
    }
}

/// The same code with a scalar in its signature that is above the order of the group (RFC 8032, section 5.1.7).
fn malformed(token: &str) -> anyhow::Result<String> {
    let mut message =
        decoders::base45(token).and_then(|packed| decoders::zlib(&packed)).context("a code is read")?;
    // The signature ends the message, and the scalar the signature.
    *message.last_mut().context("a message has an end")? = 0xff;
    Ok(decoders::to_base45(&decoders::to_zlib(&message)))
}

/// The least processor time of some runs of each, in turn, for one code.
fn best<const N: usize>(acts: [&dyn Fn() -> anyhow::Result<()>; N]) -> anyhow::Result<[f64; N]> {
    let mut least = [Duration::MAX; N];
    for _ in 0..TURNS {
        for (least, act) in least.iter_mut().zip(acts) {
            let before = cpu_of_this_thread()?;
            act()?;
            *least = (*least).min(cpu_of_this_thread()? - before);
        }
    }
    Ok(least.map(|time| time.as_secs_f64() / CODES as f64))
}

/// Measures and prints.
pub fn verify() -> anyhow::Result<()> {
    let codes = Codes::new()?;
    let (verifier, signed) = (Verifier::new(&codes.trust()), codes.signed());
    let public = VerifyingKey::from_bytes(&codes.key.public())?;
    let bare = || {
        let all = signed
            .iter()
            .all(|(message, signature)| public.verify_strict(black_box(message), signature).is_ok());
        ensure!(all, "a signature does not hold");
        Ok(())
    };
    let single = || {
        let holds =
            |token: &String| verifier.verify(black_box(token), codes.now, &|_| KnownStatus::Valid).is_valid();
        ensure!(codes.tokens.iter().all(holds), "a code does not hold");
        Ok(())
    };
    let audit = || {
        let tokens = codes.tokens.iter().map(String::as_str);
        let verdicts = verifier.verify_all(black_box(tokens), codes.now, &|_| KnownStatus::Valid);
        ensure!(verdicts.iter().all(Verdict::is_valid), "a code does not hold");
        Ok(())
    };
    let malformed = codes.tokens.iter().map(|token| malformed(token)).collect::<anyhow::Result<Vec<_>>>()?;
    let refused = || {
        let refused = |token: &String| {
            matches!(
                verifier.verify(black_box(token), codes.now, &|_| KnownStatus::Valid),
                Verdict::BadSignature
            )
        };
        ensure!(malformed.iter().all(refused), "a malformed signature is not refused");
        Ok(())
    };
    let [bare, single, audit, refused] = best([&bare, &single, &audit, &refused])?;
    let gate = streamed(&codes, &[])?;
    let batch = streamed(&codes, &["--batch"])?;
    say("verify_strict alone, processor time", bare * 1e6, "us", "");
    say("a code, in the crate", single * 1e6, "us", "");
    say("  rate against verify_strict alone", bare / single, "", "at least 0.9");
    say("a code with a malformed signature, in the crate", refused * 1e6, "us", "");
    say("  cost against a single check", refused / single, "", "at most 1");
    say("a code of an audit, in the crate", audit * 1e6, "us", "");
    say("  cost against a single check", audit / single, "", "at most 0.45");
    say("a code of a gate's stream, the whole program", gate.cpu * 1e6, "us", "");
    say("  rate against verify_strict alone", bare / gate.cpu, "", "at least 0.9");
    say("a code of an audit, the whole program, processor time", batch.cpu * 1e6, "us", "");
    say("  cost against a code of a stream", batch.cpu / gate.cpu, "", "at most 0.45");
    say("a code of an audit, the whole program, time until done", batch.wall * 1e6, "us", "");
    say("  against a code of a stream", batch.wall / gate.wall, "", "");
    Ok(())
}

/// Identities of a city, and how many of them were taken back.
const IDENTITIES: u64 = 3_000_000;
const TAKEN_BACK: u64 = IDENTITIES / 100;
/// Partitions of its registrations.
const PARTITIONS: u64 = 16;

/// The status bundle of a city of 3 million identities, 1 % of them revoked, wherever they happen to be: its size, and what a change costs
/// who publishes it and who opens it.
pub fn status() -> anyhow::Result<()> {
    let key = SigningKey::from_seed(&[9; 32]);
    let mut lists: BTreeMap<ListId, Entries> = BTreeMap::new();
    let (mut revoked, mut state) = (0, 1_u64);
    while revoked < TAKEN_BACK {
        // Knuth's generator: the same places every time.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let place = (state >> 32) % IDENTITIES;
        let (partition, offset) = (place % PARTITIONS, place / PARTITIONS);
        let id = ListId { epoch: 0, partition: partition as u16, block: offset / BLOCK_ENTRIES };
        revoked += u64::from(lists.entry(id).or_default().set(offset % BLOCK_ENTRIES, Status::Invalid));
    }
    let bundle =
        StatusBundle { base_uri: "https://danang.example/s".to_owned(), validity: Validity::from(0), lists };
    let list = bundle.lists.values().next().context("a list")?;
    let trusted = TrustedKey::new(key.public(), Purpose::Status, 0, TEN_YEARS);
    let trust = TrustList { keys: vec![trusted], ..TrustList::default() };
    let bytes = bundle.sign(&key);
    let timed = |act: &dyn Fn() -> anyhow::Result<()>| -> anyhow::Result<f64> {
        let [one] = best([act])?;
        Ok(one * CODES as f64)
    };
    let pack = timed(&|| {
        black_box(list.short());
        Ok(())
    })?;
    let open = timed(&|| {
        black_box(StatusBundle::open(&bytes, &trust)?);
        Ok(())
    })?;
    let whole = StatusList::sign(
        &ListId { epoch: 0, partition: 0, block: 0 }.uri(&bundle.base_uri),
        bundle.validity,
        &list.whole(),
        &key,
    );
    say("status bundle, 1 % of 3 million revoked", bytes.len() as f64 / 1024.0, "KiB", "");
    say("  one list of it, as a status list", whole.len() as f64 / 1024.0, "KiB", "");
    say("  packing one changed list", pack * 1e3, "ms", "");
    say("  opening the bundle", open * 1e3, "ms", "");
    Ok(())
}

/// Seconds for a code.
struct Taken {
    /// Of processors.
    cpu: f64,
    /// Until the program has ended.
    wall: f64,
}

/// What the program takes for each code that goes through it: the least of some runs.
fn streamed(codes: &Codes, more: &[&str]) -> anyhow::Result<Taken> {
    let folder = tempfile::tempdir()?;
    let root = SigningKey::from_seed(&[8; 32]);
    let (list, input) = (folder.path().join("trust-list.cose"), folder.path().join("codes"));
    std::fs::write(&list, codes.trust().sign(&root))?;
    std::fs::write(&input, (codes.tokens.join("\n") + "\n").repeat(STREAMED))?;
    let mut least = [Duration::MAX; 2];
    for _ in 0..3 {
        let (before, started) = (cpu_of_children()?, Instant::now());
        let status = Command::new(binary()?)
            .args(["verify", "-", "--root", &hex::encode(root.public()), "--trust-list"])
            .arg(&list)
            .args(more)
            .stdin(std::fs::File::open(&input)?)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .context("congdanso verify")?;
        ensure!(status.success(), "a code does not hold");
        let taken = [cpu_of_children()? - before, started.elapsed()];
        least = std::array::from_fn(|at| least[at].min(taken[at]));
    }
    let [cpu, wall] = least.map(|time| time.as_secs_f64() / (CODES * STREAMED) as f64);
    Ok(Taken { cpu, wall })
}
