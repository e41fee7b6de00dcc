//! `sign-in --managed-login`: on the pages of the user pool's domain, in a browser that comes back to a
//! port of this machine.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use bytes::Bytes;
use clap::{Arg, ArgAction, ArgMatches};
use cognito_idp::{
    Client,
    auth::{AppClient, Tokens},
    managed_login::{CallbackError, Domain, ManagedLogin, PendingLogin},
};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use tokio::sync::{mpsc, oneshot};

use crate::{exit::Failure, interrupt::at_interrupt, loopback::Loopback};

const REDIRECT_URI: &str = "http://localhost:8976/callback";
const SIGNED_IN: &str = "You are signed in. Go back to the terminal; this window can be closed.";
const FAILED: &str = "The sign-in has failed: the terminal says why. This window can be closed.";
const UNKNOWN: &str = "This is not the sign-in that is under way.";

pub(crate) fn arguments() -> impl Iterator<Item = Arg> {
    let argument = |name: &'static str, value, help| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .help(help)
            .requires("managed-login")
            .help_heading("In a browser")
    };
    [
        Arg::new("managed-login")
            .long("managed-login")
            .action(ArgAction::SetTrue)
            .help("Sign in on the pages of the user pool's domain")
            .help_heading("In a browser")
            .conflicts_with_all(["password", "flow"]),
        argument(
            "domain",
            "DOMAIN",
            "The domain: its whole host name, or a URL [COGNITO_DOMAIN]",
        ),
        argument(
            "redirect-uri",
            "URI",
            "Where the browser comes back to: one of the app client's callback URLs, on this machine",
        )
        .default_value(REDIRECT_URI),
        argument(
            "scope",
            "SCOPE",
            "What to ask for, several; by default all that the app client may have",
        )
        .action(ArgAction::Append),
        argument(
            "identity-provider",
            "NAME",
            "Where to sign in instead, by its name in the user pool",
        ),
        argument("timeout", "SECONDS", "How long to wait for the browser")
            .default_value("300")
            .value_parser(clap::value_parser!(u64).range(1..=3600)),
        Arg::new("no-browser")
            .long("no-browser")
            .action(ArgAction::SetTrue)
            .help("Open no browser: the address is printed in any case")
            .requires("managed-login")
            .help_heading("In a browser"),
    ]
    .into_iter()
}

pub(crate) async fn sign_in(
    matches: &ArgMatches,
    client: Client,
    app_client: AppClient,
) -> Result<Tokens, Failure> {
    let given = |name: &str| matches.get_one(name).map_or("", String::as_str);
    let domain = match given("domain") {
        "" => Domain::from_env()?,
        domain => domain.parse()?,
    };
    let redirect_uri = given("redirect-uri");
    let (port, path) = port_and_path(redirect_uri)?;
    let loopback = Loopback::bind(port).await?;
    let login = ManagedLogin::new(client, app_client, domain, redirect_uri);
    let mut request = login.authorize();
    if let Some(scopes) = matches.get_many::<String>("scope") {
        request = request.scopes(scopes);
    }
    if let Some(name) = matches.get_one::<String>("identity-provider") {
        request = request.identity_provider(name);
    }
    if let Some(username) = matches.get_one::<String>("username") {
        request = request.login_hint(username.as_str());
    }
    let (url, pending) = request.build()?;

    let (came, mut comes) = mpsc::channel(1);
    let state = pending.state().expose().clone();
    let serving =
        loopback.serve(move |request| answer(request, path.clone(), state.clone(), came.clone()));
    // Nothing is to be done, but the status is that of every other ^C.
    at_interrupt(|| {});
    eprintln!("Sign in in a browser of this machine: {url}");
    if !matches.get_flag("no-browser") {
        open(&url);
    }
    let seconds = matches.get_one("timeout").copied().unwrap_or_default();
    let back = tokio::time::timeout(Duration::from_secs(seconds), comes.recv()).await;
    let Ok(Some(back)) = back else {
        let rule = format!("the browser did not come back to {redirect_uri} within {seconds} s");
        return Err(Failure::Partly(rule));
    };
    let result = login.callback(&back.query, pending).await;
    // Whoever has closed the window needs no page.
    let _ = back.is_signed_in.send(result.is_ok());
    serving.finish().await;
    result.map_err(|error| match error {
        CallbackError::Exchange(error) => error.into(),
        error => Failure::Refused(error.to_string()),
    })
}

/// A browser that has come back with what belongs to the sign-in, and waits for a page.
struct Back {
    query: String,
    is_signed_in: oneshot::Sender<bool>,
}

async fn answer(
    request: Request<Bytes>,
    path: String,
    state: String,
    came: mpsc::Sender<Back>,
) -> Option<Response<Bytes>> {
    let uri = request.uri();
    if uri.path() != path || request.method() != Method::GET {
        // A browser asks for a picture of the site as well.
        return Some(page(StatusCode::NOT_FOUND, UNKNOWN));
    }
    let query = uri.query().unwrap_or_default().to_owned();
    // Another page may send a browser here, which must not end the sign-in.
    if PendingLogin::state_of(&query).is_none_or(|found| found != state) {
        return Some(page(StatusCode::BAD_REQUEST, UNKNOWN));
    }
    let (is_signed_in, result) = oneshot::channel();
    came.send(Back {
        query,
        is_signed_in,
    })
    .await
    .ok()?;
    Some(match result.await {
        Ok(true) => page(StatusCode::OK, SIGNED_IN),
        Ok(false) => page(StatusCode::BAD_REQUEST, FAILED),
        // It came twice, and the first was taken.
        Err(_) => page(StatusCode::BAD_REQUEST, UNKNOWN),
    })
}

fn page(status: StatusCode, text: &str) -> Response<Bytes> {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>cognito-idp</title><p>{text}</p></html>\n"
    );
    let mut page = Response::new(html.into());
    *page.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONNECTION, "close"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
        // The code stands in the address.
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        page.headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    page
}

/// Where to listen for the browser, and for which path.
fn port_and_path(redirect_uri: &str) -> Result<(u16, String), Failure> {
    let uri: Option<Uri> = redirect_uri.parse().ok();
    let found = uri.filter(|uri| {
        let is_here = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
        is_here && uri.scheme_str() == Some("http") && uri.query().is_none()
    });
    let found = found.and_then(|uri| Some((uri.port_u16()?, uri.path().to_owned())));
    found.ok_or_else(|| {
        Failure::usage(
            "--redirect-uri: must be of this machine, such as http://localhost:8976/callback",
        )
    })
}

/// Opens the browser of whoever sits here, if there is one; the address is printed in any case.
fn open(url: &str) {
    let (program, before): (_, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(before).arg(url);
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // Some go on for as long as the browser does.
    let _ = quiet.spawn();
}
