//! The rules of the field, pure: keys, rows, deciders, outcomes, invariants.
//!
//! Nothing here does I/O, reads a clock, draws a random number or knows an async runtime: what an offset writes is a pure
//! function of the log up to that offset.

pub mod decide;
pub mod keys;
pub mod outcome;
pub mod phone;
pub mod row;
pub mod rows;
pub mod rules;
pub mod statistics;
pub mod text;
pub mod wards;

pub use decide::{Decision, Input, Issue, decide, keys_read};
pub use outcome::{Outcome, Reason};
pub use row::{Cause, Cell, CellType, Key, KeyPart, Row, Table, TableDef, TypedRow};
pub use rules::Rules;
