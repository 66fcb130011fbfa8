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
use crate::migrate;
use crate::options::Options;
use crate::owners::Owners;
use crate::progress::Progress;
use crate::runtime::IoRuntime;
use crate::statements::Statements;
use crate::{Difference, write_time};
use arc_swap::ArcSwap;
use domain::{TableDef, rows};
use prometheus::Registry;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
    /// The generation that the pointer names and that this program does not know; 0 for none.
    unknown: AtomicU64,
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

impl ScyllaStore {
    /// Opens the generation in force, and follows the pointer from then on, to generations with the tables that this program knows: when it
    /// names another one, this stays where it is.
    ///
    /// # Errors
    /// See [`OpenError`]. A store that differs is not opened.
    ///
    /// # Panics
    /// When the registry has a store's metrics already.
    pub fn open(options: &Options, registry: &Registry) -> Result<Arc<Self>, OpenError> {
        let io = Arc::new(IoRuntime::start()?);
        let client = io.block_on(Client::connect(options))?;
        let number = io.block_on(migrate::check(&client))?.refused()?;
        Self::of(Arc::new(client), io, (number, &rows::ALL), false, Metrics::new(registry))
    }

    /// As [`ScyllaStore::open`], also where the rows in force are those of another program: to fill a generation of this one's beside
    /// them. Of the rows in force its checkpoints are read then, and nothing else.
    ///
    /// # Errors
    /// See [`OpenError`]; [`OpenError::OtherRows`] when not even checkpoints are as this program knows them.
    ///
    /// # Panics
    /// When the registry has a store's metrics already.
    pub fn open_for_rebuild(options: &Options, registry: &Registry) -> Result<Arc<Self>, OpenError> {
        let io = Arc::new(IoRuntime::start()?);
        let client = io.block_on(Client::connect(options))?;
        let (number, tables) = match io.block_on(migrate::check(&client))?.refused() {
            Ok(number) => (number, &rows::ALL[..]),
            Err(OpenError::OtherRows { number, differences })
                if !differences.iter().any(Difference::is_of_checkpoints) =>
            {
                (number, &[][..])
            }
            Err(error) => return Err(error),
        };
        Self::of(Arc::new(client), io, (number, tables), false, Metrics::new(registry))
    }

    fn of(
        client: Arc<Client>,
        io: Arc<IoRuntime>,
        (number, tables): (u64, &[&TableDef]),
        is_pinned: bool,
        metrics: Metrics,
    ) -> Result<Arc<Self>, OpenError> {
        let live = io.block_on(open_generation(&client, number, tables))?;
        if !is_pinned {
            metrics.generation.set(number as i64);
        }
        let shared = Arc::new(Shared {
            live: ArcSwap::from_pointee(live),
            is_pinned,
            unknown: AtomicU64::new(0),
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
        let of = (number, &rows::ALL[..]);
        Self::of(Arc::clone(&shared.client), Arc::clone(io), of, true, shared.metrics.clone())
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

    /// As [`roll_back`](crate::roll_back); this store goes over at once.
    ///
    /// # Errors
    /// As [`roll_back`](crate::roll_back).
    pub fn roll_back(&self) -> Result<u64, OpenError> {
        self.io.block_on(async {
            let number = self.shared.client.roll_back().await?;
            self.shared.follow_pointer().await?;
            Ok(number)
        })
    }

    /// All generations, in order.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn generations(&self) -> Result<Vec<Generation>, OpenError> {
        Ok(self.io.block_on(self.shared.client.told_generations())?)
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

    /// Whether its rows are this program's, and not only its checkpoints can be read.
    #[must_use]
    pub fn knows_rows(&self) -> bool {
        self.shared.live.load().statements.are_of_rows()
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

async fn open_generation(client: &Client, number: u64, tables: &[&TableDef]) -> Result<Live, Failure> {
    let keyspace = keyspace_of(&client.options.keyspace, number);
    Ok(Live { number, statements: Statements::prepare(client, &keyspace, tables).await? })
}

impl Shared {
    /// Goes over to the generation that the pointer names, if it is another one and this program knows its rows. Tells whether it did.
    ///
    /// Rows of another program are neither read nor written: a column that this one does not know would be null in what it writes. It goes on
    /// with the generation that it has, which nobody takes away before an operator does, and is at its checkpoints when the pointer comes
    /// back.
    async fn follow_pointer(&self) -> Result<bool, Failure> {
        if self.is_pinned {
            return Ok(false);
        }
        let Some(pointer) = self.client.pointer().await? else { return Ok(false) };
        let before = self.live.load().number;
        if pointer.number == before {
            self.unknown.store(0, Ordering::Relaxed);
            return Ok(false);
        }
        if self.unknown.load(Ordering::Relaxed) == pointer.number {
            return Ok(false);
        }
        let mut differences = migrate::check_rows(&self.client, pointer.number).await?;
        differences.retain(Difference::is_of_rows);
        if !differences.is_empty() {
            let error = OpenError::OtherRows { number: pointer.number, differences };
            tracing::error!(%error, stays_with = before, "rows of another program are in force");
            self.unknown.store(pointer.number, Ordering::Relaxed);
            return Ok(false);
        }
        // The driver learns where the new keyspace's rows live; without it, it would send each request by way of another node.
        if let Err(error) = self.client.session.refresh_metadata().await {
            tracing::warn!(%error, "the nodes of the projections' store were not asked where rows live");
        }
        let live = open_generation(&self.client, pointer.number, &rows::ALL).await?;
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
