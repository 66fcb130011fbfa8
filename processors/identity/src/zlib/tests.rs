use super::pack::LENGTHS;
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
fn contents_of_every_size_and_kind_come_back() {
    let kinds: [&dyn Fn(usize) -> u8; 4] =
        [&|i| (i % 251) as u8, &|_| 0xff, &|i| (i * i / 7) as u8, &|i| b"status_list"[i % 11]];
    for (kind, byte) in kinds.iter().enumerate() {
        for size in [0, 1, 2, 3, 4, 10, 257, 258, 259, 300, 32_771, 65_536, 65_537] {
            let contents: Vec<u8> = (0..size).map(byte).collect();
            let wrapped = wrap(&contents);
            assert_eq!(decompress_to_vec_zlib(&wrapped).unwrap(), contents, "kind {kind}, {size}");
            let ours = unwrap(&wrapped).map(Cow::into_owned);
            let due = if size <= MAX_INFLATED_BYTES { Ok(contents) } else { Err(Fault::Damaged) };
            assert_eq!(ours, due, "kind {kind}, {size}");
        }
    }
}

#[test]
fn every_length_and_distance_of_a_repeat_comes_back() {
    // Each length code at its ends, and a distance out of each group of codes.
    let bases = LENGTHS.iter().map(|(base, _)| usize::from(*base));
    for length in bases.flat_map(|base| [base - 1, base, base + 1]) {
        for distance in [1, 2, 5, 9, 64, 257, 1_025, 4_097] {
            let mut contents: Vec<u8> = (0..distance).map(|i| (i % 251 + i / 251) as u8).collect();
            (0..length).for_each(|i| contents.push(contents[i]));
            assert_eq!(decompress_to_vec_zlib(&wrap(&contents)).unwrap(), contents, "{length} at {distance}");
        }
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
    let whole = compress_to_vec_zlib(b"contents", 0);
    assert_eq!(whole[2] & 0b111, 0b001, "the last block, stored");
    for bit in 3..8 {
        let mut respelt = whole.clone();
        respelt[2] |= 1 << bit;
        assert_eq!(decompress_to_vec_zlib(&respelt).unwrap(), b"contents", "deflate ignores bit {bit}");
        assert_eq!(unwrap(&respelt), Err(Fault::Damaged), "bit {bit}");
    }
}

#[test]
fn distances_up_to_the_longest_come_back() {
    for distance in [8_193, 16_385, 24_577, 32_768, 32_769] {
        let mut contents: Vec<u8> = (0..distance).map(|i| (i % 251 + i / 251) as u8).collect();
        contents.extend_from_within(..9);
        assert_eq!(decompress_to_vec_zlib(&wrap(&contents)).unwrap(), contents, "{distance}");
    }
}

#[test]
fn bits_behind_a_block_of_fixed_codes_are_refused() {
    let mut behind = 0;
    for contents in (1..9).map(|length| vec![0xf0; length]) {
        let whole = wrap(&contents);
        let last = whole.len() - ADLER_BYTES - 1;
        for bit in 0..8 {
            let mut respelt = whole.clone();
            respelt[last] ^= 1 << bit;
            behind += usize::from(decompress_to_vec_zlib(&respelt).is_ok_and(|same| same == contents));
            assert_eq!(unwrap(&respelt), Err(Fault::Damaged), "bit {bit} of {contents:?}");
        }
    }
    assert!(behind > 8, "deflate ignores {behind} of them");
}

#[test]
fn blocks_of_fixed_codes_are_read_as_the_general_reader_does() {
    // A distance before the beginning; lengths and distances that no code has; an end that is missing.
    for bits in ["110 0000001 00000", "110 11000110", "110 10010000 0000001 11110", "110 10010000"] {
        let mut block = vec![0; 8];
        for (at, bit) in bits.chars().filter(|c| *c != ' ').enumerate() {
            block[at / 8] |= u8::from(bit == '1') << (at % 8);
        }
        let whole = [&HEADER[..], &block, &[0; 4]].concat();
        assert!(decompress_to_vec_zlib(&whole).is_err(), "{bits}");
        assert_eq!(unwrap(&whole), Err(Fault::Damaged), "{bits}");
    }
}

proptest! {
    #[test]
    fn any_block_of_fixed_codes_is_read_as_the_general_reader_does(
        mut bytes in proptest::collection::vec(any::<u8>(), 1..200), contents in "[a-e]{0,80}", at in any::<usize>(),
    ) {
        bytes[0] = bytes[0] & !7 | unpack::LAST_FIXED;
        let mut near = wrap(contents.as_bytes());
        let changed = HEADER.len() + at % (near.len() - HEADER.len() - ADLER_BYTES);
        near[changed] ^= bytes[0] & !7;
        for block in [&bytes[..], &near[HEADER.len()..near.len() - ADLER_BYTES]] {
            if let Some(ours) = unpack::inflate(block, MAX_INFLATED_BYTES) {
                let whole = [&HEADER[..], block, &adler32(&ours).to_be_bytes()].concat();
                prop_assert_eq!(decompress_to_vec_zlib(&whole).ok(), Some(ours));
            }
        }
    }

    #[test]
    fn any_contents_come_back(contents in proptest::collection::vec(prop_oneof![any::<u8>(), 0..4_u8], 0..900)) {
        let wrapped = wrap(&contents);
        prop_assert_eq!(&decompress_to_vec_zlib(&wrapped).unwrap(), &contents);
        prop_assert_eq!(unwrap(&wrapped).unwrap().into_owned(), contents);
    }

    #[test]
    fn any_bytes_are_unwrapped_without_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        bytes.splice(0..0, [0x78, 0x9c]);
        if let Ok(contents) = unwrap(&bytes) {
            prop_assert_eq!(decompress_to_vec_zlib(&bytes).unwrap(), contents.into_owned());
        }
    }
}
