//! The header, and the key that it and a passphrase give.

use super::SealError;
use argon2::{Algorithm, Argon2, Params, Version};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What sealed bytes start with: name and version.
pub(super) const MAGIC: &[u8; 16] = b"congdanso sealv1";

/// Bytes of salt (RFC 9106, section 3.1, recommends 16).
const SALT_BYTES: usize = 16;

/// Bytes of nonce before STREAM's counter (4) and last-chunk mark (1).
pub(super) const NONCE_BYTES: usize = 24 - 5;

/// Bytes that tell a wrong passphrase from damage, and bind the ciphertext to one key.
const CHECK_BYTES: usize = 32;

/// Bytes of the header.
pub const HEADER_BYTES: usize = MAGIC.len() + 12 + SALT_BYTES + NONCE_BYTES + CHECK_BYTES;

/// Most memory that a header may ask for, in KiB.
const MEMORY_KIB_MAX: u32 = 256 * 1024;

/// Most passes that a header may ask for.
const PASSES_MAX: u32 = 16;

/// Most lanes that a header may ask for.
const LANES_MAX: u32 = 16;

/// What Argon2id spends on making a key. It stands in the header, so that it can rise without ending what is sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// The second recommendation of RFC 9106, section 4: 64 MiB, 3 passes, 4 lanes.
    pub const DEFAULT: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };

    /// For tests: next to nothing.
    #[cfg(test)]
    pub(crate) const TEST: Self = Self { memory_kib: 8, passes: 1, lanes: 1 };

    const fn is_within_bounds(self) -> bool {
        self.memory_kib <= MEMORY_KIB_MAX
            && self.passes >= 1
            && self.passes <= PASSES_MAX
            && self.lanes >= 1
            && self.lanes <= LANES_MAX
            && self.memory_kib >= 8 * self.lanes
    }
}

/// A header and the key that belongs to it.
pub(super) struct Keyed {
    pub(super) header: [u8; HEADER_BYTES],
    pub(super) nonce: [u8; NONCE_BYTES],
    pub(super) key: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyed(..)")
    }
}

impl Keyed {
    /// A new header with salt and nonce of its own.
    pub(super) fn make(secret: &[u8], cost: Cost) -> Result<Self, SealError> {
        let mut salt = [0; SALT_BYTES];
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut salt).map_err(SealError::Random)?;
        getrandom::fill(&mut nonce).map_err(SealError::Random)?;
        let (key, check) = derive(secret, &salt, cost)?;
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(MAGIC);
        for number in [cost.memory_kib, cost.passes, cost.lanes] {
            header.extend_from_slice(&number.to_be_bytes());
        }
        header.extend_from_slice(&salt);
        header.extend_from_slice(&nonce);
        header.extend_from_slice(&check);
        let header = header.try_into().expect("the parts add up to the header's length");
        Ok(Self { header, nonce, key })
    }

    /// The key of a header that was read.
    pub(super) fn read(header: [u8; HEADER_BYTES], secret: &[u8]) -> Result<Self, SealError> {
        let mut rest = header.strip_prefix(MAGIC).ok_or(SealError::NotSealed)?;
        let [memory_kib, passes, lanes] = [(); 3].map(|()| u32::from_be_bytes(take(&mut rest)));
        let salt: [u8; SALT_BYTES] = take(&mut rest);
        let nonce: [u8; NONCE_BYTES] = take(&mut rest);
        let (key, check) = derive(secret, &salt, Cost { memory_kib, passes, lanes })?;
        if bool::from(check[..].ct_eq(rest)) {
            Ok(Self { header, nonce, key })
        } else {
            Err(SealError::WrongSecret)
        }
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (head, tail) = rest.split_first_chunk().expect("the header's length is fixed");
    *rest = tail;
    *head
}

type KeyAndCheck = (Zeroizing<[u8; 32]>, [u8; CHECK_BYTES]);

fn derive(secret: &[u8], salt: &[u8; SALT_BYTES], cost: Cost) -> Result<KeyAndCheck, SealError> {
    if !cost.is_within_bounds() {
        return Err(SealError::CostOutOfBounds);
    }
    let mut out = Zeroizing::new([0; 32 + CHECK_BYTES]);
    Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(out.len()))
        .and_then(|params| {
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
                secret,
                salt,
                out.as_mut(),
            )
        })
        .map_err(|_| SealError::CostOutOfBounds)?;
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(&out[..32]);
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&out[32..]);
    Ok((key, check))
}
