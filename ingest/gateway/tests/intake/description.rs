//! The API description.

use crate::Intake;
use serde_json::json;

#[actix_web::test]
async fn every_described_path_is_served_and_every_schema_is_there() {
    let description = serde_json::to_value(gateway::http::openapi()).unwrap();
    let paths = description["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 4);
    let intake = Intake::new();
    for path in paths.keys() {
        // Turned away for its media, not for its path.
        let answer = intake.call(intake.request(path, "text/plain", "")).await;
        assert!([403, 415].contains(&answer.status.as_u16()), "{path}: {}", answer.status);
    }
    let text = description.to_string();
    let schemas = description["components"]["schemas"].as_object().unwrap();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
    assert_eq!(schemas["Submission"]["additionalProperties"], json!(false));
}
