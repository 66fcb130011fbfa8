//! The connection to the store, and small questions to it.

mod tls;

use crate::engine::Engine;
use crate::error::OpenError;
use crate::failure::{Failure, FailureClass};
use crate::options::{CONNECT_TIMEOUT, Options, SCHEMA_TIMEOUT};
use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::cluster::Node;
use scylla::errors::{
    ConnectionError, ConnectionPoolError, ConnectionSetupRequestErrorKind, DbError, MetadataError,
    NewSessionError,
};
use scylla::frame::types::Consistency;
use scylla::policies::load_balancing::DefaultPolicy;
use scylla::policies::retry::DefaultRetryPolicy;
use scylla::response::query_result::QueryRowsResult;
use scylla::serialize::row::SerializeRow;
use scylla::statement::Statement;
use scylla::statement::prepared::PreparedStatement;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long between two tries to reach a node at the start.
const CONNECT_RETRY: Duration = Duration::from_millis(250);

/// A connected session and what is known of the store behind it.
pub(crate) struct Client {
    pub session: Session,
    pub options: Options,
    pub engine: Engine,
}

impl Client {
    /// Connects to any of the nodes, for as long as the settings say.
    pub(crate) async fn connect(options: &Options) -> Result<Self, OpenError> {
        options.checked()?;
        let builder = builder(options)?;
        let until = Instant::now() + options.open_patience;
        let session = loop {
            match builder.build().await {
                Ok(session) => break session,
                Err(error) if refuses(&error) || Instant::now() >= until => {
                    return Err(connect_failed(&error));
                }
                Err(error) => {
                    tracing::warn!(%error, "no node of the projections' store answers yet");
                    tokio::time::sleep(CONNECT_RETRY).await;
                }
            }
        };
        let client = Self { session, options: options.clone(), engine: Engine::Cassandra };
        client.check_datacenter()?;
        let scylla = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = 'system_schema' AND table_name = 'scylla_tables'";
        let is_scylla = client.ask(scylla, ()).await?.rows_num() > 0;
        let engine = if is_scylla { Engine::Scylla } else { Engine::Cassandra };
        Ok(Self { engine, ..client })
    }

    fn check_datacenter(&self) -> Result<(), OpenError> {
        let state = self.session.get_cluster_state();
        let mut names: Vec<_> = state.get_nodes_info().iter().filter_map(|n| n.datacenter.clone()).collect();
        names.sort();
        names.dedup();
        if names.is_empty() {
            let reason = "the nodes have not told which data centres there are".to_owned();
            return Err(OpenError::Unreachable { reason });
        }
        let Options { local_datacenter, replication, .. } = &self.options;
        let wanted = replication.keys().chain([local_datacenter]);
        let mut mistakes: Vec<_> = wanted
            .filter(|name| !names.contains(name))
            .map(|name| format!("there is no data centre {name:?}; there are {names:?}"))
            .collect();
        mistakes.dedup();
        if mistakes.is_empty() { Ok(()) } else { Err(OpenError::Settings { mistakes }) }
    }

    /// Whether each node of the local data centre has a copy of every row, as far as the nodes are known: requests about rows of several
    /// partitions go to any of them then, and none needs another one more than it would anyway.
    pub(crate) fn has_all_rows_on_each_node(&self) -> bool {
        let Options { local_datacenter, replication, .. } = &self.options;
        let state = self.session.get_cluster_state();
        let is_local = |node: &&Arc<Node>| node.datacenter.as_ref() == Some(local_datacenter);
        let nodes = state.get_nodes_info().iter().filter(is_local).count();
        let copies = replication.get(local_datacenter).copied().unwrap_or_default();
        nodes <= copies as usize
    }

    /// Changes the schema, and waits until the nodes agree on it.
    pub(crate) async fn change(&self, statement: String) -> Result<(), Failure> {
        let mut statement = Statement::new(statement);
        statement.set_is_idempotent(true);
        statement.set_request_timeout(Some(SCHEMA_TIMEOUT));
        self.session.query_unpaged(statement, ()).await?;
        Ok(())
    }

    /// A small question, answered by a majority of all copies.
    pub(crate) async fn ask(
        &self,
        statement: &str,
        values: impl SerializeRow,
    ) -> Result<QueryRowsResult, Failure> {
        let result = self.session.query_unpaged(quorum(statement), values).await?;
        result
            .into_rows_result()
            .map_err(|error| Failure { class: FailureClass::Permanent, reason: error.to_string() })
    }

    /// A small change, acknowledged by a majority of all copies.
    pub(crate) async fn tell(&self, statement: &str, values: impl SerializeRow) -> Result<(), Failure> {
        self.session.query_unpaged(quorum(statement), values).await?;
        Ok(())
    }

    /// A statement for the log's rows. Every one may be repeated: it reads, or writes the same bytes at the same write time.
    pub(crate) async fn prepare(
        &self,
        statement: String,
        consistency: Consistency,
    ) -> Result<PreparedStatement, Failure> {
        let mut prepared = self.session.prepare(statement).await?;
        prepared.set_is_idempotent(true);
        prepared.set_consistency(consistency);
        // Columns are named in the statements, and a column's type never changes within a generation.
        prepared.set_use_cached_result_metadata(true);
        Ok(prepared)
    }
}

fn quorum(statement: &str) -> Statement {
    let mut statement = Statement::new(statement);
    statement.set_is_idempotent(true);
    statement.set_consistency(Consistency::Quorum);
    statement
}

fn builder(options: &Options) -> Result<SessionBuilder, OpenError> {
    let policy = DefaultPolicy::builder().token_aware(true).permit_dc_failover(false);
    let datacenter = options.local_datacenter.clone();
    let policy = match options.local_rack.clone() {
        Some(rack) => policy.prefer_datacenter_and_rack(datacenter, rack),
        None => policy.prefer_datacenter(datacenter),
    };
    let profile = ExecutionProfile::builder()
        .consistency(Consistency::LocalQuorum)
        .request_timeout(Some(options.request_timeout))
        .load_balancing_policy(policy.build())
        .retry_policy(Arc::new(DefaultRetryPolicy::new()))
        .build();
    let mut builder = SessionBuilder::new()
        .known_nodes(&options.nodes)
        .connection_timeout(CONNECT_TIMEOUT)
        .schema_agreement_timeout(SCHEMA_TIMEOUT)
        .fetch_full_schema_metadata(false)
        .default_execution_profile_handle(profile.into_handle());
    if let Some(credentials) = &options.credentials {
        builder = builder.user(&credentials.user, &credentials.password);
    }
    if let Some(tls) = &options.tls {
        builder = builder.tls_context(Some(tls::context(tls)?));
    }
    Ok(builder)
}

/// Whether a node answered, and said no.
fn refuses(error: &NewSessionError) -> bool {
    let NewSessionError::MetadataError(MetadataError::ConnectionPoolError(ConnectionPoolError::Broken {
        last_connection_error: ConnectionError::ConnectionSetupRequestError(setup),
    })) = error
    else {
        return matches!(error, NewSessionError::IllegalConfig(_) | NewSessionError::EmptyKnownNodesList);
    };
    matches!(
        setup.get_error(),
        ConnectionSetupRequestErrorKind::MissingAuthentication
            | ConnectionSetupRequestErrorKind::DbError(
                DbError::AuthenticationError | DbError::Unauthorized,
                _
            )
    )
}

fn connect_failed(error: &NewSessionError) -> OpenError {
    let reason = error.to_string();
    if refuses(error) { OpenError::Refused { reason } } else { OpenError::Unreachable { reason } }
}
