//! The rows of the contract, with names and types.

mod documents;
mod follows;
mod origin;
mod registrations;
mod statistics;
mod transactions;

pub use documents::*;
pub use follows::*;
pub use origin::*;
pub use registrations::*;
pub use statistics::*;
pub use transactions::*;

use crate::row::{Table, TableDef, TypedRow};

/// Defines a row type, its table and the way between the two.
macro_rules! table {
    (
        $(#[$doc:meta])*
        $table:ident = $text:literal, $row:ident, partition $partition:literal {
            key { $($(#[$kdoc:meta])* $key:ident: $kty:ty),* $(,)? }
            cells { $($(#[$cdoc:meta])* $cell:ident: $cty:ty),* $(,)? }
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $row {
            $($(#[$kdoc])* pub $key: $kty,)*
            $($(#[$cdoc])* pub $cell: $cty,)*
        }

        impl $crate::row::TypedRow for $row {
            const DEF: &'static $crate::row::TableDef = &$crate::row::TableDef {
                table: $crate::row::Table::$table,
                name: $text,
                key: &[$((stringify!($key), <$kty as $crate::row::InKey>::TYPE)),*],
                partition_columns: $partition,
                cells: &[$((stringify!($cell), <$cty as $crate::row::InCell>::TYPE)),*],
            };

            fn key(&self) -> $crate::row::Key {
                $crate::row::Key(vec![$($crate::row::InKey::to_part(&self.$key)),*])
            }

            fn to_row(&self, cause: $crate::row::Cause) -> $crate::row::Row {
                $crate::row::Row {
                    table: $crate::row::Table::$table,
                    key: $crate::row::TypedRow::key(self),
                    cause,
                    cells: vec![$($crate::row::InCell::to_cell(&self.$cell)),*],
                }
            }

            fn into_row(self, cause: $crate::row::Cause) -> $crate::row::Row {
                $crate::row::Row {
                    table: $crate::row::Table::$table,
                    key: $crate::row::TypedRow::key(&self),
                    cause,
                    cells: vec![$($crate::row::InCell::into_cell(self.$cell)),*],
                }
            }

            fn from_row(row: $crate::row::Row) -> Result<Self, $crate::row::ShapeError> {
                let mut key = row.key.0.into_iter();
                let mut cells = row.cells.into_iter();
                Ok(Self {
                    $($key: key.next().and_then(<$kty as $crate::row::InKey>::from_part)
                        .ok_or($crate::row::ShapeError { table: $text, column: stringify!($key) })?,)*
                    $($cell: cells.next().and_then(<$cty as $crate::row::InCell>::from_cell)
                        .ok_or($crate::row::ShapeError { table: $text, column: stringify!($cell) })?,)*
                })
            }
        }
    };
}
pub(crate) use table;

/// A closed list of words that stands in a cell as its text.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),* }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in rows, JSON and metrics.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The one of this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }
        }

        impl $crate::row::InCell for $name {
            const TYPE: $crate::row::CellType = $crate::row::CellType::Text;
            fn to_cell(&self) -> $crate::row::Cell {
                $crate::row::Cell::Text(self.name().to_owned())
            }
            fn from_cell(cell: $crate::row::Cell) -> Option<Self> {
                if let $crate::row::Cell::Text(text) = cell { Self::named(&text) } else { None }
            }
        }
    };
}
pub(crate) use words;

/// Every table, in the order of their codes.
pub static ALL: [&TableDef; 15] = [
    AccountRow::DEF,
    DocumentRow::DEF,
    DossierRow::DEF,
    BillRow::DEF,
    PaymentRow::DEF,
    AppointmentRow::DEF,
    VisitRow::DEF,
    FeedbackRow::DEF,
    RatingRow::DEF,
    HistoryRow::DEF,
    PhoneRow::DEF,
    DossierCodeRow::DEF,
    StatusEntryRow::DEF,
    StatisticsRow::DEF,
    LedgerRow::DEF,
];

pub(crate) fn definition(table: Table) -> &'static TableDef {
    match table {
        Table::Accounts => AccountRow::DEF,
        Table::Documents => DocumentRow::DEF,
        Table::Dossiers => DossierRow::DEF,
        Table::Bills => BillRow::DEF,
        Table::Payments => PaymentRow::DEF,
        Table::Appointments => AppointmentRow::DEF,
        Table::Visits => VisitRow::DEF,
        Table::Feedback => FeedbackRow::DEF,
        Table::Ratings => RatingRow::DEF,
        Table::History => HistoryRow::DEF,
        Table::Phones => PhoneRow::DEF,
        Table::DossierCodes => DossierCodeRow::DEF,
        Table::StatusEntries => StatusEntryRow::DEF,
        Table::Statistics => StatisticsRow::DEF,
        Table::Ledger => LedgerRow::DEF,
    }
}
