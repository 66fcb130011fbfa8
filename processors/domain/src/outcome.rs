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
    /// Any kind: the same event id came with another body.
    IdempotencyConflict = "idempotency_conflict", "Mã tham chiếu này đã được dùng cho một nội dung khác.", "This reference was already used for a different submission.";
    /// Any kind: the account has ended.
    AccountClosed = "account_closed", "Tài khoản đã đóng.", "The account is closed.";
    /// Any kind: the number was replaced.
    AccountReplaced = "account_replaced", "Số định danh này đã được thay bằng số khác.", "This personal number has been replaced by another.";
    /// The act is dated after its acceptance.
    OccurredInFuture = "occurred_in_future", "Ngày thực hiện ở tương lai.", "The act is dated in the future.";
    /// No account to act on.
    AccountUnknown = "account_unknown", "Chưa có tài khoản.", "There is no such account.";
    /// A field is longer than the platform keeps.
    FieldTooLong = "field_too_long", "Một trường dữ liệu quá dài.", "A field is too long.";
}
