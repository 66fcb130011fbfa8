//! How a dossier is shown.

use crate::answer::{Shown, empty};
use domain::rows::{self, DossierRow, Move, MoveKind};
use schemas::event::DossierComponent;
use schemas::{Channel, CitizenId, Micros, Place};
use serde::Serialize;
use utoipa::ToSchema;

/// TrangThaiHoSo: number, Vietnamese, English. 0 is no status of the national portal: only a payment or a later status came so far.
const STATUSES: [(&str, &str); 11] = [
    ("Chưa nhận được hồ sơ", "Not filed yet"),
    ("Mới đăng ký", "Newly registered"),
    ("Được tiếp nhận", "Accepted"),
    ("Không được tiếp nhận", "Not accepted"),
    ("Đang xử lý", "In progress"),
    ("Yêu cầu bổ sung giấy tờ", "More papers asked for"),
    ("Yêu cầu thực hiện nghĩa vụ tài chính", "Payment asked for"),
    ("Công dân yêu cầu rút hồ sơ", "Withdrawn by the citizen"),
    ("Dừng xử lý", "Stopped"),
    ("Đã xử lý xong", "Processed"),
    ("Đã trả kết quả", "Result handed over"),
];

/// A dossier. What has no value is left out.
#[derive(Serialize, ToSchema)]
pub struct Dossier<'a> {
    #[schema(value_type = String, format = "uuid")]
    citizen_id: CitizenId,
    /// MaHoSo.
    code: &'a str,
    /// TrangThaiHoSo, 1 to 10; 0 when its filing is still to come.
    #[schema(minimum = 0, maximum = 10)]
    status: u8,
    status_vi: &'static str,
    status_en: &'static str,
    /// Whether a step was skipped.
    gap: bool,
    /// MaTTHC.
    #[serde(skip_serializing_if = "empty")]
    procedure: &'a str,
    /// TenTTHC.
    #[serde(skip_serializing_if = "empty")]
    procedure_name: &'a str,
    /// MaLinhVuc.
    #[serde(skip_serializing_if = "empty")]
    field: &'a str,
    /// KenhThucHien: 1 direct, 2 online, 3 post; 0 when not known.
    method: u8,
    /// `desk`, `post` or `electronic`.
    #[serde(skip_serializing_if = "empty")]
    result_by: &'a str,
    /// NgayTiepNhan.
    #[serde(skip_serializing_if = "empty")]
    received_on: &'a str,
    /// NgayHenTra.
    #[serde(skip_serializing_if = "empty")]
    due_on: &'a str,
    /// NgayKetThucXuLy.
    #[serde(skip_serializing_if = "empty")]
    finished_on: &'a str,
    /// Đồng.
    fee: i64,
    /// DonViXuLy.
    #[serde(skip_serializing_if = "empty")]
    unit: &'a str,
    /// Reference of the draft that it was filed from.
    #[serde(skip_serializing_if = "empty")]
    draft: &'a str,
    /// The agency that sent it.
    #[serde(skip_serializing_if = "empty")]
    sender: &'a str,
    /// As statistics call it.
    #[serde(skip_serializing_if = "empty")]
    ward: &'a str,
    #[serde(skip_serializing_if = "empty")]
    team: &'a str,
    #[schema(value_type = String, example = "agency")]
    channel: Channel,
    /// What the citizen asks.
    #[serde(skip_serializing_if = "empty")]
    words: &'a str,
    /// TaiLieuNop.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    components: Vec<Component<'a>>,
    /// The result in the vault.
    #[serde(skip_serializing_if = "empty")]
    result_document: &'a str,
    result_electronic: bool,
    /// Oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    moves: Vec<DossierMove<'a>>,
    /// On the dossier, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    payments: Vec<Payment<'a>>,
    /// On the draft, before the dossier was filed; oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    draft_payments: Vec<Payment<'a>>,
    /// `stream:partition:epoch:offset` of the event that last changed it.
    #[schema(value_type = String)]
    cause: Shown<Place>,
}

/// A component of a dossier.
#[derive(Serialize, ToSchema)]
pub struct Component<'a> {
    /// MaThanhPhanHoSo.
    code: &'a str,
    /// A paper in the vault.
    #[serde(skip_serializing_if = "empty")]
    document_id: &'a str,
    /// DuocSoHoa.
    digitised: bool,
    /// DuocTaiSuDung.
    reused: bool,
}

/// A move of a dossier.
#[derive(Serialize, ToSchema)]
pub struct DossierMove<'a> {
    /// TrangThaiHoSo.
    status: u8,
    /// As the agency says.
    moved_at: &'a str,
    /// When it was accepted.
    #[schema(value_type = String, format = "date-time")]
    at: Shown<Micros>,
    /// `moved`, `gap` (a step was skipped) or `late` (kept, the dossier stays).
    #[schema(value_type = String)]
    how: MoveKind,
    /// The agency's words.
    #[serde(skip_serializing_if = "empty")]
    words: &'a str,
}

/// A payment.
#[derive(Serialize, ToSchema)]
pub struct Payment<'a> {
    /// The provider's reference.
    payment_id: &'a str,
    /// Đồng.
    amount: i64,
    /// Đồng returned of it.
    returned: i64,
    provider: &'a str,
    /// When it was accepted.
    #[schema(value_type = String, format = "date-time")]
    at: Shown<Micros>,
    /// The agency that sent it.
    sender: &'a str,
}

impl<'a> Dossier<'a> {
    /// A row with the payments on the draft that it names.
    pub fn of(row: &'a DossierRow, place: Place, draft_payments: &'a [rows::Payment]) -> Self {
        let (status_vi, status_en) = STATUSES.get(usize::from(row.status)).copied().unwrap_or_default();
        Self {
            citizen_id: row.citizen,
            code: &row.code,
            status: row.status,
            status_vi,
            status_en,
            gap: row.gap,
            procedure: &row.procedure,
            procedure_name: &row.procedure_name,
            field: &row.field,
            method: row.method,
            result_by: &row.result_by,
            received_on: &row.received_on,
            due_on: &row.due_on,
            finished_on: &row.finished_on,
            fee: row.fee,
            unit: &row.unit,
            draft: &row.draft,
            sender: &row.sender,
            ward: &row.ward,
            team: &row.team,
            channel: row.channel,
            words: &row.words,
            components: row.components.0.iter().map(Component::of).collect(),
            result_document: &row.result_document,
            result_electronic: row.result_electronic,
            moves: row.moves.0.iter().map(DossierMove::of).collect(),
            payments: row.payments.0.iter().map(Payment::of).collect(),
            draft_payments: draft_payments.iter().map(Payment::of).collect(),
            cause: Shown(place),
        }
    }
}

impl<'a> Component<'a> {
    fn of(component: &'a DossierComponent) -> Self {
        Self {
            code: &component.code,
            document_id: &component.document_id,
            digitised: component.digitised,
            reused: component.reused,
        }
    }
}

impl<'a> DossierMove<'a> {
    fn of(moved: &'a Move) -> Self {
        Self {
            status: moved.status,
            moved_at: &moved.moved_at,
            at: Shown(moved.at),
            how: moved.how,
            words: &moved.words,
        }
    }
}

impl<'a> Payment<'a> {
    pub fn of(payment: &'a rows::Payment) -> Self {
        Self {
            payment_id: &payment.payment_id,
            amount: payment.amount,
            returned: payment.returned,
            provider: &payment.provider,
            at: Shown(payment.at),
            sender: &payment.origin.sender,
        }
    }
}
