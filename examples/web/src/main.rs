//! A sign-in server to copy: every flow of an Amazon Cognito user pool as pages.
//!
//! [`app`] is the router and what all answers have in common; [`pages`] is one file a flow; [`session`],
//! [`csrf`] and [`limits`] are what keeps it safe. See the README beside this for how to run it.

use std::{env, error::Error as StdError, net::SocketAddr, sync::Arc};

use cognito_idp::{CognitoUserService, managed_login::Domain};
use tokio::net::TcpListener;

use crate::{app::App, session::InMemory};

mod app;
mod csrf;
mod emulator;
mod failure;
mod limits;
mod pages;
mod session;

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_writer(std::io::stderr)
        .init();
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    let url = env::var("PUBLIC_URL");
    let url = url.unwrap_or(format!(
        "http://localhost:{}",
        listener.local_addr()?.port()
    ));
    let app = app(url.clone()).await?;
    println!("{url}");
    let service = app::router(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(asked_to_stop())
        .await?;
    Ok(())
}

async fn app(url: String) -> Result<App, Box<dyn StdError>> {
    let users = if env::var_os("COGNITO_USER_POOL_ID").is_some() {
        CognitoUserService::from_env()?
    } else {
        emulator::users().await?
    };
    let login = match env::var_os("COGNITO_DOMAIN") {
        Some(_) => Some(users.managed_login(Domain::from_env()?, format!("{url}/callback"))?),
        None => None,
    };
    Ok(App {
        verifier: users.verifier()?,
        users,
        login,
        sessions: Arc::new(InMemory::default()),
        limits: Arc::new(limits::Limits::from_env()?),
        behind_proxy: env::var_os("BEHIND_PROXY").is_some(),
        url,
    })
}

/// Requests that have begun are answered before the program ends.
async fn asked_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminated) = signal(SignalKind::terminate()) else {
            return drop(interrupted.await);
        };
        tokio::select! {
            _ = interrupted => {}
            _ = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    drop(interrupted.await);
}
