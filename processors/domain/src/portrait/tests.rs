use super::*;
use crate::row::Json;
use crate::rows::{Certificate, Origin};
use schemas::event::Content;
use schemas::{Channel, CitizenId, Stream};
use uuid::Uuid;

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn place(offset: u64) -> Place {
    Place { stream: Stream::Documents, partition: 3, epoch: 0, offset }
}

fn version(provenance: Provenance, picture: u8) -> Version {
    Version {
        version: 1,
        provenance,
        sender: "police".to_owned(),
        filed_on: day("2025-09-03"),
        issued_on: String::new(),
        expires_on: String::new(),
        number: String::new(),
        title: String::new(),
        content: Some(Content {
            sha256: hex::encode([picture; 32]),
            bytes: 9,
            media_type: "image/jpeg".to_owned(),
        }),
        certificates: Vec::new(),
    }
}

fn certified(mut version: Version) -> Version {
    version.certificates.push(Certificate {
        certifier: "notary".to_owned(),
        certificate: "CT-1".to_owned(),
        certified_on: "2025-09-04".to_owned(),
        content: None,
        origin: Origin {
            sender: "notary".to_owned(),
            ward: String::new(),
            team: String::new(),
            channel: Channel::Agency,
        },
    });
    version
}

fn paper(versions: Vec<Version>) -> DocumentRow {
    DocumentRow {
        citizen: CitizenId(Uuid::from_u128(7)),
        document_id: "portrait-1".to_owned(),
        status: DocumentStatus::Present,
        document_kind: PORTRAIT.to_owned(),
        provenance: String::new(),
        issuer: String::new(),
        filer: "police".to_owned(),
        ward: String::new(),
        team: String::new(),
        channel: Channel::Agency,
        version: versions.len() as u32,
        versions: Json(versions),
        status_cause: String::new(),
    }
}

/// Which picture a paper is the portrait by.
fn picture(paper: &DocumentRow) -> Option<u8> {
    Portrait::of(paper, place(1), day("2025-09-12")).map(|portrait| portrait.sha256[0])
}

#[test]
fn the_newest_picture_that_somebody_answers_for_counts() {
    use Provenance::{Agency, Certified, SelfUploaded};
    for (versions, expected) in [
        (vec![version(Agency, 1)], Some(1)),
        (vec![version(Certified, 1)], Some(1)),
        (vec![version(Agency, 1), version(Agency, 2)], Some(2)),
        (vec![version(SelfUploaded, 1)], None),
        (vec![certified(version(SelfUploaded, 1))], Some(1)),
        (vec![certified(version(SelfUploaded, 1)), version(SelfUploaded, 2)], Some(1)),
        (vec![version(Agency, 1), Version { content: None, ..version(Agency, 2) }], Some(1)),
        (vec![Version { expires_on: "2025-09-12".to_owned(), ..version(Agency, 1) }], Some(1)),
        (vec![Version { expires_on: "2025-09-11".to_owned(), ..version(Agency, 1) }], None),
        (Vec::new(), None),
    ] {
        assert_eq!(picture(&paper(versions.clone())), expected, "{versions:?}");
    }
}

#[test]
fn what_is_no_portrait_or_no_picture_or_taken_back_does_not_count() {
    let portrait = paper(vec![version(Provenance::Agency, 1)]);
    assert_eq!(picture(&portrait), Some(1));
    assert_eq!(picture(&DocumentRow { document_kind: "can_cuoc".to_owned(), ..portrait.clone() }), None);
    assert_eq!(picture(&DocumentRow { status: DocumentStatus::Withdrawn, ..portrait.clone() }), None);
    let mut pdf = portrait;
    pdf.versions.0[0].content.as_mut().unwrap().media_type = "application/pdf".to_owned();
    assert_eq!(picture(&pdf), None);
}

#[test]
fn of_two_portraits_the_one_filed_later_is_newer_whatever_changed_last() {
    let today = day("2025-09-12");
    let of = |filed_on: &str, picture, offset| {
        let version = Version { filed_on: day(filed_on), ..version(Provenance::Agency, picture) };
        Portrait::of(&paper(vec![version]), place(offset), today).unwrap()
    };
    let (early, late) = (of("2025-09-03", 1, 9), of("2025-09-04", 2, 5));
    assert_eq!((early.newer(late), late.newer(early)), (late, late));
    let same_day = of("2025-09-04", 3, 6);
    assert_eq!((same_day.newer(late), late.newer(same_day)), (same_day, same_day));
}
