//! Commands: what they ask, and how the answer looks.

pub mod agency;
pub mod backup;
pub mod clusters;
pub mod config;
pub mod demo;
pub mod dlq;
pub mod dump;
pub mod import;
pub mod keys;
pub mod moving;
pub mod qr;
pub mod rebuild;
pub mod role;
pub mod up;
pub mod verify;

use crate::admin::Reply;
use crate::admin::client::Session;
use crate::backends;
use crate::cli::Global;
use crate::config::{Config, ConfigError, Settings};
use crate::exit::{Exit, Failure};
use crate::running::{self, Offer, Running};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;
use std::path::Path;

/// The settings that the flags of a command line ask for.
///
/// # Errors
/// A [`Failure`] with [`Exit::Usage`] that tells every mistake.
pub fn settings(global: &Global) -> anyhow::Result<Settings> {
    let mut mistakes = Vec::new();
    let mut flags = Vec::new();
    for set in &global.set {
        match set.split_once('=') {
            Some((key, value)) => flags.push((key.trim().to_owned(), value.trim().to_owned())),
            None => mistakes.push(format!("--set {set}: expected KEY=VALUE")),
        }
    }
    if let Some(dir) = &global.data_dir {
        flags.push(("data_dir".to_owned(), dir.display().to_string()));
    }
    match Settings::load(global.config.as_deref(), &flags) {
        Ok(settings) if mistakes.is_empty() => Ok(settings),
        Ok(_) => Err(usage(ConfigError(mistakes))),
        Err(ConfigError(more)) => {
            mistakes.extend(more);
            Err(usage(ConfigError(mistakes)))
        }
    }
}

fn usage(error: ConfigError) -> anyhow::Error {
    Failure::new(Exit::Usage, error.to_string()).into()
}

/// Reaches the data of a command line, which must be there.
///
/// # Errors
/// [`Exit::NotFound`] when there is no such folder: a slip in its name makes none. See also [`Session::reach`].
pub fn reach(global: &Global) -> anyhow::Result<Session> {
    Session::reach(&folder(global)?)
}

/// The configuration of a command line whose data folder is there.
///
/// # Errors
/// [`Exit::NotFound`] when it is not.
pub fn folder(global: &Global) -> anyhow::Result<Config> {
    let config = settings(global)?.config;
    if !config.data_dir.exists() {
        let message = format!("there is no data folder {}", config.data_dir.display());
        return Err(Failure::new(Exit::NotFound, message).into());
    }
    crate::telemetry::init(&config, crate::telemetry::Quiet::Yes);
    Ok(config)
}

/// Reaches the data of a command line, and makes the folder when it is not there.
///
/// # Errors
/// See [`Session::reach`].
pub fn reach_or_make(global: &Global) -> anyhow::Result<Session> {
    let settings = settings(global)?;
    crate::telemetry::init(&settings.config, crate::telemetry::Quiet::Yes);
    Session::reach(&settings.config)
}

/// Does work that needs a process at work: asks the one that runs on the folder. When none does, and processors elsewhere decide what is
/// in the log, an intake is there for as long as the work takes. Else it is the same process that `up` starts, on a free port.
///
/// # Errors
/// What `work` returns; see also [`Session::reach`].
pub fn at_work(
    config: &Config,
    work: impl FnOnce(&mut Session) -> anyhow::Result<()> + Send + 'static,
) -> anyhow::Result<()> {
    let mut node = match Session::reach(config)? {
        Session::Local(node) => node,
        mut there => return work(&mut there),
    };
    actix_web::rt::System::new().block_on(async {
        if backends::processors(config)? > 0 {
            let gateway = running::intake(&node)?;
            let mut session = Session::TakingIn(node, gateway.clone());
            let result = unless_interrupted(move || work(&mut session)).await;
            gateway.stop();
            return result;
        }
        node.config.http_listen.set_port(0);
        let running = Running::start(*node, None, Offer::Everything)?;
        let config = config.clone();
        let result = unless_interrupted(move || work(&mut Session::reach(&config)?)).await;
        running.stop().await?;
        result
    })
}

/// Blocking work, until it is done or a signal comes.
async fn unless_interrupted(
    work: impl FnOnce() -> anyhow::Result<()> + Send + 'static,
) -> anyhow::Result<()> {
    let mut signals = up::Signals::new()?;
    tokio::select! {
        result = tokio::task::spawn_blocking(work) => result?,
        () = signals.first() => Err(Failure::new(Exit::Failed, "interrupted: run it again to go on").into()),
    }
}

/// A line on stdout.
///
/// # Errors
/// [`Failure`] when stdout is closed.
pub fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes())?;
    out.write_all(b"\n")?;
    Ok(())
}

/// A JSON value on stdout, one line.
///
/// # Errors
/// [`Failure`] when stdout is closed.
pub fn say_json(value: &serde_json::Value) -> anyhow::Result<()> {
    say(&value.to_string())
}

/// The first line of a passphrase file, or what is typed at the terminal.
///
/// # Errors
/// When the file cannot be read or nobody types.
pub fn passphrase(file: Option<&Path>, twice: bool) -> anyhow::Result<zeroize::Zeroizing<String>> {
    use anyhow::Context;
    let text = match file {
        Some(path) => {
            let text = zeroize::Zeroizing::new(
                std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?,
            );
            text.lines().next().unwrap_or_default().to_owned()
        }
        None => {
            let first = rpassword::prompt_password("Passphrase: ")
                .context("no terminal to ask for the passphrase at; use --passphrase-file")?;
            if twice && rpassword::prompt_password("Again: ")? != first {
                return Err(Failure::new(Exit::Usage, "the two passphrases differ").into());
            }
            first
        }
    };
    if text.is_empty() {
        return Err(Failure::new(Exit::Usage, "the passphrase is empty").into());
    }
    Ok(zeroize::Zeroizing::new(text))
}

/// A progress bar on stderr that follows [`Reply::Progress`]; silent when stderr is no terminal.
pub struct Progress {
    bar: ProgressBar,
    started: bool,
}

impl Progress {
    /// A bar that is not drawn before something is known.
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(8));
        bar.set_style(style());
        Self { bar, started: false }
    }

    /// Takes a line of an answer; hands items to `item`.
    ///
    /// # Errors
    /// What `item` returns.
    pub fn follow(
        &mut self,
        reply: Reply,
        item: &mut dyn FnMut(serde_json::Value) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        match reply {
            Reply::Progress { label, done, total } => {
                self.started = true;
                self.bar.set_message(label);
                self.bar.set_length(total);
                self.bar.set_position(done);
            }
            Reply::Item { item: value } => item(value)?,
            Reply::Done { .. } | Reply::Failed { .. } => {}
        }
        Ok(())
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.started {
            self.bar.finish_and_clear();
        }
    }
}

/// How bars look.
pub fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg:28} {wide_bar} {human_pos}/{human_len} {per_sec:>14} {eta:>4}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
