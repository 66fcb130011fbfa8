//! What happens to pictures between a printer and a camera. Grey pictures, 0 black to 255 white.

use identity::picture::Correction;
use image::imageops::{self, FilterType};
use image::{GrayImage, Luma};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;

/// All corrections.
pub const CORRECTIONS: [Correction; 4] =
    [Correction::Low, Correction::Medium, Correction::Quartile, Correction::High];

/// The light border, in modules.
const QUIET_ZONE_MODULES: u32 = 4;
/// What a reader finds a symbol by lies so near to its upper and left edge and to its last corner, in modules: finder and timing patterns,
/// format and version information, the last alignment pattern. No correction speaks for them.
const EDGE_MODULES: u32 = 12;
const BLOT_RADIUS_MODULES: u32 = 5;

/// A PNG as a grey picture.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn of_png(png: &[u8]) -> GrayImage {
    image::load_from_memory(png).expect("a PNG").into_luma8()
}

/// Black for white.
#[must_use]
pub fn inverted(picture: &GrayImage) -> GrayImage {
    let mut out = picture.clone();
    imageops::invert(&mut out);
    out
}

/// Out of focus: a Gaussian of this width in pixels.
#[must_use]
pub fn blurred(picture: &GrayImage, sigma_pixels: f32) -> GrayImage {
    imageops::blur(picture, sigma_pixels)
}

/// At another size, smoothly.
#[must_use]
pub fn resized(picture: &GrayImage, side_pixels: u32) -> GrayImage {
    imageops::resize(picture, side_pixels, side_pixels, FilterType::Triangle)
}

/// Turned about its middle, on a white ground that has room for it.
#[must_use]
pub fn rotated(picture: &GrayImage, degrees: f64) -> GrayImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let side = f64::from(picture.width());
    let room = (side * (sin.abs() + cos.abs())).ceil() as u32;
    let (middle, out_middle) = ((side - 1.0) / 2.0, (f64::from(room) - 1.0) / 2.0);
    GrayImage::from_fn(room, room, |x, y| {
        let (dx, dy) = (f64::from(x) - out_middle, f64::from(y) - out_middle);
        Luma([sampled(picture, dx * cos + dy * sin + middle, dy * cos - dx * sin + middle)])
    })
}

/// Between four pixels; white outside.
fn sampled(picture: &GrayImage, x: f64, y: f64) -> u8 {
    let at = |x: f64, y: f64| {
        let inside =
            x >= 0.0 && y >= 0.0 && x < f64::from(picture.width()) && y < f64::from(picture.height());
        if inside { f64::from(picture.get_pixel(x as u32, y as u32).0[0]) } else { 255.0 }
    };
    let (left, top) = (x.floor(), y.floor());
    let (right, low) = (x - left, y - top);
    let upper = at(left, top) * (1.0 - right) + at(left + 1.0, top) * right;
    let lower = at(left, top + 1.0) * (1.0 - right) + at(left + 1.0, top + 1.0) * right;
    (upper * (1.0 - low) + lower * low).round() as u8
}

/// The share of a symbol under a smear that a correction reads through. It repairs 7, 15, 25 and 30 % of the codewords (ISO/IEC 18004);
/// the rim of a smear spoils codewords of which it covers a part.
#[must_use]
pub const fn dirt_within(correction: Correction) -> f64 {
    match correction {
        Correction::Low => 0.04,
        Correction::Medium => 0.10,
        Correction::Quartile => 0.16,
        Correction::High => 0.20,
    }
}

/// A smear of this share of the symbol, black or white, from the timing pattern down to the lower edge, somewhere off what a reader finds
/// the symbol by. `module_pixels` is what the picture was drawn with.
///
/// Codewords stand in columns two modules wide, and the blocks that are corrected each by itself take turns. A smear hits them alike. A
/// round stain does not: version 21 has 25 blocks at the highest correction and 25 codewords in a column, so that a stain over half of the
/// rows spoils the same half of the blocks in every column, and what the standard's 30 % promise is gone at half of that.
#[must_use]
pub fn stained(picture: &GrayImage, module_pixels: u32, share: f64, seed: u64) -> GrayImage {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let modules = picture.width() / module_pixels - 2 * QUIET_ZONE_MODULES;
    let height = modules - EDGE_MODULES;
    let width = (share * f64::from(modules * modules) / f64::from(height)).round() as u32;
    let left = random.random_range(EDGE_MODULES..=modules - EDGE_MODULES - width);
    let colour = Luma([if random.random() { 0 } else { 255 }]);
    let mut out = picture.clone();
    for module in 0..width * height {
        paint(&mut out, (left + module % width, EDGE_MODULES + module / width), module_pixels, colour);
    }
    out
}

/// The share of a symbol under round blots that a correction reads through: half of what it reads through under a smear, or less, since blots
/// have more rim, and hit some of the blocks more than others.
#[must_use]
pub const fn blots_within(correction: Correction) -> f64 {
    match correction {
        Correction::Low => 0.02,
        Correction::Medium => 0.04,
        Correction::Quartile => 0.08,
        Correction::High => 0.10,
    }
}

/// Round blots, black or white, until at least this share of the symbol is under them, anywhere off what a reader finds the symbol by.
#[must_use]
pub fn blotted(picture: &GrayImage, module_pixels: u32, share: f64, seed: u64) -> GrayImage {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let modules = picture.width() / module_pixels - 2 * QUIET_ZONE_MODULES;
    let wanted = (share * f64::from(modules * modules)).round() as usize;
    let colour = Luma([if random.random() { 0 } else { 255 }]);
    let mut under = BTreeSet::new();
    while under.len() < wanted {
        let mut middle = || random.random_range(EDGE_MODULES..modules);
        let (x, y) = (middle(), middle());
        let reach = |at: u32| {
            at.saturating_sub(BLOT_RADIUS_MODULES).max(EDGE_MODULES)
                ..modules.min(at + BLOT_RADIUS_MODULES + 1)
        };
        let round =
            |a: u32, b: u32| a.abs_diff(x).pow(2) + b.abs_diff(y).pow(2) <= BLOT_RADIUS_MODULES.pow(2);
        let last_corner = |a: u32, b: u32| a.min(b) >= modules - EDGE_MODULES;
        let around = reach(x).flat_map(|a| reach(y).map(move |b| (a, b)));
        under.extend(around.filter(|(a, b)| round(*a, *b) && !last_corner(*a, *b)));
    }
    let mut out = picture.clone();
    under.into_iter().for_each(|module| paint(&mut out, module, module_pixels, colour));
    out
}

fn paint(picture: &mut GrayImage, module: (u32, u32), module_pixels: u32, colour: Luma<u8>) {
    let at = |module: u32| (module + QUIET_ZONE_MODULES) * module_pixels;
    for pixel in 0..module_pixels * module_pixels {
        let (dx, dy) = (pixel % module_pixels, pixel / module_pixels);
        picture.put_pixel(at(module.0) + dx, at(module.1) + dy, colour);
    }
}
