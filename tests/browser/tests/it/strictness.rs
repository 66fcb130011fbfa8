//! The page is as strict as the crate: both are given what nobody would send, and must say the same of it.

use crate::world::{World, modules};
use anyhow::ensure;
use browser::Page;
use fuzz::mutate::{mutated, words};
use fuzz::seeds::{self, NOW, key, root};
use identity::claims::Sex;
use identity::national::{NationalString, compose};
use identity::verdict::KnownStatus;
use identity::{Claims, SigningKey, TrustList, decoders, token, verify};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SEED: u64 = 5;
/// Inputs of each layer, beside its corpus.
const CASES: usize = 2_000;
/// Inputs of one call.
const BATCH: usize = 500;

/// What the page makes of each input, by a function of its modules; of an input that it refuses, the fault's code.
fn in_page(page: &mut Page, function: &str, inputs: &[String]) -> anyhow::Result<Vec<Value>> {
    let mut answers = Vec::with_capacity(inputs.len());
    for batch in inputs.chunks(BATCH) {
        let expression = format!(
            "(async (inputs) => {{ {} const answers = [];
               for (const input of inputs) {{
                 try {{ answers.push(await ({function})(input)); }}
                 catch (fault) {{ if (fault.name !== 'Fault') throw fault; answers.push({{ fault: fault.code }}); }}
               }}
               return answers; }})({})",
            modules(),
            json!(batch)
        );
        answers.extend(page.evaluate(&expression)?.as_array().into_iter().flatten().cloned());
    }
    ensure!(answers.len() == inputs.len(), "{} answers to {} inputs", answers.len(), inputs.len());
    Ok(answers)
}

/// The corpus of a target, its seeds, and what mutations make of them; in hexadecimal.
fn inputs(target: &str, random: &mut ChaCha8Rng) -> anyhow::Result<Vec<String>> {
    let mut sound = (fuzz::target(target).seeds)();
    for entry in std::fs::read_dir(fuzz::corpus(target))? {
        sound.push(std::fs::read(entry?.path())?);
    }
    let words = words(&std::fs::read_to_string(fuzz::dictionary(target))?);
    let made =
        (0..CASES).map(|n| mutated(&sound[n % sound.len()], &sound[n / 7 % sound.len()], &words, random));
    let made: Vec<_> = made.collect();
    Ok(sound.iter().chain(&made).map(hex::encode).collect())
}

/// Gives the page and the crate the inputs of a target. `ours` says null of what the crate refuses, which the page must refuse too.
fn compare(
    page: &mut Page,
    target: &str,
    function: &str,
    ours: impl Fn(&[u8]) -> Value,
) -> anyhow::Result<()> {
    let random = &mut ChaCha8Rng::seed_from_u64(SEED);
    let inputs = inputs(target, random)?;
    let mut taken = 0;
    for (input, theirs) in inputs.iter().zip(in_page(page, function, &inputs)?) {
        let ours = ours(&unhex(input));
        let refused = ours.is_null() && (theirs.is_null() || !theirs["fault"].is_null());
        ensure!(refused || ours == theirs, "{target} {input}: the crate says {ours}, the page {theirs}");
        taken += usize::from(!ours.is_null());
    }
    println!("{target}: {taken} of {} taken", inputs.len());
    ensure!(taken > 0 && taken < inputs.len(), "{target}: {taken} of {} taken", inputs.len());
    Ok(())
}

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).expect("made as hexadecimal digits")
}

fn hexed(bytes: Option<Vec<u8>>) -> Value {
    bytes.map_or(Value::Null, |bytes| hex::encode(bytes).into())
}

