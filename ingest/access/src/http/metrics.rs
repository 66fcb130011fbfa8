//! HTTP by route pattern.

use actix_web::http::{Method, StatusCode};
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
};
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Of duration, in seconds.
const BUCKETS_SECONDS: [f64; 16] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What stands for the pattern of a request that no route took.
const UNMATCHED: &str = "none";

const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "other"];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// The metrics of all HTTP surfaces of a process. Register once, clone for every surface and worker.
#[derive(Clone, Debug)]
pub struct HttpMetrics {
    requests: IntCounterVec,
    seconds: HistogramVec,
    problems: IntCounterVec,
    pub(super) in_flight: IntGauge,
}

impl HttpMetrics {
    /// Registers
    /// `congdanso_http_requests_total{method,pattern,class}`, `congdanso_http_request_duration_seconds{method,pattern}` (until the head
    /// of the answer is there; a streamed body comes later), `congdanso_http_requests_in_flight` and
    /// `congdanso_http_problems_total{code}`.
    ///
    /// # Errors
    /// When they are registered already.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let requests = IntCounterVec::new(
            Opts::new(
                "congdanso_http_requests_total",
                "Requests answered, by method, route pattern and class of status",
            ),
            &["method", "pattern", "class"],
        )?;
        let seconds = HistogramVec::new(
            HistogramOpts::new(
                "congdanso_http_request_duration_seconds",
                "Time from a request's head to its answer's head, by method and route pattern",
            )
            .buckets(BUCKETS_SECONDS.to_vec()),
            &["method", "pattern"],
        )?;
        let problems = IntCounterVec::new(
            Opts::new("congdanso_http_problems_total", "Requests answered with a problem, by its code"),
            &["code"],
        )?;
        let in_flight = IntGauge::new(
            "congdanso_http_requests_in_flight",
            "Requests whose answer's head is not there yet",
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        registry.register(Box::new(problems.clone()))?;
        registry.register(Box::new(in_flight.clone()))?;
        Ok(Self { requests, seconds, problems, in_flight })
    }

    pub(super) fn count_problem(&self, code: crate::Code) {
        self.problems.with_label_values(&[code.text()]).inc();
    }
}

/// One worker's handles to the series it has used, so that a request costs one look-up by pattern.
pub(super) struct Handles {
    metrics: HttpMetrics,
    used: RefCell<[HashMap<String, Rc<Series>>; METHODS.len()]>,
}

struct Series {
    seconds: Histogram,
    classes: [OnceCell<IntCounter>; CLASSES.len()],
}

impl Handles {
    pub(super) fn new(metrics: HttpMetrics) -> Self {
        Self { metrics, used: RefCell::default() }
    }

    pub(super) const fn metrics(&self) -> &HttpMetrics {
        &self.metrics
    }

    pub(super) fn observe(
        &self,
        method: &Method,
        pattern: Option<Cow<'static, str>>,
        status: StatusCode,
        seconds: f64,
    ) {
        let method = METHODS.iter().position(|name| *name == method.as_str()).unwrap_or(METHODS.len() - 1);
        let pattern = pattern.unwrap_or(Cow::Borrowed(UNMATCHED));
        let series = self.series(method, &pattern);
        series.seconds.observe(seconds);
        let class = usize::from(status.as_u16() / 100).clamp(1, CLASSES.len()) - 1;
        let labels = [METHODS[method], &pattern, CLASSES[class]];
        series.classes[class].get_or_init(|| self.metrics.requests.with_label_values(&labels)).inc();
    }

    fn series(&self, method: usize, pattern: &str) -> Rc<Series> {
        let mut used = self.used.borrow_mut();
        if let Some(series) = used[method].get(pattern) {
            return Rc::clone(series);
        }
        let seconds = self.metrics.seconds.with_label_values(&[METHODS[method], pattern]);
        let series = Rc::new(Series { seconds, classes: Default::default() });
        used[method].insert(pattern.to_owned(), Rc::clone(&series));
        series
    }
}
