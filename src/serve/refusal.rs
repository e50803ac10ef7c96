//! What the server says when it does not do what was asked: a status and `{"error": "..."}`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A request that is turned down, in words that say what to do.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) error: String,
    /// Whether the same request may succeed a little later.
    passing: bool,
}

#[derive(Serialize)]
struct Problem<'a> {
    error: &'a str,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), passing: false }
    }

    /// The server has its hands full.
    pub(super) fn busy() -> Self {
        let error = "the server works on as many pictures as it may; send this one again in a second";
        Self { status: StatusCode::SERVICE_UNAVAILABLE, error: error.into(), passing: true }
    }

    /// Something broke that the client cannot mend.
    pub(super) fn broken() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed at this request")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(Problem { error: &self.error })).into_response();
        let headers = response.headers_mut();
        if self.passing {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        // What is left of a body that came too slowly is not waited for.
        if self.status == StatusCode::REQUEST_TIMEOUT {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