#[test]
fn every_layer_reads_what_nobody_would_send_as_the_crate_does() -> anyhow::Result<()> {
    println!("seed {SEED}");
    let world = World::new()?;
    let page = &mut world.modules()?;
    compare(
        page,
        "base45",
        "(input) => { const bytes = base45.decode(latin(input)); return bytes && hex(bytes); }",
        |input| hexed(decoders::base45(&input.iter().copied().map(char::from).collect::<String>())),
    )?;
    compare(page, "zlib", "(input) => zlib.unwrap(unhex(input), zlib.CODE_BYTES_MAX).then(hex)", |input| {
        hexed(decoders::zlib(input))
    })?;
    compare(page, "cbor", "(input) => cbor.read(unhex(input)) === undefined ? null : true", |input| {
        decoders::cbor(input).map_or(Value::Null, |_| true.into())
    })?;
    let key = key().public();
    let signed = format!(
        "(input) => new Sign1(unhex(input)).verified(unhex('{}')).then((it) => it !== null && hex(it))",
        hex::encode(key)
    );
    compare(page, "cose", &signed, |input| match decoders::cose(input, &key) {
        Some(None) => false.into(),
        message => hexed(message.flatten()),
    })?;
    let read = "(input) => { const c = claims.readClaims(unhex(input)); return [c.issuer, c.serial, c.qid, c.fullName, c.birthDate, c.sex,
        c.maskedNumber, c.level, c.declarantQid, ...[c.issuedAt, c.notBefore, c.expiresAt, c.status.index].map(String), c.status.uri]; }";
    compare(page, "claims", read, |input| {
        decoders::claims(input).map_or(Value::Null, |claims| said(&claims))
    })?;
    let root = root().public();
    let list = format!(
        "(input) => trust.openTrustList(unhex(input), unhex('{}')).then((l) => [String(l.version), l.keys.length])",
        hex::encode(root)
    );
    compare(page, "trust_list", &list, |input| {
        TrustList::open(input, &root)
            .map_or(Value::Null, |list| json!([list.version.to_string(), list.keys.len()]))
    })
}

fn said(claims: &Claims) -> Value {
    let sex = match claims.sex {
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::Other => "other",
    };
    let [issued, begins, ends] =
        [claims.issued_at, claims.not_before, claims.expires_at].map(|at| at.to_string());
    json!([
        claims.issuer,
        claims.serial,
        claims.qid,
        claims.full_name,
        claims.birth_date,
        sex,
        claims.masked_number,
        claims.level,
        claims.declarant_qid,
        issued,
        begins,
        ends,
        claims.status.index.to_string(),
        claims.status.uri,
    ])
}

/// Lists that were signed by the root over anything: the checks behind the signature.
#[test]
fn trust_lists_that_the_root_signed_are_judged_as_the_crate_judges_them() -> anyhow::Result<()> {
    println!("seed {SEED}");
    let random = &mut ChaCha8Rng::seed_from_u64(SEED);
    let world = World::new()?;
    let page = &mut world.modules()?;
    let sound = seeds::trust().to_unsigned();
    let none = TrustList::default().to_unsigned();
    let made = (0..CASES).map(|n| if n == 0 { sound.clone() } else { mutated(&sound, &none, &[], random) });
    let signed = made.map(|payload| {
        hex::encode(decoders::to_cose(&payload, Some("application/vnd.congdanso.trust-list+cbor"), &root()))
    });
    let mut inputs: Vec<String> = signed.collect();
    inputs.extend(broken_lists().iter().map(|list| hex::encode(list.sign(&root()))));
    let root = root().public();
    let function = format!(
        "(input) => trust.openTrustList(unhex(input), unhex('{}')).then(() => true)",
        hex::encode(root)
    );
    let mut taken = 0;
    for (input, theirs) in inputs.iter().zip(in_page(page, &function, &inputs)?) {
        let ours = TrustList::open(&unhex(input), &root).is_ok();
        ensure!(ours == (theirs == true), "{input}: the crate says {ours}, the page {theirs}");
        taken += usize::from(ours);
    }
    ensure!((2..CASES / 2).contains(&taken), "{taken} were taken");
    Ok(())
}

/// Lists in their one spelling, each with something that no list may say; the last has all that one may.
fn broken_lists() -> Vec<TrustList> {
    let with = |change: fn(&mut TrustList)| {
        let mut list = seeds::trust();
        change(&mut list);
        list
    };
    let list = vec![
        with(|list| list.keys[0].public = [0; 32]),
        with(|list| list.keys[0].kid[0] ^= 1),
        with(|list| list.keys[0].not_after = list.keys[0].not_before - 1),
        with(|list| list.keys[0].holder = Some("x".to_owned())),
        with(|list| list.keys.iter_mut().for_each(|key| _ = key.holder.take())),
        with(|list| list.keys[0].successor = Some([7; 8])),
        with(|list| list.keys.iter_mut().for_each(|key| key.successor = Some(key.kid))),
        with(|list| {
            let again = list.keys[0].clone();
            list.keys.push(again);
        }),
        with(|list| (list.version, list.ttl_seconds) = (u64::MAX, u32::MAX)),
    ];
    list
}

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

