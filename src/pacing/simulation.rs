//! Many clients and one quota, on a clock of paper.
//!
//! Every client has four workers, each of which sends one request after the other for ten minutes.
//! The server has a bucket of 25 requests a second, as Cognito has for changing users, and refuses
//! what is above. Compared are plain retries (three attempts, full jitter from one second, a quota
//! of 500), the adaptive mode of AWS's SDKs (a bucket whose rate follows a cubic curve, from the
//! first throttle on), and the pacing of this module; the last two with the same retries.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use self::cubic::Cubic;
use super::TokenBucket;

mod cubic;

const LIMIT: f64 = 25.0;
const WORKERS: usize = 4;
const SECONDS: u64 = 600;
/// From the client to the server, and back again.
const HALF_TRIP: Duration = Duration::from_millis(25);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strategy {
    Plain,
    Adaptive,
    Paced,
}

/// What became of it all.
#[derive(Debug)]
struct Figures {
    /// Of what the quota allowed.
    used: f64,
    /// Of the requests that arrived.
    throttled: f64,
    /// Of the calls that ended.
    failed: f64,
    /// The slowest client's part of what would be fair.
    slowest: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Begin {
        attempt: u32,
    },
    Arrive {
        attempt: u32,
        given: Duration,
    },
    Answer {
        attempt: u32,
        given: Duration,
        throttled: bool,
    },
}

struct Peer {
    bucket: TokenBucket,
    cubic: Cubic,
    quota: i32,
    done: u32,
    failed: u32,
}

/// Random enough for this, and the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap_or(0)) / 2_f64.powi(32)
    }
}

fn simulate(strategy: Strategy, clients: usize, seed: u64) -> Figures {
    let mut dice = Dice(seed);
    let mut server = TokenBucket::new(LIMIT);
    let mut peers: Vec<Peer> = (0..clients)
        .map(|_| Peer {
            bucket: TokenBucket::new(LIMIT),
            cubic: Cubic::default(),
            quota: 500,
            done: 0,
            failed: 0,
        })
        .collect();
    let mut events = BinaryHeap::new();
    for worker in 0..clients * WORKERS {
        // They do not all start in the same instant.
        let start = Duration::from_secs_f64(dice.roll());
        events.push(Reverse((start, worker, Event::Begin { attempt: 1 })));
    }
    let (mut arrived, mut throttled_count) = (0_u32, 0_u32);
    while let Some(Reverse((now, worker, event))) = events.pop() {
        if now > Duration::from_secs(SECONDS) {
            break;
        }
        let peer = &mut peers[worker / WORKERS];
        let (at, next) = match event {
            Event::Begin { attempt } => {
                let wait = match strategy {
                    Strategy::Plain => None,
                    Strategy::Adaptive => peer.cubic.take(now).err(),
                    Strategy::Paced => peer.bucket.take(now).err(),
                };
                match wait {
                    Some(wait) => (now + wait, Event::Begin { attempt }),
                    None => (
                        now + HALF_TRIP,
                        Event::Arrive {
                            attempt,
                            given: now,
                        },
                    ),
                }
            }
            Event::Arrive { attempt, given } => {
                arrived += 1;
                let throttled = server.take(now).is_err();
                throttled_count += u32::from(throttled);
                let answer = Event::Answer {
                    attempt,
                    given,
                    throttled,
                };
                (now + HALF_TRIP, answer)
            }
            Event::Answer {
                attempt,
                given,
                throttled,
            } => {
                peer.bucket.learn(given, now, throttled);
                peer.cubic.learn(now, throttled);
                let mut next = (now, Event::Begin { attempt: 1 });
                if !throttled {
                    peer.done += 1;
                    peer.quota = (peer.quota + if attempt > 1 { 5 } else { 1 }).min(500);
                } else if attempt < 3 && peer.quota >= 5 {
                    peer.quota -= 5;
                    let longest = f64::from(1_u32 << (attempt - 1));
                    let wait = Duration::from_secs_f64(longest * dice.roll());
                    next = (
                        now + wait,
                        Event::Begin {
                            attempt: attempt + 1,
                        },
                    );
                } else {
                    peer.failed += 1;
                }
                next
            }
        };
        events.push(Reverse((at, worker, next)));
    }
    figures(&peers, arrived, throttled_count)
}

fn figures(peers: &[Peer], arrived: u32, throttled: u32) -> Figures {
    let done: u32 = peers.iter().map(|peer| peer.done).sum();
    let failed: u32 = peers.iter().map(|peer| peer.failed).sum();
    let least = peers.iter().map(|peer| peer.done).min().unwrap_or(0);
    let clients = f64::from(u32::try_from(peers.len()).unwrap_or(1));
    Figures {
        used: f64::from(done) / (LIMIT * Duration::from_secs(SECONDS).as_secs_f64()),
        throttled: f64::from(throttled) / f64::from(arrived),
        failed: f64::from(failed) / f64::from(done + failed),
        slowest: f64::from(least) * clients / f64::from(done),
    }
}

#[test]
fn clients_that_share_a_quota_waste_little_of_it_and_starve_no_one() {
    println!("strategy  clients   used  throttled  failed  slowest");
    for clients in [1, 4, 16, 48] {
        let row = |strategy| {
            let figures = simulate(strategy, clients, 42);
            println!(
                "{:9} {clients:>7} {:>5.0}% {:>9.1}% {:>6.1}% {:>7.0}%",
                format!("{strategy:?}"),
                figures.used * 100.0,
                figures.throttled * 100.0,
                figures.failed * 100.0,
                figures.slowest * 100.0,
            );
            figures
        };
        let plain = row(Strategy::Plain);
        let adaptive = row(Strategy::Adaptive);
        let paced = row(Strategy::Paced);
        assert!(paced.used > 0.8, "{clients}: {paced:?}");
        assert!(paced.slowest > 0.5, "{clients}: {paced:?}");
        assert!(paced.throttled < plain.throttled / 2.0, "{clients}");
        assert!(
            paced.failed <= plain.failed && paced.failed <= adaptive.failed,
            "{clients}"
        );
    }
    // Not by the luck of one run.
    let mut least = f64::INFINITY;
    for seed in 0..20 {
        for clients in [2, 8, 24] {
            let figures = simulate(Strategy::Paced, clients, seed);
            assert!(figures.used > 0.8, "{clients}, {seed}: {figures:?}");
            least = least.min(figures.slowest);
        }
    }
    println!("slowest of 60 runs: {:.0}%", least * 100.0);
    assert!(least > 0.35, "{least}");
}
