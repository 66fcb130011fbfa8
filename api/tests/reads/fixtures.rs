//! Rows of nobody.

use crate::world::{ISSUER, Keys, NOW_SECONDS, UTILITY, WARD, World};
use domain::row::Json;
use domain::rows::*;
use identity::claims::StatusReference;
use identity::{Claims, national};
use schemas::event::{Content, IdentifierKind, LinkKind, Provenance};
use schemas::{BodyHash, Channel, CitizenId, Day, EventId, Kid, Kind, Micros, Stream};
use uuid::Uuid;

pub const NUMBER: &str = "048090000001";
pub const NAME: &str = "Nguyễn Thị Bưởi";
pub const PHONE: &str = "+84905123456";
pub const EMAIL: &str = "buoi@example.vn";
pub const ADDRESS: &str = "12 Đường Thử Nghiệm, Đà Nẵng";

pub fn citizen(world: &World) -> CitizenId {
    world.pepper.citizen(IdentifierKind::PersonalNumber, NUMBER)
}

pub fn someone(number: u128) -> CitizenId {
    CitizenId(Uuid::from_u128(number))
}

/// An active account opened by the ward's desk, with a code in force.
pub fn account(world: &World) -> AccountRow {
    signed(
        AccountRow {
            citizen: citizen(world),
            status: AccountStatus::Active,
            level: 1,
            identifier: IdentifierKind::PersonalNumber,
            number: NUMBER.to_owned(),
            full_name: NAME.to_owned(),
            birth_date: "1990-02-01".to_owned(),
            sex: Sex::Female,
            phone: PHONE.to_owned(),
            phone_key: Some(world.pepper.phone(PHONE)),
            phone_epoch: 1,
            email: EMAIL.to_owned(),
            address: ADDRESS.to_owned(),
            language: "vi".to_owned(),
            ward: "20194".to_owned(),
            ward_on: Day::parse("2025-09-01").unwrap(),
            opened_on: Day::parse("2025-09-01").unwrap(),
            opened_by: Channel::WardDesk,
            sender: WARD.to_owned(),
            team: String::new(),
            guardian: None,
            relation: String::new(),
            registrant: None,
            confirmed: true,
            contradiction: false,
            replaced_by: None,
            replaces: None,
            status_cause: String::new(),
            links: Json(vec![Link {
                link: LinkKind::PaymentAccount,
                provider: "bank".to_owned(),
                reference_hash: "ab".repeat(32),
                proof: "secret-proof".to_owned(),
                since: at("2025-09-02T08:00:00+07:00"),
            }]),
            detached: Json(vec![Detached {
                by_offset: 4,
                phone: "+84905000000".to_owned(),
                full_name: "Kẻ Mạo Danh".to_owned(),
                links: Vec::new(),
            }]),
            qid: "QID0001".to_owned(),
            serial: "S0001".to_owned(),
            status_epoch: 0,
            status_partition: 3,
            status_index: STATUS_BLOCK_ENTRIES + 17,
            issued_at: Micros((NOW_SECONDS - 86_400) * 1_000_000),
            expires_at: NOW_SECONDS + 86_400,
            kid: None,
            token: String::new(),
        },
        &world.keys,
    )
}

/// The same with a code that says what the row says.
pub fn signed(row: AccountRow, keys: &Keys) -> AccountRow {
    let declarant = row.registrant.or(row.guardian);
    let claims = Claims {
        issuer: ISSUER.to_owned(),
        qid: row.qid.clone(),
        serial: row.serial.clone(),
        masked_number: national::mask_number(&row.number),
        full_name: row.full_name.clone(),
        birth_date: row.birth_date.clone(),
        sex: match row.sex {
            Sex::Male => identity::claims::Sex::Male,
            Sex::Female => identity::claims::Sex::Female,
            Sex::Other => identity::claims::Sex::Other,
        },
        level: row.level,
        declarant_qid: declarant.map_or_else(String::new, domain::decide::qid),
        issued_at: row.issued_at.seconds(),
        not_before: row.issued_at.seconds(),
        expires_at: row.expires_at,
        status: StatusReference {
            uri: format!(
                "{ISSUER}/status/{}/{}/{}",
                row.status_epoch,
                row.status_partition,
                row.status_index / STATUS_BLOCK_ENTRIES
            ),
            index: row.status_index % STATUS_BLOCK_ENTRIES,
        },
    };
    let token = identity::token::sign(&claims, &keys.signing);
    AccountRow { kid: Some(Kid(keys.signing.kid())), token, ..row }
}

