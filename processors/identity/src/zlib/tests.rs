use super::*;
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib;
use proptest::prelude::*;

#[test]
fn adler_of_known_texts_is_the_published_one() {
    assert_eq!(adler32(b""), 1);
    assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    assert_eq!(
        adler32(&[0xff; 100_000]).to_be_bytes(),
        compress_to_vec_zlib(&[0xff; 100_000], 1)[..].last_chunk::<4>().copied().unwrap()
    );
}

#[test]
fn contents_of_every_size_around_a_block_come_back() {
    for size in [0, 1, 300, 65_534, 65_535, 65_536, 200_000] {
        let contents: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
        assert_eq!(decompress_to_vec_zlib(&wrap(&contents)).unwrap(), contents, "{size}");
        let ours = unwrap(&wrap(&contents)).map(Cow::into_owned);
        assert_eq!(
            ours,
            if size <= MAX_INFLATED_BYTES { Ok(contents) } else { Err(Fault::Damaged) },
            "{size}"
        );
    }
}

#[test]
fn any_level_is_read() {
    let contents = b"the same words, the same words, the same words again".repeat(20);
    for level in 0..=10 {
        assert_eq!(unwrap(&compress_to_vec_zlib(&contents, level)).unwrap(), &contents[..], "level {level}");
    }
}

#[test]
fn bomb_is_refused_at_the_limit() {
    for level in [1, 9] {
        let fits = compress_to_vec_zlib(&vec![0; MAX_INFLATED_BYTES], level);
        assert_eq!(unwrap(&fits).unwrap().len(), MAX_INFLATED_BYTES);
        let bomb = compress_to_vec_zlib(&vec![0; MAX_INFLATED_BYTES + 1], level);
        assert_eq!(unwrap(&bomb), Err(Fault::Damaged));
    }
    let large = compress_to_vec_zlib(&vec![0; 100_000_000], 9);
    assert!(large.len() < 100_000);
    assert_eq!(unwrap(&large), Err(Fault::Damaged));
}

#[test]
fn stream_with_anything_missing_or_after_it_is_refused() {
    let contents = b"contents that are long enough to be worth packing, packing, packing";
    for whole in [wrap(contents), compress_to_vec_zlib(contents, 9)] {
        for cut in 2..whole.len() {
            assert_eq!(unwrap(&whole[..cut]), Err(Fault::Damaged), "{cut}");
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert_eq!(unwrap(&longer), Err(Fault::Damaged));
        assert_eq!(unwrap(&whole.repeat(2)), Err(Fault::Damaged));
        let mut wrong_sum = whole.clone();
        *wrong_sum.last_mut().unwrap() ^= 1;
        assert_eq!(unwrap(&wrong_sum), Err(Fault::Damaged));
    }
}

#[test]
fn bytes_without_a_zlib_header_are_told_apart() {
    for bytes in [
        &[][..],
        &[0x78],
        &[0x1f, 0x8b, 8, 0],
        &[0x78, 0x02, 0],
        &[0x88, 0x1c, 0],
        &[0x78, 0x20, 0, 0, 0, 0],
        b"plain text",
    ] {
        assert_eq!(unwrap(bytes), Err(Fault::NotZlib), "{bytes:02x?}");
    }
}

#[test]
fn unused_bits_of_a_stored_block_are_refused() {
    let whole = wrap(b"contents");
    for bit in 3..8 {
        let mut respelt = whole.clone();
        respelt[2] |= 1 << bit;
        assert_eq!(decompress_to_vec_zlib(&respelt).unwrap(), b"contents", "deflate ignores bit {bit}");
        assert_eq!(unwrap(&respelt), Err(Fault::Damaged), "bit {bit}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_unwrapped_without_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        bytes.splice(0..0, [0x78, 0x9c]);
        if let Ok(contents) = unwrap(&bytes) {
            prop_assert_eq!(decompress_to_vec_zlib(&bytes).unwrap(), contents.into_owned());
        }
    }
}
