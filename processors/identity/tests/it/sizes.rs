//! How large codes become on paper.

use crate::support::{claims, key};
use identity::claims::StatusReference;
use identity::national::{NationalString, compose};
use identity::picture::{self, Correction};
use identity::presentation::Disclosed;
use identity::{Claims, Presentation, token};

/// As cities set it up: the issuer and the address are those of the default rules, the index is the largest.
fn issued(full_name: &str) -> Claims {
    Claims {
        issuer: "danang.example".to_owned(),
        qid: "DN0123456789ABCDEF".to_owned(),
        serial: "0123456789AB".to_owned(),
        full_name: full_name.to_owned(),
        status: StatusReference { uri: "https://danang.example/s/0/47/9".to_owned(), index: (1 << 20) - 1 },
        ..claims()
    }
}

fn declared(full_name: &str) -> Claims {
    Claims { declarant_qid: "DN0123456789ABCDEG".to_owned(), ..issued(full_name) }
}

/// Versions of the token and of the national string around it, at 15 %.
fn versions(claims: &Claims) -> (u8, u8) {
    let token = token::sign(claims, &key());
    let national = compose(&NationalString::of(claims, token.as_str()));
    let version = |text: &str| picture::version(text, Correction::Medium).unwrap();
    (version(&token), version(&national))
}

/// Names of nobody: the usual three to five words, and the longest that clans of several words give.
const USUAL: [&str; 4] =
    ["Lê An", "Nguyễn Văn Bảo", "Nguyễn Thị Hoàng Phương Thảo", "Nguyễn Phúc Thụy Huyền Trân"];
const LONGEST: [&str; 3] = [
    "Công Tằng Tôn Nữ Thị Phương Thảo",
    "Nguyễn Phước Công Huyền Tôn Nữ Ái",
    "Đặng Trần Nguyễn Hoàng Bảo Châu",
];

#[test]
fn static_codes_of_the_longest_names_fit_version_13_and_their_national_strings_version_16() {
    for name in USUAL.iter().chain(&LONGEST) {
        let (token, national) = versions(&issued(name));
        assert!(token <= 13 && national <= 16, "{name}: {token} and {national}");
    }
}

#[test]
fn codes_of_those_whom_another_declared_fit_too_with_usual_names() {
    for name in USUAL {
        let (token, national) = versions(&declared(name));
        assert!(token <= 13 && national <= 16, "{name}: {token} and {national}");
    }
}

#[test]
fn the_room_for_a_name_is_what_the_documentation_says() {
    let room = |of: fn(&str) -> Claims| {
        (1..100).take_while(|bytes| versions(&of(&"a".repeat(*bytes))).0 <= 13).count()
    };
    assert_eq!((room(issued), room(declared)), (ROOM_BYTES, ROOM_DECLARED_BYTES));
}

/// Bytes of a name in UTF-8 with which a code still fits version 13 at 15 %; "ễ" takes three.
const ROOM_BYTES: usize = 58;
const ROOM_DECLARED_BYTES: usize = 37;

#[test]
fn codes_are_drawn_in_the_alphanumeric_mode() {
    for text in [
        token::sign(&issued(LONGEST[0]), &key()),
        Presentation::of(&claims(), "gate", [7; 16], Disclosed::identity(&claims()), 0).sign(&key()),
    ] {
        let known = |c: u8| b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".contains(&c);
        assert!(text.bytes().all(known), "{text}");
        // 11 bits for two characters: in bytes the same text would not fit.
        let bytes = text.to_lowercase();
        let version = |text: &str| picture::version(text, Correction::Medium).unwrap();
        assert!(version(&text) + 2 <= version(&bytes), "{} and {}", version(&text), version(&bytes));
    }
}

#[test]
fn national_strings_of_the_longest_names_are_read_back_from_their_pictures() {
    for name in LONGEST {
        let claims = issued(name);
        let text = compose(&NationalString::of(&claims, token::sign(&claims, &key())));
        let png = picture::png(&text, Correction::Medium, 4).unwrap();
        let image = image::load_from_memory(&png).unwrap().into_luma8();
        let grey = |x, y| image.get_pixel(x as u32, y as u32).0[0];
        let side = image.width() as usize;
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(side, side, grey);
        let read: Vec<_> = prepared.detect_grids().iter().map(|grid| grid.decode().unwrap().1).collect();
        assert_eq!(read, [text.as_str()]);
    }
}
