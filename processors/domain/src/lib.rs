//! The rules of the field, pure: keys, rows, deciders, outcomes, invariants.
//!
//! Nothing here does I/O, reads a clock, draws a random number or knows an async runtime: what an offset writes is a pure
//! function of the log up to that offset.

pub mod birth;
pub mod card;
pub mod codes;
pub mod email;
pub mod lists;
pub mod moments;
pub mod name;
pub mod number;
pub mod phone;
pub mod sms;
pub mod text;
pub mod wards;

pub mod keys;
pub mod rules;

pub mod row;
pub mod rows;

pub mod decide;
pub mod invariants;
pub mod outcome;
pub mod statistics;
pub mod tally;

pub use decide::{Decision, Input, Issue, decide, keys_read};
pub use outcome::{Outcome, Reason};
pub use row::{Cause, Cell, CellType, Key, KeyPart, Row, Table, TableDef, TypedRow};
pub use rules::Rules;
