//! A fleet of 48 processes and one quota: how much of it they use, how often they are throttled, and what
//! the slowest of them gets, by how they pace themselves.
//!
//!     cargo bench -p cognito-idp-redis --bench quota [SECONDS] [--write]
//!
//! The processes, the sockets and Redis are real; Cognito is a server in this process with a bucket of 25
//! requests a second, as AWS has for changing users, 25 ms away. Each process has four workers that send
//! one request after the other, with the retries of the client's default. `--write` puts what came out
//! beside this file, as JSON and as a chart.

use std::{
    env,
    error::Error,
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use cognito_idp::{
    Client,
    operation::auth::GlobalSignOutRequest,
    pacing::{Pacing, QuotaCategory, SharedQuota, TurnRequest},
    transport::{HttpClient, HttpFuture, HyperClient},
};
use cognito_idp_redis::RedisQuota;
use cubic::Cubic;
use redis_server::RedisServer;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::sleep,
};

mod chart;
#[path = "../../../../src/pacing/simulation/cubic.rs"]
mod cubic;
#[allow(dead_code, reason = "made for tests, which kill and restart it")]
#[path = "../../tests/support/redis_server.rs"]
mod redis_server;

const PROCESSES: usize = 48;
const WORKERS: usize = 4;
const LIMIT: f64 = 25.0;
/// What Cognito lets through at once.
const BURST: f64 = 5.0;
const HALF_TRIP: Duration = Duration::from_millis(25);
/// While the processes start, nothing is counted.
const WARM_UP: Duration = Duration::from_secs(20);
const DECISIONS: u32 = 20_000;
/// Long enough for whoever holds calls back in his transport.
const LONG: Duration = Duration::from_hours(1);

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strategy {
    Unpaced,
    Adaptive,
    Local,
    Shared,
}

impl Strategy {
    const ALL: [Self; 4] = [Self::Unpaced, Self::Adaptive, Self::Local, Self::Shared];

    fn name(self) -> &'static str {
        match self {
            Self::Unpaced => "no pacing",
            Self::Adaptive => "AWS's adaptive retries",
            Self::Local => "local pacing",
            Self::Shared => "shared quota",
        }
    }
}

/// What became of the requests, in parts of one.
#[derive(Clone, Copy, Debug)]
struct Figures {
    strategy: Strategy,
    /// Of what the quota allowed.
    used: f64,
    /// Of the requests that arrived.
    throttled: f64,
    /// The slowest process's part of what would be fair.
    slowest: f64,
}

/// What one decision of the shared quota costs a client.
#[derive(Clone, Copy, Debug)]
struct Cost {
    round_trips: f64,
    median_micros: u128,
    p99_micros: u128,
}

fn main() -> Outcome {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if let [mode, strategy, process, cognito, redis] = &arguments[..]
        && mode == "process"
    {
        let strategy = Strategy::ALL[strategy.parse::<usize>()?];
        return runtime.block_on(process_of(strategy, process, cognito, redis));
    }
    let seconds = arguments.iter().find_map(|argument| argument.parse().ok());
    let counted = Duration::from_secs(seconds.unwrap_or(180));
    let Some(redis) = RedisServer::start(&[]) else {
        return Ok(());
    };
    let mut rows = Vec::new();
    println!("                          used  throttled  slowest");
    for strategy in Strategy::ALL {
        let row = runtime.block_on(run(strategy, &redis, counted))?;
        println!(
            "{:22} {:>6.1}%  {:>8.1}%  {:>6.1}%",
            strategy.name(),
            row.used * 100.0,
            row.throttled * 100.0,
            row.slowest * 100.0
        );
        rows.push(row);
    }
    let cost = runtime.block_on(cost(&redis))?;
    println!(
        "a decision: {} round trips, median {} us, 99th percentile {} us",
        cost.round_trips, cost.median_micros, cost.p99_micros
    );
    if arguments.iter().any(|argument| argument == "--write") {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/quota");
        fs::write(folder.join("results.json"), json(&rows, cost, counted))?;
        fs::write(folder.join("chart.svg"), chart::draw(&rows))?;
    }
    Ok(())
}

