//! Pictures that an independent decoder reads back.

use crate::support::*;
use identity::national::{NationalString, compose};
use identity::picture::{self, Background, Correction, MAX_MODULE_PIXELS, TooLong};
use identity::token;

const CORRECTIONS: [Correction; 4] =
    [Correction::Low, Correction::Medium, Correction::Quartile, Correction::High];

fn token() -> String {
    token::sign(&claims(), &key())
}

fn national() -> String {
    compose(&NationalString::of(&claims(), token()))
}

/// What is on a picture given by which of its pixels are dark.
fn read(side: usize, is_dark: impl Fn(usize, usize) -> bool) -> Vec<String> {
    let grey = |x, y| if is_dark(x, y) { 0 } else { 255 };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, grey);
    image.detect_grids().iter().map(|grid| grid.decode().unwrap().1).collect()
}

fn read_png(png: &[u8]) -> Vec<String> {
    let image = image::load_from_memory(png).unwrap().into_luma8();
    assert_eq!(image.width(), image.height());
    read(image.width() as usize, |x, y| image.get_pixel(x as u32, y as u32).0[0] < 128)
}

/// Which modules the text drawing shows dark, when what is drawn is dark or, on a dark background, light.
fn modules(drawing: &str, drawn_is_dark: bool) -> Vec<Vec<bool>> {
    let mut rows = Vec::new();
    for line in drawing.lines() {
        let cells =
            |full: [char; 2]| line.chars().map(|c| full.contains(&c) == drawn_is_dark).collect::<Vec<_>>();
        rows.push(cells(['█', '▀']));
        rows.push(cells(['█', '▄']));
    }
    rows
}

/// Reads a drawing of modules, each blown up to `scale` pixels.
fn read_modules(rows: &[Vec<bool>], scale: usize) -> Vec<String> {
    let side = rows[0].len();
    read(side * scale, |x, y| rows[y / scale][x / scale])
}

#[test]
fn token_and_national_string_are_read_back_from_png_at_several_sizes() {
    for text in [token(), national()] {
        for correction in CORRECTIONS {
            for module_pixels in [3, 5, 8] {
                let png = picture::png(&text, correction, module_pixels).unwrap();
                assert_eq!(read_png(&png), [text.as_str()], "{correction:?} {module_pixels}");
            }
        }
    }
}

#[test]
fn png_has_its_size_and_quiet_zone() {
    let version = u32::from(picture::version(&token(), Correction::Medium).unwrap());
    let modules = 17 + 4 * version + 8;
    for (asked, pixels) in [(0, 1), (1, 1), (4, 4), (13, 13), (14, 13), (u32::MAX, MAX_MODULE_PIXELS)] {
        let png = picture::png(&token(), Correction::Medium, asked).unwrap();
        let image = image::load_from_memory(&png).unwrap();
        assert_eq!(image.color(), image::ColorType::L8);
        let image = image.into_luma8();
        assert_eq!((image.width(), image.height()), (modules * pixels, modules * pixels));
        let dark = |x: u32, y: u32| image.get_pixel(x, y).0[0] == 0;
        let border = 4 * pixels;
        let side = image.width();
        for along in 0..side {
            for across in (0..border).chain(side - border..side) {
                assert!(!dark(along, across) && !dark(across, along));
            }
        }
        assert!(dark(border, border), "the corner of the finder pattern");
        assert!(image.pixels().all(|pixel| matches!(pixel.0[0], 0 | 255)));
    }
}

#[test]
fn svg_is_read_back() {
    for text in [token(), national()] {
        let svg = picture::svg(&text, Correction::Medium).unwrap();
        let side: usize = 8 + 17 + 4 * usize::from(picture::version(&text, Correction::Medium).unwrap());
        assert!(svg.contains(&format!("viewBox=\"0 0 {side} {side}\"")));
        let mut rows = vec![vec![false; side]; side];
        let path = svg.rsplit("<path d=\"").next().unwrap().split('"').next().unwrap();
        for run in path.split('M').skip(1) {
            let (at, rest) = run.split_once('h').unwrap();
            let (x, y) = at.split_once(' ').unwrap();
            let (x, y, length): (usize, usize, usize) =
                (x.parse().unwrap(), y.parse().unwrap(), rest.split_once('v').unwrap().0.parse().unwrap());
            assert_eq!(run, format!("{x} {y}h{length}v1h-{length}z"));
            rows[y][x..x + length].fill(true);
        }
        assert_eq!(read_modules(&rows, 4), [text.as_str()]);
    }
}

#[test]
fn terminal_drawing_sets_its_own_colours_and_is_read_back() {
    for text in [token(), national()] {
        let drawing = picture::terminal(&text, Correction::Low).unwrap();
        let mut plain = String::new();
        for line in drawing.lines() {
            let cells =
                line.strip_prefix("\u{1b}[38;5;16;48;5;231m").and_then(|line| line.strip_suffix("\u{1b}[0m"));
            plain.push_str(cells.unwrap());
            plain.push('\n');
        }
        assert_eq!(read_modules(&modules(&plain, true), 4), [text.as_str()]);
    }
}

#[test]
fn plain_drawings_for_both_backgrounds_show_the_same_modules() {
    let dark = picture::terminal_plain(&token(), Correction::Low, Background::Dark).unwrap();
    let light = picture::terminal_plain(&token(), Correction::Low, Background::Light).unwrap();
    assert!(!dark.contains('\u{1b}') && !light.contains('\u{1b}'));
    assert_eq!(modules(&dark, false), modules(&light, true));
    assert_eq!(read_modules(&modules(&dark, false), 4), [token()]);
    // The quiet zone: two character rows and four columns.
    let lines: Vec<_> = light.lines().collect();
    assert!(lines[..2].iter().chain(&lines[lines.len() - 2..]).all(|line| line.trim().is_empty()));
    assert!(lines.iter().all(|line| line.starts_with("    ") && line.ends_with("    ")));
}

#[test]
fn token_goes_into_the_alphanumeric_mode() {
    // Characters that fit versions 1, 9, 10, 13, 26, 27 and 40 at medium correction: ISO/IEC 18004, table 7.
    for (version, most) in [(1, 20), (9, 262), (10, 311), (13, 483), (26, 1_542), (27, 1_637), (40, 3_391)] {
        let text: String = token().chars().cycle().take(most).collect();
        assert_eq!(picture::version(&text, Correction::Medium), Ok(version), "{most}");
        let longer: String = token().chars().cycle().take(most + 1).collect();
        assert_ne!(picture::version(&longer, Correction::Medium), Ok(version), "{}", most + 1);
    }
    // The same length in bytes needs more.
    let bytes = token().to_lowercase();
    let version = |text: &str| picture::version(text, Correction::Medium).unwrap();
    assert!(version(&bytes) > version(&token()));
}

#[test]
fn text_that_fits_no_symbol_is_refused_by_every_drawing() {
    for text in ["A".repeat(4_297), "a".repeat(2_954)] {
        assert_eq!(picture::svg(&text, Correction::Low), Err(TooLong));
        assert_eq!(picture::png(&text, Correction::Low, 1), Err(TooLong));
        assert_eq!(picture::terminal(&text, Correction::Low), Err(TooLong));
        assert_eq!(picture::version(&text, Correction::Low), Err(TooLong));
        let shorter = &text[1..];
        assert_eq!(picture::version(shorter, Correction::Low), Ok(40));
    }
}

#[test]
fn picture_is_the_same_every_time() {
    let draw = || picture::png(&token(), Correction::Quartile, 4).unwrap();
    assert_eq!(draw(), draw());
}
