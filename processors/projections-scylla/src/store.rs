//! The store: the generation in force, or one that is pinned.

mod background;
mod read;
mod request;
mod scan;
mod write;

use crate::client::Client;
use crate::error::OpenError;
use crate::failure::Failure;
use crate::flight::Flight;
use crate::generation::{Generation, Pointer, keyspace_of};
use crate::metrics::Metrics;
use crate::migrate::{self, Migrated};
use crate::options::Options;
use crate::owners::Owners;
use crate::progress::Progress;
use crate::runtime::IoRuntime;
use crate::statements::Statements;
use crate::{Difference, write_time};
use arc_swap::ArcSwap;
use prometheus::Registry;
use std::fmt;
use std::sync::Arc;

/// Rows on ScyllaDB or Apache Cassandra.
pub struct ScyllaStore {
    shared: Arc<Shared>,
    io: Arc<IoRuntime>,
}

/// What calls and the background share.
struct Shared {
    client: Arc<Client>,
    live: ArcSwap<Live>,
    /// Whether `live` is what the pointer says, or stays.
    is_pinned: bool,
    owners: Owners,
    progress: Progress,
    writes: Flight,
    reads: Flight,
    metrics: Metrics,
}

/// A generation, open.
struct Live {
    number: u64,
    statements: Statements,
}

fn start_io() -> Result<IoRuntime, OpenError> {
    IoRuntime::start().map_err(|error| OpenError::Unreachable { reason: error.to_string() })
}

/// Makes what is missing in the store: the keyspaces, their tables, the first generation. Never alters what is there. Called by one
/// process at a time; harmless when repeated.
///
/// # Errors
/// See [`OpenError`]; [`OpenError::Differs`] has what is left that this does not bring about.
pub fn migrate(options: &Options) -> Result<Migrated, OpenError> {
    start_io()?.block_on(async { migrate::migrate(&Client::connect(options).await?).await })
}

/// Everything in which the store differs from what this program writes and reads. Changes nothing.
///
/// # Errors
/// See [`OpenError`].
pub fn check(options: &Options) -> Result<Vec<Difference>, OpenError> {
    start_io()?.block_on(async { Ok(migrate::check(&Client::connect(options).await?).await?) })
}

impl ScyllaStore {
    /// Opens the generation in force, and follows the pointer from then on.
    ///
    /// # Errors
    /// See [`OpenError`]. A store that differs is not opened.
    ///
    /// # Panics
    /// When the registry has a store's metrics already.
    pub fn open(options: &Options, registry: &Registry) -> Result<Arc<Self>, OpenError> {
        let io = Arc::new(start_io()?);
        let client = io.block_on(Client::connect(options))?;
        let differences = io.block_on(migrate::check(&client))?;
        if !differences.is_empty() {
            return Err(OpenError::Differs { differences });
        }
        let pointer = io.block_on(client.pointer())?;
        let number = pointer.map_or(0, |pointer| pointer.number);
        let metrics = Metrics::new(registry);
        Self::of(Arc::new(client), io, number, false, metrics)
    }

    fn of(
        client: Arc<Client>,
        io: Arc<IoRuntime>,
        number: u64,
        is_pinned: bool,
        metrics: Metrics,
    ) -> Result<Arc<Self>, OpenError> {
        let live = io.block_on(open_generation(&client, number))?;
        if !is_pinned {
            metrics.generation.set(number as i64);
        }
        let shared = Arc::new(Shared {
            live: ArcSwap::from_pointee(live),
            is_pinned,
            owners: Owners::default(),
            progress: Progress::new(number),
            writes: Flight::new(metrics.in_flight_writer.clone()),
            reads: Flight::new(metrics.in_flight_reader.clone()),
            metrics,
            client,
        });
        let asked = Arc::clone(&shared.progress.asked);
        io.spawn(background::run(Arc::downgrade(&shared), asked));
        Ok(Arc::new(Self { shared, io }))
    }

