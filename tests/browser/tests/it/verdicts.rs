//! Codes that nobody would issue get the same verdict from page and crate.

use crate::differ::{CASES, SEED, in_page};
use crate::world::World;
use anyhow::ensure;
use browser::Page;
use fuzz::mutate::mutated;
use fuzz::seeds::{self, NOW, key, root};
use identity::national::{NationalString, compose};
use identity::presentation::Disclosed;
use identity::verdict::KnownStatus;
use identity::{Claims, Presentation, SigningKey, Verifier, decoders, token};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use std::collections::BTreeMap;

/// Of the key for presentations on the list.
const PRESENTATION_SEED: u8 = 4;

/// Codes with something wrong at one layer and all layers around it sound, so that every check is reached.
fn codes(random: &mut ChaCha8Rng) -> Vec<String> {
    let packed = |message: &[u8]| decoders::to_base45(&decoders::to_zlib(message));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let payloads = seeds::signed_payloads();
    let people = seeds::people();
    let tokens = people.clone().map(|person| token::sign(&person, &key()));
    let mut codes: Vec<String> = seeds::national().into_iter().map(text).chain(tokens.clone()).collect();
    // By every key of the list and one more.
    for seed in [1, 2, 3, 4, 5, 6] {
        let key = SigningKey::from_seed(&[seed; 32]);
        codes.push(token::sign(&people[0], &key));
        let before = Claims { issued_at: NOW - 900_000, ..people[0].clone() };
        codes.push(token::sign(&before, &key));
    }
    for (issued_at, not_before, expires_at) in [(NOW, NOW, NOW), (NOW, NOW + 1, NOW + 2), (0, 0, NOW + 2)] {
        codes.push(token::sign(&Claims { issued_at, not_before, expires_at, ..people[0].clone() }, &key()));
    }
    for (person, token) in people.iter().zip(&tokens) {
        let fields = compose(&NationalString::of(person, ""));
        for n in 0..CASES / 4 {
            let payload = mutated(&payloads[n % 2], &payloads[(n + 1) % 2], &[], random);
            codes.push(packed(&decoders::to_cose(&payload, None, &key())));
            let message = decoders::to_cose(&payloads[0], None, &key());
            codes.push(packed(&mutated(&message, &payload, &[], random)));
            codes.push(text(mutated(token.as_bytes(), fields.as_bytes(), &[], random)));
            codes.push(text(mutated(fields.as_bytes(), b"*|-<1/", &[], random)) + token);
        }
    }
    codes
}

/// What page and crate make of each code, for a verifier of this name; how often each verdict was given.
fn judged(
    page: &mut Page,
    codes: &[String],
    audience: Option<&str>,
) -> anyhow::Result<BTreeMap<&'static str, usize>> {
    let trust = seeds::trust();
    let function = format!(
        "async (code) => {{ globalThis.list ??= await trust.openTrustList(unhex('{}'), unhex('{}'));
           return (await verify(code, globalThis.list, {NOW}, () => ({{ known: 'unknown' }}), {} ?? undefined)).code; }}",
        hex::encode(trust.sign(&root())),
        hex::encode(root().public()),
        json!(audience)
    );
    let verifier = Verifier::new(&trust);
    let mut seen = BTreeMap::new();
    for (code, theirs) in codes.iter().zip(in_page(page, &function, codes)?) {
        let verdict = match audience {
            Some(audience) => verifier.verify_for(audience, code, NOW, &|_| KnownStatus::Unknown),
            None => verifier.verify(code, NOW, &|_| KnownStatus::Unknown),
        };
        let ours = verdict.code();
        ensure!(theirs == ours, "{code:?}: the crate says {ours}, the page {theirs}");
        *seen.entry(ours).or_insert(0) += 1;
    }
    println!("{seen:?}");
    Ok(seen)
}

#[test]
fn codes_that_nobody_would_issue_get_the_verdict_that_the_crate_gives() -> anyhow::Result<()> {
    println!("seed {SEED}");
    let world = World::new()?;
    let page = &mut world.modules()?;
    let seen = judged(page, &codes(&mut ChaCha8Rng::seed_from_u64(SEED)), None)?;
    for reached in [
        "valid",
        "expired",
        "not_yet_valid",
        "unreadable",
        "not_ours",
        "bad_encoding",
        "bad_signature",
        "unknown_key",
        "wrong_purpose",
        "key_not_in_force",
        "key_revoked",
        "fields_contradict",
        "unsigned",
    ] {
        ensure!(seen.contains_key(reached), "no code was {reached}: {seen:?}");
    }
    Ok(())
}

#[test]
fn presentations_that_nobody_would_make_get_the_verdict_that_the_crate_gives() -> anyhow::Result<()> {
    println!("seed {SEED}");
    let random = &mut ChaCha8Rng::seed_from_u64(SEED);
    let signer = SigningKey::from_seed(&[PRESENTATION_SEED; 32]);
    let [person, _] = seeds::people();
    let made = |disclosed: Disclosed, now: i64| Presentation::of(&person, "gate 1", [7; 16], disclosed, now);
    let chosen = Disclosed {
        over_18: Some(true),
        ward: Some("20194".to_owned()),
        photo_hash: Some([9; 32]),
        birth_date: Some("1990-05".to_owned()),
        ..Disclosed::default()
    };
    let shown = [Disclosed::identity(&person), chosen, Disclosed::default()].map(|what| made(what, NOW));
    let mut codes: Vec<String> = shown.iter().map(|one| one.sign(&signer)).collect();
    codes.push(shown[0].sign(&key()));
    for now in [NOW - 60, NOW - 59, NOW + 1] {
        codes.push(made(Disclosed::default(), now).sign(&signer));
    }
    codes.push(Presentation { expires_at: NOW + 61, ..shown[0].clone() }.sign(&signer));
    codes.push(Presentation { audience: "gate 2".to_owned(), ..shown[0].clone() }.sign(&signer));
    codes.push(Presentation { audience: String::new(), ..shown[0].clone() }.sign(&signer));
    codes.push(Presentation { audience: "x".repeat(257), ..shown[0].clone() }.sign(&signer));
    // Around a token of its own it is no national string.
    codes.push(compose(&NationalString::of(&person, codes[0].as_str())));
    let payloads: Vec<Vec<u8>> = codes[..3]
        .iter()
        .map(|code| {
            let message =
                decoders::zlib(&decoders::base45(code).expect("was just written")).expect("as well");
            decoders::cose(&message, &signer.public()).flatten().expect("was just signed")
        })
        .collect();
    for n in 0..CASES {
        let payload = mutated(&payloads[n % 3], &payloads[(n + 1) % 3], &[], random);
        let kind = Some("application/vnd.congdanso.presentation+cwt");
        codes.push(decoders::to_base45(&decoders::to_zlib(&decoders::to_cose(&payload, kind, &signer))));
    }
    let world = World::new()?;
    let page = &mut world.modules()?;
    let seen = judged(page, &codes, Some("gate 1"))?;
    for reached in [
        "valid",
        "expired",
        "not_yet_valid",
        "wrong_purpose",
        "wrong_audience",
        "bad_encoding",
        "fields_contradict",
    ] {
        ensure!(seen.contains_key(reached), "no code was {reached}: {seen:?}");
    }
    let anybody = judged(page, &codes, None)?;
    ensure!(!anybody.contains_key("wrong_audience"), "{anybody:?}");
    Ok(())
}
