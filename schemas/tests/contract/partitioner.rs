//! The partitioner, held to the Java client's own test values (`org.apache.kafka.common.utils.UtilsTest`, Apache Kafka 3.9).

use schemas::partitioner::{murmur2, partition_of};

/// What the Java client's test says `murmur2` is, as Java's signed integers.
const OF_THE_JAVA_CLIENT: [(&[u8], i32); 6] = [
    (b"21", -973_932_308),
    (b"foobar", -790_332_482),
    (b"a-little-bit-long-string", -985_981_536),
    (b"a-little-bit-longer-string", -1_486_304_829),
    (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
    (b"abc", 479_470_107),
];

#[test]
fn hashes_are_those_of_the_java_client() {
    for (key, hash) in OF_THE_JAVA_CLIENT {
        assert_eq!(murmur2(key), hash as u32, "{}", String::from_utf8_lossy(key));
    }
}

#[test]
fn keys_of_every_tail_length_hash_as_the_java_loop_does() {
    for len in 0..40u8 {
        let key: Vec<u8> = (0..len).map(|i| i.wrapping_mul(37).wrapping_add(200)).collect();
        assert_eq!(murmur2(&key), java(&key), "{len} bytes");
    }
}

#[test]
fn partitions_are_the_hash_without_its_sign_modulo_their_number() {
    for (key, hash) in OF_THE_JAVA_CLIENT {
        for partitions in [1, 2, 3, 16, 17, u16::MAX] {
            // `Utils.toPositive(Utils.murmur2(key)) % partitions`
            let expected = (hash & 0x7fff_ffff) % i32::from(partitions);
            assert_eq!(i32::from(partition_of(key, partitions)), expected);
        }
    }
}

#[test]
fn record_keys_of_one_citizen_always_meet_in_one_partition_and_many_spread() {
    let mut counts = [0; 16];
    for i in 0..1_600 {
        let citizen = schemas::CitizenId(schemas::EventId::of("citizen", &i.to_string()).0);
        let partition = partition_of(&citizen.record_key(), 16);
        assert_eq!(partition, partition_of(citizen.to_string().as_bytes(), 16));
        counts[usize::from(partition)] += 1;
    }
    assert!(counts.iter().all(|n| (50..200).contains(n)), "{counts:?}");
}

/// `Utils.murmur2` as the Java source has it: signed integers, bytes put together by shifts, a switch that falls through.
fn java(data: &[u8]) -> u32 {
    let m = 0x5bd1_e995_u32 as i32;
    let length = data.len();
    let byte = |i: usize| i32::from(data[i]);
    let shift = |x: i32, by: u32| ((x as u32) >> by) as i32;
    let mut h = 0x9747_b28c_u32 as i32 ^ length as i32;
    for i in 0..length / 4 {
        let at = i * 4;
        let mut k = byte(at) + (byte(at + 1) << 8) + (byte(at + 2) << 16) + (byte(at + 3) << 24);
        k = k.wrapping_mul(m);
        k ^= shift(k, 24);
        k = k.wrapping_mul(m);
        h = h.wrapping_mul(m);
        h ^= k;
    }
    let tail = length & !3;
    if length % 4 >= 3 {
        h ^= byte(tail + 2) << 16;
    }
    if length % 4 >= 2 {
        h ^= byte(tail + 1) << 8;
    }
    if length % 4 >= 1 {
        h ^= byte(tail);
        h = h.wrapping_mul(m);
    }
    h ^= shift(h, 13);
    h = h.wrapping_mul(m);
    (h ^ shift(h, 15)) as u32
}
