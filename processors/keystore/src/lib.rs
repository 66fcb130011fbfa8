//! Keys, pepper and rules on disk: generated once, 0600, sealed when a passphrase or key file is configured.
//!
//! - [`Keystore`]: the city's pepper, signing keys and trust list, in one file, so that every change is all or nothing.
//! - [`Change`]: what an operator may ask of the trust list.
//! - [`RootKey`]: the key that signs the trust list, in a file of its own.
//! - [`KeyRing`]: the part of it that a running process shares; a change shows there at once.
//! - [`PublicRing`]: what a process has that signs nothing: no private key.
//! - [`RulesBook`]: the text of every rule set that was ever in force.
//! - [`sealed`]: bytes and streams sealed by a passphrase, for the keystore and for backups.
//!
//! What must never happen here: a secret in a log, an error, a metric or `Debug`; a new pepper where an old one is merely not found
//! ([`Keystore::exists`] lets the caller tell a first start from a lost folder).

mod change;
mod disk;
mod error;
mod public;
mod ring;
mod root;
mod rules_book;
pub mod sealed;
mod sealing;
mod secrets;
mod store;

pub use change::{CLOCK_SLACK_SECONDS, Change, Changed};
pub use error::{ChangeError, KeystoreError, RulesBookError};
pub use public::PublicRing;
pub use ring::{KeyInfo, KeyRing, KeyState};
pub use root::RootKey;
pub use rules_book::RulesBook;
pub use sealed::{OpenReader, SealError, SealWriter};
pub use sealing::Sealing;
pub use secrets::Request;
pub use store::Keystore;
