//! The JSON API.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Shared;
use super::answer::Answer;
use super::queue::{Place, Queue};
use super::refusal::Refusal;
use super::upload;

/// The description of the API, OpenAPI 3.1.
const OPENAPI: &str = include_str!("openapi.json");

/// The query of `POST /api/predict`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    /// Whether the picture is a face as it is.
    #[serde(default)]
    face_crop: bool,
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
    /// Whether pictures can be predicted.
    models: bool,
}

/// `POST /api/predict`.
pub(super) async fn predict(
    State(shared): State<Arc<Shared>>,
    options: Result<Query<Options>, QueryRejection>,
    request: Request,
) -> Result<Json<Answer>, Refusal> {
    let (queue, options, place) = match enter(&shared, options) {
        Ok(entered) => entered,
        Err(refusal) => {
            upload::discard(request, &shared.limits).await;
            return Err(refusal);
        }
    };
    let picture = upload::picture(request, &shared.limits).await?;
    Ok(Json(queue.predict(place, picture, options.face_crop).await?))
}

/// All that is asked before the body is read.
fn enter(
    shared: &Shared,
    options: Result<Query<Options>, QueryRejection>,
) -> Result<(&Queue, Options, Place), Refusal> {
    let Some(queue) = &shared.queue else {
        let why = shared.facts.missing.as_deref().unwrap_or("no model is here");
        return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, why));
    };
    let Query(options) = options.map_err(|e| {
        let error = format!("{}; the query may say face_crop=true or face_crop=false", e.body_text());
        Refusal::new(StatusCode::BAD_REQUEST, error)
    })?;
    Ok((queue, options, queue.enter()?))
}

/// `GET /api/models`.
pub(super) async fn models(State(shared): State<Arc<Shared>>) -> Response {
    Json(shared.facts.answer(&shared.limits)).into_response()
}

/// `GET /api/health`.
pub(super) async fn health(State(shared): State<Arc<Shared>>) -> Response {
    let models = shared.queue.is_some();
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION"), models }).into_response()
}

/// `GET /api/openapi.json`.
pub(super) async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}
