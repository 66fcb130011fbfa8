//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The digital-citizen stream platform of Đà Nẵng: events in, signed identities and readable rows out.
#[derive(Parser, Debug)]
#[command(
    name = "congdanso",
    version,
    max_term_width = 110,
    after_help = "Exit codes: 0 done; 1 failed; 2 wrong usage or configuration; 3 not found; 4 the answer is no (a code that does \
                  not hold, stores that differ, rows refused); 5 another process has the folder.\nNO_COLOR is respected. Data goes to stdout, words to stderr."
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Args, Debug, Clone)]
pub struct Global {
    /// Configuration file (TOML). Without it `congdanso.toml` is read when it is there.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder; stands for `--set data_dir=...`.
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// One setting, such as `--set http.listen=127.0.0.1:9000`. May be given more than once.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Machine-readable output on stdout.
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run everything in one process: intake, processors, API.
    Up,
    /// Take events in, in a process of its own. Needs Kafka, ScyllaDB or Cassandra, and a ring without private keys.
    Ingest,
    /// Decide, sign and write, in a process of its own: any number of them share the partitions. Needs Kafka, and ScyllaDB or Cassandra.
    Process,
    /// Serve reads, in a process of its own. Needs Kafka, ScyllaDB or Cassandra, and a ring without private keys.
    Serve,
    /// Run everything on loopback with synthetic citizens, and prove what it did.
    Demo(DemoArgs),
    /// Take accounts over from an older system: CSV or NDJSON.
    Import(ImportArgs),
    /// Replay the log into fresh projections and swap them in.
    Rebuild {
        /// Compare every row with the live ones instead of swapping.
        #[arg(long)]
        verify: bool,
    },
    /// Credentials of agencies.
    #[command(subcommand)]
    Agency(AgencyCommand),
    /// Check a code offline, with the trust list alone.
    Verify(VerifyArgs),
    /// Codes of citizens.
    #[command(subcommand)]
    Qr(QrCommand),
    /// Signing keys.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Dead letters and quarantines.
    #[command(subcommand)]
    Dlq(DlqCommand),
    /// All rows, sorted, one JSON object a line: two dumps of the same rows are equal for `diff`.
    Dump {
        /// Only this table.
        #[arg(long)]
        table: Option<String>,
    },
    /// Everything in one file, sealed by a passphrase: log, keys, pepper, rules, credentials.
    Backup {
        /// The file to write; must not be there.
        file: PathBuf,
        /// A file whose first line is the passphrase; asked for when it is not given.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// A backup into an empty data folder.
    Restore {
        /// The file to read.
        file: PathBuf,
        /// A file whose first line is the passphrase; asked for when it is not given.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Copy log and rows to where another configuration keeps them, every record at its offset, and prove that both are the same.
    ///
    /// The source is the configuration in force; `--set` and `--data-dir` are about it alone. Nobody may work on the source or on the
    /// target meanwhile, nor on the source afterwards. Run again, it goes on where it was.
    #[command(
        after_help = "Exit codes: 0 identical; 1 failed or interrupted, run it again to go on; 2 wrong usage or configuration; \
                            3 there is no source; 4 rows differ, or what the target holds is not how the source begins; 5 another \
                            process has a folder."
    )]
    Move {
        /// The target's configuration file (TOML).
        #[arg(long, value_name = "CONFIG")]
        to: PathBuf,
    },
    /// Topics of the Kafka cluster that the configuration names.
    #[command(subcommand)]
    Topics(TopicsCommand),
    /// Keyspaces and tables of the ScyllaDB or Cassandra cluster that the configuration names.
    #[command(subcommand)]
    Store(StoreCommand),
    /// Settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// A completion script for your shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Args, Debug, Clone)]
pub struct DemoArgs {
    /// How many citizens.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=5_000_000))]
    pub citizens: u32,
    /// What the citizens are drawn from; the same seed makes the same citizens.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// End when the proof is made, instead of staying up until Ctrl-C.
    #[arg(long)]
    pub exit: bool,
}

#[derive(Args, Debug, Clone)]
pub struct ImportArgs {
    /// CSV with a header line, or NDJSON; `-` reads stdin.
    pub file: PathBuf,
    /// Name of the older system, kept with every account.
    #[arg(long, default_value = "inherited")]
    pub source: String,
    /// The day the accounts are taken over, `YYYY-MM-DD`; wards are judged by it. Default: the day the file was last changed.
    #[arg(long, value_name = "DAY", value_parser = |text: &str| schemas::Day::parse(text).ok_or("expected YYYY-MM-DD"))]
    pub on: Option<schemas::Day>,
    /// Where the report goes: one line per row that was not taken (line, code, reason). Default: FILE.report.ndjson, or
    /// FILE.dry-run.ndjson.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Read and check every row by the rules; write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Subcommand, Debug)]
pub enum AgencyCommand {
    /// A new credential. Its key is shown once, on stdout.
    Add(AgencyAddArgs),
    /// All credentials, without keys.
    List,
    /// A new key for a credential; the old one ends at once.
    Rotate {
        /// The credential's id.
        id: String,
    },
    /// Switch a credential off.
    Disable {
        /// The credential's id.
        id: String,
    },
}

#[derive(Args, Debug, Clone)]
pub struct AgencyAddArgs {
    /// The credential's id: 1-32 of `a-z 0-9 - _`, beginning with a letter or digit.
    pub id: String,
    /// The agency: sender of everything that comes with this credential. Default: the id.
    #[arg(long)]
    pub agency: Option<String>,
    /// A role that gives channels and scopes: helper, ward_desk, officer, notary, bank, employer,
    /// agency, utility, importer, sms_gateway, portal, app.
    #[arg(long)]
    pub role: Option<String>,
    /// A scope beside the role's: `registrations:AccountRegistered`, `documents:*`, `read:all`, `statistics`, `lookup`, `sms`.
    #[arg(long = "scope")]
    pub scopes: Vec<String>,
    /// A channel beside the role's.
    #[arg(long = "channel")]
    pub channels: Vec<String>,
    /// Community team.
    #[arg(long)]
    pub team: Option<String>,
    /// Helper.
    #[arg(long)]
    pub helper: Option<String>,
    /// Device.
    #[arg(long)]
    pub device: Option<String>,
    /// Ward of work, 5-digit code.
    #[arg(long)]
    pub ward: Option<String>,
    /// Events per second; 0 is without bound.
    #[arg(long, default_value_t = 100)]
    pub quota: u32,
}

#[derive(Subcommand, Debug)]
pub enum TopicsCommand {
    /// Make the topics that are missing, and compare all. Topics that are there are never changed.
    Ensure,
    /// Compare; change nothing.
    Check,
}

#[derive(Subcommand, Debug)]
pub enum StoreCommand {
    /// Make the keyspaces and tables that are missing. Nothing that is there is altered. One process at a time.
    Migrate,
    /// Compare; change nothing.
    Check,
    /// All generations of the rows.
    Generations,
    /// Put the generation in force that was so before the last rebuild.
    Rollback,
    /// Remove a generation that is not in force, with its rows.
    Drop {
        /// Its number.
        number: u64,
    },
}

#[derive(Args, Debug, Clone)]
pub struct VerifyArgs {
    /// The code's text, a picture's file name, or `-` to read codes from stdin, one a line.
    pub code: String,
    /// A trust list's file; default: the one of the data folder or running process.
    #[arg(long, value_name = "FILE")]
    pub trust_list: Option<PathBuf>,
    /// Ask this server for the trust list whenever the one that is kept is older than it may be. It is kept in the file of
    /// `--trust-list`, or in the user's folder for caches, and replaced by a higher version only.
    #[arg(long, value_name = "URL", requires = "root")]
    pub server: Option<String>,
    /// The city's root key, 64 hexadecimal digits; needed with `--trust-list` and `--server`.
    #[arg(long, value_name = "HEX")]
    pub root: Option<String>,
    /// The codes that were taken back: a file, or an address that is asked again as often as it wishes; default: those of the data folder
    /// or running process, where the trust list is theirs too.
    #[arg(long, value_name = "FILE|URL")]
    pub status_bundle: Option<String>,
    /// How old what is known of them may be: seconds, or `gate` (15 minutes), `desk` (4 hours), `audit` (a day).
    #[arg(long, value_name = "AGE", default_value = "gate", value_parser = crate::command::verify::age_seconds)]
    pub max_age: i64,
    /// The name that presentations for this verifier are made for; one for anybody else is refused.
    #[arg(long, conflicts_with = "batch")]
    pub audience: Option<String>,
    /// Many codes at once, of a file or stdin (`-`), one a line, at less than half the cost of each: for audits.
    #[arg(long)]
    pub batch: bool,
}

#[derive(Subcommand, Debug)]
pub enum QrCommand {
    /// The code in force of a citizen.
    Show {
        /// The citizen's id.
        citizen: String,
        /// The national string (Decision 1405) instead of the bare token.
        #[arg(long, conflicts_with = "presentation")]
        national: bool,
        /// A presentation code of a minute instead, for one audience.
        #[arg(long, requires = "audience")]
        presentation: bool,
        /// For whom the presentation is.
        #[arg(long, requires = "presentation")]
        audience: Option<String>,
        /// What the presentation shows: `identity` (all that the static code says), `over_18`, `name`, `ward`.
        #[arg(long, value_delimiter = ',', default_value = "identity")]
        disclose: Vec<String>,
        /// Error correction of a picture: `low` (7 %), `medium` (15 %), `quartile` (25 %), `high` (30 %).
        #[arg(long, value_enum, default_value_t = CorrectionLevel::Medium)]
        correction: CorrectionLevel,
        /// How to show it.
        #[arg(long, value_enum, default_value_t = Picture::Terminal)]
        format: Picture,
        /// The file to write; needed for png.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum CorrectionLevel {
    Low,
    Medium,
    Quartile,
    High,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    Terminal,
    Svg,
    Png,
    Text,
}

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

#[derive(Subcommand, Debug)]
pub enum DlqCommand {
    /// Dead letters of a stream, oldest first.
    List {
        /// Only this stream.
        #[arg(long)]
        stream: Option<String>,
    },
    /// One dead letter, with its record in hexadecimal.
    Show {
        /// `stream:partition:epoch:offset`.
        place: String,
    },
    /// Take out the record at which a partition waits, so that the partition goes on.
    Quarantine {
        /// `stream:partition:epoch:offset`.
        place: String,
        /// A code for why, kept with it.
        #[arg(long)]
        reason: String,
    },
    /// Append a dead letter's record again, at the end of its stream, to be decided anew.
    Replay {
        /// `stream:partition:epoch:offset`.
        place: String,
    },
}

#[derive(Subcommand, Debug)]
pub enum ConfigCommand {
    /// Every setting that is in force.
    Show {
        /// Say where each value comes from.
        #[arg(long)]
        origin: bool,
    },
}
