//! What most reads have in common, as the description of the API says it.

use std::collections::BTreeMap;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Required, SchemaFormat};
use utoipa::{IntoParams, IntoResponses};

/// The citizen in the path.
pub struct Citizen;

/// Headers of a read that may wait for a place of the log, and that the caller may have already.
pub struct Conditional;

/// Statuses of a [`Conditional`] read that come without what was asked for. Those of what it asks for (400, 404) are its own.
pub struct Withheld;

/// [`Withheld`], and the 400 of a read whose parameters have forms.
pub struct Unread;

impl IntoParams for Citizen {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let id = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("uuid".to_owned())));
        let citizen = ParameterBuilder::new().name("citizen").parameter_in(ParameterIn::Path);
        vec![
            citizen
                .required(Required::True)
                .description(Some("The citizen's id."))
                .schema(Some(id.build()))
                .build(),
        ]
    }
}

impl IntoParams for Conditional {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let headers = [
            ("If-Applied", "`stream:partition:epoch:offset`: wait up to 2 s until this is applied."),
            ("If-None-Match", "Entity tags that the caller has."),
        ];
        let parameter = |(name, description)| {
            let text = ObjectBuilder::new().schema_type(Type::String).build();
            let header = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header);
            header.required(Required::False).description(Some(description)).schema(Some(text)).build()
        };
        headers.map(parameter).into()
    }
}

fn statuses(all: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let response = |description: &str| ResponseBuilder::new().description(description).build().into();
    all.iter().map(|(status, description)| ((*status).to_owned(), response(description))).collect()
}

impl IntoResponses for Withheld {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        statuses(&[
            ("304", "The caller has it."),
            ("401", "`unauthenticated` or `credential_disabled`."),
            ("412", "`if_applied_timeout`."),
            ("503", "`read_unavailable`."),
        ])
    }
}

impl IntoResponses for Unread {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = Withheld::responses();
        all.append(&mut statuses(&[("400", "`invalid_parameter` or `invalid_precondition`.")]));
        all
    }
}
