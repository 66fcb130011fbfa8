//! What a camera sees: one picture, over and over, as YUV4MPEG2, which Chromium takes in place of a camera.

use anyhow::{Context, ensure};
use image::imageops::FilterType;
use std::io::Write;
use std::path::Path;

/// Of a frame, in pixels.
const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
/// A symbol on a table, seen from above: grey around it.
const TABLE: u8 = 0x90;
/// The middle of the range of colour: none.
const NO_COLOR: u8 = 0x80;
/// More than one, so that there is something to play.
const FRAMES: usize = 4;

/// Writes what a camera sees that is held over this PNG.
///
/// # Errors
/// When it is no picture, larger than a frame, or the file cannot be written.
pub fn write(png: &[u8], to: &Path) -> anyhow::Result<()> {
    let picture = image::load_from_memory(png).context("a picture")?.into_luma8();
    let side = (HEIGHT * 9 / 10).min(picture.width() * 3);
    let picture = image::imageops::resize(&picture, side, side, FilterType::Nearest);
    ensure!(picture.width() <= WIDTH && picture.height() <= HEIGHT, "larger than a frame");
    let mut luma = vec![TABLE; (WIDTH * HEIGHT) as usize];
    let (left, top) = ((WIDTH - side) / 2, (HEIGHT - side) / 2);
    for (x, y, pixel) in picture.enumerate_pixels() {
        luma[((top + y) * WIDTH + left + x) as usize] = pixel.0[0];
    }
    let chroma = vec![NO_COLOR; luma.len() / 2];
    let mut file = std::io::BufWriter::new(std::fs::File::create(to)?);
    writeln!(file, "YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg")?;
    for _ in 0..FRAMES {
        file.write_all(b"FRAME\n")?;
        file.write_all(&luma)?;
        file.write_all(&chroma)?;
    }
    file.flush()?;
    Ok(())
}
