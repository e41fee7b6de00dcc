//! A million users out of a pool and into one, against a Cognito in memory that has AWS's default quotas.
//!
//!     cargo bench --features bulk --bench bulk [USERS]
//!
//! Time is simulated, so the hours that the quotas demand pass in minutes, and nothing here is timed: what
//! is told is how much of the quota was used, how many calls were throttled, and the peak memory of the
//! process.

use std::{
    error::Error,
    fs,
    io::BufReader,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use cognito_idp::{
    Client,
    bulk::{self, json_lines},
    credentials::Credentials,
    error::{TransportError, TransportErrorKind},
    transport::{HttpClient, HttpFuture},
};
use serde_json::{Value, json};
use tokio::time::Instant;

const POOL: &str = "eu-central-1_Million";
const PAGE: u64 = 60;
/// From a server in the same region.
const LATENCY: Duration = Duration::from_millis(80);
/// AWS's defaults, in requests a second, by the operations that are sent here.
const QUOTAS: [(&str, f64); 3] = [
    ("ListUsers", 30.0),
    ("AdminCreateUser", 50.0),
    ("DescribeUserPool", 15.0),
];
const DIGITS: &[u8; 16] = b"0123456789abcdef";

fn main() -> Result<(), Box<dyn Error>> {
    let users = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok());
    let users = users.unwrap_or(1_000_000);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?;
    runtime.block_on(jobs(users))
}

async fn jobs(users: u64) -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("cognito-idp-bulk-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let (path, journal) = (folder.join("users.jsonl"), folder.join("journal"));
    println!(
        "{users} users, {} ms a call; started with {} MB",
        LATENCY.as_millis(),
        peak_memory()
    );

    let cognito = Cognito::new(users);
    let report = bulk::export(&cognito.client()?, POOL)
        .by_sub()
        .save(&path)
        .await?;
    assert_eq!(report.totals.users, users);
    cognito.tell("export", "ListUsers");

    let cognito = Cognito::new(users);
    let rows = json_lines(BufReader::new(fs::File::open(&path)?));
    let import = bulk::import(&cognito.client()?, POOL, rows).journal(&journal);
    let report = import.run().await?;
    assert_eq!(report.users.created, users);
    cognito.tell("import", "AdminCreateUser");
    fs::remove_dir_all(&folder)?;
    Ok(())
}

/// A pool whose users follow from their numbers, so that it needs no memory of its own.
#[derive(Clone, Debug)]
struct Cognito {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    users: u64,
    began: Instant,
    buckets: Mutex<Vec<Bucket>>,
    calls: AtomicU64,
    throttled: AtomicU64,
}

/// A second's worth of calls, filled at the rate of the quota.
#[derive(Debug)]
struct Bucket {
    rate: f64,
    tokens: f64,
    filled: Instant,
}

