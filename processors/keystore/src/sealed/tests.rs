use super::*;

const SECRET: &[u8] = b"correct horse battery staple";
const SEALED_CHUNK: usize = CHUNK_BYTES + TAG_BYTES;

fn sealed(plain: &[u8]) -> Vec<u8> {
    seal_at(Cost::TEST, plain, SECRET).unwrap()
}

fn bytes(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i % 251) as u8).collect()
}

fn refused(sealed: &[u8], what: &str) {
    match open(sealed, SECRET) {
        Err(SealError::Damaged { .. }) => {}
        other => panic!("{what}: {:?}", other.map(|plain| plain.len())),
    }
}

#[test]
fn what_was_sealed_opens_at_every_size_around_a_chunk() {
    for n in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7] {
        let plain = bytes(n);
        let sealed = sealed(&plain);
        assert_eq!(open(&sealed, SECRET).unwrap().as_slice(), plain, "{n} bytes");
        let chunks = n.div_ceil(CHUNK_BYTES).max(1);
        assert_eq!(sealed.len(), HEADER_BYTES + n + chunks * TAG_BYTES, "{n} bytes");
    }
}

#[test]
fn the_default_cost_is_the_one_of_the_rfc() {
    let sealed = seal(b"pepper", SECRET).unwrap();
    assert_eq!(sealed[MAGIC_END..MAGIC_END + 12], [0, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4]);
}

const MAGIC_END: usize = 16;

#[test]
fn a_wrong_passphrase_is_told_apart_from_damage() {
    let sealed = sealed(b"pepper");
    assert!(matches!(open(&sealed, b"wrong"), Err(SealError::WrongSecret)));
    assert!(matches!(open(&sealed, b""), Err(SealError::WrongSecret)));
}

#[test]
fn the_same_bytes_are_never_sealed_the_same_way_twice() {
    assert_ne!(sealed(b"pepper"), sealed(b"pepper"));
    assert!(!sealed(b"a secret that shows").windows(8).any(|w| w == b"a secret"));
}

#[test]
fn every_flipped_bit_of_a_short_one_is_refused() {
    let good = sealed(b"pepper");
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&bad, SECRET).is_err(), "bit {bit}");
    }
}

#[test]
fn every_cut_of_a_short_one_is_refused() {
    let good = sealed(b"pepper");
    for n in 0..good.len() {
        assert!(open(&good[..n], SECRET).is_err(), "{n} bytes");
    }
}

#[test]
fn a_cut_between_chunks_is_refused() {
    let good = sealed(&bytes(3 * CHUNK_BYTES));
    for chunks in 0..3 {
        refused(&good[..HEADER_BYTES + chunks * SEALED_CHUNK], &format!("{chunks} chunks"));
    }
}

#[test]
fn chunks_in_another_order_are_refused() {
    let good = sealed(&bytes(4 * CHUNK_BYTES));
    let (header, body) = good.split_at(HEADER_BYTES);
    let chunks: Vec<_> = body.chunks(SEALED_CHUNK).collect();
    for order in [[1, 0, 2, 3], [0, 2, 1, 3], [0, 1, 3, 2], [0, 0, 2, 3]] {
        let bad: Vec<u8> = [header].into_iter().chain(order.map(|i| chunks[i])).flatten().copied().collect();
        refused(&bad, &format!("{order:?}"));
    }
    for order in [vec![0, 1, 3], vec![3], vec![0, 1, 2, 3, 3], vec![0, 1, 2, 2, 3]] {
        let chunks = order.iter().map(|&i| chunks[i]);
        let bad: Vec<u8> = [header].into_iter().chain(chunks).flatten().copied().collect();
        refused(&bad, &format!("{order:?}"));
    }
}

#[test]
fn a_chunk_of_another_file_is_refused() {
    let (one, two) = (sealed(&bytes(2 * CHUNK_BYTES)), sealed(&bytes(2 * CHUNK_BYTES)));
    let mut bad = one.clone();
    let second = HEADER_BYTES + SEALED_CHUNK..;
    bad[second.clone()].copy_from_slice(&two[second]);
    refused(&bad, "the second chunk of another file");
}

