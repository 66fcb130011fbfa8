//! Base45 (RFC 9285): the alphabet of the QR alphanumeric mode.
//!
//! Written here because the decoder of the `base45` crate lets a last pair of characters above 255 wrap around, so that several
//! texts stand for the same bytes; a code must have one spelling.

#[cfg(test)]
mod tests;

const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

const NOT_A_DIGIT: u8 = 0xff;

const DIGITS: [u8; 256] = {
    let mut digits = [NOT_A_DIGIT; 256];
    let mut i = 0;
    while i < ALPHABET.len() {
        digits[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    digits
};

/// The two low characters of every value below 45².
const PAIRS: [[u8; 2]; 2025] = {
    let mut pairs = [[0; 2]; 2025];
    let mut i = 0;
    while i < pairs.len() {
        pairs[i] = [ALPHABET[i % 45], ALPHABET[i / 45]];
        i += 1;
    }
    pairs
};

/// Three characters for two bytes, two for a last single one.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(bytes.len().div_ceil(2) * 3);
    let (pairs, last) = bytes.as_chunks::<2>();
    for pair in pairs {
        let value = usize::from(u16::from_be_bytes(*pair));
        let [low, middle] = PAIRS[value % 2025];
        text.extend_from_slice(&[low, middle, ALPHABET[value / 2025]]);
    }
    if let [byte] = last {
        text.extend_from_slice(&PAIRS[usize::from(*byte)]);
    }
    String::from_utf8(text).expect("the alphabet is ASCII")
}

/// `None` when a character is foreign, a group is too large for its bytes, or one character is left over.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let (groups, last) = text.as_bytes().as_chunks::<3>();
    let mut bytes = Vec::with_capacity(groups.len() * 2 + 1);
    for group in groups {
        let [low, middle, high] = group.map(|character| DIGITS[usize::from(character)]);
        if low == NOT_A_DIGIT || middle == NOT_A_DIGIT || high == NOT_A_DIGIT {
            return None;
        }
        let value = u32::from(low) + 45 * u32::from(middle) + 2025 * u32::from(high);
        bytes.extend_from_slice(&u16::try_from(value).ok()?.to_be_bytes());
    }
    match last {
        [] => {}
        [low, middle] => {
            let [low, middle] = [low, middle].map(|character| DIGITS[usize::from(*character)]);
            if low == NOT_A_DIGIT || middle == NOT_A_DIGIT {
                return None;
            }
            bytes.push(u8::try_from(u32::from(low) + 45 * u32::from(middle)).ok()?);
        }
        _ => return None,
    }
    Some(bytes)
}
