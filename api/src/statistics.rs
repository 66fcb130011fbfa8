//! `GET /v1/statistics`: what the partitions counted, merged.

mod gather;
mod rates;

use crate::answer::{JSON, json, tagged};
use crate::described::{Conditional, Unread};
use crate::limits::{STATISTICS_DAYS_MAX, STATISTICS_LINES_MAX, STATISTICS_VALUE_CHARS_MAX};
use crate::parameters::{admit, flag, invalid, query};
use crate::state::State;
use access::http::require;
use access::{Code, Problem, Scope};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use domain::rows::{Dimension, Measure};
use gather::gather;
use rates::Public;
use schemas::Day;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Bytes that a line takes, about.
const LINE_BYTES: usize = 384;

/// What is counted, when, and by what.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StatisticsQuery {
    /// First day of acceptance, in Việt Nam.
    #[param(format = "date")]
    from: String,
    /// Last day. At most 366 days with the first.
    #[param(format = "date")]
    to: String,
    /// `city`, `ward`, `agency`, `team`, `channel`, `level`, `kind`, `paper` or `procedure`; `city` when left out.
    by: Option<String>,
    /// Only this ward, agency, team ...
    value: Option<String>,
    /// What a line covers: `period` (all days), `month` or `day`; `period` when left out.
    per: Option<String>,
    /// Whether the answer is for a public report: counts below 5 are not shown, nor what is derived from them.
    #[param(value_type = Option<bool>)]
    public: Option<String>,
}

/// What a line covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Per {
    Period,
    Month,
    Day,
}

/// A query that holds.
#[derive(Debug)]
struct Asked {
    from: Day,
    to: Day,
    by: Dimension,
    value: Option<String>,
    per: Per,
    public: Public,
}

/// Counts and rates of a period.
#[derive(Serialize, ToSchema)]
pub struct Statistics<'a> {
    #[schema(value_type = String, format = "date")]
    from: Day,
    #[schema(value_type = String, format = "date")]
    to: Day,
    /// What `value` of a line is.
    #[schema(value_type = String)]
    by: Dimension,
    /// By value, then by month or day. What was counted nowhere has no line.
    lines: Vec<StatisticsLine<'a>>,
}

/// Counts and rates of one ward, agency, team ...
#[derive(Serialize, ToSchema)]
pub struct StatisticsLine<'a> {
    value: &'a str,
    /// The month (`YYYY-MM`) or the day (`YYYY-MM-DD`), where a line covers one.
    #[serde(skip_serializing_if = "empty")]
    when: &'a str,
    /// By measure; a measure that is not there is 0. What stands at a time (accounts, papers) is gained less lost. `null`: not shown in
    /// a public report.
    #[schema(value_type = std::collections::HashMap<String, Option<i64>>)]
    counts: BTreeMap<&'static str, Option<i64>>,
    /// In per cent with two decimals; `satisfaction_stars` in stars, 1 to 5. `N/A` where the denominator is zero. `null`: not shown in a
    /// public report.
    #[schema(value_type = std::collections::HashMap<String, Option<String>>)]
    rates: BTreeMap<&'static str, Option<String>>,
}

fn empty(text: &&str) -> bool {
    text.is_empty()
}

impl StatisticsQuery {
    fn check(self) -> Result<Asked, Problem> {
        let day = |name, text: &str| Day::parse(text).ok_or_else(|| invalid(name, "a day, YYYY-MM-DD"));
        let (from, to) = (day("from", &self.from)?, day("to", &self.to)?);
        if to < from {
            return Err(invalid("to", "`from` or a later day"));
        }
        if to.0.saturating_sub(from.0) >= STATISTICS_DAYS_MAX {
            return Err(invalid("to", "at most 365 days after `from`"));
        }
        let by = self.by.as_deref().map_or(Some(Dimension::City), Dimension::named);
        let by = by.ok_or_else(|| {
            let names: Vec<_> = Dimension::ALL.iter().map(|by| by.name()).collect();
            invalid("by", &format!("one of {}", names.join(", ")))
        })?;
        let per = match self.per.as_deref() {
            None | Some("period") => Per::Period,
            Some("month") => Per::Month,
            Some("day") => Per::Day,
            Some(_) => return Err(invalid("per", "`period`, `month` or `day`")),
        };
        let fits = |value: &String| {
            (1..=STATISTICS_VALUE_CHARS_MAX).contains(&value.chars().count())
                && !value.chars().any(char::is_control)
        };
        if !self.value.as_ref().is_none_or(fits) {
            return Err(invalid("value", "1 to 64 characters, none of them a control character"));
        }
        let public = if flag("public", self.public.as_deref())? { Public::Report } else { Public::No };
        Ok(Asked { from, to, by, value: self.value, per, public })
    }
}

/// Read statistics
///
/// Counted by the day of acceptance. Amounts are in đồng.
#[utoipa::path(
    get,
    path = "/v1/statistics",
    operation_id = "readStatistics",
    tag = "statistics",
    params(
        StatisticsQuery,
        Conditional,
    ),
    responses(
        (status = 200, description = "Counts and rates.", body = Statistics<'static>),
        (status = 403, description = "`scope_missing`: needs `statistics`."),
        Unread,
    ),
    security(("api_key" = []), ("api_key_header" = [])),
)]
pub async fn get(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let entry = admit(&state, &request).await?;
    require(&entry, Scope::Statistics)?;
    let asked = query::<StatisticsQuery>(&request)?.check()?;
    // Closed never: the semaphore lives as long as the server.
    let _turn = state.statistics.acquire().await.map_err(|_| Problem::new(Code::ShuttingDown))?;
    let (sums, tags) = gather(&state, &asked).await?;
    tagged(&state, &request, tags.finish(), JSON, || {
        let lines = sums.iter().map(|((value, when), counts)| StatisticsLine {
            value,
            when,
            counts: rates::shown(counts, asked.public),
            rates: rates::derived(counts, asked.public),
        });
        let lines: Vec<_> = lines.filter(|line| !line.counts.is_empty()).collect();
        let room = 128 + lines.len() * LINE_BYTES;
        Ok(json(&Statistics { from: asked.from, to: asked.to, by: asked.by, lines }, room))
    })
}

/// Refuses what would be too long an answer.
fn check_lines(lines: usize) -> Result<(), Problem> {
    if lines <= STATISTICS_LINES_MAX {
        return Ok(());
    }
    let detail = "the answer would be too long: ask for fewer days, for one `value`, or per month";
    Err(Problem::with_detail(Code::InvalidParameter, detail).extend("limit_lines", STATISTICS_LINES_MAX))
}

/// The measures by name, for those who count.
type Counted = BTreeMap<Measure, i64>;
