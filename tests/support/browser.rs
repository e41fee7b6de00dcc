//! Asks a router as a browser does.

use std::net::SocketAddr;

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use tower::ServiceExt as _;

/// Gets the path, or posts a form there; gives the status, the cookie that is set, and the page.
pub(crate) async fn ask(
    router: &Router,
    path: &str,
    form: Option<&str>,
    cookie: &str,
) -> Result<(StatusCode, String, String), Box<dyn std::error::Error>> {
    let request = match form {
        None => Request::get(path).body(Body::empty())?,
        Some(form) => Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))?,
    };
    let (mut parts, body) = request.into_parts();
    parts.headers.insert(header::COOKIE, cookie.try_into()?);
    parts
        .extensions
        .insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 50_000))));
    let request = Request::from_parts(parts, body);
    let response = router.clone().oneshot(request).await?;
    let set = response.headers().get(header::SET_COOKIE);
    let set = set.map(|value| value.to_str()).transpose()?;
    let set = set.and_then(|value| value.split(';').next());
    let (status, set) = (response.status(), set.unwrap_or_default().to_owned());
    let body = axum::body::to_bytes(response.into_body(), 100_000).await?;
    Ok((status, set, String::from_utf8(body.to_vec())?))
}
