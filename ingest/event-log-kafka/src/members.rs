//! Who is in the group of the processors.

use crate::context::Quiet;
use crate::{OpenError, Options, TopicsError, settings};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

/// How many members the group has now; 0 when there is no such group. One that was killed is counted until its session is over.
///
/// # Errors
/// See [`TopicsError`].
pub fn members(options: &Options) -> Result<usize, TopicsError> {
    options.check()?;
    let asking: BaseConsumer<Quiet> = BaseConsumer::from_config_and_context(&settings::admin(options), Quiet)
        .map_err(|error| settings::not_made(&error))?;
    let found = asking
        .fetch_group_list(Some(&options.group), options.read_timeout)
        .map_err(|error| OpenError::Unreachable { reason: error.to_string() })?;
    Ok(found.groups().iter().map(|group| group.members().len()).sum())
}
