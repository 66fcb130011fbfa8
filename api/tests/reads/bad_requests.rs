//! Parameters that are not as they must be.

use crate::fixtures::{account, citizen};
use crate::world::{READER, World};

#[actix_web::test]
async fn a_wrong_parameter_is_named_and_never_repeated() {
    let world = World::new();
    world.put(account(&world));
    let id = citizen(&world);
    let days = "from=2025-09-01&to=2025-09-02";
    let cases = [
        ("/v1/accounts/somebody".to_owned(), "citizen"),
        ("/v1/accounts/048090000001/identity".to_owned(), "citizen"),
        (format!("/v1/accounts/{id}/identity?form=paper"), "form"),
        (format!("/v1/accounts/{id}/identity?module_pixels=0"), "module_pixels"),
        (format!("/v1/accounts/{id}/identity?module_pixels=14"), "module_pixels"),
        (format!("/v1/accounts/{id}/documents?limit=0"), "limit"),
        (format!("/v1/accounts/{id}/documents?limit=201"), "limit"),
        (format!("/v1/accounts/{id}/documents?limit=many"), "limit"),
        (format!("/v1/accounts/{id}/documents?kind=paper"), "kind"),
        (format!("/v1/accounts/{id}/documents?withdrawn=1"), "withdrawn"),
        (format!("/v1/accounts/{id}/documents/a%20b"), "id"),
        (format!("/v1/accounts/{id}/transactions?kind=dossier"), "kind"),
        (format!("/v1/accounts/{id}/history?stream=control"), "stream"),
        (format!("/v1/events/{id}/1"), "event"),
        (format!("/v1/events/{id}/{id}?place=registrations:99:0:0"), "place"),
        ("/v1/dossiers/H17".to_owned(), "code"),
        ("/v1/statistics?to=2025-09-02".to_owned(), "from"),
        ("/v1/statistics?from=2025-09-01".to_owned(), "to"),
        ("/v1/statistics?from=2025-02-30&to=2025-09-02".to_owned(), "from"),
        ("/v1/statistics?from=2025-09-03&to=2025-09-02".to_owned(), "to"),
        ("/v1/statistics?from=0001-01-01&to=9999-12-31".to_owned(), "to"),
        (format!("/v1/statistics?{days}&by=age"), "by"),
        (format!("/v1/statistics?{days}&per=week"), "per"),
        (format!("/v1/statistics?{days}&value="), "value"),
        (format!("/v1/statistics?{days}&value=%00"), "value"),
        (format!("/v1/statistics?{days}&public=yes"), "public"),
    ];
    for (path, name) in cases {
        let answer = world.get(READER, &path).await;
        assert_eq!(answer.problem(), "invalid_parameter", "{path}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(&format!("`{name}`")), "{path}: {detail}");
    }
}

#[actix_web::test]
async fn a_parameter_that_there_is_not_is_refused() {
    let world = World::new();
    let id = citizen(&world);
    let paths = [
        format!("/v1/accounts/{id}/documents?limits=1"),
        format!("/v1/accounts/{id}/dossiers?number=048090000001"),
        format!("/v1/accounts/{id}/history?limit=1&limit=2"),
        format!("/v1/accounts/{id}/transactions?048090000001"),
        format!("/v1/events/{id}/{id}?at=1"),
        "/v1/statistics?from=2025-09-01&to=2025-09-02&wards=1".to_owned(),
    ];
    for path in paths {
        let answer = world.get(READER, &path).await;
        assert_eq!(answer.problem(), "invalid_parameter", "{path}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("048090000001"), "{path}");
    }
}

#[actix_web::test]
async fn a_path_or_method_that_there_is_not_is_a_problem() {
    let world = World::new();
    let below = format!("/v1/accounts/{}/nothing", citizen(&world));
    for path in ["/v1/nothing", "/v1/accounts", &below] {
        assert_eq!(world.get(READER, path).await.problem(), "not_found", "{path}");
    }
    assert_eq!(world.get(READER, "/v1/lookup").await.problem(), "method_not_allowed");
}
