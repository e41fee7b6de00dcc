//! A sign-in server to copy: every flow of an Amazon Cognito user pool as pages.
//!
//! [`app`] is the router and what all answers have in common; [`pages`] is one file a flow; [`session`],
//! [`csrf`] and [`limits`] are what keeps it safe. See the README beside this for how to run it.

use std::{env, error::Error as StdError, io, net::SocketAddr, sync::Arc};

use cognito_idp::{CognitoUserService, managed_login::Domain};
use tokio::net::{TcpListener, TcpSocket};

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
    let listener = listener(address.parse()?)?;
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

/// Of many who connect at once, those that do not fit into the queue of the usual length are cut off.
fn listener(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(4096)
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