#[test]
fn codes_that_nobody_would_issue_get_the_verdict_that_the_crate_gives() -> anyhow::Result<()> {
    println!("seed {SEED}");
    let world = World::new()?;
    let page = &mut world.modules()?;
    let trust = seeds::trust();
    let function = format!(
        "async (code) => {{ globalThis.list ??= await trust.openTrustList(unhex('{}'), unhex('{}'));
           return (await verify(code, globalThis.list, {NOW}, () => ({{ known: 'unknown' }}))).code; }}",
        hex::encode(trust.sign(&root())),
        hex::encode(root().public())
    );
    let codes = codes(&mut ChaCha8Rng::seed_from_u64(SEED));
    let mut seen = BTreeMap::new();
    for (code, theirs) in codes.iter().zip(in_page(page, &function, &codes)?) {
        let ours = verify(code, &trust, NOW, &|_| KnownStatus::Unknown).code();
        ensure!(theirs == ours, "{code:?}: the crate says {ours}, the page {theirs}");
        *seen.entry(ours).or_insert(0) += 1;
    }
    println!("{seen:?}");
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

/// The y of the points of small order, in every spelling that fits 32 bytes (the two of order 8 have one each).
const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

#[test]
fn keys_and_signatures_of_small_order_are_refused() -> anyhow::Result<()> {
    let world = World::new()?;
    let page = &mut world.modules()?;
    let message = "00";
    let good = hex::encode(key().sign(&[0]));
    let public = hex::encode(key().public());
    let with_sign = |y: &str| [y.to_owned(), format!("{}{:02x}", &y[..62], unhex(y)[31] | 0x80)];
    // Key, signature.
    let mut cases: Vec<[String; 2]> = vec![[public.clone(), good.clone()]];
    for point in SMALL_ORDER.iter().flat_map(|y| with_sign(y)) {
        // S = 0 with R of small order holds for one message in eight at least, where nothing is checked first.
        cases.push([point.clone(), format!("{point}{}", "00".repeat(32))]);
        cases.push([point.clone(), good.clone()]);
        cases.push([public.clone(), format!("{point}{}", &good[64..])]);
    }
    // S + L: the same signature in another spelling.
    let order = unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0;
    let scalar: Vec<u8> = unhex(&good[64..])
        .iter()
        .zip(order)
        .map(|(a, b)| {
            let sum = u16::from(*a) + u16::from(b) + carry;
            carry = sum >> 8;
            sum as u8
        })
        .collect();
    cases.push([public.clone(), format!("{}{}", &good[..64], hex::encode(scalar))]);
    for length in [0, 126, 130] {
        cases.push([public.clone(), format!("{good}00")[..length].to_owned()]);
    }
    let inputs: Vec<String> = cases.iter().map(|[key, signature]| format!("{key},{signature}")).collect();
    let function = format!(
        "(input) => {{ const [key, signature] = input.split(',').map(unhex); return ed25519.verify(key, unhex('{message}'), signature); }}"
    );
    let answers = in_page(page, &function, &inputs)?;
    assert_eq!(answers[0], true, "the sound one");
    for (input, answer) in inputs.iter().zip(answers).skip(1) {
        assert_eq!(answer, false, "{input}");
    }
    let points: Vec<String> = SMALL_ORDER.iter().map(|y| (*y).to_owned()).chain([public]).collect();
    let found = in_page(
        page,
        "(bytes) => [ed25519.isPoint(unhex(bytes)), ed25519.isSmallOrder(unhex(bytes))]",
        &points,
    )?;
    for (at, found) in found.into_iter().enumerate() {
        assert_eq!(found, json!([true, at < SMALL_ORDER.len()]), "{}", points[at]);
    }
    Ok(())
}
