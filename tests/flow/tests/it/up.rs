//! `up`: the process for real use.

use flow::folder::{Folder, Ledger};
use flow::http::Client;
use flow::people::{line, registration};
use flow::process::{Up, add_agency, bare, command, finish, run};
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

#[test]
fn addresses_are_printed_and_sigterm_drains_and_exits_0() -> anyhow::Result<()> {
    const EVENTS: u32 = 200;
    let folder = Folder::new()?;
    let data = folder.data();
    let key = add_agency(&data, "helper", "helper")?;
    let up = Up::start(&data, &[])?;
    let client = Client::new(&up.base, Some(&key))?;
    for path in ["/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/v1/trust-list"] {
        assert_eq!(client.get(path)?.status, 200, "{path}");
    }
    let lines: String = (0..EVENTS).map(|n| line(&n.to_string(), registration(n))).collect();
    let answers = client.batch("registrations", &lines)?.lines()?;
    assert!(answers.len() == EVENTS as usize && answers.iter().all(|answer| answer["status"] == 202));
    let base = up.base.clone();
    let (code, said) = up.terminate()?;
    assert_eq!(code, Some(0), "{said}");
    for words in
        ["/v1/registrations", "/v1/accounts/", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics"]
    {
        assert!(said.contains(words), "{words} is not in {said}");
    }
    assert!(
        said.contains(&base) && said.contains("data in ") && said.trim_end().ends_with("stopped"),
        "{said}"
    );
    assert!(!data.join("admin.sock").exists());
    // What was acknowledged and not decided is decided by the next process.
    let up = Up::start(&data, &[])?;
    let again =
        Client::new(&up.base, Some(&key))?.decide("registrations", "0", &registration(0))?.expect(200)?;
    assert_eq!(again["outcome"], "duplicate");
    up.terminate().map(|ended| assert_eq!(ended.0, Some(0)))
}

#[test]
fn service_manager_is_told_when_it_is_ready_and_that_it_stops() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let socket = UnixDatagram::bind(folder.beside("notify"))?;
    // Not a measure of speed: a test that waits for what does not come is to fail.
    socket.set_read_timeout(Some(Duration::from_secs(120)))?;
    let heard = || -> anyhow::Result<String> {
        let mut bytes = [0; 256];
        let length = socket.recv(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes[..length]).into_owned())
    };
    let mut command = command(&folder.data(), &["--set", "http.listen=127.0.0.1:0", "up"]);
    command.env("NOTIFY_SOCKET", folder.beside("notify"));
    let up = Up::of(command)?;
    assert!(heard()?.lines().any(|line| line == "READY=1"));
    assert_eq!(Client::new(&up.base, None)?.get("/readyz")?.status, 200);
    assert_eq!(up.terminate()?.0, Some(0));
    assert!(heard()?.lines().any(|line| line == "STOPPING=1"));
    Ok(())
}

#[test]
fn interrupt_ends_it_as_well() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let up = Up::start(&folder.data(), &[])?;
    up.signal("INT")?;
    // Whichever of the two signals comes first ends it; the other finds it stopping, or gone.
    assert!(matches!(up.terminate()?.0, Some(0 | 130)));
    Ok(())
}

#[test]
fn second_process_on_a_folder_is_refused_and_the_first_is_unharmed() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let data = folder.data();
    let key = add_agency(&data, "helper", "helper")?;
    let up = Up::start(&data, &[])?;
    for arguments in [&["--set", "http.listen=127.0.0.1:0", "up"][..], &["demo", "--citizens", "1", "--exit"]]
    {
        let ended = run(&data, arguments)?;
        assert_eq!(ended.code, Some(5), "{ended:?}");
        assert!(
            ended.err.contains("another process has the data folder")
                && ended.err.contains(data.to_str().unwrap())
        );
        assert!(ended.err.contains("--data-dir"), "it does not say what to do: {ended:?}");
    }
    let client = Client::new(&up.base, Some(&key))?;
    assert_eq!(client.decide("registrations", "1", &registration(1))?.expect(200)?["outcome"], "applied");
    assert_eq!(up.terminate()?.0, Some(0));
    assert_eq!(Ledger::of(&data)?.applied, 1);
    Ok(())
}

#[test]
fn address_that_is_taken_is_named() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let listen = format!("http.listen={}", taken.local_addr()?);
    let ended = run(&folder.data(), &["--set", &listen, "up"])?;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains(&listen.replace('=', " ")), "{ended:?}");
    Ok(())
}

#[test]
fn version_is_on_stdout() -> anyhow::Result<()> {
    let ended = finish(bare(&["--version"]))?;
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.out, format!("congdanso {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(ended.err, "");
    Ok(())
}
