//! Codes of citizens as text and pictures, and pictures as codes.

use domain::rows::AccountRow;
use identity::national::{NationalString, compose};
use identity::picture::{self, Correction};
use image::{GrayAlphaImage, GrayImage, ImageReader, Luma};
use std::io::{Cursor, IsTerminal};

/// A picture of more pixels is not read.
const PIXELS_MAX: u32 = 12_000;

/// The national string (Decision 1405/QĐ-BTTTT) of an account, with its token inside; empty when no code is in force.
pub fn national_string(account: &AccountRow) -> String {
    if account.token.is_empty() {
        return String::new();
    }
    // Only names of rules are missing here, and the national string says none of them.
    let rules = domain::Rules::new("", "");
    compose(&NationalString::of(&runner::claims_of(account, &rules), account.token.as_str()))
}

/// All texts of QR codes in a picture (PNG or JPEG). What is clear in it stands on white. Symbols that are light on dark are looked for
/// where none is dark on light.
///
/// # Errors
/// When it is no picture, or larger than [`PIXELS_MAX`] on a side.
pub fn read_picture(bytes: &[u8]) -> anyhow::Result<Vec<String>> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(PIXELS_MAX);
    limits.max_image_height = Some(PIXELS_MAX);
    reader.limits(limits);
    let mut grey = on_white(&reader.decode()?.into_luma_alpha8());
    let found = texts(&grey);
    if !found.is_empty() {
        return Ok(found);
    }
    image::imageops::invert(&mut grey);
    Ok(texts(&grey))
}

fn on_white(picture: &GrayAlphaImage) -> GrayImage {
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [grey, alpha] = picture.get_pixel(x, y).0.map(u32::from);
        let laid = (grey * alpha + 255 * (255 - alpha)) / 255;
        Luma([u8::try_from(laid).expect("between two values of a byte")])
    })
}

/// The texts of the symbols that are dark on light: the decoder sees no others.
fn texts(grey: &GrayImage) -> Vec<String> {
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        grey.get_pixel(x as u32, y as u32).0[0]
    });
    let grids = prepared.detect_grids().into_iter();
    grids.filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
}

/// A code as it stands in a terminal: in colours, so that it is dark on light everywhere, unless `NO_COLOR` is set or stdout is
/// no terminal.
pub fn terminal(text: &str) -> anyhow::Result<String> {
    let drawn = picture::terminal(text, Correction::Low)?;
    let colour = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) && std::io::stdout().is_terminal();
    if colour {
        return Ok(drawn);
    }
    let mut pieces = drawn.split('\u{1b}');
    let first = pieces.next().unwrap_or_default().to_owned();
    // Each escape sequence that sets colours ends with an `m`.
    Ok(pieces.fold(first, |plain, piece| plain + piece.split_once('m').map_or("", |(_, rest)| rest)))
}

#[cfg(test)]
mod tests;
