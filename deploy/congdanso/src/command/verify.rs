//! `congdanso verify`: is this code ours, and does it hold?

mod audit;
mod lines;
mod photo;
mod served;
mod status;
mod told;

pub use audit::THREADS_MAX;
pub use status::age_seconds;

use super::reach;
use crate::admin::Request;
use crate::cli::{Global, VerifyArgs};
use crate::exit::{Exit, Failure};
use crate::node::now;
use crate::served::or_cores;
use anyhow::Context;
use identity::claims::StatusReference;
use identity::status::TTL_SECONDS;
use identity::verdict::{KnownStatus, Verifier};
use identity::{TrustList, Verdict};
use lines::Lines;
use photo::{Likeness, Photo};
use served::Served;
use status::{Known, Source};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use told::{Form, tell};

/// How soon a server that gave no bundle is asked again.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(TTL_SECONDS as u64);
/// Runs it. One verdict a code, on stdout.
///
/// # Errors
/// [`Exit::No`] when a code does not hold, or a picture is not the portrait that it names; [`Exit::NotFound`] when a picture shows no code.
pub fn run(global: &Global, args: &VerifyArgs) -> anyhow::Result<()> {
    if args.photo.is_some() && args.code == "-" {
        return Err(Failure::new(Exit::Usage, "--photo goes with one code, not with a stream of them").into());
    }
    let mut checker = Checker::of(global, args)?;
    let form = |plain| if global.json { Form::Json } else { plain };
    let all_hold = if args.batch {
        audit::audit(&mut checker, &args.code, form(Form::Line), or_cores(args.threads.into()))?
    } else if args.code == "-" {
        stream(&mut checker, form(Form::Line))?
    } else {
        let photo = args.photo.as_deref().map(Photo::read).transpose()?;
        let mut all_hold = true;
        let mut out = std::io::stdout().lock();
        for code in codes(&args.code)? {
            let verdict = checker.verify(&code)?;
            let likeness = photo.as_ref().and_then(|photo| photo.likeness(&verdict));
            all_hold &= verdict.is_valid() && likeness.is_none_or(|likeness| likeness == Likeness::Matches);
            tell(&mut out, form(Form::Lines), &verdict, likeness)?;
        }
        all_hold
    };
    if all_hold { Ok(()) } else { Err(Failure::new(Exit::No, "").into()) }
}

/// What codes are checked by.
struct Checker {
    served: Option<Served>,
    trust: TrustList,
    verifier: Verifier,
    known: Option<Known>,
    /// Where the bundle of the server is asked for again while none could be had, and when it was asked for last.
    missing: Option<(String, Instant)>,
    max_age: i64,
    audience: Option<String>,
    /// When the dates of codes are judged instead of now, in seconds since 1970.
    at: Option<i64>,
}

impl Checker {
    fn of(global: &Global, args: &VerifyArgs) -> anyhow::Result<Self> {
        let mut served = match (&args.server, &args.root) {
            (Some(server), Some(root)) => {
                Some(Served::open(server, root_of(root)?, args.trust_list.as_deref())?)
            }
            _ => None,
        };
        let (trust, at_hand) = match &mut served {
            Some(served) => (served.current()?.0.clone(), None),
            None => trust_list(global, args)?,
        };
        let source = args.status_bundle.as_deref().map(Source::named).or(at_hand.map(Source::Bytes));
        let known = source.map(|source| Known::open(source, args.max_age, &trust)).transpose()?;
        let verifier = Verifier::new(&trust);
        let (max_age, audience, at) = (args.max_age, args.audience.clone(), args.at);
        let mut checker = Self { served, trust, verifier, known, missing: None, max_age, audience, at };
        if let (None, Some(server)) = (&checker.known, &args.server) {
            checker.ask_for_bundle(format!("{}/v1/status-bundle", server.trim_end_matches('/')));
        }
        Ok(checker)
    }

    /// Asks the server for its bundle. Where none can be had, codes are checked without, as their verdicts say, and it is asked again.
    fn ask_for_bundle(&mut self, url: String) {
        match Known::open(Source::Address(url.clone()), self.max_age, &self.trust) {
            Ok(known) => self.known = Some(known),
            Err(error) => {
                eprintln!("there is no status bundle: {error:#}");
                self.missing = Some((url, Instant::now()));
            }
        }
    }