impl Cognito {
    fn new(users: u64) -> Self {
        let bucket = |(_, rate): (&str, f64)| Bucket {
            rate,
            tokens: rate,
            filled: Instant::now(),
        };
        let shared = Shared {
            users,
            began: Instant::now(),
            buckets: Mutex::new(QUOTAS.map(bucket).into()),
            calls: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    fn client(&self) -> Result<Client, Box<dyn Error>> {
        Ok(Client::builder()
            .region("eu-central-1")
            .credentials(Credentials::new(
                "AKIDEXAMPLE",
                "secret",
                None,
                None,
                "bench",
            ))
            .http_client(self.clone())
            .build()?)
    }

    #[expect(clippy::cast_precision_loss, reason = "it is for people")]
    fn tell(&self, job: &str, operation: &str) {
        let seconds = self.shared.began.elapsed().as_secs_f64();
        let calls = self.shared.calls.load(Relaxed) as f64;
        let throttled = self.shared.throttled.load(Relaxed) as f64;
        let quota = QUOTAS.iter().find(|(name, _)| *name == operation);
        let quota = quota.map_or(1.0, |(_, rate)| rate * seconds);
        println!(
            "{job}: {:.1} h, {calls} calls, {:.1} % of the quota used, {:.2} % throttled, peak memory {} MB",
            seconds / 3_600.0,
            100.0 * (calls - throttled) / quota,
            100.0 * throttled / calls,
            peak_memory(),
        );
    }

    fn allows(&self, operation: &str) -> bool {
        let Some(place) = QUOTAS.iter().position(|(name, _)| *name == operation) else {
            return true;
        };
        let mut buckets = self
            .shared
            .buckets
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let bucket = &mut buckets[place];
        let passed = bucket.filled.elapsed().as_secs_f64();
        bucket.filled = Instant::now();
        bucket.tokens = (bucket.tokens + passed * bucket.rate).min(bucket.rate);
        let allows = bucket.tokens >= 1.0;
        if allows {
            bucket.tokens -= 1.0;
        }
        allows
    }

    fn answer(&self, operation: &str, request: &Value) -> Value {
        match operation {
            "DescribeUserPool" => {
                json!({"UserPool": {"Name": "million", "EstimatedNumberOfUsers": self.shared.users}})
            }
            "ListUsers" => self.page(request),
            "AdminCreateUser" => json!({"User": {
                "Username": request["Username"],
                "Attributes": [{"Name": "sub", "Value": "00000000-0000-4000-8000-000000000000"}],
            }}),
            _ => json!({}),
        }
    }

    /// A sixteenth of the users has a `sub` that begins with each of the digits.
    fn page(&self, request: &Value) -> Value {
        let filter = request["Filter"].as_str().unwrap_or_default().as_bytes();
        let digit = filter.iter().rev().nth(1);
        let nth = DIGITS
            .iter()
            .position(|known| Some(known) == digit)
            .unwrap_or_default() as u64;
        let token = request["PaginationToken"].as_str();
        let from = token.and_then(|token| token.parse().ok()).unwrap_or(nth);
        let numbers = (0..PAGE).map(|place| from + 16 * place);
        let users: Vec<_> = numbers
            .filter(|number| *number < self.shared.users)
            .map(user)
            .collect();
        let next = from + 16 * PAGE;
        if next < self.shared.users {
            json!({"Users": users, "PaginationToken": next.to_string()})
        } else {
            json!({"Users": users})
        }
    }
}

fn user(number: u64) -> Value {
    let digit = char::from(DIGITS[usize::try_from(number % 16).unwrap_or_default()]);
    json!({
        "Username": format!("user-{number:07}"), "Enabled": true, "UserStatus": "CONFIRMED",
        "UserCreateDate": 1_623_956_729, "UserLastModifiedDate": 1_623_956_729,
        "Attributes": [
            {"Name": "sub", "Value": format!("{digit}0000000-0000-4000-8000-{number:012}")},
            {"Name": "email", "Value": format!("user-{number}@example.com")},
            {"Name": "email_verified", "Value": "true"},
            {"Name": "name", "Value": format!("User Number {number}")},
        ],
    })
}

impl HttpClient for Cognito {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move {
            let target = request.headers().get("x-amz-target");
            let target = target
                .and_then(|target| target.to_str().ok())
                .unwrap_or_default();
            let operation = target.rsplit('.').next().unwrap_or_default();
            let body = serde_json::from_slice(request.body()).unwrap_or_default();
            tokio::time::sleep(LATENCY).await;
            self.shared.calls.fetch_add(1, Relaxed);
            let (status, answer) = if self.allows(operation) {
                (200, self.answer(operation, &body))
            } else {
                self.shared.throttled.fetch_add(1, Relaxed);
                (400, json!({"__type": "TooManyRequestsException"}))
            };
            http::Response::builder()
                .status(status)
                .body(answer.to_string().into())
                .map_err(|_| TransportError::new(TransportErrorKind::InvalidResponse))
        })
    }
}

/// The most that the process ever had, in megabytes, as Linux tells it.
fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: Option<f64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kilobytes.map_or("?".to_owned(), |kilobytes| {
        format!("{:.1}", kilobytes / 1_024.0)
    })
}
