//! A real Prometheus that scrapes a demo.

use crate::demo::Demo;
use crate::tool;
use deploy::engines::Engine;
use deploy::{dashboards, promql, rules};
use flow::http::Client;
use serde_json::Value;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long Prometheus may take before a test says that it hangs. Not a measure of speed.
const HANG: Duration = Duration::from_secs(180);
/// How often it is asked whether it has scraped.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// A running Prometheus. Dropping it ends it.
struct Prometheus {
    child: Child,
    client: Client,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts it with the project's rules on one target.
    fn start(target: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for a test");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address").to_string();
        drop(listener);
        let rules = rules::FILES.map(|file| tidy::root().join(file).display().to_string());
        let config = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: {rules:?}\nscrape_configs:\n  - job_name: congdanso\n    static_configs:\n      - {{targets: [\"{target}\"], labels: {{role: up}}}}\n"
        );
        let path = folder.path().join("prometheus.yml");
        std::fs::write(&path, config).expect("a file can be written");
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", path.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("prometheus: {error}: deploy/README.md says where it comes from"));
        let client = Client::new(&format!("http://{address}"), None).expect("a client can be made");
        Self { child, client, _folder: folder }
    }

    /// The series that a query yields.
    fn query(&self, query: &str) -> Result<Vec<Value>, String> {
        let path = format!("/api/v1/query?query={}", encoded(query));
        let answer = self.client.get(&path).map_err(|error| format!("{error:#}"))?;
        let body: Value = serde_json::from_str(&answer.text).map_err(|error| error.to_string())?;
        if answer.status != 200 || body["status"] != "success" {
            return Err(answer.text);
        }
        Ok(body["data"]["result"].as_array().cloned().unwrap_or_default())
    }

    /// Waits until a query yields something.
    fn wait_for(&self, query: &str) {
        let started = Instant::now();
        while !self.query(query).is_ok_and(|series| !series.is_empty()) {
            assert!(started.elapsed() < HANG, "`{query}` yields nothing");
            std::thread::park_timeout(ASK_EVERY);
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Percent-encoded but for letters and digits.
fn encoded(text: &str) -> String {
    let byte = |b: u8| match b {
        b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// A query as Grafana sends it, with every variable at `All`.
fn filled(query: &str) -> String {
    let query = query.replace("$__rate_interval", "1m");
    query.replace("$instance", ".*").replace("$pattern", ".*")
}

#[test]
fn a_demo_has_a_clean_page_and_whatever_dashboards_and_rules_ask_for() {
    let demo = Demo::start();
    let client = Client::new(&format!("http://{}", demo.address), None).expect("a client can be made");
    // What a demo without faults does not move: somebody asks for what there is not.
    assert_eq!(client.get("/v1/nothing").expect("the demo answers").status, 404);
    let page = client.get("/metrics").expect("the demo answers").text;
    tool("promtool", &["check", "metrics"], &page);

    let prometheus = Prometheus::start(&demo.address);
    prometheus.wait_for("congdanso_http_problems_total");
    let boards = dashboards::all();
    let mut queries: Vec<String> =
        boards.iter().flat_map(|(_, board)| dashboards::queries(board)).map(|(_, q)| filled(q)).collect();
    queries.extend(rules::all().into_iter().map(|rule| rule.query));
    assert!(queries.len() > 80, "only {} queries were found", queries.len());
    let absent = Engine::Embedded.lacks();
    for query in queries {
        prometheus.query(&query).unwrap_or_else(|error| panic!("`{query}`: {error}"));
        // What only the real engine has is looked for where that runs, by `tests/live`.
        if !rules::metrics(&query).is_disjoint(&absent) {
            continue;
        }
        for selector in promql::selectors(&query) {
            let is_recorded = selector.metric.contains(':');
            let found = prometheus.query(&selector.metric).unwrap_or_default();
            assert!(is_recorded || !found.is_empty(), "`{query}`: nothing is called {}", selector.metric);
        }
    }
    // The rules are evaluated, and none of them fails.
    prometheus.wait_for("slo:congdanso_budget:ratio");
    let groups = prometheus.client.get("/api/v1/rules").expect("Prometheus answers").text;
    assert!(!groups.contains("\"health\":\"err\""), "{groups}");
}
