//! What an operator's commands do to the store as a whole, without a store that is open.

use crate::client::Client;
use crate::difference::Difference;
use crate::error::OpenError;
use crate::generation::Generation;
use crate::migrate::{self, Migrated};
use crate::options::Options;
use crate::runtime::IoRuntime;

/// Makes what is missing in the store: the keyspaces, their tables, the first generation. Never alters what is there. Called by one
/// process at a time; harmless when repeated.
///
/// # Errors
/// See [`OpenError`]; [`OpenError::Differs`] has what is left that this does not bring about.
pub fn migrate(options: &Options) -> Result<Migrated, OpenError> {
    IoRuntime::start()?.block_on(async { migrate::migrate(&Client::connect(options).await?).await })
}

/// Everything in which the store differs from what this program writes and reads. Changes nothing.
///
/// # Errors
/// See [`OpenError`].
pub fn check(options: &Options) -> Result<Vec<Difference>, OpenError> {
    IoRuntime::start()?.block_on(async { Ok(migrate::check(&Client::connect(options).await?).await?.all()) })
}

/// All generations, in order, whosever rows they have.
///
/// # Errors
/// See [`OpenError`].
pub fn generations(options: &Options) -> Result<Vec<Generation>, OpenError> {
    beside_rows(options, async |client| Ok(client.told_generations().await?))
}

/// Puts the generation in force that was so before the last switch, whosever rows it has. Returns its number. Processes that know its
/// rows go over to it within a second; others stay where they are.
///
/// # Errors
/// See [`OpenError`]; [`OpenError::Generation`] when there is none, or it was dropped.
pub fn roll_back(options: &Options) -> Result<u64, OpenError> {
    beside_rows(options, async |client| client.roll_back().await)
}

/// Removes a generation with its rows, whosever they are. Nothing brings it back but filling a new one.
///
/// # Errors
/// See [`OpenError`]; [`OpenError::Generation`] for the one in force.
pub fn drop_generation(options: &Options, number: u64) -> Result<(), OpenError> {
    beside_rows(options, async |client| client.drop_generation(number).await)
}

/// Acts on the pointer and on generations as a whole: for that their rows need not be known.
fn beside_rows<T>(
    options: &Options,
    act: impl AsyncFnOnce(&Client) -> Result<T, OpenError>,
) -> Result<T, OpenError> {
    IoRuntime::start()?.block_on(async {
        let client = Client::connect(options).await?;
        let differences = migrate::check_control(&client).await?;
        if !differences.is_empty() {
            return Err(OpenError::Differs { differences });
        }
        act(&client).await
    })
}
