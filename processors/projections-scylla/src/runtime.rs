//! The threads that speak to the store, and waiting on them from threads that know no runtime.

use crate::error::OpenError;
use futures_util::future::BoxFuture;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::Thread;
use tokio::runtime::{Builder, Runtime};

/// Threads that read and write the connections.
const IO_THREADS: usize = 2;

/// A runtime that may be dropped anywhere, also by a thread of another runtime.
#[derive(Debug)]
pub(crate) struct IoRuntime(Option<Runtime>);

impl IoRuntime {
    pub(crate) fn start() -> Result<Self, OpenError> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(IO_THREADS).thread_name("projections-io").enable_all();
        let runtime = builder.build();
        Ok(Self(Some(runtime.map_err(|error| OpenError::Unreachable { reason: error.to_string() })?)))
    }

    fn runtime(&self) -> &Runtime {
        self.0.as_ref().expect("only dropping takes the runtime")
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime().spawn(task);
    }

    /// A future whose connections and timers are this runtime's, whoever polls it: a thread without a runtime, or one that waits for it
    /// inside a task of another runtime, whose budget is not renewed and whose timers stand still meanwhile.
    pub(crate) fn inside<'f, T: 'f>(&self, future: BoxFuture<'f, T>) -> BoxFuture<'f, T> {
        let handle = self.runtime().handle().clone();
        let mut future = tokio::task::unconstrained(future);
        Box::pin(poll_fn(move |context| {
            let _entered = handle.enter();
            Pin::new(&mut future).poll(context)
        }))
    }

    /// Runs a future on this thread, its connections and timers on the runtime's. Works on a thread of another runtime too, and blocks it.
    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        let _entered = self.runtime().enter();
        let waker = Arc::new(Unpark(std::thread::current())).into();
        let mut context = Context::from_waker(&waker);
        // A task of another runtime has a budget, which only that runtime renews, and it stands still meanwhile.
        let mut future = pin!(tokio::task::unconstrained(future));
        loop {
            match future.as_mut().poll(&mut context) {
                Poll::Ready(output) => return output,
                Poll::Pending => std::thread::park(),
            }
        }
    }
}

impl Drop for IoRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_future_is_waited_for_on_a_thread_of_another_runtime_too() {
        let ours = IoRuntime::start().unwrap();
        let other = Builder::new_current_thread().build().unwrap();
        let answer = other.block_on(async {
            let answer = ours.block_on(async {
                tokio::time::sleep(Duration::from_micros(1)).await;
                tokio::spawn(async { 7 }).await.unwrap()
            });
            drop(ours);
            answer
        });
        assert_eq!(answer, 7);
    }

    #[test]
    fn a_future_that_others_wait_for_outlasts_the_budget_of_their_task_and_has_its_timers() {
        let ours = IoRuntime::start().unwrap();
        let answer = || {
            let future = Box::pin(async {
                tokio::time::sleep(Duration::from_micros(1)).await;
                let mut answered = 0;
                for n in 0..1_000 {
                    answered += tokio::spawn(async move { n / n.max(1) }).await.unwrap();
                }
                answered
            });
            futures_executor::block_on(ours.inside(future))
        };
        assert_eq!(answer(), 999, "on a thread without a runtime");
        let other = Builder::new_current_thread().build().unwrap();
        assert_eq!(other.block_on(async { answer() }), 999, "on a thread of another runtime");
    }

    #[test]
    fn a_future_outlasts_the_budget_of_the_task_that_waits_for_it() {
        let ours = IoRuntime::start().unwrap();
        let other = Builder::new_current_thread().build().unwrap();
        let answered = other.block_on(async {
            let answered = ours.block_on(async {
                let mut answered = 0;
                for n in 0..1_000 {
                    answered += tokio::spawn(async move { n / n.max(1) }).await.unwrap();
                }
                answered
            });
            drop(ours);
            answered
        });
        assert_eq!(answered, 999);
    }
}
