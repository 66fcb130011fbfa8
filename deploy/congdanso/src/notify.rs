//! What the service manager that started this process is told of it: datagrams to the socket that `NOTIFY_SOCKET` names (sd_notify(3)).

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// How often it is asked whether the process is ready, until it is.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The service manager, where one wants to be told.
pub struct ServiceManager {
    socket: Option<(UnixDatagram, SocketAddr)>,
}

impl ServiceManager {
    /// The one of `NOTIFY_SOCKET`; where that is not set, nobody is told anything.
    ///
    /// # Errors
    /// When it names no socket of this machine.
    pub fn of_environment() -> anyhow::Result<Self> {
        let Some(name) = std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()) else {
            return Ok(Self { socket: None });
        };
        Self::at(name.as_encoded_bytes())
            .map_err(|error| anyhow::anyhow!("NOTIFY_SOCKET {}: {error}", name.display()))
    }

    /// By a path, or by a name that is in no file system, behind an `@`.
    fn at(name: &[u8]) -> std::io::Result<Self> {
        use std::os::unix::ffi::OsStrExt;
        let address = match name {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            [b'/', ..] => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(name))?,
            _ => {
                let message = "a path or a name behind an @ is wanted";
                return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, message));
            }
        };
        Ok(Self { socket: Some((UnixDatagram::unbound()?, address)) })
    }

    /// Says that the process is ready, once it is; until then, what it waits for.
    pub async fn tell_once_ready(&self, ready: impl Fn() -> Result<(), String>) {
        let mut told = String::new();
        while let Err(why) = ready() {
            let state = format!("STATUS=not ready: {}", why.replace('\n', " "));
            if state != told {
                self.tell(&state);
                told = state;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.tell("READY=1\nSTATUS=ready");
    }

    /// Says that the process takes nothing more, and ends when what is in flight is finished.
    pub fn tell_stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=finishing what is in flight");
    }

    fn tell(&self, state: &str) {
        let Some((socket, address)) = &self.socket else { return };
        if let Err(error) = socket.send_to_addr(state.as_bytes(), address) {
            tracing::error!(%error, "the service manager could not be told: {state}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ServiceManager;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    use std::sync::atomic::{AtomicBool, Ordering};

    fn heard(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 256];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[tokio::test]
    async fn a_process_is_told_ready_once_it_is_and_before_that_what_it_waits_for() {
        let name = format!("congdanso-notify-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        let manager = ServiceManager::at(format!("@{name}").as_bytes()).unwrap();
        let ready = AtomicBool::new(false);
        let answered = || if ready.load(Ordering::Relaxed) { Ok(()) } else { Err("log\nsilent".to_owned()) };
        let listen = async {
            let socket = socket.try_clone().unwrap();
            let first = tokio::task::spawn_blocking(move || heard(&socket)).await.unwrap();
            ready.store(true, Ordering::Relaxed);
            first
        };
        let (first, ()) = tokio::join!(listen, manager.tell_once_ready(answered));
        assert_eq!(first, "STATUS=not ready: log silent");
        assert_eq!(heard(&socket), "READY=1\nSTATUS=ready", "and what did not change was told once");
    }

    #[test]
    fn a_name_that_is_neither_a_path_nor_abstract_is_refused() {
        for name in ["vsock:2:1", "relative/path", ""] {
            assert!(ServiceManager::at(name.as_bytes()).is_err(), "{name}");
        }
    }
}
