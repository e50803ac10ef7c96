//! Who may ask: pages of other sites in the user's browser may not, whatever name they reach the server by.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::refusal::Refusal;

/// What every answer says beside its own headers.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-cache"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=()"),
];
/// What a page of ours may load: its own files, and pictures that the user chose.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
                           media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                           frame-ancestors 'none'";

/// Turns strangers away, and adds the headers that every answer has.
pub(super) async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let names = Names { local: shared.local, more: &shared.hosts };
    let mut response = match names.admit(request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(PAGE_POLICY));
    response
}

/// What the server may be called.
#[derive(Clone, Copy)]
struct Names<'a> {
    /// Whether nobody but this machine can connect.
    local: bool,
    /// Names that whoever started the server gave it, such as that of a proxy before it.
    more: &'a [String],
}

impl Names<'_> {
    fn admit(self, method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
        let text = |name: HeaderName| headers.get(name).map(|v| v.to_str().unwrap_or_default());
        let host = text(header::HOST).unwrap_or_default();
        let authority: Authority = host
            .parse()
            .map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, "the request names no host: send a Host header"))?;
        if !self.has(authority.host()) {
            let host = authority.host();
            let error =
                format!("this server does not answer to the name {host}; `--host {host}` at its start would let it");
            return Err(Refusal::new(StatusCode::FORBIDDEN, error));
        }
        let foreign = || Refusal::new(StatusCode::FORBIDDEN, "requests from pages of other sites are not answered");
        if let Some(origin) = text(header::ORIGIN) {
            let own = origin.strip_prefix("http://").or(origin.strip_prefix("https://"));
            // A proxy may ask by another name than the browser asked the proxy.
            let given = |own: &str| own.parse::<Authority>().is_ok_and(|own| self.is_given(own.host()));
            if !own.is_some_and(|own| own.eq_ignore_ascii_case(host) || given(own)) {
                return Err(foreign());
            }
        }
        // Links to pages may come from anywhere; pictures, scripts and fetches may not.
        let site = text(HeaderName::from_static("sec-fetch-site"));
        let link = text(HeaderName::from_static("sec-fetch-mode")) == Some("navigate") && method.is_safe();
        if matches!(site, Some("cross-site" | "same-site")) && !link {
            return Err(foreign());
        }
        Ok(())
    }

    /// A name that a stranger's name server points here (DNS rebinding) is not one of ours; an address is nobody's name.
    fn has(self, host: &str) -> bool {
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let address = bare.parse::<IpAddr>().is_ok_and(|ip| !self.local || ip.is_loopback());
        address || host.eq_ignore_ascii_case("localhost") || self.is_given(host)
    }

    fn is_given(self, host: &str) -> bool {
        self.more.iter().any(|name| name.eq_ignore_ascii_case(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(local: bool, method: Method, headers: &[(&'static str, &str)]) -> u16 {
        let headers = headers.iter().map(|(n, v)| (HeaderName::from_static(n), v.parse().unwrap())).collect();
        let more = &["faces.example".to_string()];
        Names { local, more }.admit(&method, &headers).map_or_else(|refusal| refusal.status.as_u16(), |()| 200)
    }

    #[test]
    fn a_server_answers_to_its_own_names_only() {
        let own =
            ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.0.0.2", "[::1]:8080", "[::1]", "Faces.Example:443"];
        let others =
            ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8080", "localhost.", "a.faces.example"];
        for local in [true, false] {
            for host in own {
                assert_eq!(status(local, Method::GET, &[("host", host)]), 200, "{host}");
            }
            for host in others {
                assert_eq!(status(local, Method::GET, &[("host", host)]), 403, "{host}");
            }
        }
        // An address of the network is one of a server that the network reaches.
        assert_eq!(status(true, Method::GET, &[("host", "192.168.1.2:8080")]), 403);
        assert_eq!(status(false, Method::GET, &[("host", "192.168.1.2:8080")]), 200);
        for local in [true, false] {
            assert_eq!(status(local, Method::GET, &[]), 400);
            assert_eq!(status(local, Method::GET, &[("host", "a b")]), 400);
        }
    }

    #[test]
    fn pages_of_other_sites_are_turned_away() {
        let host = ("host", "localhost:8080");
        for origin in ["https://evil.example", "http://localhost:3000", "null", "http://localhost", "file://"] {
            assert_eq!(status(true, Method::POST, &[host, ("origin", origin)]), 403, "{origin}");
        }
        assert_eq!(status(true, Method::POST, &[host, ("origin", "http://localhost:8080")]), 200);
        // A proxy that speaks to the server by its address, for a browser that knows the proxy's name.
        assert_eq!(status(true, Method::POST, &[host, ("origin", "https://faces.example")]), 200);
        let fetch =
            |site, mode, method| status(true, method, &[host, ("sec-fetch-site", site), ("sec-fetch-mode", mode)]);
        assert_eq!(fetch("cross-site", "no-cors", Method::GET), 403);
        assert_eq!(fetch("same-site", "no-cors", Method::GET), 403);
        assert_eq!(fetch("cross-site", "navigate", Method::GET), 200);
        assert_eq!(fetch("cross-site", "navigate", Method::POST), 403);
        assert_eq!(fetch("same-origin", "cors", Method::POST), 200);
        assert_eq!(fetch("none", "navigate", Method::GET), 200);
    }
}
