//! Log lines on stderr.

use crate::config::{Config, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Whether only what needs an operator is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quiet {
    /// Errors and warnings only: for commands whose answer is the point.
    Yes,
    /// As configured.
    No,
}

/// Sets the subscriber up; a second call in one process changes nothing.
pub fn init(config: &Config, quiet: Quiet) {
    let directives = if quiet == Quiet::Yes { "warn" } else { config.logging_level.as_str() };
    let filter = EnvFilter::try_new(directives).unwrap_or_else(|_| EnvFilter::new("info"));
    let colour = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) && std::io::stderr().is_terminal();
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour);
    let set = match config.logging_format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    if set.is_err() {
        tracing::debug!("log lines are set up already");
    }
}
