//! The one table of problems: code, status, titles.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $text:literal $status:ident $vi:literal $en:literal;)*) => {
        /// A stable code of a problem. Codes are added, never renamed.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Code { $($(#[$doc])* $variant),* }

        impl Code {
            /// All codes, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable text: `code` in the body, the end of `type`, a label in metrics.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),* }
            }

            /// The title in Vietnamese.
            #[must_use]
            pub const fn title_vi(self) -> &'static str {
                match self { $(Self::$variant => $vi),* }
            }

            /// The title in English.
            #[must_use]
            pub const fn title_en(self) -> &'static str {
                match self { $(Self::$variant => $en),* }
            }
        }
    };
}

codes! {
    /// No credential, or a wrong one.
    Unauthenticated "unauthenticated" UNAUTHORIZED
        "Thiếu khóa truy cập hoặc khóa không đúng" "Missing or wrong credential";
    /// The right secret of a credential that is switched off.
    CredentialDisabled "credential_disabled" UNAUTHORIZED
        "Khóa truy cập đã bị khóa" "The credential is switched off";
    /// The credential lacks the scope.
    ScopeMissing "scope_missing" FORBIDDEN
        "Khóa truy cập không có quyền này" "The credential lacks the scope";
    /// The credential may not name this channel.
    ChannelNotAllowed "channel_not_allowed" FORBIDDEN
        "Khóa truy cập không được dùng kênh này" "The credential may not use this channel";
    /// The object exists, the caller knows it, and may not have it. Where that it exists would be news, answer `not_found`.
    ForbiddenObject "forbidden_object" FORBIDDEN
        "Không có quyền đọc dữ liệu này" "Not yours to read";
    /// The quota is used up; `Retry-After` says when to come back.
    RateLimited "rate_limited" TOO_MANY_REQUESTS
        "Gửi quá nhanh, vượt hạn mức" "Too many events or requests";
    /// The body is over its limit.
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE
        "Nội dung gửi quá lớn" "The body is too large";
    /// A line of a batch is over its limit; its neighbours are unharmed.
    LineTooLong "line_too_long" PAYLOAD_TOO_LARGE
        "Dòng dữ liệu quá dài" "The line is too long";
    /// The content type is none of those that are read.
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE
        "Không hỗ trợ kiểu nội dung này" "Unsupported content type";
    /// None of the types in `Accept` can be given.
    NotAcceptable "not_acceptable" NOT_ACCEPTABLE
        "Không thể trả về kiểu nội dung được yêu cầu" "None of the accepted types can be given";
    /// Not HTTP as it should be.
    MalformedRequest "malformed_request" BAD_REQUEST
        "Yêu cầu không hợp lệ" "Malformed request";
    /// Not JSON.
    InvalidJson "invalid_json" BAD_REQUEST
        "Không phải JSON hợp lệ" "Not valid JSON";
    /// JSON, but no event: kind unknown, field missing, unknown or of another type. `detail` names the field, never its value.
    InvalidBody "invalid_body" BAD_REQUEST
        "Nội dung không đúng cấu trúc" "The body is not as the contract has it";
    /// A query or path parameter is wrong. `detail` names it, never its value.
    InvalidParameter "invalid_parameter" BAD_REQUEST
        "Tham số không hợp lệ" "Invalid parameter";
    /// The cursor was not given by this query.
    InvalidCursor "invalid_cursor" BAD_REQUEST
        "Con trỏ trang không hợp lệ" "Invalid cursor";
    /// `If-Applied` does not read.
    InvalidPrecondition "invalid_precondition" BAD_REQUEST
        "Điều kiện If-Applied không hợp lệ" "Invalid precondition";
    /// The number has not the shape of its kind, so that there is no key to file the event under.
    CitizenNotKeyed "citizen_not_keyed" UNPROCESSABLE_ENTITY
        "Số giấy tờ không đúng dạng của loại giấy tờ" "The number has not the shape of its kind";
    /// No `Idempotency-Key` and no reference of the sender's own.
    IdempotencyKeyMissing "idempotency_key_missing" BAD_REQUEST
        "Thiếu Idempotency-Key" "Idempotency-Key is missing";
    /// The `Idempotency-Key` is empty, too long or has characters that are not allowed.
    IdempotencyKeyInvalid "idempotency_key_invalid" BAD_REQUEST
        "Idempotency-Key không hợp lệ" "Idempotency-Key is invalid";
    /// The same key was used with another body (draft-ietf-httpapi-idempotency-key-header, section 2.7).
    IdempotencyConflict "idempotency_conflict" UNPROCESSABLE_ENTITY
        "Idempotency-Key đã dùng cho nội dung khác" "Idempotency-Key was used with another body";
    /// Nothing at this path.
    NotFound "not_found" NOT_FOUND
        "Không tìm thấy" "Not found";
    /// The account has no code in force: it was closed or replaced, or none was issued yet.
    IdentityAbsent "identity_absent" NOT_FOUND
        "Tài khoản không có mã định danh còn hiệu lực" "The account has no code in force";
    /// No portrait in the vault that an agency filed or that was certified.
    PortraitAbsent "portrait_absent" NOT_FOUND
        "Kho dữ liệu không có ảnh chân dung do cơ quan cung cấp hoặc được chứng thực"
        "The vault has no portrait that an agency filed or that was certified";
    /// There is no such stream.
    UnknownStream "unknown_stream" NOT_FOUND
        "Không có luồng dữ liệu này" "Unknown stream";
    /// The event is in the log, or may be, and has no outcome yet.
    OutcomePending "outcome_pending" NOT_FOUND
        "Sự kiện chưa có kết quả xử lý" "The event has no outcome yet";
    /// The path does not take this method.
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED
        "Phương thức không được hỗ trợ" "Method not allowed";
    /// The body came too slowly.
    TooSlow "too_slow" REQUEST_TIMEOUT
        "Gửi nội dung quá chậm" "The body came too slowly";
    /// What `If-Applied` names was not applied within the wait (RFC 9110, section 15.5.13: a condition of the request is false).
    IfAppliedTimeout "if_applied_timeout" PRECONDITION_FAILED
        "Dữ liệu chưa được cập nhật đến vị trí yêu cầu" "Not applied up to the place asked for";
    /// The log cannot take more now.
    LogBusy "log_busy" SERVICE_UNAVAILABLE
        "Hệ thống đang quá tải, hãy gửi lại" "The log cannot take more now";
    /// Less room on the disk than the margin.
    DiskNearlyFull "disk_nearly_full" SERVICE_UNAVAILABLE
        "Hệ thống sắp hết chỗ lưu trữ" "The disk is nearly full";
    /// The process is stopping.
    ShuttingDown "shutting_down" SERVICE_UNAVAILABLE
        "Hệ thống đang dừng" "Shutting down";
    /// The process is up and does not do its work.
    NotReady "not_ready" SERVICE_UNAVAILABLE
        "Hệ thống chưa sẵn sàng" "Not ready";
    /// The projections cannot be read now.
    ReadUnavailable "read_unavailable" SERVICE_UNAVAILABLE
        "Tạm thời không đọc được dữ liệu" "Reading is not possible now";
    /// A fault of ours; the log has it under the request's id.
    Internal "internal" INTERNAL_SERVER_ERROR
        "Lỗi hệ thống" "Internal error";
}

impl Code {
    /// What `type` starts with (RFC 9457, section 3.1.1).
    pub const TYPE_PREFIX: &'static str = "urn:congdanso:problem:";

    /// The code of this text.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.text() == text)
    }

    /// Whether the same request may succeed later, unchanged.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::OutcomePending
                | Self::TooSlow
                | Self::IfAppliedTimeout
                | Self::LogBusy
                | Self::DiskNearlyFull
                | Self::ShuttingDown
                | Self::NotReady
                | Self::ReadUnavailable
                | Self::Internal
        )
    }

    /// The code that says best what a bare status says.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthenticated,
            StatusCode::FORBIDDEN => Self::ForbiddenObject,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::NOT_ACCEPTABLE => Self::NotAcceptable,
            StatusCode::REQUEST_TIMEOUT => Self::TooSlow,
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited,
            StatusCode::SERVICE_UNAVAILABLE => Self::ReadUnavailable,
            other if other.is_server_error() => Self::Internal,
            _ => Self::MalformedRequest,
        }
    }
}
