//! `congdanso qr`: codes of citizens.

use super::{reach, say, say_json};
use crate::admin::Request;
use crate::cli::{Global, Picture, QrCommand};
use crate::exit::{Exit, Failure};
use anyhow::Context;
use identity::picture::{self, Correction};
use serde_json::json;

/// Pixels of a module in a PNG: a version-13 code is then about 600 pixels wide.
const MODULE_PIXELS: u32 = 8;

/// Runs it.
///
/// # Errors
/// [`Exit::NotFound`] when there is no such account, or no code in force.
pub fn run(global: &Global, command: &QrCommand) -> anyhow::Result<()> {
    let QrCommand::Show { citizen, national, format, out } = command;
    let account = reach(global)?.ask(Request::Account { citizen: citizen.clone() }, &mut |_| Ok(()))?;
    let text = account[if *national { "national" } else { "token" }].as_str().unwrap_or_default().to_owned();
    if text.is_empty() {
        return Err(Failure::new(Exit::NotFound, "the account has no code in force").into());
    }
    if global.json {
        return say_json(&json!({"citizen": citizen, "text": text}));
    }
    let drawn = match format {
        Picture::Text => text.into_bytes(),
        Picture::Terminal => crate::qr::terminal(&text)?.into_bytes(),
        Picture::Svg => picture::svg(&text, Correction::Medium)?.into_bytes(),
        Picture::Png => picture::png(&text, Correction::Medium, MODULE_PIXELS)?,
    };
    match out {
        Some(path) => std::fs::write(path, drawn).with_context(|| format!("writing {}", path.display())),
        None if *format == Picture::Png => Err(Failure::new(Exit::Usage, "a PNG needs --out FILE").into()),
        None => say(&String::from_utf8_lossy(&drawn)),
    }
}
