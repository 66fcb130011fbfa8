//! Bodies of the stream of transactions.

use super::words;
use crate::draw::Draw;
use schemas::Body;
use schemas::event::{
    AppointmentBooked, AppointmentCancelled, AppointmentKept, AppointmentMissed, AppointmentMoved,
    BillCancelled, BillIssued, CheckedIn, CheckedOut, DossierComponent, DossierFiled, DossierResultIssued,
    DossierStatusChanged, FeedbackPublished, FeedbackRefused, FeedbackResolved, FeedbackSent,
    FeedbackSupplementAsked, PaymentFor, PaymentMade, PaymentReturned, ServiceRated, SurveyAnswered,
};

const CODES: [&str; 2] = ["000.00.01.H17-250910-0001", "H17.25-20250910-0002"];
const TIMES: [&str; 2] = ["2025-09-11T08:00:00+07:00", "2025-09-11T09:00:00+07:00"];

pub(super) fn draw(draw: &mut Draw) -> Body {
    match draw.weighed(&[6, 6, 3, 2, 3, 2]) {
        0 => dossier(draw),
        1 => money(draw),
        2 => appointment(draw),
        3 => visit(draw),
        4 => feedback(draw),
        _ => rating(draw),
    }
}

fn dossier(draw: &mut Draw) -> Body {
    let code = draw.one_of(&CODES).to_owned();
    match draw.weighed(&[2, 4, 1]) {
        0 => DossierFiled {
            personal: words(),
            code,
            procedure: "1.005129".to_owned(),
            procedure_name: String::new(),
            field: String::new(),
            method: 2,
            result_by: "desk".to_owned(),
            received_on: String::new(),
            due_on: "2025-09-20".to_owned(),
            fee: 0,
            unit: String::new(),
            draft: String::new(),
            components: vec![DossierComponent {
                code: "TP".to_owned(),
                document_id: String::new(),
                digitised: draw.percent(50),
                reused: draw.percent(50),
            }],
        }
        .into(),
        1 => DossierStatusChanged {
            personal: words(),
            code,
            status: draw.one_of(&[2, 4, 5, 6, 9, 3, 7]),
            moved_at: draw.one_of(&TIMES).to_owned(),
            due_on: String::new(),
            unit: String::new(),
        }
        .into(),
        _ => DossierResultIssued {
            code,
            finished_on: "2025-09-11".to_owned(),
            document_id: String::new(),
            electronic: draw.percent(50),
        }
        .into(),
    }
}

fn money(draw: &mut Draw) -> Body {
    let utility = draw.one_of(&["electricity", "water"]).to_owned();
    let (contract, period) = ("c-1".to_owned(), "2025-08".to_owned());
    let amount = draw.one_of(&[50, 100]);
    let payment_id = draw.one_of(&["p-1", "p-2", "p-3"]).to_owned();
    let paid_for = match draw.weighed(&[3, 1, 1]) {
        0 => {
            PaymentFor::Bill { utility: utility.clone(), contract: contract.clone(), period: period.clone() }
        }
        1 => PaymentFor::Dossier { code: draw.one_of(&CODES).to_owned() },
        _ => PaymentFor::Draft { reference: "draft-1".to_owned() },
    };
    match draw.weighed(&[3, 1, 4, 2]) {
        0 => BillIssued { utility, contract, period, amount, due_on: String::new() }.into(),
        1 => BillCancelled { utility, contract, period, cause: "mistake".to_owned() }.into(),
        2 => PaymentMade { payment_id, paid_for, amount, provider: "bank".to_owned() }.into(),
        _ => PaymentReturned { payment_id, paid_for, amount, cause: "mistake".to_owned() }.into(),
    }
}

fn appointment(draw: &mut Draw) -> Body {
    let appointment_id = draw.one_of(&["a-1", "a-2"]).to_owned();
    match draw.weighed(&[3, 2, 1, 1, 1]) {
        0 => AppointmentBooked {
            personal: words(),
            appointment_id,
            subject: "health".to_owned(),
            place: "Bệnh viện".to_owned(),
            at: TIMES[0].to_owned(),
        }
        .into(),
        1 => AppointmentMoved { appointment_id, at: draw.one_of(&TIMES).to_owned() }.into(),
        2 => AppointmentCancelled { appointment_id, by: "agency".to_owned() }.into(),
        3 => AppointmentKept { appointment_id }.into(),
        _ => AppointmentMissed { appointment_id }.into(),
    }
}

fn visit(draw: &mut Draw) -> Body {
    let (place, visit_id) = ("hcc".to_owned(), draw.one_of(&["v-1", "v-2"]).to_owned());
    if draw.percent(60) {
        CheckedIn { place, visit_id, at: TIMES[0].to_owned() }.into()
    } else {
        CheckedOut { place, visit_id, at: TIMES[1].to_owned() }.into()
    }
}

fn feedback(draw: &mut Draw) -> Body {
    let feedback_id = draw.one_of(&["f-1", "f-2"]).to_owned();
    match draw.weighed(&[3, 1, 1, 2, 1]) {
        0 => FeedbackSent { personal: words(), feedback_id, topic: "traffic".to_owned() }.into(),
        1 => FeedbackSupplementAsked { personal: words(), feedback_id }.into(),
        2 => FeedbackRefused { personal: words(), feedback_id }.into(),
        3 => FeedbackResolved { personal: words(), feedback_id }.into(),
        _ => FeedbackPublished { feedback_id }.into(),
    }
}

fn rating(draw: &mut Draw) -> Body {
    let stars = draw.one_of(&[1, 3, 5, 6]);
    if draw.percent(50) {
        ServiceRated { personal: words(), code: draw.one_of(&CODES).to_owned(), stars }.into()
    } else {
        SurveyAnswered { personal: words(), survey_id: "s-1".to_owned(), stars }.into()
    }
}