/// Without a code.
pub fn without_code(row: AccountRow) -> AccountRow {
    AccountRow { token: String::new(), serial: String::new(), kid: None, ..row }
}

pub fn status_entry(account: &AccountRow, status: u8) -> StatusEntryRow {
    StatusEntryRow {
        epoch: account.status_epoch,
        partition: account.status_partition,
        section: account.status_index / STATUS_SECTION_ENTRIES,
        offset: account.status_index,
        status,
        citizen: account.citizen,
        since: at("2025-09-10T08:00:00+07:00"),
    }
}

pub fn history(citizen: CitizenId, event: u128, kind: Kind, sender: &str) -> HistoryRow {
    HistoryRow {
        citizen,
        stream: kind.stream(),
        event_id: EventId(Uuid::from_u128(event)),
        outcome: HistoryOutcome::Applied,
        reason: String::new(),
        kind: kind.name().to_owned(),
        body_hash: BodyHash([9; 16]),
        sender: sender.to_owned(),
        channel: Some(Channel::Agency),
        occurred_on: Day::parse("2025-09-11").unwrap(),
        accepted_at: at("2025-09-11T08:00:00+07:00"),
        summary: "level 1".to_owned(),
    }
}

pub fn refused(row: HistoryRow, reason: &str) -> HistoryRow {
    HistoryRow { outcome: HistoryOutcome::Refused, reason: reason.to_owned(), ..row }
}

pub fn document(citizen: CitizenId, id: &str, filer: &str) -> DocumentRow {
    let content = Content { sha256: "cd".repeat(32), bytes: 1_234, media_type: "application/pdf".to_owned() };
    DocumentRow {
        citizen,
        document_id: id.to_owned(),
        status: DocumentStatus::Present,
        document_kind: "giay_khai_sinh".to_owned(),
        provenance: "agency".to_owned(),
        issuer: "ubnd".to_owned(),
        filer: filer.to_owned(),
        ward: "20194".to_owned(),
        team: String::new(),
        channel: Channel::Agency,
        version: 1,
        versions: Json(vec![Version {
            version: 1,
            provenance: Provenance::Agency,
            sender: filer.to_owned(),
            filed_on: Day::parse("2025-09-03").unwrap(),
            issued_on: "2020-01-02".to_owned(),
            expires_on: String::new(),
            number: "KS-1".to_owned(),
            title: "Giấy khai sinh".to_owned(),
            content: Some(content.clone()),
            certificates: vec![Certificate {
                certifier: "notary".to_owned(),
                certificate: "CT-1".to_owned(),
                certified_on: "2025-09-04".to_owned(),
                content: Some(content),
                origin: origin(filer),
            }],
        }]),
        status_cause: String::new(),
    }
}

pub fn origin(sender: &str) -> Origin {
    Origin { sender: sender.to_owned(), ward: String::new(), team: String::new(), channel: Channel::Agency }
}

pub fn payment(id: &str, amount: i64, sender: &str) -> Payment {
    Payment {
        payment_id: id.to_owned(),
        amount,
        provider: "pay".to_owned(),
        at: at("2025-09-05T08:00:00+07:00"),
        returned: 0,
        origin: origin(sender),
    }
}

pub const CODE: &str = "000.00.01.H17-220912-0001";

pub fn dossier(citizen: CitizenId, code: &str, sender: &str) -> DossierRow {
    DossierRow {
        citizen,
        code: code.to_owned(),
        status: 4,
        gap: false,
        procedure: "1.005129".to_owned(),
        procedure_name: "Cấp giấy".to_owned(),
        field: "F1".to_owned(),
        method: 2,
        result_by: "electronic".to_owned(),
        received_on: "2025-09-01".to_owned(),
        due_on: "2025-09-20".to_owned(),
        finished_on: String::new(),
        fee: 50_000,
        unit: "UBND".to_owned(),
        draft: "D-1".to_owned(),
        sender: sender.to_owned(),
        ward: "20194".to_owned(),
        team: String::new(),
        channel: Channel::Web,
        words: String::new(),
        components: Json(vec![schemas::event::DossierComponent {
            code: "C1".to_owned(),
            document_id: "d1".to_owned(),
            digitised: true,
            reused: true,
        }]),
        result_document: String::new(),
        result_electronic: false,
        moves: Json(vec![Move {
            status: 4,
            moved_at: "2025-09-02".to_owned(),
            at: at("2025-09-02T09:00:00+07:00"),
            how: MoveKind::Moved,
            words: String::new(),
        }]),
        payments: Json(vec![payment("P-2", 20_000, UTILITY)]),
    }
}

