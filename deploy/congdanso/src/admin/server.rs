//! The socket of a running process: loopback by nature, for its owner alone (mode 0600).

use super::{Reply, Request, socket_path};
use crate::ops;
use crate::running::Running;
use anyhow::Context;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

/// A request line may not be longer than this.
const REQUEST_BYTES_MAX: u64 = 64 << 20;
/// Reply lines that wait for a slow reader.
const REPLIES_WAITING_MAX: usize = 256;

/// Opens the socket. The data folder is ours alone, so a socket file that is there was left by a process that is gone.
pub fn bind(data_dir: &std::path::Path) -> anyhow::Result<UnixListener> {
    let path = socket_path(data_dir);
    match std::fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => {
            return Err(error).with_context(|| format!("removing the old socket {}", path.display()));
        }
    }
    let listener =
        UnixListener::bind(&path).with_context(|| format!("opening the socket {}", path.display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves until it is dropped.
pub async fn serve(listener: UnixListener, running: Arc<Running>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let running = Arc::clone(&running);
                tokio::spawn(async move {
                    if let Err(error) = answer(stream, running).await {
                        tracing::debug!(%error, "an operator's command went away");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the admin socket does not accept");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

async fn answer(stream: UnixStream, running: Arc<Running>) -> anyhow::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read.take(REQUEST_BYTES_MAX)).read_line(&mut line).await?;
    let (sender, mut replies) = tokio::sync::mpsc::channel::<Reply>(REPLIES_WAITING_MAX);
    tokio::task::spawn_blocking(move || {
        let result =
            serde_json::from_str::<Request>(&line).map_err(anyhow::Error::from).and_then(|request| {
                ops::run(&running.context(), request, &mut |reply| {
                    sender.blocking_send(reply).map_err(|_| anyhow::anyhow!("the command went away"))
                })
            });
        // The command may be gone: then nobody is left to be told.
        let last = match result {
            Ok(result) => Reply::Done { result },
            Err(error) => Reply::Failed { exit: crate::exit::code_of(&error), message: format!("{error:#}") },
        };
        sender.blocking_send(last).ok();
    });
    while let Some(reply) = replies.recv().await {
        let mut text = serde_json::to_vec(&reply)?;
        text.push(b'\n');
        write.write_all(&text).await?;
    }
    write.shutdown().await?;
    Ok(())
}
