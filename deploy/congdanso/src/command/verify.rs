//! `congdanso verify`: is this code ours, and does it hold?

mod served;
mod status;
mod told;

pub use status::age_seconds;

use super::reach;
use crate::admin::Request;
use crate::cli::{Global, VerifyArgs};
use crate::exit::{Exit, Failure};
use crate::node::now;
use anyhow::Context;
use identity::status::TTL_SECONDS;
use identity::verdict::{KnownStatus, Verifier};
use identity::{TrustList, Verdict};
use served::Served;
use status::{Known, Source};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use told::{Form, tell};

/// Codes of one step of an audit.
const AUDIT_STEP_CODES: usize = 4_096;
/// How soon a server that gave no bundle is asked again.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(TTL_SECONDS as u64);
/// The longest line that is read, in bytes: no code is longer.
const LINE_BYTES_MAX: u64 = 128 * 1024;

/// Runs it. One verdict a code, on stdout.
///
/// # Errors
/// [`Exit::No`] when a code does not hold; [`Exit::NotFound`] when a picture shows no code.
pub fn run(global: &Global, args: &VerifyArgs) -> anyhow::Result<()> {
    let mut checker = Checker::of(global, args)?;
    let form = |plain| if global.json { Form::Json } else { plain };
    let all_hold = if args.batch {
        audit(&mut checker, &args.code, form(Form::Line))?
    } else if args.code == "-" {
        stream(&mut checker, form(Form::Line))?
    } else {
        let mut all_hold = true;
        let mut out = std::io::stdout().lock();
        for code in codes(&args.code)? {
            let verdict = checker.verify(&code)?;
            all_hold &= verdict.is_valid();
            tell(&mut out, form(Form::Lines), &verdict)?;
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
        let (max_age, audience) = (args.max_age, args.audience.clone());
        let mut checker = Self { served, trust, verifier, known, missing: None, max_age, audience };
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
        let status =
            |reference: &_| self.known.as_ref().map_or(KnownStatus::Unknown, |k| k.of(reference, now));
        Ok(match &self.audience {
            Some(audience) => self.verifier.verify_for(audience, code, now, &status),
            None => self.verifier.verify(code, now, &status),
        })
    }

    fn verify_all<'a>(&mut self, codes: impl IntoIterator<Item = &'a str>) -> anyhow::Result<Vec<Verdict>> {
        let now = self.refreshed()?;
        let status =
            |reference: &_| self.known.as_ref().map_or(KnownStatus::Unknown, |k| k.of(reference, now));
        Ok(self.verifier.verify_all(codes, now, &status))
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
        tell(&mut out, form, &verdict)?;
        if !lines.has_more_at_hand() {
            out.flush()?;
        }
    }
    out.flush()?;
    Ok(all_hold)
}

/// Checks many codes of a file, or of stdin, one a line, at less than half the cost of each. One line for each, in their order, and the
/// counts on stderr. Whether all hold.
fn audit(checker: &mut Checker, file: &str, form: Form) -> anyhow::Result<bool> {
    let input: Box<dyn Read> = match file {
        "-" => Box::new(std::io::stdin().lock()),
        file => Box::new(std::fs::File::open(file).with_context(|| format!("reading {file}"))?),
    };
    let mut lines = Lines::of(input);
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut all_hold = true;
    loop {
        let mut step = Vec::with_capacity(AUDIT_STEP_CODES);
        while step.len() < AUDIT_STEP_CODES
            && let Some(line) = lines.next()?
        {
            step.push(line.to_owned());
        }
        if step.is_empty() {
            break;
        }
        for verdict in checker.verify_all(step.iter().map(String::as_str))? {
            *counts.entry(verdict.code()).or_default() += 1;
            all_hold &= verdict.is_valid();
            tell(&mut out, form, &verdict)?;
        }
    }
    out.flush()?;
    for (verdict, count) in counts {
        eprintln!("{verdict}: {count}");
    }
    Ok(all_hold)
}

/// Lines of text, read into one buffer. Empty ones are passed over; what is no UTF-8 is a code that cannot be read.
struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
}

impl<R: Read> Lines<R> {
    fn of(input: R) -> Self {
        Self { input: BufReader::with_capacity(64 * 1024, input), line: Vec::new() }
    }

    fn next(&mut self) -> anyhow::Result<Option<&str>> {
        loop {
            self.line.clear();
            let read = (&mut self.input).take(LINE_BYTES_MAX).read_until(b'\n', &mut self.line)?;
            if read == 0 {
                return Ok(None);
            }
            if !self.line.trim_ascii().is_empty() {
                // A code is ASCII, but for the names in a national string.
                return Ok(Some(
                    std::str::from_utf8(&self.line).unwrap_or("\u{fffd}").trim_end_matches(['\r', '\n']),
                ));
            }
        }
    }

    fn has_more_at_hand(&self) -> bool {
        self.input.buffer().contains(&b'\n')
    }
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

fn root_of(text: &str) -> anyhow::Result<[u8; 32]> {
    crate::config::public_key(text)
        .ok_or_else(|| Failure::new(Exit::Usage, "--root: expected 64 hexadecimal digits").into())
}
