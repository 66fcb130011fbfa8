//! The command line.

mod keys;

pub use keys::{ChangeArgs, ExportArgs, KeysCommand, PublishArgs, RootArgs};

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
    /// The picture that is shown with a code: whether it is the portrait that the code names, byte for byte.
    #[arg(long, value_name = "FILE", conflicts_with = "batch")]
    pub photo: Option<PathBuf>,
    /// Judge the dates of codes as of this time (RFC 3339, or seconds since 1970), for audits; whether they were taken back, by what is known now.
    #[arg(long, value_name = "TIME", value_parser = crate::command::verify::seconds)]
    pub at: Option<i64>,
    /// Many codes at once, of a file or stdin (`-`), one a line, at less than half the cost of each: for audits.
    #[arg(long)]
    pub batch: bool,
    /// Threads that check them; 0 is one per core.
    #[arg(long, requires = "batch", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=i64::from(crate::command::verify::THREADS_MAX)))]
    pub threads: u16,
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
        /// What the presentation shows: `identity` (all that the static code says), `over_18`, `name`, `ward`, `photo_hash`.
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
