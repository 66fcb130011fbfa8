//! What an event does to one account, gathered: the row, the rows that follow, the counts, the order to sign.

use super::code;
use crate::decide::{Context, Effect, Issue};
use crate::invariants;
use crate::row::Row;
use crate::rows::{
    AccountRow, AccountStatus, Dimension, Measure, PhoneRow, STATUS_SECTION_ENTRIES, StatusEntryRow,
};
use crate::statistics::{self, Delta};
use crate::tally::{Bearing, Counted, Tally};
use schemas::PhoneKey;
use schemas::event::LinkKind;

/// A status of the Token Status List (draft-ietf-oauth-status-list, section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CodeStatus {
    /// 0
    Valid = 0,
    /// 1
    Invalid = 1,
    /// 2
    Suspended = 2,
}

/// A change under way.
pub(super) struct Change<'a> {
    ctx: &'a Context<'a>,
    before: Option<AccountRow>,
    /// The account as it will be.
    pub row: AccountRow,
    follows: Vec<Row>,
    counts: Vec<Delta>,
    issue: Option<Issue>,
}

impl<'a> Change<'a> {
    /// Of an account that is there.
    pub fn of(ctx: &'a Context<'a>, row: AccountRow) -> Self {
        Self { before: Some(row.clone()), ..Self::opening(ctx, row) }
    }

    /// Of an account that begins here, without a code yet.
    pub fn opening(ctx: &'a Context<'a>, row: AccountRow) -> Self {
        Self { ctx, before: None, row, follows: Vec::new(), counts: Vec::with_capacity(12), issue: None }
    }

    /// The account as it was.
    pub const fn before(&self) -> Option<&AccountRow> {
        self.before.as_ref()
    }

    /// Issues a new code and ends the one in force. A suspended account's new code is suspended too.
    pub fn issue_code(&mut self) {
        self.end_code();
        code::put(self.ctx, &mut self.row);
        if self.row.status == AccountStatus::Suspended {
            self.mark_code(CodeStatus::Suspended);
        }
        self.issue = Some(Issue { citizen: self.row.citizen });
    }

    /// Ends the code in force, if there is one.
    pub fn end_code(&mut self) {
        if self.row.serial.is_empty() {
            return;
        }
        self.mark_code(CodeStatus::Invalid);
        code::clear(&mut self.row);
    }

    /// Writes the status of the code in force.
    pub fn mark_code(&mut self, status: CodeStatus) {
        let entry = StatusEntryRow {
            epoch: self.row.status_epoch,
            partition: self.row.status_partition,
            section: self.row.status_index / STATUS_SECTION_ENTRIES,
            offset: self.row.status_index,
            status: status as u8,
            citizen: self.row.citizen,
            since: self.ctx.header.accepted_at,
        };
        self.follows.push(self.ctx.row(entry));
    }

    /// Gives the account this phone (E.164, or empty for none) in a new epoch; the old one ends. The same phone stays as it is.
    pub fn set_phone(&mut self, phone: String, key: Option<PhoneKey>) {
        if phone == self.row.phone {
            return;
        }
        self.end_phone();
        self.row.phone_key = None;
        if !phone.is_empty() {
            self.row.phone_epoch += 1;
            self.row.phone_key = key;
            self.index_phone(true);
        }
        self.row.phone = phone;
    }

    /// Ends the phone in the index; the row keeps it for the record.
    pub fn end_phone(&mut self) {
        self.index_phone(false);
    }

    fn index_phone(&mut self, active: bool) {
        let Some(phone) = self.row.phone_key else { return };
        let entry = PhoneRow {
            phone,
            citizen: self.row.citizen,
            epoch: self.row.phone_epoch,
            active,
            since: self.ctx.header.accepted_at,
        };
        self.follows.push(self.ctx.row(entry));
    }

    /// Counts the act by city, ward, agency, team and channel of the event.
    pub fn count_act(&mut self, measure: Measure) {
        statistics::count_act(self.ctx.header, measure, 1, &mut self.counts);
    }

    /// Counts the act, and the level it led to.
    pub fn count_act_at_level(&mut self, measure: Measure) {
        self.count_act(measure);
        let level = statistics::level_label(self.row.level);
        self.counts.push(Delta::new(Dimension::Level, level, measure, 1));
    }

    /// What all of it comes to. `summary` says nothing personal.
    pub fn finish(mut self, summary: String) -> Effect {
        self.counts.extend(Tally::difference(self.before.as_ref(), Some(&self.row)));
        debug_assert_eq!(invariants::check_account(&self.row), Ok(()));
        Effect {
            state: Some(self.ctx.row(self.row)),
            follows: self.follows,
            counts: self.counts,
            summary,
            issue: self.issue,
        }
    }
}

/// An account that has not ended stands in the counts of its level, of payment accounts and of digital signatures: by city, ward of
/// residence, and by the agency, team and channel that opened it.
impl Counted for AccountRow {
    fn count<'a>(&'a self, tally: &mut Tally<'a>) {
        if !matches!(self.status, AccountStatus::Active | AccountStatus::Suspended) {
            return;
        }
        let bearing = Bearing {
            sender: &self.sender,
            ward: statistics::ward_label(&self.ward, self.ward_on).unwrap_or_default(),
            team: &self.team,
            channel: self.opened_by,
            subject: None,
        };
        let level = match self.level {
            0 => Measure::AccountsLevel0,
            1 => Measure::AccountsLevel1,
            _ => Measure::AccountsLevel2,
        };
        tally.add(bearing, level, 1);
        let linked = |kind| self.links.0.iter().any(|link| link.link == kind);
        if linked(LinkKind::PaymentAccount) {
            tally.add(bearing, Measure::PaymentLinked, 1);
        }
        if linked(LinkKind::DigitalSignature) {
            tally.add(bearing, Measure::SignatureLinked, 1);
        }
    }
}
