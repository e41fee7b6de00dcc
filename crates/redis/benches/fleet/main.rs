//! A fleet that shares its sessions while its processes are killed: whether a user is signed out, how often
//! a session is refreshed, and what a look into the store costs.
//!
//!     cargo bench -p cognito-idp-redis --bench fleet [SECONDS [SESSIONS]] [--cluster] [--write]
//!
//! The processes, the sockets and Redis are real; Cognito is a server in this process that rotates refresh
//! tokens, ends a session whose replaced token comes after the grace, and is 20 ms away. Access tokens
//! live for two seconds. The 16 processes serve one request a second for each of the 1,000 sessions, with a
//! source that is opened for it, and as many for ten of them whose sources they keep. All the time a
//! process is killed as by `kill -9` and another one started; in the middle Redis is, and is away for a
//! second. With `--cluster`, which needs the feature `cluster`, it is a node instead, for which a replica
//! takes over.
//!
//! It fails if a session is lost, if a request gets another user's token or an old one, or if a replaced
//! token is presented that no dead process has left behind. `--write` puts what came out beside this
//! file.

use std::{
    collections::HashSet,
    env,
    error::Error,
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use figures::{Figures, Served};
use fleet::{Fleet, Request};
#[cfg(feature = "cluster")]
use support::redis_cluster::RedisCluster;
use support::{
    cognito::{Cognito, Settings},
    redis_server::RedisServer,
};
use tokio::{
    task::{JoinSet, block_in_place},
    time::{interval, sleep},
};

mod figures;
mod fleet;
#[path = "../../tests/support/mod.rs"]
mod support;

const PROCESSES: usize = 16;
const SESSIONS: usize = 1_000;
const SECONDS: u64 = 120;
/// A process is killed so often.
const KILLS: Duration = Duration::from_millis(1_500);
const REDIS_IS_AWAY: Duration = Duration::from_secs(1);
const COGNITO: Settings = Settings {
    life: Duration::from_secs(2),
    // Longer than a lease, or a dead process would take its session along.
    grace: Duration::from_secs(30),
    trip: Duration::from_millis(20),
};
/// Until the leases of the dead have ended.
const ALL_IS_OVER: Duration = Duration::from_secs(11);
/// The leases that have less than five seconds left. They are nobody's who lives, as their owners would
/// have made them longer.
const LEASES_OF_THE_DEAD: &str = "
    local left = {}
    for _, key in ipairs(redis.call('KEYS', '*:lease')) do
      if redis.call('PTTL', key) < 5000 then
        table.insert(left, redis.call('GET', key))
      end
    end
    return left";

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    if let [mode, sessions, cognito, redis @ ..] = &arguments[..]
        && mode == "process"
    {
        let fleet = async {
            Fleet::join(sessions.parse()?, cognito, redis)?
                .serve()
                .await
        };
        return runtime.block_on(fleet);
    }
    let mut numbers = arguments
        .iter()
        .filter_map(|argument| argument.parse().ok());
    let seconds = Duration::from_secs(numbers.next().unwrap_or(SECONDS));
    let sessions = numbers.next().map_or(Ok(SESSIONS), usize::try_from)?;
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    let Some(redis) = Redis::start(has("--cluster")) else {
        return Ok(());
    };
    let figures = runtime.block_on(run(redis, sessions, seconds))?;
    print!("{figures}");
    if has("--write") {
        let name = if has("--cluster") {
            "cluster"
        } else {
            "results"
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/fleet");
        fs::write(folder.join(name).with_extension("json"), figures.json())?;
    }
    figures.judge().map_err(Into::into)
}

async fn run(mut redis: Redis, sessions: usize, seconds: Duration) -> Outcome<Figures> {
    let cognito = Cognito::start(COGNITO).await?;
    let fleet = Arc::new(Fleet::join(sessions, &cognito.url(), &redis.urls())?);
    for_all_sessions(&fleet, |fleet, session| async move {
        fleet.sign_in(session).await?;
        Ok(0)
    })
    .await?;

    let served = Arc::<Mutex<Served>>::default();
    let (number, urls) = (sessions.to_string(), redis.urls());
    let start = || Process::start(&number, &cognito.url(), &urls, &served);
    let mut processes = (0..PROCESSES)
        .map(|_| start())
        .collect::<Outcome<Vec<_>>>()?;
    let leases = Arc::<Mutex<HashSet<String>>>::default();
    let watch = tokio::spawn(watch_leases(urls.clone(), leases.clone()));
    let (before, began) = (cognito.tally(), Instant::now());
    let (mut kills, mut killed) = (interval(KILLS), 0);
    kills.tick().await;
    while began.elapsed() < seconds {
        kills.tick().await;
        // Dropped, it is killed.
        processes[killed * 7 % PROCESSES] = start()?;
        killed += 1;
        if began.elapsed() > seconds / 2 {
            redis.lose_one().await;
        }
    }
    let (after, took) = (cognito.tally(), began.elapsed());
    drop(processes);
    sleep(ALL_IS_OVER).await;
    watch.abort();

    let lost = for_all_sessions(&fleet, |fleet, session| async move {
        match fleet.request(session).await {
            Request::Lost => Ok(1),
            Request::Unavailable => Err("all are there, and one is not available".into()),
            _ => Ok(0),
        }
    });
    let lost = lost.await?;
    let served = lock(&served).clone();
    Ok(Figures {
        sessions,
        is_cluster: redis.nodes.len() > 1,
        seconds: took,
        killed,
        lost,
        refreshes: after.refreshes - before.refreshes,
        leases_of_the_dead: lock(&leases).len(),
        cognito: cognito.tally(),
        served,
    })
}

/// Does something for every session, for some at a time; the sum of what comes out.
async fn for_all_sessions<W, F>(fleet: &Arc<Fleet>, work: W) -> Outcome<u32>
where
    W: Fn(Arc<Fleet>, usize) -> F + Copy + Send + 'static,
    F: Future<Output = Outcome<u32>> + Send,
{
    const AT_A_TIME: usize = 20;
    let mut workers = JoinSet::new();
    for worker in 0..AT_A_TIME {
        let fleet = fleet.clone();
        workers.spawn(async move {
            let mut sum = 0;
            for session in (worker..fleet.sessions).step_by(AT_A_TIME) {
                sum += work(fleet.clone(), session).await?;
            }
            Outcome::Ok(sum)
        });
    }
    workers.join_all().await.into_iter().sum()
}

/// A process of the fleet, killed with its handle.
struct Process(Child);

impl Process {
    fn start(
        sessions: &str,
        cognito: &str,
        redis: &[String],
        served: &Arc<Mutex<Served>>,
    ) -> Outcome<Self> {
        let mut child = Command::new(env::current_exe()?)
            .args(["process", sessions, cognito])
            .args(redis)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let told = BufReader::new(child.stdout.take().ok_or("nothing to read")?);
        let served = served.clone();
        thread::spawn(move || {
            for line in told.lines().map_while(Result::ok) {
                // What it was just writing when it was killed is not counted.
                if let Some(request) = Request::read(&line) {
                    lock(&served).count(request);
                }
            }
        });
        Ok(Self(child))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// One server, or the nodes of a cluster.
struct Redis {
    nodes: Vec<RedisServer>,
    has_lost_one: bool,
}

impl Redis {
    /// `None` without a server to start.
    fn start(as_cluster: bool) -> Option<Self> {
        let nodes = if as_cluster {
            start_cluster()?
        } else {
            vec![RedisServer::start(&[
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
            ])?]
        };
        Some(Self {
            nodes,
            has_lost_one: false,
        })
    }

    fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    /// Kills the first one; the only one comes back. That happens once.
    async fn lose_one(&mut self) {
        if std::mem::replace(&mut self.has_lost_one, true) {
            return;
        }
        self.nodes[0].kill();
        if self.nodes.len() == 1 {
            sleep(REDIS_IS_AWAY).await;
            block_in_place(|| self.nodes[0].restart());
        }
    }
}

#[cfg(feature = "cluster")]
fn start_cluster() -> Option<Vec<RedisServer>> {
    Some(RedisCluster::start()?.nodes)
}

#[cfg(not(feature = "cluster"))]
fn start_cluster() -> Option<Vec<RedisServer>> {
    panic!("a cluster needs the feature `cluster`");
}

/// Notes whose leases end because their owners cannot give them back, until it is aborted.
async fn watch_leases(urls: Vec<String>, found: Arc<Mutex<HashSet<String>>>) {
    let mut ticks = interval(Duration::from_secs(1));
    let script = redis::Script::new(LEASES_OF_THE_DEAD);
    loop {
        ticks.tick().await;
        for url in &urls {
            let owners: redis::RedisResult<Vec<String>> = async {
                let server = redis::Client::open(url.as_str())?;
                let mut connection = server.get_multiplexed_async_connection().await?;
                script.invoke_async(&mut connection).await
            }
            .await;
            // One that is away tells nothing, and keeps its leases until it is back.
            lock(&found).extend(owners.unwrap_or_default());
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
