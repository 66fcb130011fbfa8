use super::*;
use proptest::prelude::*;

fn written(write: impl FnOnce(&mut Writer<'_>)) -> String {
    let mut out = Vec::new();
    write(&mut Writer(&mut out));
    hex::encode(out)
}

#[test]
fn integers_of_rfc_8949_appendix_a_are_written_as_there() {
    for (value, expected) in [
        (0, "00"),
        (1, "01"),
        (10, "0a"),
        (23, "17"),
        (24, "1818"),
        (25, "1819"),
        (100, "1864"),
        (1_000, "1903e8"),
        (1_000_000, "1a000f4240"),
        (1_000_000_000_000, "1b000000e8d4a51000"),
        (-1, "20"),
        (-10, "29"),
        (-100, "3863"),
        (-1_000, "3903e7"),
        (i64::MIN, "3b7fffffffffffffff"),
    ] {
        assert_eq!(written(|w| _ = w.integer(value)), expected, "{value}");
    }
    assert_eq!(written(|w| _ = w.unsigned(u64::MAX)), "1bffffffffffffffff");
}

#[test]
fn texts_bytes_and_containers_of_rfc_8949_appendix_a_are_written_as_there() {
    assert_eq!(written(|w| _ = w.bytes(&[])), "40");
    assert_eq!(written(|w| _ = w.bytes(&[1, 2, 3, 4])), "4401020304");
    for (text, expected) in [
        ("", "60"),
        ("a", "6161"),
        ("IETF", "6449455446"),
        ("\"\\", "62225c"),
        ("ü", "62c3bc"),
        ("水", "63e6b0b4"),
        ("𐅑", "64f0908591"),
    ] {
        assert_eq!(written(|w| _ = w.text(text)), expected, "{text}");
    }
    assert_eq!(written(|w| _ = w.array(3).integer(1).integer(2).integer(3)), "83010203");
    assert_eq!(written(|w| _ = w.array(0)), "80");
    assert_eq!(written(|w| _ = w.map(2).integer(1).integer(2).integer(3).integer(4)), "a201020304");
    assert_eq!(written(|w| _ = w.tag(1).integer(1_363_896_240)), "c11a514b67b0");
    let many = written(|w| {
        w.array(25);
        (1..=25).for_each(|n| _ = w.integer(n));
    });
    assert_eq!(many, "98190102030405060708090a0b0c0d0e0f101112131415161718181819");
}

#[test]
fn item_is_read_alone_or_not_at_all() {
    assert_eq!(read(&[0x01]), Some(Value::from(1)));
    assert_eq!(read(&[0x01, 0x00]), None);
    assert_eq!(read(&[]), None);
    assert_eq!(read(&[0x18]), None);
    assert_eq!(read(&[0xff]), None);
    assert_eq!(read(&[0x62, 0xff, 0xfe]), None, "text that is no UTF-8");
}

#[test]
fn nesting_is_read_up_to_its_limit() {
    for opening in [&[0x81][..], &[0xa1, 0x00], &[0xc1], &[0x9f]] {
        let nested = |depth: usize| {
            let mut bytes = opening.repeat(depth);
            bytes.push(0);
            if opening == [0x9f] {
                bytes.extend(std::iter::repeat_n(0xff, depth));
            }
            bytes
        };
        assert!(read(&nested(MAX_DEPTH)).is_some(), "{opening:02x?}");
        assert!(read(&nested(MAX_DEPTH + 1)).is_none(), "{opening:02x?}");
        assert!(read(&nested(30_000)).is_none(), "{opening:02x?}");
    }
}

#[test]
fn length_beyond_the_input_is_refused() {
    for head in [0x5b, 0x7b, 0x9b, 0xbb] {
        let mut bytes = vec![head];
        bytes.extend_from_slice(&u64::MAX.to_be_bytes());
        bytes.extend_from_slice(&[0; 64]);
        assert_eq!(read(&bytes), None, "{head:02x}");
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..30).prop_map(Value::Array),
            proptest::collection::vec((inner.clone(), inner.clone()), 0..6).prop_map(Value::Map),
            (24_u64..70_000, inner).prop_map(|(tag, inner)| Value::Tag(tag, Box::new(inner))),
        ]
    })
}

fn write(value: &Value, writer: &mut Writer<'_>) {
    match value {
        Value::Integer(number) => _ = writer.integer((*number).try_into().unwrap()),
        Value::Text(text) => _ = writer.text(text),
        Value::Bytes(bytes) => _ = writer.bytes(bytes),
        Value::Array(items) => {
            writer.array(items.len());
            items.iter().for_each(|item| write(item, writer));
        }
        Value::Map(pairs) => {
            writer.map(pairs.len());
            for (key, value) in pairs {
                write(key, writer);
                write(value, writer);
            }
        }
        Value::Tag(tag, inner) => {
            writer.tag(*tag);
            write(inner, writer);
        }
        other => panic!("not made here: {other:?}"),
    }
}

proptest! {
    #[test]
    fn writer_writes_what_ciborium_writes(value in values()) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        write(&value, &mut Writer(&mut ours));
        ciborium::into_writer(&value, &mut theirs).unwrap();
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Some(value) = read(&bytes) {
            let mut again = Vec::new();
            ciborium::into_writer(&value, &mut again).unwrap();
            prop_assert!(read(&again).is_some());
        }
    }
}
