//! What browsers let pass of Ed25519 and the page does not.

use crate::differ::{in_page, unhex};
use crate::world::World;
use fuzz::seeds::key;
use serde_json::json;

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
