//! A connection that is there again after it was lost.

use std::time::Duration;

use redis::{
    Client, IntoConnectionInfo, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
};
#[cfg(feature = "cluster")]
use redis::{
    cluster::{ClusterClient, ClusterConfig},
    cluster_async::ClusterConnection,
};

/// Who asks has a deadline of his own; this one only keeps a question from being remembered for ever.
const ANSWER: Duration = Duration::from_secs(10);
/// While a node of a cluster is connected to, questions to the other ones wait.
#[cfg(feature = "cluster")]
const CONNECT: Duration = Duration::from_millis(200);

/// Connects in the background, now and whenever the connection is lost.
///
/// # Errors
/// If the URL is none.
///
/// # Panics
/// Outside of a Tokio runtime.
pub(crate) fn connect(url: impl IntoConnectionInfo) -> RedisResult<ConnectionManager> {
    let server = url.into_connection_info()?;
    #[cfg(feature = "rustls")]
    provide_cryptography();
    let server = server.set_tcp_settings(noticing_a_dead_server());
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_max_delay(Duration::from_millis(100))
        .set_response_timeout(Some(ANSWER));
    let connection = ConnectionManager::new_lazy_with_config(Client::open(server)?, config)?;
    // By itself it would only connect while somebody waits for an answer, which nobody does for long.
    let mut connecting = connection.clone();
    tokio::spawn(async move { redis::cmd("PING").exec_async(&mut connecting).await });
    Ok(connection)
}

/// Connects to a cluster in the background, and again to whichever nodes it has by then.
///
/// # Errors
/// If a URL is none, or they differ in more than the address.
///
/// # Panics
/// Outside of a Tokio runtime.
#[cfg(feature = "cluster")]
pub(crate) fn connect_cluster<U: IntoConnectionInfo>(
    urls: impl IntoIterator<Item = U>,
) -> RedisResult<ClusterConnection> {
    #[cfg(feature = "rustls")]
    provide_cryptography();
    let cluster = ClusterClient::builder(urls)
        .tcp_settings(noticing_a_dead_server())
        .connection_timeout(CONNECT)
        .response_timeout(ANSWER)
        .retries(2)
        .min_retry_wait(20)
        .max_retry_wait(100)
        .build()?;
    Ok(cluster.get_pending_async_connection_with_config(ClusterConfig::new()))
}

/// A server that is gone without a word would else be believed in for a quarter of an hour.
fn noticing_a_dead_server() -> TcpSettings {
    const SILENCE: Duration = Duration::from_secs(5);
    let settings = TcpSettings::default().set_nodelay(true).set_keepalive(
        TcpKeepalive::new()
            .with_time(SILENCE)
            .with_interval(SILENCE),
    );
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(SILENCE);
    settings
}

/// The client takes the process's cryptography, and panics where a program has two kinds of it and chose
/// neither.
#[cfg(feature = "rustls")]
fn provide_cryptography() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Somebody was faster if it fails, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
}
