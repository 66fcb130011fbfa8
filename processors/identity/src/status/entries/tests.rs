use super::*;
use proptest::prelude::*;

/// Appendix "Test vectors for Status List encoding" of draft-ietf-oauth-status-list, of 2^20 entries each: `lst` of the CBOR form.
const ONE_BIT: &str = "\
    78daeddc010dc0200c0041a88249400ad2903e0f4bba00bd93f002beb7a2a2010000a91e0900000000000000000000000000\
    000080729604000000000000000000000000000000000000000000000000000000000000000000000000000000005c6f4800\
    000000000000fc2c240000000000000000000000be1b12000000000000000000ecaa4b000000000000000000000000000000\
    009b0b0900000000000000000038de9400000000000000002a30cc010000000080642f0bd8011b";
const TWO_BIT: &str = "\
    78daeddb310d00211000412ea1a04004fe5520ed357c28c81d3312b6df68bc65480000000000406e21010000000000000000\
    000000000000000000000000000000000000000000000040795b020000000000000000000000000000000000000000000000\
    0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
    0000000000000080f4ba0400000000000000000000000000406d764a000000000000000000000000000000000000000000e0\
    922101000000000000000000000000000000000000fc13120000000000000000000000000000000000000000000000000000\
    0000000000c0912e01000000000000000000000000000000000000c07d4b02000000000000000000000000000000a8614a00\
    00000000000000000000406a1fcd60010c";

fn read(bits: u8, hexadecimal: &str) -> (Entries, u64) {
    Entries::read(bits, &hex::decode(hexadecimal).unwrap()).unwrap()
}

fn numbers(entries: &Entries, count: u64) -> Vec<u8> {
    (0..count).map(|index| entries.get(index).number()).collect()
}

#[test]
fn short_examples_of_the_draft_are_read_bit_by_bit() {
    let (one, spoken_of) = read(1, "78dadbb918000217015d");
    assert_eq!(spoken_of, 16);
    assert_eq!(numbers(&one, 16), [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]);
    let (two, spoken_of) = read(2, "78da3be9f2130003df0207");
    assert_eq!(spoken_of, 12);
    // A status 3 is not in the registry and is taken for 1.
    assert_eq!(numbers(&two, 12), [1, 2, 0, 1, 0, 1, 0, 1, 1, 2, 1, 1]);
}

#[test]
fn long_vectors_of_the_draft_have_their_entries_and_no_others() {
    let (two, spoken_of) = read(2, TWO_BIT);
    assert_eq!(spoken_of, BLOCK_ENTRIES);
    let said = [
        (0, 1),
        (1_993, 2),
        (25_460, 1),
        (159_495, 3),
        (495_669, 1),
        (554_353, 1),
        (645_645, 2),
        (723_232, 1),
        (854_545, 1),
        (934_534, 2),
        (1_000_345, 3),
    ];
    assert_eq!(two.taken_back(), said.len());
    for (index, number) in said {
        assert_eq!(two.get(index), Status::of_number(number), "{index}");
    }
    let (one, spoken_of) = read(1, ONE_BIT);
    assert_eq!(spoken_of, BLOCK_ENTRIES);
    let said = [0, 1_993, 25_460, 159_495, 495_669, 554_353, 645_645, 723_232, 854_545, 934_534, 1_000_345];
    assert_eq!(one.taken_back(), said.len());
    assert!(said.into_iter().all(|index| one.get(index) == Status::Invalid));
}

#[test]
fn bits_of_the_wrong_number_and_lists_past_a_block_are_refused() {
    let packed = |bytes: usize| zlib::deflate(&vec![0; bytes]);
    for bits in [0, 3, 5, 16] {
        assert_eq!(Entries::read(bits, &packed(1)), None, "{bits}");
    }
    for bits in [1, 2, 4, 8] {
        let block = usize::try_from(BLOCK_ENTRIES).unwrap() * usize::from(bits) / 8;
        assert_eq!(Entries::read(bits, &packed(block)).unwrap().1, BLOCK_ENTRIES);
        assert_eq!(Entries::read(bits, &packed(block + 1)), None, "{bits}");
    }
}

#[test]
fn what_is_set_back_to_valid_leaves_nothing_behind() {
    let mut entries = Entries::default();
    assert!(entries.set(BLOCK_ENTRIES - 1, Status::Suspended));
    assert!(!entries.set(BLOCK_ENTRIES - 1, Status::Suspended));
    assert_eq!(entries.bytes(), BLOCK_BYTES);
    assert!(entries.set(BLOCK_ENTRIES - 1, Status::Valid));
    assert_eq!(entries, Entries::default());
    assert!(entries.is_all_valid());
}

proptest! {
    // Packing a whole block is slow without optimisation.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn entries_come_back_from_both_forms(
        set in proptest::collection::btree_map(0..BLOCK_ENTRIES, 0_u8..3, 0..200),
    ) {
        let mut entries = Entries::default();
        for (index, number) in &set {
            entries.set(*index, Status::of_number(*number));
        }
        prop_assert_eq!(entries.taken_back(), set.values().filter(|number| **number != 0).count());
        prop_assert!(set.iter().all(|(index, number)| entries.get(*index).number() == *number));
        let (whole, spoken_of) = Entries::read(BITS, &entries.whole()).unwrap();
        prop_assert_eq!((&whole, spoken_of), (&entries, BLOCK_ENTRIES));
        prop_assert_eq!(&Entries::read(BITS, &entries.short()).unwrap().0, &entries);
    }
}
