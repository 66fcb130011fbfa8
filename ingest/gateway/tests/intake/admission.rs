//! Admission alone: whatever comes, it answers.

use crate::bodies::{child, paper, registration, replacement};
use crate::{STAMP, helper, pepper};
use gateway::admit::{Admitted, Context, Reference, admit};
use proptest::prelude::*;
use schemas::codec::RECORD_BYTES_MAX;
use schemas::{Micros, Stream, codec};
use serde_json::{Value, json};

fn admitted(
    stream: Option<Stream>,
    reference: Reference<'_>,
    json: &[u8],
) -> Result<Admitted, access::Problem> {
    let (credential, pepper) = (helper(), pepper());
    let context = Context {
        credential: &credential,
        pepper: &pepper,
        accepted_at: Micros(1_790_000_000_000_000),
        rules: STAMP.rules,
        kid: STAMP.kid,
        trace: None,
    };
    admit(&context, stream, reference, json)
}

/// Any JSON of a few levels.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[0-9. -]{0,14}".prop_map(Value::from),
        "20[0-9]{2}-[0-9]{2}-[0-9]{2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// A name of a field, mostly one that means something.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "kind",
            "reference",
            "citizen",
            "guardian",
            "registrant",
            "replaces",
            "occurred_on",
            "ward",
            "channel",
            "data",
            "personal",
            "number",
            "cmnd",
            "passport",
            "child",
            "id",
            "birth_date",
            "birth_order",
            "full_name",
            "sex",
            "phone",
            "evidence",
            "level",
            "cause",
            "sealed",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ]
}

fn good() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        registration(1),
        child(2),
        paper(3),
        replacement(&json!({ "cmnd": "201234567" }), 4),
    ])
}

/// All pointers into a value.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    if let Value::Object(fields) = value {
        for (name, inner) in fields {
            let pointer = format!("{at}/{name}");
            pointers(inner, &pointer, out);
            out.push(pointer);
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(admitted(None, Reference::Inside, &bytes).is_err());
    }

    #[test]
    fn any_json_is_answered(value in any_json()) {
        prop_assert!(admitted(Some(Stream::Registrations), Reference::Given("r"), value.to_string().as_bytes()).is_err());
    }

    #[test]
    fn submission_with_any_value_anywhere_is_answered_and_what_is_admitted_reads_back(
        mut body in good(),
        at in any::<prop::sample::Index>(),
        value in any_json(),
    ) {
        let mut all = Vec::new();
        pointers(&body, "", &mut all);
        *body.pointer_mut(&all[at.index(all.len())]).unwrap() = value;
        match admitted(None, Reference::Given("r"), body.to_string().as_bytes()) {
            Ok(Admitted { event, .. }) => {
                let bytes = codec::encode(&event);
                prop_assert!(bytes.len() <= RECORD_BYTES_MAX);
                prop_assert_eq!(codec::decode(event.kind().stream(), &bytes), Ok(event));
            }
            Err(problem) => prop_assert!(problem.code.status().is_client_error()),
        }
    }

    #[test]
    fn submission_cut_anywhere_is_answered(body in good(), at in any::<prop::sample::Index>()) {
        let text = body.to_string();
        prop_assert!(admitted(None, Reference::Given("r"), &text.as_bytes()[..at.index(text.len())]).is_err());
    }

    #[test]
    fn good_submission_is_admitted_under_any_visible_reference(body in good(), reference in "[!-~]{1,255}") {
        prop_assert!(admitted(None, Reference::Given(&reference), body.to_string().as_bytes()).is_ok());
    }
}
