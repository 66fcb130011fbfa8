//! The page is as strict as the crate: both are given what nobody would send, and must say the same of it.

use crate::differ::{CASES, SEED, compare, hexed, in_page, unhex};
use crate::world::World;
use anyhow::ensure;
use fuzz::mutate::mutated;
use fuzz::seeds::{self, key, root};
use identity::claims::Sex;
use identity::{Claims, StatusBundle, TrustList, decoders};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

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
    })?;
    let trust = seeds::trust();
    let bundle = format!(
        "async (input) => {{ globalThis.list ??= await trust.openTrustList(unhex('{}'), unhex('{}'));
           const bundle = await status.openBundle(unhex(input), globalThis.list); return [bundle.baseUri, bundle.lists.size]; }}",
        hex::encode(trust.sign(&seeds::root())),
        hex::encode(root)
    );
    compare(page, "status_bundle", &bundle, |input| {
        StatusBundle::open(input, &trust)
            .map_or(Value::Null, |bundle| json!([bundle.base_uri, bundle.lists.len()]))
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
