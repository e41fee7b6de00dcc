//! Looking up host names.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};
#[cfg(feature = "hyper")]
use std::{
    pin::Pin,
    task::{Context, Poll},
};

#[cfg(feature = "hyper")]
use hyper_util::client::legacy::connect::dns::Name;
use tokio::time::timeout;

use crate::single_flight::SingleFlight;

/// Looks up host names by the system's resolver; who asks while an answer is awaited shares it.
///
/// The system's resolver takes a thread for each question, so without this the first calls of a
/// burst, which all connect, start as many threads and ask as often. Nothing is kept beyond that:
/// whoever asks later gets an answer of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookups {
    running: SingleFlight<String, Answer>,
}

type Answer = Result<Vec<SocketAddr>, Arc<io::Error>>;

/// Longer than any resolver tries, so that one that hangs does not keep others from trying.
const LONGEST: Duration = Duration::from_secs(30);

impl Lookups {
    /// The addresses of a host, each with port 0.
    pub(super) async fn addresses(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        let look_up = |name: String| async move {
            let addresses = tokio::net::lookup_host((name, 0)).await?;
            Ok(addresses.collect())
        };
        self.shared(name, look_up).await
    }

    async fn shared<F>(
        &self,
        name: &str,
        look_up: impl Fn(String) -> F,
    ) -> io::Result<Vec<SocketAddr>>
    where
        F: Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static,
    {
        let work = || {
            let looked_up = timeout(LONGEST, look_up(name.to_owned()));
            async {
                looked_up
                    .await
                    .map_err(io::Error::from)
                    .flatten()
                    .map_err(Arc::new)
            }
        };
        match self.running.run(name.to_owned(), work).await {
            Ok(answer) => answer.map_err(|error| io::Error::new(error.kind(), error)),
            Err(lost) => Err(io::Error::other(lost)),
        }
    }
}

#[cfg(feature = "reqwest")]
impl reqwest::dns::Resolve for Lookups {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let lookups = self.clone();
        Box::pin(async move {
            let addresses = lookups.addresses(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

#[cfg(feature = "hyper")]
impl tower_service::Service<Name> for Lookups {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let lookups = self.clone();
        Box::pin(async move { Ok(lookups.addresses(name.as_str()).await?.into_iter()) })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

    use tokio::time::{Instant, sleep};

    use super::*;

    const TAKES: Duration = Duration::from_millis(20);

    /// Asks a resolver that takes its time; its n-th answer has port n.
    async fn ask(lookups: &Lookups, name: &str, asked: &Arc<AtomicU16>) -> io::Result<u16> {
        let answer = |name: String| {
            let asked = asked.clone();
            async move {
                let port = asked.fetch_add(1, Relaxed) + 1;
                sleep(TAKES).await;
                match name.as_str() {
                    "unknown.example" => {
                        Err(io::Error::new(io::ErrorKind::NotFound, "no such name"))
                    }
                    "stuck.example" => std::future::pending().await,
                    _ => Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))]),
                }
            }
        };
        let addresses = lookups.shared(name, answer).await?;
        Ok(addresses[0].port())
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_while_an_answer_is_awaited_shares_it() -> io::Result<()> {
        let (lookups, asked) = (Lookups::default(), Arc::default());
        let one = || ask(&lookups, "a.example", &asked);
        let (first, second, third) = tokio::join!(one(), one(), one());
        assert_eq!([first?, second?, third?], [1; 3]);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_later_or_for_another_name_gets_an_answer_of_its_own() -> io::Result<()> {
        let (lookups, asked) = (Lookups::default(), Arc::default());
        let one = |name| ask(&lookups, name, &asked);
        let began = Instant::now();
        let (a, b) = tokio::join!(one("a.example"), one("b.example"));
        assert_eq!((a?, b?), (1, 2));
        assert_eq!(began.elapsed(), TAKES);
        assert_eq!(one("b.example").await?, 3);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_told_to_all_who_wait_at_once_and_as_what_it_is() {
        let (lookups, asked) = (Lookups::default(), Arc::default());
        let one = || ask(&lookups, "unknown.example", &asked);
        let began = Instant::now();
        let (first, second, third) = tokio::join!(one(), one(), one());
        assert_eq!(began.elapsed(), TAKES);
        for result in [first, second, third] {
            let error = result.expect_err("unknown");
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
            assert_eq!(error.to_string(), "no such name");
        }
        assert_eq!(asked.load(Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_gives_up_costs_the_next_no_time() -> io::Result<()> {
        let (lookups, asked) = (Lookups::default(), Arc::default());
        let one = || ask(&lookups, "a.example", &asked);
        let began = Instant::now();
        assert!(timeout(TAKES / 2, one()).await.is_err());
        assert_eq!(one().await?, 1);
        assert_eq!(began.elapsed(), TAKES);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_resolver_that_hangs_is_asked_anew_some_time() {
        let (lookups, asked) = (Lookups::default(), Arc::default());
        let error = ask(&lookups, "stuck.example", &asked)
            .await
            .expect_err("stuck");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(ask(&lookups, "stuck.example", &asked).await.is_err());
        assert_eq!(asked.load(Relaxed), 2);
    }

    #[tokio::test]
    async fn this_machine_is_found() -> io::Result<()> {
        let addresses = Lookups::default().addresses("localhost").await?;
        assert!(addresses.iter().any(|address| address.ip().is_loopback()));
        Ok(())
    }
}
