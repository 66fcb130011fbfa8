//! Pictures that were not treated well, read back by a decoder that knows nothing of what drew them.

use identity::picture::{Correction, MAX_MODULE_PIXELS, png};
use image::GrayImage;
use interop::picture::{
    CORRECTIONS, blots_within, blotted, blurred, dirt_within, inverted, of_png, resized, rotated, stained,
};
use interop::{code, national};

fn drawn(text: &str, correction: Correction, module_pixels: u32) -> GrayImage {
    of_png(&png(text, correction, module_pixels).expect("a code fits"))
}

fn read(picture: &GrayImage) -> Vec<String> {
    let mut prepared = rqrr::PreparedImage::prepare(picture.clone());
    let grids = prepared.detect_grids();
    grids.iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
}

#[test]
fn every_size_that_is_offered_is_read_back() {
    for text in [code(), national()] {
        // One pixel a module is for programs that scale it themselves.
        assert_eq!(read(&resized_by(&drawn(&text, Correction::Medium, 1), 4)), [text.as_str()]);
        for module_pixels in 2..=MAX_MODULE_PIXELS {
            assert_eq!(
                read(&drawn(&text, Correction::Medium, module_pixels)),
                [text.as_str()],
                "{module_pixels}"
            );
        }
    }
}

fn resized_by(picture: &GrayImage, times: u32) -> GrayImage {
    image::imageops::resize(
        picture,
        picture.width() * times,
        picture.height() * times,
        image::imageops::FilterType::Nearest,
    )
}

#[test]
fn pictures_out_of_focus_are_read_back() {
    for text in [code(), national()] {
        let picture = blurred(&drawn(&text, Correction::Medium, 6), 1.0);
        assert_eq!(read(&picture), [text.as_str()], "a Gaussian of one pixel over modules of six");
    }
}

#[test]
fn turned_pictures_are_read_back() {
    for text in [code(), national()] {
        let picture = drawn(&text, Correction::Medium, 6);
        for degrees in [3.0, 15.0, 30.0, 45.0, 90.0, 180.0, 270.0] {
            assert_eq!(read(&rotated(&picture, degrees)), [text.as_str()], "{degrees} degrees");
        }
    }
}

#[test]
fn pictures_at_a_size_that_is_no_multiple_of_a_module_are_read_back() {
    for text in [code(), national()] {
        let picture = drawn(&text, Correction::Medium, 5);
        for side in [picture.width() * 3 / 4, picture.width() * 9 / 7, picture.width() * 2 - 1] {
            assert_eq!(read(&resized(&picture, side)), [text.as_str()], "{side} pixels");
        }
    }
}

#[test]
fn smears_and_blots_within_the_correction_are_read_through() {
    // This decoder does not read the national string, whose symbol is twice as large, at the highest correction under as much dirt; zxing does.
    let strings = [Correction::Low, Correction::Medium, Correction::Quartile].map(|c| (national(), c));
    for (text, correction) in CORRECTIONS.map(|c| (code(), c)).into_iter().chain(strings) {
        let picture = drawn(&text, correction, 4);
        for seed in 0..5 {
            let smeared = stained(&picture, 4, dirt_within(correction), seed);
            let blotted = blotted(&picture, 4, blots_within(correction), seed);
            for dirty in [smeared, blotted] {
                assert_ne!(dirty, picture);
                assert_eq!(read(&dirty), [text.as_str()], "{correction:?}, seed {seed}");
            }
        }
    }
}

#[test]
fn stains_beyond_the_correction_are_never_read_as_something_else() {
    let picture = drawn(&code(), Correction::Low, 4);
    let unread = (0..10).filter(|seed| {
        let texts = read(&stained(&picture, 4, 0.2, *seed));
        assert!(texts.iter().all(|text| *text == code()), "seed {seed}: {texts:?}");
        texts.is_empty()
    });
    assert!(unread.count() > 0, "a fifth of a symbol of 7 % was read: the stains do nothing");
}

#[test]
fn white_on_black_is_read_back_once_turned_over() {
    for text in [code(), national()] {
        let picture = inverted(&drawn(&text, Correction::Medium, 4));
        // This decoder looks for dark on light alone; whoever reads with it tries both.
        let read = [read(&picture), read(&inverted(&picture))].concat();
        assert_eq!(read, [text.as_str()]);
    }
}

#[test]
fn everything_at_once_is_read_back() {
    let picture = stained(&drawn(&code(), Correction::High, 8), 8, 0.05, 7);
    assert_eq!(read(&blurred(&rotated(&picture, 15.0), 1.0)), [code()]);
}
