//! What the intake counts.

use access::Code;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, exponential_buckets,
};
use schemas::Stream;

/// The intake's metrics.
#[derive(Debug)]
pub struct Metrics {
    accepted: [IntCounter; 3],
    rejected: [IntCounter; 3],
    rejected_by_code: IntCounterVec,
    bytes: IntCounter,
    batch: Histogram,
    in_flight: IntGauge,
    append: Histogram,
    messages: IntCounterVec,
}

impl Metrics {
    /// Registers the metrics.
    ///
    /// # Errors
    /// When they are registered already.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let events = IntCounterVec::new(
            Opts::new("congdanso_intake_events_total", "Events taken in or turned away."),
            &["stream", "result"],
        )?;
        let rejected_by_code = IntCounterVec::new(
            Opts::new("congdanso_intake_rejected_total", "Submissions turned away, by code of the problem."),
            &["code"],
        )?;
        let bytes = IntCounter::new("congdanso_intake_received_bytes_total", "Bytes of submissions read.")?;
        let batch = Histogram::with_opts(
            HistogramOpts::new("congdanso_intake_batch_events", "Records of one append.")
                .buckets(vec![1., 2., 5., 10., 20., 50., 100., 200., 500., 1_000.]),
        )?;
        let in_flight =
            IntGauge::new("congdanso_intake_in_flight_bytes", "Bytes of submissions that wait on the log.")?;
        let append = Histogram::with_opts(
            HistogramOpts::new("congdanso_intake_append_seconds", "From append to durable.")
                .buckets(exponential_buckets(0.000_25, 2., 16)?),
        )?;
        let messages = IntCounterVec::new(
            Opts::new("congdanso_intake_sms_messages_total", "Text messages by result."),
            &["result"],
        )?;
        registry.register(Box::new(events.clone()))?;
        registry.register(Box::new(rejected_by_code.clone()))?;
        registry.register(Box::new(bytes.clone()))?;
        registry.register(Box::new(batch.clone()))?;
        registry.register(Box::new(in_flight.clone()))?;
        registry.register(Box::new(append.clone()))?;
        registry.register(Box::new(messages.clone()))?;
        let by_result = |result| Stream::ALL.map(|stream| events.with_label_values(&[stream.name(), result]));
        Ok(Self {
            accepted: by_result("accepted"),
            rejected: by_result("rejected"),
            rejected_by_code,
            bytes,
            batch,
            in_flight,
            append,
            messages,
        })
    }

    /// `events` of a stream are in the log.
    pub fn accepted(&self, stream: Stream, events: u64) {
        self.accepted[stream as usize].inc_by(events);
    }

    /// A submission was turned away; of a stream when it was sent to one or its kind could be read.
    pub fn rejected(&self, stream: Option<Stream>, code: Code) {
        if let Some(stream) = stream {
            self.rejected[stream as usize].inc();
        }
        self.rejected_by_code.with_label_values(&[code.text()]).inc();
    }

    /// Bytes of submissions were read.
    pub fn received(&self, bytes: usize) {
        self.bytes.inc_by(bytes as u64);
    }

    /// An append of so many records became durable after so long.
    pub fn appended(&self, records: usize, seconds: f64) {
        self.batch.observe(records as f64);
        self.append.observe(seconds);
    }

    /// Bytes that wait on the log.
    pub const fn in_flight(&self) -> &IntGauge {
        &self.in_flight
    }

    /// A text message was answered.
    pub fn message(&self, accepted: bool) {
        self.messages.with_label_values(&[if accepted { "accepted" } else { "rejected" }]).inc();
    }
}
