//! The intake over HTTP.

mod body;
mod openapi;
mod sms;
mod streams;

pub use openapi::openapi;
pub use sms::PhoneLimit;

use crate::Gateway;
use access::{Code, Problem};
use actix_web::ResponseError;
use actix_web::web::{self, ServiceConfig};

/// Registers the intake's routes: one for each stream, and the one for text messages.
pub fn configure(config: &mut ServiceConfig, gateway: Gateway) {
    config
        .app_data(web::Data::new(gateway))
        .service(web::resource("/v1/registrations").route(web::post().to(streams::registrations)))
        .service(web::resource("/v1/documents").route(web::post().to(streams::documents)))
        .service(web::resource("/v1/transactions").route(web::post().to(streams::transactions)))
        .service(web::resource("/v1/sms").route(web::post().to(sms::receive)));
}

/// Answers a `POST` to `/v1/` and one word that is no stream with `unknown_stream`. Call it after everything else under
/// `/v1` is configured: a route that was registered before wins.
pub fn configure_unknown_streams(config: &mut ServiceConfig) {
    config.route("/v1/{stream}", web::post().to(async || Problem::new(Code::UnknownStream).error_response()));
}
