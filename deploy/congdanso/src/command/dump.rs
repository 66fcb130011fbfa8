//! `congdanso dump`: all rows, sorted, comparable by `diff`.

use super::{Progress, reach};
use crate::admin::Request;
use crate::cli::Global;
use std::io::Write;

/// Runs it.
///
/// # Errors
/// What the answer says.
pub fn run(global: &Global, table: Option<String>) -> anyhow::Result<()> {
    let mut session = reach(global)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut progress = Progress::new();
    let result = session.ask(Request::Dump { table }, &mut |reply| {
        progress.follow(reply, &mut |item| {
            serde_json::to_writer(&mut out, &item)?;
            out.write_all(b"\n")?;
            Ok(())
        })
    })?;
    out.flush()?;
    drop(progress);
    eprintln!("{} row(s)", result["rows"]);
    Ok(())
}
