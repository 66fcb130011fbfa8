//! QR pictures.

/// Error correction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Correction {
    /// 7 %
    Low,
    /// 15 %
    #[default]
    Medium,
    /// 25 %
    Quartile,
    /// 30 %
    High,
}

/// Why there is no picture. Not retryable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the text is too long for a QR code")]
pub struct TooLong;

/// An SVG.
///
/// # Errors
/// [`TooLong`].
pub fn svg(_text: &str, _correction: Correction) -> Result<String, TooLong> {
    unimplemented!()
}

/// A PNG, black on white, `module_pixels` per module and the quiet zone of four modules.
///
/// # Errors
/// [`TooLong`].
pub fn png(_text: &str, _correction: Correction, _module_pixels: u32) -> Result<Vec<u8>, TooLong> {
    unimplemented!()
}

/// Two modules per character cell, for a terminal with a light or dark background.
///
/// # Errors
/// [`TooLong`].
pub fn terminal(_text: &str, _correction: Correction) -> Result<String, TooLong> {
    unimplemented!()
}
