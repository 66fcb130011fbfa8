//! The rules of the field, pure: keys, rows, deciders, outcomes, invariants.
//!
//! Nothing here does I/O, reads a clock, draws a random number or knows an async runtime: what an offset writes is a pure
//! function of the log up to that offset, and of the rule set that the event there names. A test walks the dependencies to prove it.
//!
//! Three layers, each knowing only those before it:
//! - **fields**: what a name, a number, a birth date, a phone, a ward, a card or a text message may be, each fault with a [`Reason`] or
//!   error code of its own ([`name`], [`number`], [`birth`], [`phone`], [`wards`], [`card`], [`sms`] ...);
//! - **rows**: the tables as types ([`rows`]), what a row is to a backend ([`row`]), and which paper is a portrait ([`portrait`]);
//! - **deciders**: [`decide()`] takes an event and the one row that [`keys_read`] names and gives a [`Decision`]: the outcome, the row anew,
//!   the rows that follow, the counts that move, and the order to sign where what a code says has changed.
//!
//! Every rule is shown by a line of a decision table under `tables/`; [`invariants`] says what always holds.

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
pub mod papers;
pub mod rules;

pub mod row;
pub mod rows;

pub mod portrait;

pub mod decide;
pub mod invariants;
pub mod outcome;
pub mod statistics;
pub mod tally;

pub use decide::{Decision, Input, Issue, decide, keys_read};
pub use outcome::{Outcome, Reason};
pub use portrait::Portrait;
pub use row::{Cause, Cell, CellType, Key, KeyPart, Row, ShapeError, Table, TableDef, TypedRow};
pub use rules::Rules;
