//! QR pictures (ISO/IEC 18004).

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use qrcode::bits::Bits;
use qrcode::{EcLevel, QrCode, Version};
use std::fmt::Write;

/// The light border that the standard asks for, in modules.
const QUIET_ZONE_MODULES: usize = 4;

/// The largest module that [`png`] draws, in pixels: a symbol of the largest version then takes 6 MB before compression.
pub const MAX_MODULE_PIXELS: u32 = 13;

/// The characters of the alphanumeric mode.
const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

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

/// The background that a terminal without colours has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Background {
    /// Light letters on dark.
    Dark,
    /// Dark letters on light.
    Light,
}

/// Why there is no picture. Not retryable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the text is too long for a QR code")]
pub struct TooLong;

impl TooLong {
    /// Never: a weaker correction may do.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        false
    }
}

/// The version of the symbol, 1 to 40: its side has `17 + 4 * version` modules.
///
/// # Errors
/// [`TooLong`].
pub fn version(text: &str, correction: Correction) -> Result<u8, TooLong> {
    match symbol(text, correction)?.version() {
        Version::Normal(version) | Version::Micro(version) => {
            Ok(u8::try_from(version).expect("versions end at 40"))
        }
    }
}

/// An SVG, one unit per module, with its quiet zone: it scales to any size.
///
/// # Errors
/// [`TooLong`].
pub fn svg(text: &str, correction: Correction) -> Result<String, TooLong> {
    let grid = Grid::of(text, correction)?;
    let side = grid.side();
    let mut out = String::with_capacity(256 + side * side * 4);
    out.push_str(r#"<svg xmlns="http://www.w3.org/2000/svg" version="1.1" viewBox="0 0 "#);
    let border = format!(
        r##"{side} {side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/>"##
    );
    out.push_str(&border);
    out.push_str(r##"<path d=""##);
    for y in 0..side {
        let mut x = 0;
        while x < side {
            let run = (x..side).take_while(|x| grid.is_dark(*x, y)).count();
            if run > 0 {
                write!(out, "M{x} {y}h{run}v1h-{run}z").expect("a string takes all that is written");
            }
            x += run.max(1);
        }
    }
    out.push_str(r#""/></svg>"#);
    Ok(out)
}

/// A PNG, black on white, `module_pixels` per module (taken as 1 to [`MAX_MODULE_PIXELS`]) and the quiet zone of four modules.
///
/// # Errors
/// [`TooLong`].
pub fn png(text: &str, correction: Correction, module_pixels: u32) -> Result<Vec<u8>, TooLong> {
    let grid = Grid::of(text, correction)?;
    let scale = module_pixels.clamp(1, MAX_MODULE_PIXELS) as usize;
    let side = grid.side() * scale;
    let mut pixels = Vec::with_capacity(side * side);
    for y in 0..grid.side() {
        let row = pixels.len();
        for x in 0..grid.side() {
            let grey = if grid.is_dark(x, y) { 0x00 } else { 0xff };
            pixels.resize(pixels.len() + scale, grey);
        }
        for _ in 1..scale {
            pixels.extend_from_within(row..row + side);
        }
    }
    let side = u32::try_from(side).expect("185 modules of 13 pixels at most");
    let mut out = Vec::with_capacity(8 * 1024);
    // Filter `Up` turns the repeated rows of a module into zeroes, which the fast level packs well.
    PngEncoder::new_with_quality(&mut out, CompressionType::Fast, FilterType::Up)
        .write_image(&pixels, side, side, ExtendedColorType::L8)
        .expect("the buffer has the size it is said to have, and memory takes what is written");
    Ok(out)
}

/// Two modules per character cell, for a terminal with a light or dark background: black and white are set by escape sequences, one
/// line each, reset at its end.
///
/// # Errors
/// [`TooLong`].
pub fn terminal(text: &str, correction: Correction) -> Result<String, TooLong> {
    // 16 and 231 are black and white of the fixed part of the 256 colours: themes change the first sixteen.
    Ok(half_blocks(&Grid::of(text, correction)?, true, "\u{1b}[38;5;16;48;5;231m", "\u{1b}[0m"))
}

/// The same without escape sequences (`NO_COLOR`, files), for a background that is known.
///
/// # Errors
/// [`TooLong`].
pub fn terminal_plain(text: &str, correction: Correction, background: Background) -> Result<String, TooLong> {
    Ok(half_blocks(&Grid::of(text, correction)?, background == Background::Light, "", ""))
}

/// Draws in the letters' colour the modules that are dark, or those that are light.
fn half_blocks(grid: &Grid, draw_dark: bool, before: &str, after: &str) -> String {
    let side = grid.side();
    let mut out = String::with_capacity((side * 3 + before.len() + after.len() + 1) * side.div_ceil(2));
    for y in (0..side).step_by(2) {
        out.push_str(before);
        for x in 0..side {
            let upper = grid.is_dark(x, y) == draw_dark;
            // The side is odd: below the last row comes one more of quiet zone.
            let lower = grid.is_dark(x, y + 1) == draw_dark;
            out.push(match (upper, lower) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        out.push_str(after);
        out.push('\n');
    }
    out
}

/// A symbol with its quiet zone.
struct Grid {
    symbol_side: usize,
    dark: Vec<bool>,
}

impl Grid {
    fn of(text: &str, correction: Correction) -> Result<Self, TooLong> {
        let symbol = symbol(text, correction)?;
        let symbol_side = symbol.width();
        let dark = symbol.into_colors().into_iter().map(|color| color == qrcode::Color::Dark).collect();
        Ok(Self { symbol_side, dark })
    }

    const fn side(&self) -> usize {
        self.symbol_side + 2 * QUIET_ZONE_MODULES
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        let inside = QUIET_ZONE_MODULES..QUIET_ZONE_MODULES + self.symbol_side;
        inside.contains(&x)
            && inside.contains(&y)
            && self.dark[(y - QUIET_ZONE_MODULES) * self.symbol_side + x - QUIET_ZONE_MODULES]
    }
}

/// The smallest symbol. A text of the alphanumeric alphabet goes into one alphanumeric segment; for others the segments are chosen by
/// their length.
fn symbol(text: &str, correction: Correction) -> Result<QrCode, TooLong> {
    let level = match correction {
        Correction::Low => EcLevel::L,
        Correction::Medium => EcLevel::M,
        Correction::Quartile => EcLevel::Q,
        Correction::High => EcLevel::H,
    };
    if !text.bytes().all(|byte| ALPHANUMERIC.contains(&byte)) {
        return QrCode::with_error_correction_level(text, level).map_err(|_| TooLong);
    }
    // ISO/IEC 18004: mode indicator 4 bits, count 9, 11 or 13 bits, 11 bits for two characters, 6 for a last single one.
    let bits = |count_bits: usize| 4 + count_bits + text.len() / 2 * 11 + text.len() % 2 * 6;
    for number in 1..=40 {
        let needed = bits(match number {
            ..=9 => 9,
            10..=26 => 11,
            _ => 13,
        });
        let mut bits = Bits::new(Version::Normal(number));
        if bits.max_len(level).is_ok_and(|most| needed <= most) {
            bits.push_alphanumeric_data(text.as_bytes()).map_err(|_| TooLong)?;
            bits.push_terminator(level).map_err(|_| TooLong)?;
            return QrCode::with_bits(bits, level).map_err(|_| TooLong);
        }
    }
    Err(TooLong)
}