/// Lets the fleet run for so long after its start.
async fn run(strategy: Strategy, redis: &RedisServer, counted: Duration) -> Outcome<Figures> {
    let cognito = Cognito::start().await?;
    let index = Strategy::ALL.iter().position(|it| *it == strategy);
    let processes: io::Result<Vec<_>> = (0..PROCESSES)
        .map(|process| {
            let child = Command::new(env::current_exe()?)
                .args(["process", &index.unwrap_or(0).to_string()])
                .args([&process.to_string(), &cognito.address.to_string()])
                .arg(redis.url())
                .stdin(Stdio::null())
                .spawn();
            child.map(Process)
        })
        .collect();
    let processes = processes?;
    sleep(WARM_UP).await;
    let before = cognito.tally();
    let began = Instant::now();
    sleep(counted).await;
    let (after, took) = (cognito.tally(), began.elapsed());
    drop(processes);

    let done: Vec<u32> = after
        .done
        .iter()
        .zip(&before.done)
        .map(|(a, b)| a - b)
        .collect();
    let all = f64::from(done.iter().sum::<u32>());
    let throttled = f64::from(after.throttled - before.throttled);
    let least = f64::from(done.iter().copied().min().unwrap_or(0));
    Ok(Figures {
        strategy,
        used: all / (LIMIT * took.as_secs_f64()),
        throttled: throttled / (all + throttled),
        slowest: least * f64::from(u32::try_from(PROCESSES)?) / all,
    })
}

/// A process of the fleet, ended with its handle.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

async fn process_of(strategy: Strategy, process: &str, cognito: &str, redis: &str) -> Outcome {
    let client = Client::builder()
        .region("eu-central-1")
        .endpoint_url(format!("http://{cognito}"));
    let share = 1.0 / f64::from(u32::try_from(PROCESSES)?);
    let client = match strategy {
        Strategy::Unpaced => client,
        Strategy::Adaptive => client
            .http_client(Adaptive::new()?)
            .attempt_timeout(LONG)
            .operation_timeout(LONG),
        // Nobody knows how many there are.
        Strategy::Local => client.pacing(Pacing::new()),
        Strategy::Shared => {
            let quota = RedisQuota::connect(redis, "fleet")?;
            client.pacing(Pacing::new().shared(quota).share(share))
        }
    };
    let client = client.build()?;
    for _ in 0..WORKERS {
        let client = client.clone();
        let request = GlobalSignOutRequest::new(format!("process-{process}"));
        tokio::spawn(async move {
            loop {
                // What failed has had its attempts; the next is another call.
                drop(client.send(&request).await);
            }
        });
    }
    // Until it is killed.
    std::future::pending().await
}

/// A transport that holds every attempt back as AWS's adaptive mode does.
#[derive(Debug)]
struct Adaptive {
    client: HyperClient,
    started: Instant,
    cubic: Mutex<Cubic>,
}

impl Adaptive {
    fn new() -> Outcome<Self> {
        Ok(Self {
            client: HyperClient::new()?,
            started: Instant::now(),
            cubic: Mutex::default(),
        })
    }

    fn take(&self) -> Result<(), Duration> {
        let mut cubic = self.cubic.lock().unwrap_or_else(PoisonError::into_inner);
        cubic.take(self.started.elapsed())
    }
}

impl HttpClient for Adaptive {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move {
            while let Err(wait) = self.take() {
                sleep(wait).await;
            }
            let answer = self.client.call(request).await;
            let throttled = answer.as_ref().is_ok_and(|it| it.status() != 200);
            let mut cubic = self.cubic.lock().unwrap_or_else(PoisonError::into_inner);
            cubic.learn(self.started.elapsed(), throttled);
            drop(cubic);
            answer
        })
    }
}

/// A Cognito with a bucket of its quota, that knows the processes apart.
struct Cognito {
    address: SocketAddr,
    state: Arc<Mutex<Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled_at: Instant,
    tally: Tally,
}

#[derive(Clone, Debug)]
struct Tally {
    done: Vec<u32>,
    throttled: u32,
}

