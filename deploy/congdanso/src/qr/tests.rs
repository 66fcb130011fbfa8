use super::*;
use image::{DynamicImage, ImageFormat, LumaA};

const TEXT: &str = "V7FOXN*TS0BI% F8UH7ZS  7YET%1T";

fn drawn() -> GrayImage {
    let png = picture::png(TEXT, Correction::Medium, 4).unwrap();
    image::load_from_memory(&png).unwrap().into_luma8()
}

fn read(picture: impl Into<DynamicImage>) -> Vec<String> {
    let mut png = Cursor::new(Vec::new());
    picture.into().write_to(&mut png, ImageFormat::Png).unwrap();
    read_picture(png.get_ref()).unwrap()
}

#[test]
fn symbols_are_read_dark_on_light_and_light_on_dark() {
    let mut picture = drawn();
    assert_eq!(read(picture.clone()), [TEXT]);
    image::imageops::invert(&mut picture);
    assert!(
        texts(&picture).is_empty(),
        "the decoder reads these by itself now: the second try is not needed"
    );
    assert_eq!(read(picture), [TEXT]);
}

#[test]
fn clear_ground_is_taken_for_white() {
    let picture = drawn();
    let clear = |x, y| if picture.get_pixel(x, y).0 == [0] { LumaA([0, 255]) } else { LumaA([0, 0]) };
    assert_eq!(read(GrayAlphaImage::from_fn(picture.width(), picture.height(), clear)), [TEXT]);
}

#[test]
fn picture_without_a_symbol_gives_no_text_and_other_bytes_an_error() {
    assert_eq!(read(GrayImage::new(40, 40)), [""; 0]);
    assert!(read_picture(b"no picture").is_err());
}
