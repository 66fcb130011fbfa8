//! What operators can ask: each request answered on an open node, by whoever has it open.

mod agency;
mod backup;
mod codes;
mod compare;
mod dlq;
mod dump;
mod keys;
mod rebuild;
mod sorted;
mod submit;

pub use compare::{Compared, compare};
pub use dump::{ledger, row_json};
pub use rebuild::{replay_deps, replay_on};

use crate::admin::{Reply, Request};
use crate::exit::{Exit, Failure};
use crate::node::Node;
use gateway::Gateway;
use runner::Processor;
use serde_json::{Value, json};

/// What a request is answered on.
pub struct Context<'a> {
    /// The open folder.
    pub node: &'a Node,
    /// The deciding threads, when this process runs them.
    pub processor: Option<&'a Processor>,
    /// The intake, when this process runs one.
    pub gateway: Option<&'a Gateway>,
    /// Whether keys and credentials are changed here.
    pub keys: Keys,
    /// The HTTP address, when this process serves one.
    pub http: Option<std::net::SocketAddr>,
}

/// Where keys and credentials of a folder come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keys {
    /// They are changed here.
    Changed,
    /// They are changed elsewhere, and the next that are handed out take their place.
    HandedOut,
}

/// Where lines of an answer go.
pub type Out<'a> = &'a mut dyn FnMut(Reply) -> anyhow::Result<()>;

/// Answers one request. Blocks.
///
/// # Errors
/// A [`Failure`] with its exit code; anything else failed.
pub fn run(context: &Context<'_>, request: Request, out: Out<'_>) -> anyhow::Result<Value> {
    let node = context.node;
    if context.keys == Keys::HandedOut && changes_keys(&request) {
        let message = "keys and credentials are handed out to this folder: change them in the one that they come from, and hand them out \
                       again with `congdanso keys export`";
        return Err(Failure::new(Exit::Usage, message).into());
    }
    match request {
        Request::Ping => Ok(json!({
            "version": env!("CARGO_PKG_VERSION"), "pid": std::process::id(), "http": context.http.map(|a| a.to_string()),
        })),
        Request::AgencyAdd(new) => agency::add(node, new),
        Request::AgencyList => Ok(agency::list(node)),
        Request::AgencyRotate { id } => agency::rotate(node, &id),
        Request::AgencyDisable { id } => agency::disable(node, &id),
        Request::KeysList => Ok(keys::list(node)),
        Request::KeysChange { change, dry_run: false } => keys::change(node, change, out),
        Request::KeysChange { change, dry_run: true } => keys::plan(node, change, out),
        Request::KeysWaiting => Ok(keys::waiting(node)),
        Request::KeysInstall { signed, dry_run: false } => keys::install(node, &signed),
        Request::KeysInstall { signed, dry_run: true } => keys::examine(node, &signed),
        Request::KeysDiscard => keys::discard(node),
        Request::KeysReissue { kid, dry_run: true } => keys::reissue::plan(node, &kid, out),
        Request::KeysReissue { kid, dry_run: false } => {
            keys::reissue::run(node, working(context)?, &kid, out)
        }
        Request::TrustList => Ok(keys::trust_list(node)),
        Request::StatusBundle => codes::status_bundle(node),
        Request::Presentation { citizen, audience, disclose } => {
            codes::presentation(node, &citizen, &audience, &disclose)
        }
        Request::Account { citizen } => dump::account(node, &citizen),
        Request::DlqList { stream } => dlq::list(node, stream.as_deref(), out),
        Request::DlqShow { place } => dlq::show(node, &place),
        Request::DlqQuarantine { place, reason } => dlq::quarantine(context, &place, &reason),
        Request::DlqReplay { place } => dlq::replay(node, &place),
        Request::Dump { table } => dump::dump(node, table.as_deref(), out),
        Request::Rebuild { verify: true } => rebuild::verify(context, out),
        Request::Rebuild { verify: false } => rebuild::swap(context, out),
        Request::Backup { to, passphrase } => backup::backup(node, &to, &passphrase, out),
        Request::Outcomes { events } => submit::outcomes(node, &events, out),
        Request::Ledger => ledger(node),
        Request::Submit { lines } => submit::submit(working(context)?, &lines, out),
        Request::DryRun { lines } => submit::dry_run(node, working(context)?, &lines, out),
    }
}

/// Whether a request changes keys or credentials.
fn changes_keys(request: &Request) -> bool {
    matches!(
        request,
        Request::AgencyAdd(_)
            | Request::AgencyRotate { .. }
            | Request::AgencyDisable { .. }
            | Request::KeysChange { dry_run: false, .. }
            | Request::KeysInstall { dry_run: false, .. }
            | Request::KeysDiscard
    )
}

/// Reads a citizen's id.
pub(crate) fn citizen(text: &str) -> anyhow::Result<schemas::CitizenId> {
    text.parse()
        .map(schemas::CitizenId)
        .map_err(|_| Failure::new(Exit::Usage, format!("{text} is no citizen id: expected a UUID")).into())
}

/// Reads a place.
pub(crate) fn place(text: &str) -> anyhow::Result<schemas::Place> {
    text.parse().map_err(|()| {
        Failure::new(Exit::Usage, format!("{text} is no place: expected stream:partition:epoch:offset"))
            .into()
    })
}

/// The intake of a running process.
fn working<'a>(context: &Context<'a>) -> anyhow::Result<&'a Gateway> {
    context.gateway.ok_or_else(|| anyhow::anyhow!("no intake runs on this folder"))
}
