//! `congdanso verify`: is this code ours, and does it hold?

use super::{reach, say, say_json};
use crate::admin::Request;
use crate::cli::{Global, VerifyArgs};
use crate::exit::{Exit, Failure};
use crate::node::now;
use anyhow::Context;
use identity::verdict::{KnownStatus, Verifier};
use identity::{TrustList, Verdict};
use serde_json::json;
use std::io::BufRead;
use std::path::Path;

mod served;

use served::Served;

/// Runs it. One verdict a code, on stdout.
///
/// # Errors
/// [`Exit::No`] when a code does not hold; [`Exit::NotFound`] when a picture shows no code.
pub fn run(global: &Global, args: &VerifyArgs) -> anyhow::Result<()> {
    let mut keys = Keys::of(global, args)?;
    let mut all_hold = true;
    if args.code == "-" {
        for line in std::io::stdin().lock().lines() {
            let line = line?;
            if !line.is_empty() {
                all_hold &= tell(global, keys.now()?, &line)?;
            }
        }
    } else {
        for code in codes(&args.code)? {
            all_hold &= tell(global, keys.now()?, &code)?;
        }
    }
    if all_hold { Ok(()) } else { Err(Failure::new(Exit::No, "").into()) }
}

/// What codes are checked by.
struct Keys {
    verifier: Verifier,
    served: Option<Served>,
}

impl Keys {
    fn of(global: &Global, args: &VerifyArgs) -> anyhow::Result<Self> {
        let mut served = match (&args.server, &args.root) {
            (Some(server), Some(root)) => {
                Some(Served::open(server, root_of(root)?, args.trust_list.as_deref())?)
            }
            _ => None,
        };
        let verifier = match &mut served {
            Some(served) => Verifier::new(served.current()?.0),
            None => Verifier::new(&trust_list(global, args)?),
        };
        Ok(Self { verifier, served })
    }

    /// The keys as they are known now: a server is asked again when it is time.
    fn now(&mut self) -> anyhow::Result<&Verifier> {
        if let Some((list, true)) = self.served.as_mut().map(Served::current).transpose()? {
            self.verifier = Verifier::new(list);
        }
        Ok(&self.verifier)
    }
}

fn root_of(text: &str) -> anyhow::Result<[u8; 32]> {
    crate::config::public_key(text)
        .ok_or_else(|| Failure::new(Exit::Usage, "--root: expected 64 hexadecimal digits").into())
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

fn trust_list(global: &Global, args: &VerifyArgs) -> anyhow::Result<TrustList> {
    let (list, root) = match (&args.trust_list, &args.root) {
        (Some(file), Some(root)) => {
            (std::fs::read(file).with_context(|| format!("reading {}", file.display()))?, root.clone())
        }
        (None, None) => {
            let answer = reach(global)?.ask(Request::TrustList, &mut |_| Ok(()))?;
            let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
            (hex::decode(text("trust_list"))?, text("root"))
        }
        _ => return Err(Failure::new(Exit::Usage, "--trust-list and --root go together").into()),
    };
    Ok(TrustList::open(&list, &root_of(&root)?)?)
}

/// Says one verdict; whether the code holds. Offline, so no status is looked up, and the verdict says so.
fn tell(global: &Global, verifier: &Verifier, code: &str) -> anyhow::Result<bool> {
    let verdict = verifier.verify(code.trim(), now().seconds(), &|_| KnownStatus::Unknown);
    let holds = matches!(verdict, Verdict::Valid { .. });
    let claims = verdict.claims();
    if global.json {
        say_json(&json!({
            "verdict": verdict.code(),
            "text_vi": verdict.vietnamese(),
            "text_en": verdict.english(),
            "status_checked": false,
            "claims": claims.map(|c| json!({
                "qid": c.qid, "serial": c.serial, "number": c.masked_number, "full_name": c.full_name,
                "birth_date": c.birth_date, "level": c.level, "issued_at": c.issued_at, "expires_at": c.expires_at,
            })),
        }))?;
    } else {
        say(&format!("{}: {} / {}", verdict.code(), verdict.vietnamese(), verdict.english()))?;
        if let Some(c) = claims {
            say(&format!("  {} · {} · {} · level {}", c.qid, c.full_name, c.masked_number, c.level))?;
            say("  status not looked up: offline")?;
        }
    }
    Ok(holds)
}
