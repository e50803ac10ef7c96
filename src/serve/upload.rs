//! The picture in a request: its kind, its size, the time that it takes to arrive.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;

use super::Limits;
use super::refusal::Refusal;

/// The field of a form that holds the picture.
const FIELD: &str = "picture";
/// How much more than a body may be is read and thrown away, so that a client that sends all before it listens gets its
/// answer.
const DRAINED: u64 = 8;
/// And how long that may take.
const DRAINING: Duration = Duration::from_secs(5);

/// How a request holds its picture.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The body is the file.
    File,
    /// A form with the file in a field.
    Form,
}

/// Reads the picture file out of a request.
pub(super) async fn picture(request: Request, limits: &Limits) -> Result<Bytes, Refusal> {
    let kind = match kind(request.headers()) {
        Ok(kind) => kind,
        Err(refusal) => {
            discard(request, limits).await;
            return Err(refusal);
        }
    };
    let (parts, body) = request.into_parts();
    let bytes = match tokio::time::timeout(limits.time, read(&parts.headers, body, limits.body)).await {
        Ok(read) => read?,
        Err(_) => {
            let error = format!("the picture did not arrive within {} s", limits.time.as_secs_f64());
            return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, error));
        }
    };
    let bytes = match kind {
        Kind::File => bytes,
        Kind::Form => of_form(Request::from_parts(parts, Body::from(bytes))).await?,
    };
    match bytes.is_empty() {
        true => Err(Refusal::new(StatusCode::BAD_REQUEST, "the request holds no picture: send the file as its body")),
        false => Ok(bytes),
    }
}

fn kind(headers: &HeaderMap) -> Result<Kind, Refusal> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence.starts_with("image/") || essence == "application/octet-stream" {
        return Ok(Kind::File);
    }
    if essence == "multipart/form-data" {
        return Ok(Kind::Form);
    }
    let found = if essence.is_empty() { "no Content-Type".into() } else { format!("Content-Type {essence}") };
    let error = format!(
        "the request has {found}; expected image/jpeg or another image type, application/octet-stream, or \
         multipart/form-data with a field `{FIELD}`"
    );
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, error))
}

/// The whole body, which is refused as soon as it is known to be too large.
async fn read(headers: &HeaderMap, mut body: Body, most: u64) -> Result<Bytes, Refusal> {
    let told = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    let error = || {
        let found = told.map_or(String::new(), |n| format!("{n} bytes; "));
        let error = format!("the picture is too large: {found}at most {most} bytes are taken");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, error)
    };
    if told.is_some_and(|n| n > most) {
        drain_unless_asked(headers, body, most).await;
        return Err(error());
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let cut = |_| Refusal::new(StatusCode::BAD_REQUEST, "the request ended before its picture did");
        let Ok(data) = frame.map_err(cut)?.into_data() else { continue };
        if (bytes.len() + data.len()) as u64 > most {
            drain(body, most.saturating_mul(DRAINED)).await;
            return Err(error());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.into())
}

/// Throws the body of a refused request away.
pub(super) async fn discard(request: Request, limits: &Limits) {
    let (parts, body) = request.into_parts();
    drain_unless_asked(&parts.headers, body, limits.body).await;
}

/// Who asked first whether to send it has sent nothing yet.
async fn drain_unless_asked(headers: &HeaderMap, body: Body, most: u64) {
    if !headers.contains_key(header::EXPECT) {
        drain(body, most.saturating_mul(DRAINED)).await;
    }
}

/// Reads what is left, up to a limit.
async fn drain(mut body: Body, most: u64) {
    let all = async {
        let mut passed = 0;
        while let Some(Ok(frame)) = body.frame().await {
            passed += frame.data_ref().map_or(0, |data| data.len() as u64);
            if passed > most {
                return;
            }
        }
    };
    // Whether all of it came makes no difference to the answer.
    let _ = tokio::time::timeout(DRAINING, all).await;
}

async fn of_form(request: Request) -> Result<Bytes, Refusal> {
    let wrong = |e: &dyn std::fmt::Display| {
        Refusal::new(StatusCode::BAD_REQUEST, format!("the form cannot be read: {e}; send it as multipart/form-data"))
    };
    let mut form = Multipart::from_request(request, &()).await.map_err(|e| wrong(&e.body_text()))?;
    while let Some(field) = form.next_field().await.map_err(|e| wrong(&e.body_text()))? {
        if field.name() == Some(FIELD) {
            return field.bytes().await.map_err(|e| wrong(&e.body_text()));
        }
    }
    Err(Refusal::new(StatusCode::BAD_REQUEST, format!("the form has no field `{FIELD}`: put the picture file there")))
}
