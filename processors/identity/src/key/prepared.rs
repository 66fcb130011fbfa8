//! Checking many signatures of one key.
//!
//! Signatures of a city are by few keys, so multiples of a key and of the base point are made once and added up for each signature.
//! What is computed is what `verify_strict` computes (R' = sB - kA, without cofactor, compared with R as it is spelt), only cheaper: no
//! random numbers, no equation over a batch as a whole that could hold where a single one does not, as with batches that are verified
//! with one sum (a part of small order in R goes unnoticed there once in eight times), and a verdict for each signature. What several
//! checks share is the inversion that spells their points.

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity;
use ed25519_dalek::VerifyingKey;
use sha2::{Digest, Sha512};
use std::sync::LazyLock;

/// Bits of a digit. Measured: 6 costs more additions, 9 and more do not stay in a processor's cache.
const DIGIT_BITS: usize = 7;
/// Digits of a scalar below 2^253: the last one has room for a carry.
const DIGITS: usize = 253_usize.div_ceil(DIGIT_BITS);
const _: () = assert!(DIGITS * DIGIT_BITS > 254, "the last digit has room for a carry");
/// Multiples that are kept for each digit: digits are from `-HALF + 1` to `HALF`.
const HALF: usize = 1 << (DIGIT_BITS - 1);

static BASE: LazyLock<Multiples> = LazyLock::new(|| Multiples::of(ED25519_BASEPOINT_POINT));
static SMALL_ORDER: LazyLock<[CompressedEdwardsY; 8]> =
    LazyLock::new(|| EIGHT_TORSION.map(|point| point.compress()));

/// `(1..=HALF) * 2^(DIGIT_BITS * i) * P` for every digit `i`: 0.4 MB.
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

    /// `sum + scalar * P`. Takes a time that depends on the scalar: for what is public alone.
    fn add(&self, scalar: &Scalar, mut sum: EdwardsPoint) -> EdwardsPoint {
        let bytes = scalar.as_bytes();
        let mut carry = 0;
        for (row, digit) in self.0.iter().enumerate() {
            let bit = row * DIGIT_BITS;
            let byte = |at: usize| usize::from(bytes.get(at).copied().unwrap_or_default());
            let window = (byte(bit / 8) | byte(bit / 8 + 1) << 8) >> (bit % 8);
            let value = window % (2 * HALF) + carry;
            carry = usize::from(value > HALF);
            if carry == 1 {
                let negative = 2 * HALF - value;
                if negative > 0 {
                    sum -= &digit[negative - 1];
                }
            } else if value > 0 {
                sum += &digit[value - 1];
            }
        }
        sum
    }
}

/// A public key with its multiples. Costs about a millisecond and 0.4 MB to make.
pub(crate) struct Prepared {
    bytes: [u8; 32],
    /// Of `-A`; `None` when the key is of small order: nothing that it signed holds.
    negated: Option<Multiples>,
}

/// A signature on its way to be checked.
pub(crate) struct Pending {
    /// `sB - kA`, the point that R must be.
    expected: EdwardsPoint,
    /// R as it is spelt.
    spelt: [u8; 32],
}

impl Prepared {
    pub(crate) fn of(key: &VerifyingKey) -> Self {
        let negated = (!key.is_weak()).then(|| Multiples::of(-key.to_edwards()));
        Self { bytes: key.to_bytes(), negated }
    }

    /// The part of a check that is each signature's own; `None` when it cannot hold.
    pub(crate) fn begin(&self, signed: &[u8], signature: &[u8]) -> Option<Pending> {
        let negated = self.negated.as_ref()?;
        let (spelt, s) = signature.split_first_chunk::<32>()?;
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s.try_into().ok()?))?;
        let digest =
            Sha512::new().chain_update(spelt).chain_update(self.bytes).chain_update(signed).finalize();
        let k = Scalar::from_bytes_mod_order_wide(&digest.into());
        let expected = BASE.add(&s, negated.add(&k, EdwardsPoint::identity()));
        Some(Pending { expected, spelt: *spelt })
    }
}

/// Which of these hold.
pub(crate) fn finish(pending: &[Pending]) -> impl Iterator<Item = bool> {
    let points: Vec<_> = pending.iter().map(|one| one.expected).collect();
    let spelt = EdwardsPoint::compress_batch_alloc(&points);
    pending
        .iter()
        .zip(spelt)
        .map(|(one, expected)| expected.0 == one.spelt && !SMALL_ORDER.contains(&expected))
}
