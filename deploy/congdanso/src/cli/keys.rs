//! `keys`: what its commands take.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub enum KeysCommand {
    /// All keys: name, purpose, state, since when, until when.
    List,
    /// Make a root key in a file of its own, sealed, to be kept away from every server. Touches no data folder.
    Root {
        /// The file to make; must not be there.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// A file whose first line is the passphrase that seals it; asked for when nothing is given.
        #[arg(long, value_name = "FILE", conflicts_with = "key_file")]
        passphrase_file: Option<PathBuf>,
        /// A file of at least 32 random bytes that seals it instead.
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
        /// Say what it would do, and do nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// A new key, made here, which stands by until `rotate`; or an agency's own key for the papers that it signs.
    Issue {
        /// What for: identity, status, receipt, audit, presentation, papers.
        #[arg(long)]
        purpose: String,
        /// The agency whose key it is; with `--purpose papers`.
        #[arg(long, requires = "public", value_name = "AGENCY")]
        holder: Option<String>,
        /// The agency's public key, 64 hexadecimal digits; with `--purpose papers`.
        #[arg(long, requires = "holder", value_name = "HEX")]
        public: Option<String>,
        #[command(flatten)]
        how: ChangeArgs,
    },
    /// Another key signs from now on: the one that stands by, or a new one. What the old one signed keeps holding.
    Rotate {
        /// Of which purpose.
        #[arg(long, default_value = "identity")]
        purpose: String,
        #[command(flatten)]
        how: ChangeArgs,
    },
    /// A key signs no more; what it signed until now keeps holding.
    Retire {
        /// Which key.
        kid: String,
        /// Why: unspecified, key_compromise, superseded, cessation.
        #[arg(long, default_value = "cessation")]
        reason: String,
        #[command(flatten)]
        how: ChangeArgs,
    },
    /// Nothing that a key signed holds any more. A successor takes its place at once.
    Revoke {
        /// Which key.
        kid: String,
        /// Why: unspecified, key_compromise, superseded, cessation.
        #[arg(long)]
        reason: String,
        /// Then issue new codes for all who hold one that it signed, as `keys reissue` does.
        #[arg(long)]
        reissue: bool,
        #[command(flatten)]
        how: ChangeArgs,
    },
    /// Put the list that waits for the root key into force, in one step or three.
    Publish(PublishArgs),
    /// Hand keys and credentials out: to the data folder of a role, which is made or brought up to date. Nothing may run on the folder
    /// that they are handed out from.
    Export(ExportArgs),
    /// New codes for all active accounts whose code a withdrawn key signed. Run again, it goes on where it was.
    Reissue {
        /// Which key.
        kid: String,
        /// Only count.
        #[arg(long)]
        dry_run: bool,
    },
    /// Seal the keys of the data folder as keys.passphrase_file or keys.key_file says. Nothing may run on the folder.
    Seal {
        /// They are sealed by the first line of this file now.
        #[arg(long, value_name = "FILE", conflicts_with = "from_key_file")]
        from_passphrase_file: Option<PathBuf>,
        /// They are sealed by this file now.
        #[arg(long, value_name = "FILE")]
        from_key_file: Option<PathBuf>,
        /// Say what it would do, and do nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Store the keys of the data folder unsealed; they are sealed as keys.passphrase_file or keys.key_file says. Nothing may run
    /// on the folder.
    Unseal {
        /// Say what it would do, and do nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Args, Debug, Clone)]
pub struct ExportArgs {
    /// The data folder of the role.
    pub dir: PathBuf,
    /// For `ingest` and `serve`: pepper, trust list and the name of the active key, and no private key.
    #[arg(long, required_unless_present = "private", conflicts_with = "private")]
    pub public: bool,
    /// For `process`: the signing keys too, and all rules; never the root key.
    #[arg(long)]
    pub private: bool,
    /// Seal the ring by the first line of this file; by default it is sealed as configured.
    #[arg(long, value_name = "FILE", conflicts_with = "to_key_file")]
    pub to_passphrase_file: Option<PathBuf>,
    /// Seal the ring by this file.
    #[arg(long, value_name = "FILE")]
    pub to_key_file: Option<PathBuf>,
}

/// How a change of the trust list is made.
#[derive(Args, Debug, Clone)]
pub struct ChangeArgs {
    /// Say what it would do, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub root: RootArgs,
}

/// A root key that is at hand.
#[derive(Args, Debug, Clone)]
pub struct RootArgs {
    /// The root key's file: sign and publish in the same step.
    #[arg(long, value_name = "FILE")]
    pub root: Option<PathBuf>,
    /// A file whose first line is the passphrase of the root key; asked for when nothing is given.
    #[arg(long, value_name = "FILE", requires = "root", conflicts_with = "root_key_file")]
    pub root_passphrase_file: Option<PathBuf>,
    /// The file that the root key is sealed by instead.
    #[arg(long, value_name = "FILE", requires = "root")]
    pub root_key_file: Option<PathBuf>,
}

#[derive(Args, Debug, Clone)]
pub struct PublishArgs {
    #[command(flatten)]
    pub root: RootArgs,
    /// Write to this file instead of putting anything into force: the list that waits, or with `--root` the list signed.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Sign this file, where the root key is; touches no data folder.
    #[arg(long, value_name = "FILE", requires = "root", requires = "out")]
    pub request: Option<PathBuf>,
    /// Put this list, which the root key signed, into force.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["root", "out", "discard"])]
    pub signed: Option<PathBuf>,
    /// Take the list back that waits.
    #[arg(long, conflicts_with_all = ["root", "out"])]
    pub discard: bool,
    /// Say what would be published, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
}
