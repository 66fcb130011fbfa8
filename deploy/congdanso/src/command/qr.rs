//! `congdanso qr`: codes of citizens.

use super::{reach, say, say_json};
use crate::admin::Request;
use crate::cli::{CorrectionLevel, Global, Picture, QrCommand};
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
    let QrCommand::Show { citizen, national, presentation, audience, disclose, correction, format, out } =
        command;
    let ask = |request| reach(global)?.ask(request, &mut |_| Ok(()));
    let text = if *presentation {
        let audience = audience.clone().unwrap_or_default();
        let (citizen, disclose) = (citizen.clone(), disclose.clone());
        ask(Request::Presentation { citizen, audience, disclose })?["code"].clone()
    } else {
        ask(Request::Account { citizen: citizen.clone() })?[if *national { "national" } else { "token" }]
            .clone()
    };
    let text = text.as_str().unwrap_or_default().to_owned();
    if text.is_empty() {
        return Err(Failure::new(Exit::NotFound, "the account has no code in force").into());
    }
    let correction = match correction {
        CorrectionLevel::Low => Correction::Low,
        CorrectionLevel::Medium => Correction::Medium,
        CorrectionLevel::Quartile => Correction::Quartile,
        CorrectionLevel::High => Correction::High,
    };
    if global.json {
        return say_json(&json!({"citizen": citizen, "text": text}));
    }
    let drawn = match format {
        Picture::Text => text.into_bytes(),
        Picture::Terminal => crate::qr::terminal(&text)?.into_bytes(),
        Picture::Svg => picture::svg(&text, correction)?.into_bytes(),
        Picture::Png => picture::png(&text, correction, MODULE_PIXELS)?,
    };
    match out {
        Some(path) => std::fs::write(path, drawn).with_context(|| format!("writing {}", path.display())),
        None if *format == Picture::Png => Err(Failure::new(Exit::Usage, "a PNG needs --out FILE").into()),
        None => say(&String::from_utf8_lossy(&drawn)),
    }
}
