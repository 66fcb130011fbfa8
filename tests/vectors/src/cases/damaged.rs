//! Codes that cannot be read, are something else, or are damaged on the way.

use super::vector;
use crate::Vector;
use crate::build::*;
use ciborium::Value;

fn message() -> Message {
    Message::signed(&bytes(&payload(&person())), &key(seed::IDENTITY))
}

pub(super) fn cases() -> Vec<Vector> {
    let mut cases = texts();
    cases.extend(wrappings());
    cases.extend(messages());
    cases.extend(claims());
    cases
}

fn texts() -> Vec<Vector> {
    let code = message().code();
    let cut = |length: usize| code[..length].to_owned();
    let unreadable = |name: &str, code: String| vector(name, code, "unreadable");
    let whole = code.len() / 3 * 3;
    vec![
        unreadable("nothing", String::new()),
        unreadable("lower case", code.to_lowercase()),
        unreadable("one character left over", cut(whole - 2)),
        unreadable("a foreign character", format!("{},{}", &code[..30], &code[31..])),
        unreadable("a group of three above 65,535", format!("GGW{}", &code[3..])),
        unreadable("a group of two above 255", format!("{}V5", cut(whole - 3))),
        unreadable("an address", "https://danang.example/".to_owned()),
        unreadable("letters with marks", "NGUYỄN".to_owned()),
        unreadable("a space before", format!(" {code}X")),
        vector("an address in upper case", "HTTPS://DANANG.EXAMPLE", "unreadable"),
        vector("a number", "048190000001", "not_ours"),
        vector(
            "the string of a card, seven fields",
            "048190000001||Nguyễn Thị Thảo|17051990|Nữ|Đà Nẵng|02012022",
            "not_ours",
        ),
        vector("a health certificate's prefix", "HC1:6BFOXN", "unreadable"),
        vector("cut in half", cut(whole / 2 / 3 * 3), "bad_encoding"),
        vector("without its last group", cut(whole - 3), "bad_encoding"),
        vector(
            "doubled",
            code.repeat(2),
            if code.len().is_multiple_of(3) { "bad_encoding" } else { "unreadable" },
        ),
    ]
}

fn wrappings() -> Vec<Vector> {
    let wrapped = stored(&message().tagged());
    let changed = |at: usize, to: u8| {
        let mut wrapped = wrapped.clone();
        wrapped[at] = to;
        text(&wrapped)
    };
    let last = wrapped.len() - 1;
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 65_537], 9);
    let deflate = miniz_oxide::deflate::compress_to_vec_zlib(&message().tagged(), 6);
    vec![
        vector("no zlib header", text(b"HELLO WORLD"), "not_ours"),
        vector("one byte", text(&[0x78]), "not_ours"),
        vector("a zlib header that fails its check", changed(1, 0x02), "not_ours"),
        vector(
            "a zlib header with a preset dictionary",
            text(&[&[0x78, 0x20][..], &wrapped[2..]].concat()),
            "not_ours",
        ),
        vector("a zlib header and nothing else", text(&[0x78, 0x01]), "bad_encoding"),
        vector("unused bits of a stored block that are not zero", changed(2, 0x09), "bad_encoding"),
        vector("a reserved type of block", changed(2, 0x07), "bad_encoding"),
        vector("a stored length that its complement denies", changed(5, wrapped[5] ^ 1), "bad_encoding"),
        vector("a checksum with one bit changed", changed(last, wrapped[last] ^ 1), "bad_encoding"),
        vector("a byte behind the zlib stream", text(&[&wrapped[..], &[0]].concat()), "bad_encoding"),
        vector("a second zlib stream behind the first", text(&wrapped.repeat(2)), "bad_encoding"),
        vector("a deflated stream that is cut", text(&deflate[..deflate.len() - 5]), "bad_encoding"),
        vector("inflates to 65,537 bytes", text(&bomb), "bad_encoding"),
        vector("empty inside", text(&stored(&[])), "bad_encoding"),
    ]
}