impl Cognito {
    async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(Bucket {
            tokens: BURST,
            filled_at: Instant::now(),
            tally: Tally {
                done: vec![0; PROCESSES],
                throttled: 0,
            },
        }));
        let bucket = state.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let bucket = bucket.clone();
                // It ends with the process at the other end.
                tokio::spawn(async move { drop(serve(connection, &bucket).await) });
            }
        });
        Ok(Self { address, state })
    }

    fn tally(&self) -> Tally {
        let bucket = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.tally.clone()
    }
}

async fn serve(connection: TcpStream, bucket: &Mutex<Bucket>) -> Outcome {
    connection.set_nodelay(true)?;
    let mut connection = BufReader::new(connection);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if connection.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        connection.read_exact(&mut body).await?;
        let body = String::from_utf8(body)?;
        let process = body
            .split("process-")
            .nth(1)
            .and_then(|it| it.split('"').next());
        let process: usize = process.ok_or("no process")?.parse()?;

        sleep(HALF_TRIP).await;
        let taken = bucket
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(process);
        sleep(HALF_TRIP).await;
        let (status, body) = if taken {
            ("200 OK", "{}")
        } else {
            let throttled =
                r#"{"__type":"TooManyRequestsException","message":"Too many requests"}"#;
            ("400 Bad Request", throttled)
        };
        let length = body.len();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
        connection.write_all(answer.as_bytes()).await?;
    }
}

impl Bucket {
    /// Whether the request of a process is let through.
    fn take(&mut self, process: usize) -> bool {
        let passed = self.filled_at.elapsed();
        self.filled_at += passed;
        self.tokens = (self.tokens + passed.as_secs_f64() * LIMIT).min(BURST);
        if self.tokens < 1.0 {
            self.tally.throttled += 1;
            return false;
        }
        self.tokens -= 1.0;
        self.tally.done[process] += 1;
        true
    }
}

/// Times decisions one after the other, and has Redis count them.
async fn cost(redis: &RedisServer) -> Outcome<Cost> {
    let quota = RedisQuota::connect(redis.url(), "cost")?;
    let request = TurnRequest::new(QuotaCategory::UserRead, 1e9, Duration::ZERO);
    for _ in 0..100 {
        quota.take(request).await?;
    }
    redis.command(&["CONFIG", "RESETSTAT"])?;
    let mut times = Vec::new();
    for _ in 0..DECISIONS {
        let began = Instant::now();
        quota.take(request).await?;
        times.push(began.elapsed().as_micros());
    }
    times.sort_unstable();
    let mut connection = ::redis::Client::open(redis.url())?
        .get_multiplexed_async_connection()
        .await?;
    let statistics: String = ::redis::cmd("INFO")
        .arg("commandstats")
        .query_async(&mut connection)
        .await?;
    let calls = |command: &str| {
        let line = statistics
            .lines()
            .find_map(|line| line.strip_prefix(command));
        let calls = line.and_then(|line| line.strip_prefix(":calls=")?.split(',').next());
        calls
            .and_then(|calls| calls.parse::<u32>().ok())
            .unwrap_or(0)
    };
    let commands = calls("cmdstat_evalsha") + calls("cmdstat_eval") + calls("cmdstat_script|load");
    Ok(Cost {
        round_trips: f64::from(commands) / f64::from(DECISIONS),
        median_micros: times[times.len() / 2],
        p99_micros: times[times.len() * 99 / 100],
    })
}

fn json(rows: &[Figures], cost: Cost, counted: Duration) -> String {
    let row = |row: &Figures| {
        format!(
            "    {{ \"strategy\": \"{}\", \"used\": {:.4}, \"throttled\": {:.4}, \"slowest\": {:.4} }}",
            row.strategy.name(),
            row.used,
            row.throttled,
            row.slowest
        )
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    let Cost {
        round_trips,
        median_micros,
        p99_micros,
    } = cost;
    format!(
        "{{\n  \"processes\": {PROCESSES},\n  \"workers\": {WORKERS},\n  \"limit\": {LIMIT},\n  \"seconds\": {},\n  \
         \"strategies\": [\n{}\n  ],\n  \"decision\": {{ \"round_trips\": {round_trips}, \
         \"median_micros\": {median_micros}, \"p99_micros\": {p99_micros} }}\n}}\n",
        counted.as_secs(),
        rows.join(",\n")
    )
}
