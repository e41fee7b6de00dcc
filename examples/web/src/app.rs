//! The router, and what all answers have in common.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router, body,
    extract::{ConnectInfo, DefaultBodyLimit, FromRef, Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use cognito_idp::{CognitoUserService, managed_login::ManagedLogin, verify::TokenVerifier};

use crate::{
    failure::Failure,
    limits::Limits,
    pages::{account, api, challenge, device, managed_login, recovery, sign_in, sign_up},
    session::{self, Sessions},
};

/// Forms are short; the credential of a passkey is the longest.
const MOST_BODY: usize = 64 * 1024;

/// Nothing but this server's own files, nothing inline, in nobody's frame.
const CSP: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

#[derive(Clone)]
pub(crate) struct App {
    pub(crate) users: CognitoUserService,
    pub(crate) verifier: TokenVerifier,
    /// The pages of the pool's domain, if it has one.
    pub(crate) login: Option<ManagedLogin>,
    /// How users may sign in, in the order of the buttons.
    pub(crate) ways: Vec<sign_in::Way>,
    /// The pool's relying party ID: the domain that passkeys are for.
    pub(crate) passkey_domain: String,
    pub(crate) sessions: Sessions,
    pub(crate) limits: Arc<Limits>,
    /// Whether the last address of `X-Forwarded-For` is the browser's, because a proxy of ours wrote it.
    pub(crate) behind_proxy: bool,
    /// How browsers reach this server, such as `https://example.com`.
    pub(crate) url: String,
}

/// What the claims in a handler's arguments are verified with.
impl FromRef<App> for TokenVerifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

pub(crate) fn router(app: App) -> Router {
    let pages = Router::new()
        .route("/", get(async || Redirect::to("/account")))
        .merge(sign_up::routes())
        .merge(sign_in::routes())
        .merge(challenge::routes())
        .merge(device::routes())
        .merge(recovery::routes())
        .merge(account::routes())
        .merge(managed_login::routes())
        .layer(middleware::from_fn(session::with_id));
    pages
        .merge(api::routes())
        .layer(middleware::from_fn_with_state(app.clone(), limited))
        .merge(files())
        .fallback(async || Failure::NotFound)
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .layer(middleware::map_response(with_safe_headers))
        .with_state(app)
}

fn files() -> Router<App> {
    let css = (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        include_str!("../static/style.css"),
    );
    let js = (
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")],
        include_str!("../static/passkey.js"),
    );
    Router::new()
        .route("/style.css", get(async move || css))
        .route("/passkey.js", get(async move || js))
}

/// Too many posts of one address are refused before anything is asked.
async fn limited(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let address = session::address(&app, peer, request.headers());
    if request.method() == Method::POST && !app.limits.allows_address(address) {
        // A connection that is closed with something unread is reset, and the answer may be lost with it.
        drop(body::to_bytes(request.into_body(), MOST_BODY).await);
        return Failure::TooMany.into_response();
    }
    next.run(request).await
}

async fn with_safe_headers(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, &str); 6] = [
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ];
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