fn messages() -> Vec<Vector> {
    let message = message();
    let other = |name: &str, value: &Value, verdict: &str| vector(name, code(&bytes(value)), verdict);
    let tagged = |tag, value| Value::Tag(tag, Box::new(value));
    let changed = |name: &str, change: &dyn Fn(&mut Message), verdict: &str| {
        let mut changed = message.clone();
        change(&mut changed);
        vector(name, changed.signed_by(&key(seed::IDENTITY)).code(), verdict)
    };
    let kid = || Value::Bytes(key(seed::IDENTITY).kid().to_vec());
    let encrypt0 = Value::Array(vec![
        Value::Bytes(vec![0xa1, 0x01, 0x03]),
        map(vec![(5, Value::Bytes(vec![7; 12]))]),
        Value::Bytes(vec![7; 200]),
    ]);
    let three = |value: Value| value.into_array().expect("an array")[..3].to_vec();
    let mut deep = vec![0x81; 40];
    deep.push(0);
    let mut longer = message.tagged();
    longer.push(0);
    let detached = {
        let mut parts = message.array().into_array().expect("an array");
        parts[2] = Value::Null;
        Value::Array(parts)
    };
    let indefinite = [&[0xd2, 0x9f][..], &bytes(&message.array())[1..]].concat();
    vec![
        other("a text inside", &Value::from("text"), "not_ours"),
        other("a message of several signers, tag 98", &tagged(98, message.array()), "not_ours"),
        other("an authenticated message, tag 17", &tagged(17, message.array()), "not_ours"),
        other("tag 18 twice", &tagged(18, tagged(18, message.array())), "not_ours"),
        other("tags 18 and 61 the wrong way round", &tagged(18, tagged(61, message.array())), "not_ours"),
        other("tag 61 alone", &tagged(61, message.array()), "not_ours"),
        changed("another algorithm", &|m| m.protected = vec![0xa1, 0x01, 0x26], "not_ours"),
        changed(
            "an algorithm of its own name",
            &|m| m.protected = bytes(&map(vec![(1, "EdDSA".into())])),
            "not_ours",
        ),
        changed("no algorithm", &|m| m.protected = vec![], "not_ours"),
        changed(
            "the type of a status list",
            &|m| m.protected = bytes(&map(vec![(1, (-8).into()), (16, "application/statuslist+cwt".into())])),
            "not_ours",
        ),
        vector("a trust list", code(&trust_list().sign(&key(seed::ROOT))), "not_ours"),
        vector("a byte behind the message", code(&longer), "bad_encoding"),
        vector(
            "an array that does not end",
            code(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            "bad_encoding",
        ),
        vector("forty arrays in each other", code(&deep), "bad_encoding"),
        vector("an array of indefinite length without its end", code(&indefinite), "bad_encoding"),
        other("five parts", &Value::Array(vec![Value::Null; 5]), "bad_encoding"),
        other("a detached payload", &detached, "bad_encoding"),
        changed(
            "the algorithm where it is not signed",
            &|m| m.unprotected = map(vec![(1, (-8).into()), (4, kid())]),
            "bad_encoding",
        ),
        changed(
            "a critical header",
            &|m| {
                m.protected = bytes(&map(vec![
                    (1, (-8).into()),
                    (2, Value::Array(vec![5.into()])),
                    (5, Value::Bytes(vec![1; 12])),
                ]))
            },
            "bad_encoding",
        ),
        changed(
            "two kids",
            &|m| m.protected = bytes(&map(vec![(1, (-8).into()), (4, kid())])),
            "bad_encoding",
        ),
        changed("one header twice", &|m| m.unprotected = map(vec![(4, kid()), (4, kid())]), "bad_encoding"),
        changed("a byte behind the protected header", &|m| m.protected.push(0), "bad_encoding"),
        other("encrypted, no tag", &encrypt0, "encrypted"),
        other("encrypted, tag 16", &tagged(16, encrypt0.clone()), "encrypted"),
        other("encrypted, tags 61 and 16", &tagged(61, tagged(16, encrypt0.clone())), "encrypted"),
        other("encrypted for several, tag 96", &tagged(96, encrypt0), "encrypted"),
        other(
            "three parts of a signed message: no signature",
            &Value::Array(three(message.array())),
            "encrypted",
        ),
    ]
}

/// Signed, and still no identity.
fn claims() -> Vec<Vector> {
    let good = payload(&person());
    let identity = identity_map(&person());
    let of =
        |name: &str, payload: &Value| vector(name, code_of_payload(payload, seed::IDENTITY), "bad_encoding");
    let inner = |name: &str, map: Value| of(name, &with(good.clone(), 169, Some(map)));
    let outer = |name: &str, key: i64, value: Option<Value>| of(name, &with(good.clone(), key, value));
    let field = |name: &str, key: i64, value: Option<Value>| inner(name, with(identity.clone(), key, value));
    let twice = |value: &Value, key: Value, again: Value| {
        let Value::Map(mut pairs) = value.clone() else { panic!("a map") };
        pairs.push((key, again));
        Value::Map(pairs)
    };
    let nested = (0..15).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    let mut trailing = bytes(&good);
    trailing.push(0);
    let mut wrapped = bytes(&identity);
    wrapped.push(0);
    let status =
        |value: Vec<(Value, Value)>| Some(Value::Map(vec![("status_list".into(), Value::Map(value))]));
    let mut cases = vec![
        vector("no claim 169", code_of_payload(&with(good.clone(), 169, None), seed::IDENTITY), "not_ours"),
        vector(
            "a byte behind the claims",
            Message::signed(&trailing, &key(seed::IDENTITY)).code(),
            "bad_encoding",
        ),
        of("claims that are no map", &Value::from("identity")),
        inner("an identity that is no map", "identity".into()),
        inner("a byte behind the identity", Value::Bytes(wrapped)),
        field("fifteen arrays in each other", 40, Some(nested)),
        outer("no issuer", 1, None),
        outer("no expiry", 4, None),
        outer("no time of issue", 6, None),
        field("no id", 1, None),
        field("no name", 4, None),
        field("no birth date", 8, None),
        field("no sex", 9, None),
        outer("an expiry that is a text", 4, Some("tomorrow".into())),
        outer("a start that is a fraction", 5, Some(Value::Float(1.5))),
        outer("a time of issue above 2^63", 6, Some(u64::MAX.into())),
        field("a sex of 0", 9, Some(0.into())),
        field("a sex of 4", 9, Some(4.into())),
        field("a level of 3", 25, Some(3.into())),
        field("a level of -1", 25, Some((-1).into())),
        field("a name that is bytes", 4, Some(Value::Bytes(b"An".to_vec()))),
        inner("a name twice", twice(&identity, 4.into(), "Another Name".into())),
        inner("a name twice, once under a text key", twice(&identity, "4".into(), "Another Name".into())),
        of("an expiry twice", &twice(&good, 4.into(), (NOW * 2).into())),
        outer("a status without an index", 65_535, status(vec![("uri".into(), "u".into())])),
        outer(
            "a status with a negative index",
            65_535,
            status(vec![("idx".into(), (-1).into()), ("uri".into(), "u".into())]),
        ),
        outer("a status without a list", 65_535, Some(Value::Map(vec![]))),
    ];
    for date in [
        "",
        "19900532",
        "19901301",
        "19000229",
        "1990-0517",
        "199005-17",
        "17/05/1990",
        "+9900517",
        "１９９０",
    ] {
        cases.push(field(&format!("the birth date {date:?}"), 8, Some(date.into())));
    }
    cases
}