#[test]
fn trailing_bytes_are_refused() {
    let mut bad = sealed(&bytes(CHUNK_BYTES));
    bad.push(0);
    refused(&bad, "one byte more");
}

#[test]
fn what_was_never_sealed_is_not_taken_for_damage() {
    for bytes in [&b""[..], b"{}", &[0; 200]] {
        assert!(!is_sealed(bytes));
        assert!(matches!(open(bytes, SECRET), Err(SealError::NotSealed)));
    }
    assert!(is_sealed(&sealed(b"")));
}

#[test]
fn a_header_that_asks_for_too_much_is_refused_before_it_gets_it() {
    let good = sealed(b"pepper");
    for (at, what) in [(MAGIC_END, "memory"), (MAGIC_END + 4, "passes"), (MAGIC_END + 8, "lanes")] {
        let mut bad = good.clone();
        bad[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(matches!(open(&bad, SECRET), Err(SealError::CostOutOfBounds)), "{what}");
        bad[at..at + 4].copy_from_slice(&[0; 4]);
        assert!(matches!(open(&bad, SECRET), Err(SealError::CostOutOfBounds)), "{what}");
    }
}

#[test]
fn a_writer_that_is_not_finished_leaves_what_does_not_open() {
    let mut out = Vec::new();
    let mut writer = SealWriter::with_cost(&mut out, SECRET, Cost::TEST).unwrap();
    writer.write_all(&bytes(2 * CHUNK_BYTES)).unwrap();
    drop(writer);
    refused(&out, "unfinished");
}

/// Gives and takes a byte at a time, and interrupts.
struct Slow<'a>(&'a [u8], bool);

impl Read for Slow<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let n = out.len().min(1);
        self.0.read(&mut out[..n])
    }
}

#[test]
fn a_stream_in_small_pieces_opens_as_one() {
    let plain = bytes(CHUNK_BYTES + 100);
    let mut writer = SealWriter::with_cost(Vec::new(), SECRET, Cost::TEST).unwrap();
    for piece in plain.chunks(37) {
        writer.write_all(piece).unwrap();
        writer.flush().unwrap();
    }
    let sealed = writer.finish().unwrap();
    let mut header = &sealed[..];
    assert!(OpenReader::new(&mut header, SECRET).is_ok());
    let mut opened = Vec::new();
    let mut reader = OpenReader::new(Slow(&sealed, false), SECRET).unwrap();
    reader.read_to_end(&mut opened).unwrap();
    assert_eq!(opened, plain);
    assert_eq!(reader.read(&mut [0; 8]).unwrap(), 0);
}

#[test]
fn after_a_chunk_that_does_not_open_no_read_succeeds() {
    let mut bad = sealed(&bytes(3 * CHUNK_BYTES));
    bad[HEADER_BYTES + SEALED_CHUNK + 5] ^= 1;
    let mut reader = OpenReader::new(&bad[..], SECRET).unwrap();
    let mut first = vec![0; CHUNK_BYTES];
    reader.read_exact(&mut first).unwrap();
    assert_eq!(first, bytes(CHUNK_BYTES));
    for _ in 0..2 {
        let error = reader.read(&mut [0; 8]).unwrap_err();
        assert!(matches!(reader::seal_error(error), SealError::Damaged { chunk: 1 }));
    }
}

#[test]
fn only_random_bytes_and_the_disk_are_worth_a_retry() {
    assert!(SealError::Io(io::ErrorKind::StorageFull.into()).is_retryable());
    assert!(!SealError::WrongSecret.is_retryable() && !SealError::Damaged { chunk: 0 }.is_retryable());
}

#[test]
fn debug_shows_nothing() {
    let writer = SealWriter::with_cost(Vec::new(), SECRET, Cost::TEST).unwrap();
    assert_eq!(format!("{writer:?}"), "SealWriter(..)");
    let sealed = writer.finish().unwrap();
    assert_eq!(format!("{:?}", OpenReader::new(&sealed[..], SECRET).unwrap()), "OpenReader(..)");
}
