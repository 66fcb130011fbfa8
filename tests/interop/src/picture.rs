//! What happens to pictures between a printer and a camera. Grey pictures, 0 black to 255 white.

use identity::picture::Correction;
use image::imageops::{self, FilterType};
use image::{GrayImage, Luma};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// All corrections.
pub const CORRECTIONS: [Correction; 4] =
    [Correction::Low, Correction::Medium, Correction::Quartile, Correction::High];

/// The light border, in modules.
const QUIET_ZONE_MODULES: u32 = 4;
/// What a reader finds a symbol by lies so near to its upper and left edge and to its last corner, in modules: finder and timing patterns,
/// format and version information, the last alignment pattern. No correction speaks for them.
const EDGE_MODULES: u32 = 12;

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

/// The share of a symbol under one stain that a correction reads through. It repairs 7, 15, 25 and 30 % of the codewords (ISO/IEC 18004);
/// the rim of a stain spoils codewords of which it covers a part.
#[must_use]
pub const fn dirt_within(correction: Correction) -> f64 {
    match correction {
        Correction::Low => 0.04,
        Correction::Medium => 0.10,
        Correction::Quartile => 0.16,
        Correction::High => 0.20,
    }
}

/// A stain of this share of the symbol, black or white, somewhere off what a reader finds it by. `module_pixels` is what the picture was
/// drawn with.
///
/// # Panics
/// When there is no room for it.
#[must_use]
pub fn stained(picture: &GrayImage, module_pixels: u32, share: f64, seed: u64) -> GrayImage {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let modules = picture.width() / module_pixels - 2 * QUIET_ZONE_MODULES;
    let radius = (share * f64::from(modules * modules) / std::f64::consts::PI).sqrt();
    let (begin, end) = (f64::from(EDGE_MODULES) + radius, f64::from(modules) - radius);
    let last = f64::from(modules - EDGE_MODULES);
    // The nearest point of the last corner to the middle of the stain must be outside it.
    let clear = |x: f64, y: f64| (x - x.max(last)).hypot(y - y.max(last)) > radius;
    let (x, y) = (0..100_000)
        .map(|_| (random.random_range(begin..end), random.random_range(begin..end)))
        .find(|(x, y)| clear(*x, *y))
        .expect("there is room for the stain");
    let colour = Luma([if random.random() { 0 } else { 255 }]);
    let mut out = picture.clone();
    for (module_x, module_y) in (0..modules * modules).map(|module| (module % modules, module / modules)) {
        if (f64::from(module_x) + 0.5 - x).hypot(f64::from(module_y) + 0.5 - y) < radius {
            paint(&mut out, (module_x, module_y), module_pixels, colour);
        }
    }
    out
}

fn paint(picture: &mut GrayImage, module: (u32, u32), module_pixels: u32, colour: Luma<u8>) {
    let at = |module: u32| (module + QUIET_ZONE_MODULES) * module_pixels;
    for pixel in 0..module_pixels * module_pixels {
        let (dx, dy) = (pixel % module_pixels, pixel / module_pixels);
        picture.put_pixel(at(module.0) + dx, at(module.1) + dy, colour);
    }
}
