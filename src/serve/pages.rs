//! The pages, and which address shows what.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

use super::models::Facts;
use super::refusal::Refusal;
use super::reports::{Listed, Summary};
use super::{Limits, Shared, api, guard};

/// A report's own styles and scripts are inside it. It may load nothing and has an origin of its own, so that a report from
/// elsewhere cannot speak to the server either.
const REPORT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; \
                             base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts \
                             allow-modals";

/// Files that pages load: address, type, content.
const ASSETS: [(&str, &str, &str); 3] = [
    ("/style.css", "text/css; charset=utf-8", include_str!("page/style.css")),
    ("/app.js", "text/javascript; charset=utf-8", include_str!("page/app.js")),
    ("/icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
];

#[derive(Template)]
#[template(path = "index.html", config = "src/serve/askama.toml")]
struct Index<'a> {
    facts: &'a Facts,
    limits: &'a Limits,
    local: bool,
}

#[derive(Template)]
#[template(path = "reports.html", config = "src/serve/askama.toml")]
struct ReportList {
    reports: Vec<Line>,
}

/// A row of the list of reports.
struct Line {
    address: String,
    name: String,
    summary: Option<Summary>,
}

#[derive(Template)]
#[template(path = "message.html", config = "src/serve/askama.toml")]
struct Message<'a> {
    title: &'a str,
    text: &'a str,
}

/// All addresses.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new()
        .route("/", get(index))
        .route("/reports", get(reports))
        .route("/reports/", get(reports))
        .route("/reports/{name}", get(report))
        .route("/reports/{name}/", get(report))
        .route("/api/predict", post(api::predict))
        .route("/api/models", get(api::models))
        .route("/api/health", get(api::health))
        .route("/api/openapi.json", get(api::openapi));
    for (address, kind, content) in ASSETS {
        router = router.route(address, get(move || async move { ([(header::CONTENT_TYPE, kind)], content) }));
    }
    router
        .fallback(nothing)
        .method_not_allowed_fallback(other_method)
        // Bodies are bounded where they are read, by the limits of this server.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(shared.clone(), guard::guard))
        .with_state(shared)
}

async fn index(State(shared): State<Arc<Shared>>) -> Response {
    let Shared { facts, limits, local, .. } = shared.as_ref();
    page(&Index { facts, limits, local: *local })
}

async fn reports(State(shared): State<Arc<Shared>>) -> Response {
    let list = tokio::task::spawn_blocking(move || shared.reports.list()).await;
    let Ok(Ok(list)) = list else { return Refusal::broken().into_response() };
    let reports = list.into_iter().map(|Listed { name, summary }| {
        let address = format!("/reports/{}", encoded(&name));
        Line { address, name, summary }
    });
    page(&ReportList { reports: reports.collect() })
}

async fn report(State(shared): State<Arc<Shared>>, name: Result<Path<String>, PathRejection>) -> Response {
    let Ok(Path(name)) = name else { return no_report() };
    let content = tokio::task::spawn_blocking(move || shared.reports.read(&name)).await;
    match content {
        Ok(Ok(Some(content))) => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
                (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(REPORT_POLICY)),
            ];
            (headers, with_way_back(content)).into_response()
        }
        Ok(Ok(None)) => no_report(),
        _ => Refusal::broken().into_response(),
    }
}

/// A report as it lies on disk knows of no other; here a line above it leads to all of them.
fn with_way_back(report: Vec<u8>) -> Vec<u8> {
    const MAIN: &[u8] = b"<main>\n";
    const LINE: &[u8] =
        b"<nav aria-label=\"Server\"><a href=\"/reports\">All reports</a><a href=\"/\">Expressions</a></nav>\n";
    match report.windows(MAIN.len()).position(|bytes| bytes == MAIN) {
        Some(at) => [&report[..at + MAIN.len()], LINE, &report[at + MAIN.len()..]].concat(),
        None => report,
    }
}

fn no_report() -> Response {
    let text = "There is no report of this name in the results folder.";
    (StatusCode::NOT_FOUND, page(&Message { title: "No such report", text })).into_response()
}

/// Addresses that nothing has.
async fn nothing(address: Uri) -> Response {
    if address.path().starts_with("/api/") {
        let error = "there is nothing at this address; /api/openapi.json lists what there is";
        return Refusal::new(StatusCode::NOT_FOUND, error).into_response();
    }
    let text = "There is nothing at this address.";
    (StatusCode::NOT_FOUND, page(&Message { title: "Not found", text })).into_response()
}

/// Addresses that are asked in another way than theirs; the answer's header `Allow` is set by axum.
async fn other_method(request: Request) -> Refusal {
    let expected = if request.uri().path() == "/api/predict" { "POST" } else { "GET" };
    let error = format!("{} is not what this address takes; expected {expected}", request.method());
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, error)
}

fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(_) => Refusal::broken().into_response(),
    }
}

/// A name as a part of an address.
fn encoded(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    name.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Words for a page.
impl Index<'_> {
    fn together(&self) -> String {
        format!("the {}", self.facts.aggregate.words())
    }

    /// The parts of what is missing, and whether each stood between backticks: a command.
    fn missing_parts(&self) -> Vec<(bool, &str)> {
        let text = self.facts.missing.as_deref().unwrap_or_default();
        text.split('`').enumerate().map(|(i, part)| (i % 2 == 1, part)).collect()
    }

    fn megabytes(&self) -> String {
        short(self.limits.body as f64 / 1e6)
    }

    fn megapixels(&self) -> String {
        short(self.limits.pixels as f64 / 1e6)
    }
}

/// A number with one digit after the point where that one says something.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), String::from)
}

impl Line {
    fn title(&self) -> &str {
        self.summary.as_ref().map_or(&self.name, |s| &s.title)
    }

    /// The accuracy in percent.
    fn best(&self) -> Option<(&str, String)> {
        let (title, accuracy) = self.summary.as_ref()?.best.as_ref()?;
        Some((title, format!("{:.2}", 100.0 * accuracy)))
    }
}
