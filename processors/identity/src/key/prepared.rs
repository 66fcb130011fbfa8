//! Checking many signatures of one key.
//!
//! Signatures of a city are by few keys, so multiples of a key and of the base point are made once and added up for each signature.
//! What is computed is what `verify_strict` computes (R' = sB - kA, without cofactor, compared with R as it is spelt), only cheaper: no
//! random numbers, no equation over a batch as a whole that could hold where a single one does not, as with batches that are verified
//! with one sum (a part of small order in R goes unnoticed there once in eight times), and a verdict for each signature. It is no dearer
//! either: such a sum must unpack every R, a root of its own for each, which costs about as much as half of the additions here.
//!
//! What several checks share is the inversion that spells their points, and the way through the multiples: those of one digit are added
//! to all sums before those of the next, so that they stay in a processor's cache however many there are.

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity;
use ed25519_dalek::VerifyingKey;
use sha2::{Digest, Sha512};
use std::sync::LazyLock;

/// Bits of a digit. Measured at 4,096 checks: 7 costs a fifth more, 10 saves a fiftieth and takes twice the room and time to make.
const DIGIT_BITS: usize = 9;
/// Digits of a scalar below 2^253: the last one has room for a carry.
const DIGITS: usize = 253_usize.div_ceil(DIGIT_BITS);
const _: () = assert!(DIGITS * DIGIT_BITS > 254, "the last digit has room for a carry");
const _: () =
    assert!(DIGIT_BITS + 7 <= 16, "a digit lies in two bytes, whichever bit of the first it starts at");
/// Multiples that are kept for each digit: digits are from `-HALF + 1` to `HALF`.
const HALF: usize = 1 << (DIGIT_BITS - 1);

static BASE: LazyLock<Multiples> = LazyLock::new(|| Multiples::of(ED25519_BASEPOINT_POINT));
static SMALL_ORDER: LazyLock<[CompressedEdwardsY; 8]> =
    LazyLock::new(|| EIGHT_TORSION.map(|point| point.compress()));

/// From `-HALF + 1` to `HALF`, lowest first.
type Digits = [i16; DIGITS];

/// `(1..=HALF) * 2^(DIGIT_BITS * i) * P` for every digit `i`: 1.2 MB.
struct Multiples(Vec<[EdwardsPoint; HALF]>);

impl Multiples {
    fn of(point: EdwardsPoint) -> Self {
        let mut unit = point;
        let row = |_| {
            let mut multiple = EdwardsPoint::identity();
            let row = std::array::from_fn(|_| {
                multiple += unit;
                multiple
            });
            unit = multiple + multiple;
            row
        };
        Self((0..DIGITS).map(row).collect())
    }

    /// Adds `scalar * P` to each sum. Takes a time that depends on the scalars: for what is public alone.
    fn add<'a>(&self, scalars: impl Iterator<Item = &'a Scalar>, sums: &mut [EdwardsPoint]) {
        let digits: Vec<Digits> = scalars.map(digits).collect();
        for (at, multiples) in self.0.iter().enumerate() {
            for (sum, digits) in sums.iter_mut().zip(&digits) {
                let digit = digits[at];
                let multiple = || &multiples[usize::from(digit.unsigned_abs()) - 1];
                match digit.signum() {
                    1 => *sum += multiple(),
                    -1 => *sum -= multiple(),
                    _ => {}
                }
            }
        }
    }
}

fn digits(scalar: &Scalar) -> Digits {
    let bytes = scalar.as_bytes();
    let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or_default());
    let mut carry = 0;
    std::array::from_fn(|digit| {
        let bit = digit * DIGIT_BITS;
        let window = (byte(bit / 8) | byte(bit / 8 + 1) << 8) >> (bit % 8);
        let value = (window % (2 * HALF as u32)) as i16 + carry;
        carry = i16::from(value > HALF as i16);
        value - carry * 2 * HALF as i16
    })
}

/// A public key with its multiples. Costs one to two milliseconds and 1.2 MB to make.
pub(crate) struct Prepared {
    bytes: [u8; 32],
    /// Of `-A`; `None` when the key is of small order: nothing that it signed holds.
    negated: Option<Multiples>,
}

/// A signature on its way to be checked.
pub(crate) struct Pending<'a> {
    /// Where the multiples of `-A` are.
    bytes: &'a [u8; 32],
    negated: &'a Multiples,
    s: Scalar,
    k: Scalar,
    /// R as it is spelt.
    spelt: [u8; 32],
}

impl Prepared {
    pub(crate) fn of(key: &VerifyingKey) -> Self {
        let negated = (!key.is_weak()).then(|| Multiples::of(-key.to_edwards()));
        Self { bytes: key.to_bytes(), negated }
    }

    /// The part of a check that is each signature's own; `None` when it cannot hold.
    pub(crate) fn begin(&self, signed: &[u8], signature: &[u8]) -> Option<Pending<'_>> {
        let negated = self.negated.as_ref()?;
        let (spelt, s) = signature.split_first_chunk::<32>()?;
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s.try_into().ok()?))?;
        let digest =
            Sha512::new().chain_update(spelt).chain_update(self.bytes).chain_update(signed).finalize();
        let k = Scalar::from_bytes_mod_order_wide(&digest.into());
        Some(Pending { bytes: &self.bytes, negated, s, k, spelt: *spelt })
    }
}

/// Which of these hold, in their order.
pub(crate) fn finish(pending: &[Pending<'_>]) -> Vec<bool> {
    // Those of one key side by side, so that its multiples are gone through once.
    let mut order: Vec<usize> = (0..pending.len()).collect();
    order.sort_by_key(|at| pending[*at].bytes);
    // `sB - kA`, the points that the R must be.
    let mut sums = vec![EdwardsPoint::identity(); pending.len()];
    BASE.add(order.iter().map(|at| &pending[*at].s), &mut sums);
    let mut rest = sums.as_mut_slice();
    for of_one in order.chunk_by(|a, b| pending[*a].bytes == pending[*b].bytes) {
        let (these, others) = rest.split_at_mut(of_one.len());
        pending[of_one[0]].negated.add(of_one.iter().map(|at| &pending[*at].k), these);
        rest = others;
    }
    let mut holds = vec![false; pending.len()];
    for (at, expected) in order.into_iter().zip(EdwardsPoint::compress_batch_alloc(&sums)) {
        holds[at] = expected.0 == pending[at].spelt && !SMALL_ORDER.contains(&expected);
    }
    holds
}