pub fn dossier_code(citizen: CitizenId, code: &str) -> DossierCodeRow {
    DossierCodeRow {
        code: code.to_owned(),
        citizen,
        filed_at: at("2025-09-01T08:00:00+07:00"),
        sender: WARD.to_owned(),
    }
}

pub fn draft(citizen: CitizenId, draft: &str, payments: Vec<Payment>) -> PaymentRow {
    let balance = payments.iter().map(|payment| payment.amount - payment.returned).sum();
    PaymentRow { citizen, draft: draft.to_owned(), payments: Json(payments), balance }
}

pub fn bill(citizen: CitizenId, contract: &str, sender: &str) -> BillRow {
    BillRow {
        citizen,
        utility: "electricity".to_owned(),
        contract: contract.to_owned(),
        period: "2025-08".to_owned(),
        status: BillStatus::Paid,
        amount: 300_000,
        due_on: "2025-09-15".to_owned(),
        sender: sender.to_owned(),
        ward: String::new(),
        team: String::new(),
        channel: Channel::Agency,
        paid_twice: false,
        payments: Json(vec![payment("P-9", 300_000, "bank")]),
        paid_when_cancelled: false,
        status_cause: String::new(),
    }
}

pub fn appointment(citizen: CitizenId, id: &str, sender: &str) -> AppointmentRow {
    AppointmentRow {
        citizen,
        appointment_id: id.to_owned(),
        status: AppointmentStatus::Booked,
        subject: "health".to_owned(),
        place: "BV-1".to_owned(),
        at: "2025-09-20T08:00:00+07:00".to_owned(),
        moved: 1,
        cancelled_by: String::new(),
        sender: sender.to_owned(),
        ward: String::new(),
        team: String::new(),
        channel: Channel::Web,
        words: "khám".to_owned(),
    }
}

pub fn visit(citizen: CitizenId, id: &str, sender: &str) -> VisitRow {
    VisitRow {
        citizen,
        place: "BV-1".to_owned(),
        visit_id: id.to_owned(),
        status: VisitStatus::Open,
        entered_at: "2025-09-11T08:00:00+07:00".to_owned(),
        left_at: String::new(),
        sender: sender.to_owned(),
        ward: String::new(),
        team: String::new(),
        channel: Channel::Agency,
    }
}

pub fn feedback(citizen: CitizenId, id: &str, sender: &str) -> FeedbackRow {
    FeedbackRow {
        citizen,
        feedback_id: id.to_owned(),
        status: FeedbackStatus::Sent,
        topic: "roads".to_owned(),
        words: "ổ gà".to_owned(),
        answer: String::new(),
        sent_at: at("2025-09-12T08:00:00+07:00"),
        asked_at: Micros(0),
        answered_at: Micros(0),
        published_at: Micros(0),
        sender: sender.to_owned(),
        ward: String::new(),
        team: String::new(),
        channel: Channel::Web,
    }
}

pub fn rating(citizen: CitizenId, id: &str, sender: &str) -> RatingRow {
    RatingRow {
        citizen,
        subject: "survey".to_owned(),
        subject_id: id.to_owned(),
        stars: 5,
        words: String::new(),
        times: 1,
        sender: sender.to_owned(),
        ward: String::new(),
        team: String::new(),
        channel: Channel::Web,
    }
}

pub fn phone(world: &World, citizen: CitizenId, active: bool) -> PhoneRow {
    PhoneRow {
        phone: world.pepper.phone(PHONE),
        citizen,
        epoch: 1,
        active,
        since: at("2025-09-01T08:00:00+07:00"),
    }
}

pub fn counts(
    day: &str,
    by: Dimension,
    value: &str,
    from: (Stream, u16),
    counts: &[(Measure, i64)],
) -> StatisticsRow {
    let mut all = Counts::default();
    for (measure, count) in counts {
        all.add(*measure, *count);
    }
    StatisticsRow {
        day: Day::parse(day).unwrap(),
        dimension: by.name().to_owned(),
        bucket: StatisticsRow::bucket_of(from.1),
        value: value.to_owned(),
        stream: from.0,
        partition: from.1,
        agg_off: 1,
        counts: all,
    }
}

pub fn at(text: &str) -> Micros {
    domain::moments::instant(text).unwrap()
}
