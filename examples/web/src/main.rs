//! A sign-in server to copy: every flow of an Amazon Cognito user pool as pages.
//!
//! [`app`] is the router and what all answers have in common; [`pages`] is one file a flow; [`session`],
//! [`csrf`] and [`limits`] are what keeps it safe. See the README beside this for how to run it.

use std::{env, error::Error as StdError, io, net::SocketAddr, sync::Arc};

use cognito_idp::{
    CognitoUserService,
    fleet::{MemoryStore, SealingKeys, Vault},
    managed_login::Domain,
};
use cognito_idp_redis::RedisStore;
use tokio::net::{TcpListener, TcpSocket};

use crate::{app::App, pages::sign_in::Way, session::Sessions};

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
    let callback = format!("{url}/callback");
    let (users, domain, ways) = if env::var_os("COGNITO_USER_POOL_ID").is_some() {
        let domain = env::var_os("COGNITO_DOMAIN").map(|_| Domain::from_env());
        let users = CognitoUserService::from_env()?;
        (users, domain.transpose()?, "password,email,passkey")
    } else {
        let (users, domain) = emulator::users(&callback).await?;
        // It has no other way.
        (users, Some(domain), "password")
    };
    let login = domain.map(|domain| users.managed_login(domain, callback));
    let ways = env::var("SIGN_IN_WITH").unwrap_or(ways.to_owned());
    let passkey_domain = env::var("PASSKEY_DOMAIN");
    Ok(App {
        verifier: users.verifier()?,
        users,
        login: login.transpose()?,
        ways: Way::list(&ways)?,
        passkey_domain: passkey_domain.unwrap_or(host(&url).to_owned()),
        sessions: Sessions::new(vault()?),
        limits: Arc::new(limits::Limits::from_env()?),
        behind_proxy: env::var_os("BEHIND_PROXY").is_some(),
        url,
    })
}

/// What replicas share is in Redis, sealed with a key that it does not have; one process alone keeps
/// everything in its memory.
fn vault() -> Result<Vault, Box<dyn StdError>> {
    let Ok(url) = env::var("REDIS_URL") else {
        return Ok(Vault::unsealed(MemoryStore::new()));
    };
    let key = env::var("SESSION_KEY").ok().and_then(|key| unhex(&key));
    let key = key.ok_or("SESSION_KEY must be 32 random bytes in hexadecimal")?;
    let store = RedisStore::connect(url)?.prefix("cognito-idp-web");
    Ok(Vault::sealed(store, SealingKeys::new(1, &key)))
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (position, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * position..2 * position + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split([':', '/']).next().unwrap_or(rest)
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
