//! What a row is worth in statistics, reckoned from its columns alone and not by the project's own counting.

use domain::row::TypedRow;
use domain::rows::*;
use domain::{Row, Table};
use schemas::Channel;
use std::collections::BTreeMap;

type Counts = BTreeMap<(Dimension, String, Measure), i64>;

struct Source<'a>(&'a str, &'a str, &'a str, Channel, Option<(Dimension, &'a str)>);

/// Adds what a row is worth.
pub fn recount(row: &Row, counts: &mut Counts) {
    let row = row.clone();
    match row.table {
        Table::Documents => document(&typed::<DocumentRow>(row), counts),
        Table::Dossiers => dossier(&typed::<DossierRow>(row), counts),
        Table::Bills => {
            let r = typed::<BillRow>(row);
            let stands = i64::from(matches!(r.status, BillStatus::Issued | BillStatus::Paid));
            add(Source(&r.sender, &r.ward, &r.team, r.channel, None), Measure::BillsIssued, stands, counts);
            payments(&r.payments.0, counts);
        }
        Table::Payments => payments(&typed::<PaymentRow>(row).payments.0, counts),
        Table::Appointments => {
            let r = typed::<AppointmentRow>(row);
            add(Source(&r.sender, &r.ward, &r.team, r.channel, None), Measure::Appointments, 1, counts);
        }
        Table::Visits => {
            let r = typed::<VisitRow>(row);
            add(Source(&r.sender, &r.ward, &r.team, r.channel, None), Measure::Visits, 1, counts);
        }
        Table::Feedback => {
            let r = typed::<FeedbackRow>(row);
            let from = || Source(&r.sender, &r.ward, &r.team, r.channel, None);
            add(from(), Measure::FeedbackSent, 1, counts);
            add(from(), Measure::FeedbackAnswered, i64::from(r.answered_at.0 != 0), counts);
        }
        Table::Ratings => {
            let r = typed::<RatingRow>(row);
            let from = || Source(&r.sender, &r.ward, &r.team, r.channel, None);
            add(from(), Measure::Ratings, 1, counts);
            add(from(), Measure::Stars, i64::from(r.stars), counts);
        }
        other => panic!("{other} is no state of these streams"),
    }
}

fn typed<T: TypedRow>(row: Row) -> T {
    T::from_row(row).expect("rows that deciders wrote fit their tables")
}

fn document(r: &DocumentRow, counts: &mut Counts) {
    if r.status == DocumentStatus::Withdrawn {
        return;
    }
    let paper = Some((Dimension::Paper, r.document_kind.as_str()));
    let measure = match r.versions.0.last().expect("a paper has a version").provenance {
        schemas::event::Provenance::SelfUploaded => Measure::DocumentsSelf,
        schemas::event::Provenance::Agency => Measure::DocumentsAgency,
        schemas::event::Provenance::Certified => Measure::DocumentsCertified,
    };
    add(Source(&r.filer, &r.ward, &r.team, r.channel, paper), measure, 1, counts);
    for version in &r.versions.0 {
        for copy in &version.certificates {
            let o = &copy.origin;
            add(
                Source(&o.sender, &o.ward, &o.team, o.channel, paper),
                Measure::DocumentsCertified,
                1,
                counts,
            );
        }
    }
}

fn dossier(r: &DossierRow, counts: &mut Counts) {
    payments(&r.payments.0, counts);
    if r.procedure.is_empty() {
        return;
    }
    let components = &r.components.0;
    let (finished, due) = (r.finished_on.as_str(), r.due_on.as_str());
    let done = !finished.is_empty();
    let all = [
        (Measure::DossiersReceived, true),
        (Measure::DossiersOnline, r.method == 2),
        (Measure::DossiersDigitised, !components.is_empty() && !components.iter().any(|c| !c.digitised)),
        (Measure::DossiersReusing, components.iter().filter(|c| c.reused).count() > 0),
        (Measure::DossiersFinished, done),
        (Measure::DossiersOnTime, done && !due.is_empty() && finished <= due),
        (Measure::ResultsElectronic, done && r.result_electronic),
    ];
    for (measure, holds) in all {
        let procedure = Some((Dimension::Procedure, r.procedure.as_str()));
        add(Source(&r.sender, &r.ward, &r.team, r.channel, procedure), measure, i64::from(holds), counts);
    }
}

fn payments(payments: &[Payment], counts: &mut Counts) {
    for payment in payments {
        let o = &payment.origin;
        let from = || Source(&o.sender, &o.ward, &o.team, o.channel, None);
        add(from(), Measure::PaymentsMade, 1, counts);
        add(from(), Measure::AmountPaid, payment.amount - payment.returned, counts);
    }
}

fn add(from: Source<'_>, measure: Measure, by: i64, counts: &mut Counts) {
    let Source(sender, ward, team, channel, subject) = from;
    let mut count = |dimension, value: &str| {
        *counts.entry((dimension, value.to_owned(), measure)).or_default() += by;
    };
    count(Dimension::City, "all");
    count(Dimension::Agency, sender);
    count(Dimension::Channel, channel.name());
    if !ward.is_empty() {
        count(Dimension::Ward, ward);
    }
    if !team.is_empty() {
        count(Dimension::Team, team);
    }
    if let Some((dimension, value)) = subject {
        count(dimension, value);
    }
}
