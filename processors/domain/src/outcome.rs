//! What became of an event.

/// The outcome of a decision.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// It had its effect.
    Applied,
    /// The same event was decided at a lower offset.
    Duplicate,
    /// A rule of the field stands against it.
    Refused(Reason),
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $vi:literal, $en:literal;)*) => {
        /// Why an event is refused. One closed list; codes are stable.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Reason { $($(#[$doc])* $variant),* }

        impl Reason {
            /// All reasons.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code in rows, JSON and metrics.
            #[must_use]
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code),* } }

            /// For a citizen or helper, in Vietnamese.
            #[must_use]
            pub const fn vietnamese(self) -> &'static str { match self { $(Self::$variant => $vi),* } }

            /// The same in English.
            #[must_use]
            pub const fn english(self) -> &'static str { match self { $(Self::$variant => $en),* } }

            /// The reason of this code.
            #[must_use]
            pub fn coded(code: &str) -> Option<Self> { match code { $($code => Some(Self::$variant),)* _ => None } }
        }
    };
}

reasons! {
    // General: any kind.

    /// Any kind: the same event id came with another body. Decided by the runner, which knows what was decided before.
    IdempotencyConflict = "idempotency_conflict", "Mã tham chiếu này đã được dùng cho một nội dung khác.", "This reference was already used for a different submission.";
    /// Any kind: the account has ended.
    AccountClosed = "account_closed", "Tài khoản đã đóng.", "The account is closed.";
    /// Any kind: the number was replaced.
    AccountReplaced = "account_replaced", "Số định danh này đã được thay bằng số khác.", "This personal number has been replaced by another.";
    /// The act is dated after its acceptance.
    OccurredInFuture = "occurred_in_future", "Ngày thực hiện ở tương lai.", "The act is dated in the future.";
    /// A field is longer than the platform keeps.
    FieldTooLong = "field_too_long", "Một trường dữ liệu quá dài.", "A field is too long.";
    /// A text has control characters.
    FieldHasControl = "field_has_control", "Một trường dữ liệu chứa ký tự điều khiển.", "A field contains control characters.";
    /// A code for why is not of the form `a-z 0-9 _`, or not in the list of the kind.
    CauseUnknown = "cause_unknown", "Lý do không thuộc danh mục.", "The stated cause is not in the list.";
    /// Not open to what came this way.
    ChannelNotOpen = "channel_not_open", "Kênh này không được thực hiện việc đó.", "This channel may not do that.";

    // Registrations.

    /// No account to act on.
    AccountUnknown = "account_unknown", "Chưa có tài khoản.", "There is no such account.";
    /// The account is suspended.
    AccountSuspended = "account_suspended", "Tài khoản đang tạm khóa.", "The account is suspended.";
    /// The account is active and not to be taken over.
    AlreadyActive = "already_active", "Công dân đã có tài khoản đang hoạt động.", "The citizen already has an active account.";
    /// The number has not the digits of its kind.
    NumberMalformed = "number_malformed", "Số định danh phải gồm 12 chữ số.", "The personal number must have 12 digits.";
    /// The first three digits are no place of birth registration.
    NumberProvinceUnknown = "number_province_unknown", "Ba chữ số đầu của số định danh không phải mã nơi đăng ký khai sinh.", "The first three digits of the personal number are no place of birth registration.";
    /// The number says another birth year.
    NumberBirthMismatch = "number_birth_mismatch", "Năm sinh không khớp với số định danh.", "The birth year does not match the personal number.";
    /// The number says another sex.
    NumberSexMismatch = "number_sex_mismatch", "Giới tính không khớp với số định danh.", "The sex does not match the personal number.";
    /// Nine digits were expected.
    CmndMalformed = "cmnd_malformed", "Số CMND phải gồm 9 chữ số.", "The old identity card number must have 9 digits.";
    /// A letter and seven or eight digits were expected.
    PassportMalformed = "passport_malformed", "Số hộ chiếu phải gồm một chữ cái và 7 hoặc 8 chữ số.", "The passport number must be a letter and 7 or 8 digits.";
    /// The kind of identifier cannot open this account.
    IdentifierNotOpen = "identifier_not_open", "Không thể dùng loại giấy tờ này cho việc đăng ký.", "This kind of identifier cannot be used here.";
    /// No name.
    NameMissing = "name_missing", "Thiếu họ và tên.", "The name is missing.";
    /// The name is longer than the platform keeps.
    NameTooLong = "name_too_long", "Họ và tên quá dài.", "The name is too long.";
    /// The name has digits.
    NameHasDigit = "name_has_digit", "Họ và tên không được chứa chữ số.", "The name must not contain digits.";
    /// The name has control or invisible characters.
    NameHasControl = "name_has_control", "Họ và tên chứa ký tự điều khiển.", "The name contains control or invisible characters.";
    /// The name has Chinese, Japanese or Korean characters: mostly a reader of cards that guessed the wrong encoding.
    NameHasCjk = "name_has_cjk", "Họ và tên chứa chữ Hán, Nhật hoặc Hàn (đầu đọc thẻ giải mã sai).", "The name contains Chinese, Japanese or Korean characters (the card reader decoded it wrongly).";
    /// The name has emoji or other symbols.
    NameHasSymbol = "name_has_symbol", "Họ và tên chứa ký tự không phải chữ cái.", "The name contains characters that are no letters.";
    /// Not `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    BirthMalformed = "birth_malformed", "Ngày sinh phải theo dạng năm-tháng-ngày.", "The birth date must have the form year-month-day.";
    /// The calendar has no such day.
    BirthImpossible = "birth_impossible", "Ngày sinh không có thật.", "There is no such birth date.";
    /// Born after the act.
    BirthInFuture = "birth_in_future", "Ngày sinh ở tương lai.", "The birth date is in the future.";
    /// Older than anybody.
    BirthTooLongAgo = "birth_too_long_ago", "Ngày sinh quá xa trong quá khứ.", "The birth date is too long ago.";
    /// None of `male`, `female`, `other`, and not to be read off the number.
    SexUnknown = "sex_unknown", "Thiếu giới tính hoặc giới tính không hợp lệ.", "The sex is missing or not valid.";
    /// The channel needs a phone.
    PhoneMissing = "phone_missing", "Thiếu số điện thoại.", "The phone number is missing.";
    /// No phone number.
    PhoneMalformed = "phone_malformed", "Số điện thoại không hợp lệ.", "The phone number is not valid.";
    /// Of another country.
    PhoneForeign = "phone_foreign", "Chỉ nhận số điện thoại di động Việt Nam.", "Only Vietnamese mobile numbers are taken.";
    /// Of no mobile range.
    PhoneRangeUnknown = "phone_range_unknown", "Đầu số điện thoại không phải đầu số di động.", "The number belongs to no mobile range.";
    /// The account has this phone already.
    PhoneSame = "phone_same", "Số điện thoại không thay đổi.", "The phone number is the same.";
    /// The new phone did not answer a one-time password.
    PhoneNotConfirmed = "phone_not_confirmed", "Số điện thoại mới chưa được xác nhận bằng mã OTP.", "The new phone has not been confirmed by a one-time password.";
    /// Not an address of e-mail.
    EmailMalformed = "email_malformed", "Địa chỉ thư điện tử không hợp lệ.", "The e-mail address is not valid.";
    /// Not a language tag.
    LanguageMalformed = "language_malformed", "Mã ngôn ngữ không hợp lệ.", "The language tag is not valid.";
    /// The channel needs a ward.
    WardMissing = "ward_missing", "Thiếu mã phường, xã.", "The ward is missing.";
    /// No table has this code.
    WardUnknown = "ward_unknown", "Mã phường, xã không có trong danh mục.", "The ward's code is not in the list.";
    /// Only tables of other days have this code.
    WardNotInForce = "ward_not_in_force", "Mã phường, xã không còn hoặc chưa có hiệu lực vào ngày thực hiện.", "The ward's code was not in force on the day of the act.";
    /// Too young to act alone.
    GuardianMissing = "guardian_missing", "Người dưới 14 tuổi phải có người giám hộ.", "A person under 14 needs a guardian.";
    /// Nobody is their own guardian.
    GuardianIsChild = "guardian_is_child", "Người giám hộ không thể là chính người được giám hộ.", "The guardian cannot be the child.";
    /// Fourteen or older.
    NotAChild = "not_a_child", "Người từ đủ 14 tuổi tự đăng ký tài khoản.", "A person of 14 or older registers on their own.";
    /// None of `father`, `mother`, `guardian`.
    RelationUnknown = "relation_unknown", "Quan hệ với người giám hộ không thuộc danh mục.", "The relation to the guardian is not in the list.";
    /// Not from 1 to a small number.
    BirthOrderInvalid = "birth_order_invalid", "Thứ tự sinh không hợp lệ.", "The birth order is not valid.";
    /// Evidence or method that the channel cannot give.
    MethodNotOpen = "method_not_open", "Kênh này không được dùng phương thức xác minh đó.", "This channel may not use that way of checking.";
    /// Not above what the account has.
    LevelNotHigher = "level_not_higher", "Mức xác minh không cao hơn mức hiện có.", "The level is not higher than what the account has.";
    /// Outside what there is.
    LevelInvalid = "level_invalid", "Mức tài khoản không hợp lệ.", "The level is not valid.";
    /// The check found another name.
    NameContradicts = "name_contradicts", "Họ và tên không khớp với thông tin đã xác minh.", "The name contradicts what was verified before.";
    /// The check found another birth date.
    BirthContradicts = "birth_contradicts", "Ngày sinh không khớp với thông tin đã có.", "The birth date contradicts what the account holds.";
    /// The check found another sex.
    SexContradicts = "sex_contradicts", "Giới tính không khớp với thông tin đã có.", "The sex contradicts what the account holds.";
    /// Not a day up to the day of the act.
    OpenedOnInvalid = "opened_on_invalid", "Ngày mở tài khoản ở hệ thống cũ không hợp lệ.", "The day of opening in the older system is not valid.";
    /// The older system has no name.
    SourceMissing = "source_missing", "Thiếu tên hệ thống cũ.", "The name of the older system is missing.";
    /// The correction says what the account says.
    NothingChanges = "nothing_changes", "Không có gì thay đổi.", "Nothing changes.";
    /// Checked fields are corrected where they can be checked again.
    FieldNeedsHigherLevel = "field_needs_higher_level", "Họ tên, ngày sinh đã xác minh chỉ được sửa tại bộ phận một cửa.", "A verified name or birth date can only be corrected at a desk.";
    /// Old and new number are the same.
    ReplacementSame = "replacement_same", "Số cũ và số mới trùng nhau.", "The old and the new number are the same.";
    /// Provider, reference or proof is missing or malformed.
    LinkMalformed = "link_malformed", "Thông tin liên kết không hợp lệ.", "The link's provider, reference or proof is not valid.";
    /// Linked already.
    AlreadyLinked = "already_linked", "Liên kết này đã có.", "This is linked already.";
    /// As many links as the rules allow.
    LinksTooMany = "links_too_many", "Tài khoản đã có quá nhiều liên kết.", "The account has too many links.";
    /// No such link.
    LinkUnknown = "link_unknown", "Không có liên kết này.", "There is no such link.";
    /// Not from this status.
    MoveNotAllowed = "move_not_allowed", "Không thể chuyển từ trạng thái hiện tại.", "That cannot be done from the present status.";

    // Documents and transactions: what several kinds share.

    /// An id is not 1-64 of `A-Z a-z 0-9 . _ -`.
    IdMalformed = "id_malformed", "Mã tham chiếu không đúng định dạng (1-64 ký tự chữ không dấu, số, dấu chấm, gạch dưới, gạch nối).", "An id is malformed (1-64 letters, digits, dots, underscores or hyphens).";
    /// A text that must be there is empty.
    FieldMissing = "field_missing", "Thiếu một trường dữ liệu bắt buộc.", "A required field is missing.";
    /// A date is no day of the calendar written `YYYY-MM-DD`.
    DateMalformed = "date_malformed", "Ngày không tồn tại hoặc không đúng dạng năm-tháng-ngày.", "A date does not exist or is not written year-month-day.";
    /// A time is not RFC 3339 with an offset.
    TimeMalformed = "time_malformed", "Thời điểm không đúng dạng RFC 3339 có múi giờ.", "A time is not RFC 3339 with an offset.";
    /// What is said to have happened lies after the day of acceptance.
    DateInFuture = "date_in_future", "Ngày đã diễn ra không thể ở tương lai.", "A date of something done lies in the future.";
    /// Two dates contradict each other.
    DatesContradict = "dates_contradict", "Các ngày mâu thuẫn với nhau.", "The dates contradict each other.";

    // Documents.

    /// The id is in use.
    DocumentExists = "document_exists", "Mã giấy tờ này đã được dùng.", "This document id is already in use.";
    /// There is no such paper.
    DocumentUnknown = "document_unknown", "Không có giấy tờ này.", "There is no such document.";
    /// The paper was taken back.
    DocumentIsWithdrawn = "document_is_withdrawn", "Giấy tờ đã được thu hồi.", "The document has been withdrawn.";
    /// The kind of paper is not on the list.
    DocumentKindUnknown = "document_kind_unknown", "Loại giấy tờ không có trong danh mục.", "The kind of document is not on the list.";
    /// A content hash is not 64 lower-case hexadecimal digits.
    ContentHashMalformed = "content_hash_malformed", "Mã băm SHA-256 của nội dung không đúng định dạng.", "The content's SHA-256 hash is malformed.";
    /// The content is empty or larger than a vault takes.
    ContentSizeInvalid = "content_size_invalid", "Kích thước nội dung không hợp lệ.", "The size of the content is not valid.";
    /// The media type is not on the list.
    MediaTypeUnknown = "media_type_unknown", "Kiểu tệp không có trong danh mục.", "The media type is not on the list.";
    /// A key is listed for the issuer's papers, and this one bears no signature.
    IssuerSignatureMissing = "issuer_signature_missing", "Thiếu chữ ký số của cơ quan cấp giấy tờ.", "The issuer's signature is missing.";
    /// The signature is by none of the issuer's keys, over something else, or malformed.
    IssuerSignatureWrong = "issuer_signature_wrong", "Chữ ký số của cơ quan cấp giấy tờ không đúng.", "The issuer's signature is wrong.";
    /// The new version's authority is lower than the paper's.
    ProvenanceLower = "provenance_lower", "Nguồn của phiên bản mới thấp hơn nguồn của giấy tờ.", "The new version has a lower provenance than the document.";
    /// The paper has as many versions as are kept.
    TooManyVersions = "too_many_versions", "Giấy tờ đã có quá nhiều phiên bản.", "The document has too many versions.";
    /// There is no such version.
    VersionUnknown = "version_unknown", "Giấy tờ không có phiên bản này.", "The document has no such version.";
    /// The certifier used this reference on the paper before.
    CertificateExists = "certificate_exists", "Số chứng thực này đã được ghi nhận.", "This certificate was already recorded.";
    /// The paper has as many certified copies as are kept.
    TooManyCertificates = "too_many_certificates", "Giấy tờ đã có quá nhiều bản chứng thực.", "The document has too many certified copies.";
    /// Only who filed a paper takes it back.
    NotTheFiler = "not_the_filer", "Chỉ bên đã nộp giấy tờ mới được thu hồi.", "Only the filer can withdraw the document.";

    // Transactions: dossiers.

    /// MaHoSo has another shape.
    DossierCodeMalformed = "dossier_code_malformed", "Mã hồ sơ không đúng định dạng.", "The dossier code is malformed.";
    /// MaTTHC has another shape.
    ProcedureMalformed = "procedure_malformed", "Mã thủ tục hành chính không đúng định dạng.", "The procedure code is malformed.";
    /// KenhThucHien is none of 1, 2, 3.
    MethodUnknown = "method_unknown", "Kênh thực hiện không hợp lệ (1 trực tiếp, 2 trực tuyến, 3 bưu chính).", "The filing method is not valid (1 direct, 2 online, 3 post).";
    /// The way to receive the result is not on the list.
    ResultWayUnknown = "result_way_unknown", "Cách nhận kết quả không có trong danh mục.", "The way to receive the result is not on the list.";
    /// TrangThaiHoSo is not 1 to 10.
    StatusUnknown = "status_unknown", "Trạng thái hồ sơ không hợp lệ (1 đến 10).", "The dossier status is not valid (1 to 10).";
    /// The dossier was filed before.
    DossierExists = "dossier_exists", "Hồ sơ này đã được nộp.", "This dossier was already filed.";
    /// The dossier is in a status that ends it.
    DossierEnded = "dossier_ended", "Hồ sơ đã kết thúc.", "The dossier has ended.";
    /// The dossier lists more components than are kept.
    TooManyComponents = "too_many_components", "Hồ sơ có quá nhiều thành phần.", "The dossier has too many components.";
    /// The dossier has as many moves as are kept.
    TooManyMoves = "too_many_moves", "Hồ sơ đã có quá nhiều lần chuyển trạng thái.", "The dossier has too many moves.";

    // Transactions: bills and payments.

    /// The utility is not on the list.
    UtilityUnknown = "utility_unknown", "Dịch vụ tiện ích không có trong danh mục.", "The utility is not on the list.";
    /// The contract has another shape.
    ContractMalformed = "contract_malformed", "Mã hợp đồng không đúng định dạng.", "The contract number is malformed.";
    /// The period is no month written `YYYY-MM`.
    PeriodMalformed = "period_malformed", "Kỳ hóa đơn không đúng dạng năm-tháng.", "The period is not written year-month.";
    /// The fee is less than zero.
    FeeNegative = "fee_negative", "Lệ phí không thể âm.", "The fee is less than zero.";
    /// An amount is zero or less.
    AmountNotPositive = "amount_not_positive", "Số tiền phải lớn hơn 0.", "The amount must be more than zero.";
    /// An amount is larger than the platform takes.
    AmountTooLarge = "amount_too_large", "Số tiền quá lớn.", "The amount is too large.";
    /// The same period was issued with another amount.
    BillAmountDiffers = "bill_amount_differs", "Kỳ này đã có hóa đơn với số tiền khác.", "This period was already billed with another amount.";
    /// There is no such bill.
    BillUnknown = "bill_unknown", "Không có hóa đơn này.", "There is no such bill.";
    /// The bill was taken back before.
    BillIsCancelled = "bill_is_cancelled", "Hóa đơn đã được hủy.", "The bill has already been cancelled.";
    /// The reference was used for what is paid before.
    PaymentExists = "payment_exists", "Khoản thanh toán này đã được ghi nhận.", "This payment was already recorded.";
    /// There is no such payment.
    PaymentUnknown = "payment_unknown", "Không có khoản thanh toán này.", "There is no such payment.";
    /// The payment was returned before.
    PaymentIsReturned = "payment_is_returned", "Khoản thanh toán đã được hoàn trả.", "The payment has already been returned.";
    /// More would go back than was paid.
    ReturnedMoreThanPaid = "returned_more_than_paid", "Số tiền hoàn trả lớn hơn số đã thanh toán.", "More would be returned than was paid.";
    /// What is paid has as many payments as are kept.
    TooManyPayments = "too_many_payments", "Có quá nhiều khoản thanh toán cho cùng một mục.", "There are too many payments for the same thing.";

    // Transactions: appointments and visits.

    /// The appointment's subject is not on the list.
    SubjectUnknown = "subject_unknown", "Loại lịch hẹn không có trong danh mục.", "The kind of appointment is not on the list.";
    /// Neither citizen nor agency cancelled.
    CancellerUnknown = "canceller_unknown", "Bên hủy lịch hẹn không hợp lệ.", "Who cancelled the appointment is not valid.";
    /// The id is in use.
    AppointmentExists = "appointment_exists", "Mã lịch hẹn này đã được dùng.", "This appointment id is already in use.";
    /// There is no such appointment.
    AppointmentUnknown = "appointment_unknown", "Không có lịch hẹn này.", "There is no such appointment.";
    /// The appointment was cancelled, kept or missed.
    AppointmentEnded = "appointment_ended", "Lịch hẹn đã kết thúc.", "The appointment has ended.";
    /// The citizen went in with this visit before.
    VisitExists = "visit_exists", "Lượt vào này đã được ghi nhận.", "This visit has already begun.";
    /// The citizen did not go in.
    VisitUnknown = "visit_unknown", "Chưa ghi nhận lượt vào.", "This visit has not begun.";
    /// The citizen left before.
    VisitEnded = "visit_ended", "Lượt ra này đã được ghi nhận.", "This visit has already ended.";

    // Transactions: feedback and ratings.

    /// The topic is no code.
    TopicMalformed = "topic_malformed", "Mã lĩnh vực phản ánh không đúng định dạng.", "The topic's code is malformed.";
    /// The id is in use.
    FeedbackExists = "feedback_exists", "Mã phản ánh này đã được dùng.", "This feedback id is already in use.";
    /// There is no such feedback.
    FeedbackUnknown = "feedback_unknown", "Không có phản ánh này.", "There is no such feedback.";
    /// The step does not follow from where the feedback stands.
    FeedbackOrder = "feedback_order", "Bước xử lý phản ánh không đúng trình tự.", "This step does not follow from where the feedback stands.";
    /// Stars are not 1 to 5.
    StarsOutOfRange = "stars_out_of_range", "Số sao phải từ 1 đến 5.", "Stars must be 1 to 5.";
}

#[cfg(test)]
mod tests {
    use super::Reason;

    #[test]
    fn a_reason_is_found_by_its_code_alone() {
        for reason in Reason::ALL {
            assert_eq!(Reason::coded(reason.code()), Some(*reason));
        }
        assert_eq!(Reason::coded("no_such_reason"), None);
    }

    #[test]
    fn texts_are_sentences_in_both_languages() {
        for reason in Reason::ALL {
            for text in [reason.vietnamese(), reason.english()] {
                assert!(text.ends_with('.') && text.len() > 8, "{}", reason.code());
            }
            let bare = reason.code().bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(bare, "{}", reason.code());
        }
    }
}