    fn verify(&mut self, code: &str) -> anyhow::Result<Verdict> {
        let now = self.refreshed()?;
        let (at, status) = (self.at.unwrap_or(now), |reference: &_| self.status(reference, now));
        Ok(match &self.audience {
            Some(audience) => self.verifier.verify_for(audience, code, at, &status),
            None => self.verifier.verify(code, at, &status),
        })
    }

    /// By what is known since [`Self::refreshed`] gave `now`.
    fn verify_all<'a>(&self, codes: impl IntoIterator<Item = &'a str>, now: i64) -> Vec<Verdict> {
        self.verifier.verify_all(codes, self.at.unwrap_or(now), &|reference| self.status(reference, now))
    }

    fn status(&self, reference: &StatusReference, now: i64) -> KnownStatus {
        self.known.as_ref().map_or(KnownStatus::Unknown, |known| known.of(reference, now))
    }

    /// Now, in seconds since 1970, with what is known brought up to date where it is time.
    fn refreshed(&mut self) -> anyhow::Result<i64> {
        if let Some((list, true)) = self.served.as_mut().map(Served::current).transpose()? {
            self.trust = list.clone();
            self.verifier = Verifier::new(list);
            if let Some(known) = &mut self.known {
                known.recheck(list)?;
            }
        }
        if let Some((url, _)) = self.missing.take_if(|(_, asked)| asked.elapsed() >= ASKED_AGAIN_AFTER) {
            self.ask_for_bundle(url);
        }
        if let Some(known) = &mut self.known {
            known.refresh(&self.trust);
        }
        Ok(now().seconds())
    }
}

/// Checks codes as they come, one a line, and answers each with a line: for gates. What is told is told as soon as nothing more waits to be
/// read. Whether all hold.
fn stream(checker: &mut Checker, form: Form) -> anyhow::Result<bool> {
    let mut lines = Lines::of(std::io::stdin().lock());
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut all_hold = true;
    while let Some(line) = lines.next()? {
        let verdict = checker.verify(line)?;
        all_hold &= verdict.is_valid();
        tell(&mut out, form, &verdict, None)?;
        if !lines.has_more_at_hand() {
            out.flush()?;
        }
    }
    out.flush()?;
    Ok(all_hold)
}

/// The codes that an argument means: a picture's, when it names a file; otherwise its own text.
fn codes(code: &str) -> anyhow::Result<Vec<String>> {
    // A token or national string is no file name on any system: it is far longer, or carries `|`.
    if !Path::new(code).is_file() {
        return Ok(vec![code.to_owned()]);
    }
    let codes = crate::qr::read_picture(&std::fs::read(code)?).with_context(|| format!("reading {code}"))?;
    if codes.is_empty() {
        return Err(Failure::new(Exit::NotFound, format!("{code} shows no QR code that can be read")).into());
    }
    Ok(codes)
}

/// The trust list; and where it is the one of the data folder, or of the process that runs on it, the codes that were taken back there.
fn trust_list(global: &Global, args: &VerifyArgs) -> anyhow::Result<(TrustList, Option<Vec<u8>>)> {
    let (list, root, at_hand) = match (&args.trust_list, &args.root) {
        (Some(file), Some(root)) => {
            let list = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
            (list, root.clone(), None)
        }
        (None, None) => {
            let mut session = reach(global)?;
            let answer = session.ask(Request::TrustList, &mut |_| Ok(()))?;
            let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
            let bundle = session.ask(Request::StatusBundle, &mut |_| Ok(()))?;
            let bundle = hex::decode(bundle["status_bundle"].as_str().unwrap_or_default())?;
            (hex::decode(text("trust_list"))?, text("root"), Some(bundle))
        }
        _ => return Err(Failure::new(Exit::Usage, "--trust-list and --root go together").into()),
    };
    Ok((TrustList::open(&list, &root_of(&root)?)?, at_hand))
}

/// A time as RFC 3339 writes it, or in seconds since 1970.
///
/// # Errors
/// What was expected.
pub fn seconds(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let time = OffsetDateTime::parse(text, &Rfc3339);
    time.map(OffsetDateTime::unix_timestamp)
        .map_err(|_| "expected a time such as 2030-01-31T08:00:00+07:00".to_owned())
}

fn root_of(text: &str) -> anyhow::Result<[u8; 32]> {
    crate::config::public_key(text)
        .ok_or_else(|| Failure::new(Exit::Usage, "--root: expected 64 hexadecimal digits").into())
}
