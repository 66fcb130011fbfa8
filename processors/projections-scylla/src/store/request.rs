//! One request: a place in flight, tries with growing waits, and what to make of a failure.

use super::Shared;
use crate::backoff::Backoff;
use crate::failure::{Failure, FailureClass};
use crate::flight::Flight;
use crate::statements::Side;
use projections::StoreError;
use std::time::{Duration, Instant};

impl Shared {
    fn flight(&self, side: Side) -> &Flight {
        match side {
            Side::Writer => &self.writes,
            Side::Reader => &self.reads,
        }
    }

    fn patience(&self, side: Side) -> Duration {
        match side {
            Side::Writer => self.client.options.writer_patience,
            Side::Reader => self.client.options.reader_patience,
        }
    }

    /// Sends a request to the rows of a generation, again and again while its failures pass and there is time.
    pub(super) async fn request<T, E: Into<Failure>, F: Future<Output = Result<T, E>> + Send>(
        &self,
        generation: u64,
        side: Side,
        send: impl Fn() -> F + Send,
    ) -> Result<T, StoreError> {
        let deadline = Instant::now() + self.patience(side);
        let mut backoff = Backoff::new();
        loop {
            let place = self.flight(side).place().await;
            let answer = send().await.map_err(Into::into);
            let class = answer.as_ref().err().map(|failure| failure.class);
            self.flight(side).landed(place, class == Some(FailureClass::Overloaded));
            let failure = match answer {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            self.metrics.count_failure(failure.class);
            let wait = backoff.wait(rand::random());
            if failure.class == FailureClass::Permanent || Instant::now() + wait >= deadline {
                return Err(self.given_up(generation, failure).await);
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// A generation may have been dropped that is in force no more, whoever noticed it first: then the failure passes with the next call.
    async fn given_up(&self, generation: u64, failure: Failure) -> StoreError {
        if failure.class == FailureClass::Permanent
            && self.follow_pointer().await.is_ok()
            && self.live.load().number != generation
        {
            return StoreError::Unavailable { reason: "another generation is in force".to_owned() };
        }
        failure.into()
    }
}