    /// Makes a new, empty generation beside the one in force, to be filled from the log. The store that is returned stays with it, whatever
    /// the pointer says. One process at a time. It is kept until [`ScyllaStore::drop_generation`], also when it is never promoted.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn begin_generation(&self) -> Result<Arc<Self>, OpenError> {
        let number = self.io.block_on(self.shared.client.make_generation())?;
        self.pinned(number)
    }

    /// A store that stays with a generation, whatever the pointer says: to go on filling it, or to compare.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn pinned(&self, number: u64) -> Result<Arc<Self>, OpenError> {
        self.known(number)?;
        let Self { shared, io } = self;
        Self::of(Arc::clone(&shared.client), Arc::clone(io), number, true, shared.metrics.clone())
    }

    /// Puts a generation in force, for all processes: this one at once, others within a second. What owners commit to the old generation
    /// until they notice is decided again into the new one: each goes on from the checkpoints that stand there.
    ///
    /// # Errors
    /// See [`OpenError`]. After an error the pointer names the old generation or the new one.
    pub fn promote(&self, number: u64) -> Result<(), OpenError> {
        let times = self.known(number)?;
        if times != write_time::FUNCTION {
            return Err(OpenError::Generation { number, reason: "its write times are reckoned otherwise" });
        }
        let client = &self.shared.client;
        self.io.block_on(async {
            let previous = client.pointer().await?.map_or(number, |pointer| pointer.number);
            if previous != number {
                client.point_to(Pointer { number, previous }).await?;
            }
            self.shared.follow_pointer().await?;
            Ok(())
        })
    }

    /// Puts the generation in force that was so before the last switch. Returns its number.
    ///
    /// # Errors
    /// See [`OpenError`]; [`OpenError::Generation`] when there is none, or it was dropped.
    pub fn roll_back(&self) -> Result<u64, OpenError> {
        let pointer = self.io.block_on(self.shared.client.pointer())?;
        let pointer = pointer.ok_or(OpenError::Generation { number: 0, reason: "none is in force" })?;
        if pointer.previous == pointer.number {
            let reason = "there is none before it";
            return Err(OpenError::Generation { number: pointer.number, reason });
        }
        self.promote(pointer.previous)?;
        Ok(pointer.previous)
    }

    /// All generations, in order.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn generations(&self) -> Result<Vec<Generation>, OpenError> {
        let client = &self.shared.client;
        let (pointer, known) = self
            .io
            .block_on(async { Ok::<_, Failure>((client.pointer().await?, client.generations().await?)) })?;
        let generation = |(number, write_times)| Generation {
            number,
            keyspace: keyspace_of(&client.options.keyspace, number),
            is_in_force: pointer.is_some_and(|pointer| pointer.number == number),
            write_times,
        };
        Ok(known.into_iter().map(generation).collect())
    }

    /// Removes a generation with its rows. Nothing brings it back but filling a new one.
    ///
    /// # Errors
    /// See [`OpenError`]; [`OpenError::Generation`] for the one in force.
    pub fn drop_generation(&self, number: u64) -> Result<(), OpenError> {
        self.io.block_on(self.shared.client.drop_generation(number))
    }

    /// The generation that is read and written now.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.shared.live.load().number
    }

    /// The settings that it was opened with.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.shared.client.options
    }

    /// How a generation's write times are reckoned.
    fn known(&self, number: u64) -> Result<String, OpenError> {
        let known = self.io.block_on(self.shared.client.generations())?;
        let found = known.into_iter().find(|(known, _)| *known == number);
        found.map(|(_, times)| times).ok_or(OpenError::Generation { number, reason: "there is none" })
    }
}

async fn open_generation(client: &Client, number: u64) -> Result<Live, Failure> {
    let keyspace = keyspace_of(&client.options.keyspace, number);
    Ok(Live { number, statements: Statements::prepare(client, &keyspace).await? })
}

impl Shared {
    /// Goes over to the generation that the pointer names, if it is another one. Tells whether it was.
    async fn follow_pointer(&self) -> Result<bool, Failure> {
        if self.is_pinned {
            return Ok(false);
        }
        let Some(pointer) = self.client.pointer().await? else { return Ok(false) };
        let before = self.live.load().number;
        if pointer.number == before {
            return Ok(false);
        }
        // The driver learns where the new keyspace's rows live; without it, it would send each request by way of another node.
        if let Err(error) = self.client.session.refresh_metadata().await {
            tracing::warn!(%error, "the nodes of the projections' store were not asked where rows live");
        }
        let live = open_generation(&self.client, pointer.number).await?;
        self.live.store(Arc::new(live));
        self.progress.go_over_to(pointer.number);
        self.metrics.generation.set(pointer.number as i64);
        tracing::info!(before, now = pointer.number, "another generation of the projections is in force");
        Ok(true)
    }
}

impl fmt::Debug for ScyllaStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScyllaStore")
            .field("keyspace", &self.options().keyspace)
            .field("generation", &self.generation())
            .finish_non_exhaustive()
    }
}
