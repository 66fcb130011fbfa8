//! A verdict on stdout.

use super::photo::Likeness;
use identity::{Claims, Presentation, Verdict};
use serde::Serialize;
use std::io::Write;

/// How verdicts are told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A JSON object a line.
    Json,
    /// A line.
    Line,
    /// A line, and what the code says below it.
    Lines,
}

#[derive(Serialize)]
struct Told<'a> {
    verdict: &'static str,
    text_vi: &'static str,
    text_en: &'static str,
    status_checked: bool,
    claims: Option<Said<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presentation: Option<Shown<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<&'static str>,
}

#[derive(Serialize)]
struct Said<'a> {
    qid: &'a str,
    serial: &'a str,
    number: &'a str,
    full_name: &'a str,
    birth_date: &'a str,
    level: u8,
    issued_at: i64,
    expires_at: i64,
}

/// What was chosen, and no more.
#[derive(Serialize)]
struct Shown<'a> {
    audience: &'a str,
    nonce: String,
    expires_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    qid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_date: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ward: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    over_18: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    photo_hash: Option<String>,
}

impl<'a> From<&'a Claims> for Said<'a> {
    fn from(claims: &'a Claims) -> Self {
        Self {
            qid: &claims.qid,
            serial: &claims.serial,
            number: &claims.masked_number,
            full_name: &claims.full_name,
            birth_date: &claims.birth_date,
            level: claims.level,
            issued_at: claims.issued_at,
            expires_at: claims.expires_at,
        }
    }
}

impl<'a> From<&'a Presentation> for Shown<'a> {
    fn from(presentation: &'a Presentation) -> Self {
        let disclosed = &presentation.disclosed;
        Self {
            audience: &presentation.audience,
            nonce: hex::encode(presentation.nonce),
            expires_at: presentation.expires_at,
            qid: disclosed.qid.as_deref(),
            full_name: disclosed.full_name.as_deref(),
            birth_date: disclosed.birth_date.as_deref(),
            number: disclosed.masked_number.as_deref(),
            level: disclosed.level,
            ward: disclosed.ward.as_deref(),
            over_18: disclosed.over_18,
            photo_hash: disclosed.photo_hash.map(hex::encode),
        }
    }
}

/// Tells one verdict, and what comparing a picture with it yielded, where one was.
///
/// # Errors
/// When `out` does not take it.
pub fn tell(
    out: &mut impl Write,
    form: Form,
    verdict: &Verdict,
    likeness: Option<Likeness>,
) -> anyhow::Result<()> {
    if form == Form::Json {
        let told = Told {
            verdict: verdict.code(),
            text_vi: verdict.vietnamese(),
            text_en: verdict.english(),
            status_checked: verdict.is_status_checked(),
            claims: verdict.claims().map(Said::from),
            presentation: verdict.presentation().map(Shown::from),
            photo: likeness.map(Likeness::word),
        };
        serde_json::to_writer(&mut *out, &told)?;
        return Ok(out.write_all(b"\n")?);
    }
    for part in [verdict.code(), ": ", verdict.vietnamese(), " / ", verdict.english(), "\n"] {
        out.write_all(part.as_bytes())?;
    }
    if form == Form::Lines {
        details(out, verdict)?;
        if let Some(likeness) = likeness {
            writeln!(out, "  {}", likeness.text())?;
        }
    }
    Ok(())
}

fn details(out: &mut impl Write, verdict: &Verdict) -> anyhow::Result<()> {
    if let Some(claims) = verdict.claims() {
        let Claims { qid, full_name, masked_number, level, .. } = claims;
        writeln!(out, "  {qid} · {full_name} · {masked_number} · level {level}")?;
    }
    if let Some(presentation) = verdict.presentation() {
        writeln!(
            out,
            "  for {}: {}",
            presentation.audience,
            serde_json::to_string(&Shown::from(presentation))?
        )?;
    }
    if verdict.is_valid() && !verdict.is_status_checked() {
        writeln!(out, "  status not looked up: offline")?;
    }
    Ok(())
}
