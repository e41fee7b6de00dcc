//! Looking up host names.

use std::{io, net::SocketAddr, sync::Arc, time::Instant};
#[cfg(feature = "hyper")]
use std::{
    pin::Pin,
    task::{Context, Poll},
};

#[cfg(feature = "hyper")]
use hyper_util::client::legacy::connect::dns::Name;
use tokio::sync::Mutex;

/// Looks up host names by the system's resolver; who asks while an answer is awaited shares it.
///
/// The system's resolver takes a thread for each question, so without this the first calls of a
/// burst, which all connect, start as many threads and ask as often. Nothing is kept beyond that:
/// whoever asks later gets an answer of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookups {
    last: Arc<Mutex<Option<Answer>>>,
}

#[derive(Debug)]
struct Answer {
    name: String,
    at: Instant,
    addresses: Vec<SocketAddr>,
}

impl Lookups {
    /// The addresses of a host, each with port 0.
    pub(super) async fn addresses(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        self.shared(name, || async {
            Ok(tokio::net::lookup_host((name, 0)).await?.collect())
        })
        .await
    }

    async fn shared(
        &self,
        name: &str,
        look_up: impl AsyncFnOnce() -> io::Result<Vec<SocketAddr>>,
    ) -> io::Result<Vec<SocketAddr>> {
        let asked = Instant::now();
        let mut last = self.last.lock().await;
        let meanwhile = |answer: &&Answer| answer.name == name && answer.at >= asked;
        if let Some(answer) = last.as_ref().filter(meanwhile) {
            return Ok(answer.addresses.clone());
        }
        let addresses = look_up().await?;
        *last = Some(Answer {
            name: name.to_owned(),
            at: Instant::now(),
            addresses: addresses.clone(),
        });
        Ok(addresses)
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
    use std::{
        sync::atomic::{AtomicU16, Ordering::Relaxed},
        time::Duration,
    };

    use super::*;

    /// Asks a resolver that takes its time; its n-th answer has port n.
    async fn ask(lookups: &Lookups, name: &str, asked: &AtomicU16) -> Option<u16> {
        let answer = async || {
            let port = asked.fetch_add(1, Relaxed) + 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
            match name {
                "unknown.example" => Err(io::ErrorKind::NotFound.into()),
                _ => Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))]),
            }
        };
        let addresses = lookups.shared(name, answer).await.ok()?;
        addresses.first().map(SocketAddr::port)
    }

    #[tokio::test]
    async fn who_asks_while_an_answer_is_awaited_shares_it() {
        let (lookups, asked) = (Lookups::default(), AtomicU16::new(0));
        let one = || ask(&lookups, "a.example", &asked);
        let (first, second, third) = tokio::join!(one(), one(), one());
        assert_eq!([first, second, third], [Some(1); 3]);
    }

    #[tokio::test]
    async fn who_asks_later_or_for_another_name_gets_an_answer_of_its_own() {
        let (lookups, asked) = (Lookups::default(), AtomicU16::new(0));
        let one = |name| ask(&lookups, name, &asked);
        assert_eq!(
            tokio::join!(one("a.example"), one("b.example")),
            (Some(1), Some(2))
        );
        assert_eq!(one("b.example").await, Some(3));
    }

    #[tokio::test]
    async fn a_failure_and_a_caller_that_gives_up_leave_the_question_to_the_next() {
        let (lookups, asked) = (Lookups::default(), AtomicU16::new(0));
        let one = |name| ask(&lookups, name, &asked);
        let impatient = tokio::time::timeout(Duration::from_millis(1), one("a.example"));
        let (gave_up, next) = tokio::join!(impatient, one("a.example"));
        assert!(gave_up.is_err());
        assert_eq!(next, Some(2));
        let one = || one("unknown.example");
        assert_eq!(tokio::join!(one(), one()), (None, None));
        assert_eq!(asked.load(Relaxed), 4);
    }

    #[tokio::test]
    async fn this_machine_is_found() -> io::Result<()> {
        let addresses = Lookups::default().addresses("localhost").await?;
        assert!(addresses.iter().any(|address| address.ip().is_loopback()));
        Ok(())
    }
}
