//! Ten thousand calls against a server that spoils every fifth answer.
//!
//! Some callers give up, and some die with their runtime.
//!
//! `COGNITO_IDP_SOAK_CALLS` sets another number of calls.
#![cfg(all(feature = "sigv4", feature = "reqwest"))]

#[path = "support/fault_server.rs"]
mod fault_server;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use cognito_idp::{
    Client, Error,
    credentials::Credentials,
    operation::{
        groups::AdminAddUserToGroupRequest,
        sign_up::SignUpRequest,
        users::{AdminCreateUserRequest, AdminGetUserRequest, GetUserRequest},
    },
    retry::RetryPolicy,
    transport::HyperClient,
};

use self::fault_server::{Action, FaultServer, Received, answer, ok};

const CALLS: usize = 10_000;
const AT_ONCE: usize = 32;
const FAULTS: u64 = 5;
/// One caller in so many gives up after some milliseconds.
const IMPATIENT: u64 = 16;
const MOST_GROWTH: usize = 24 * 1024 * 1024;

/// What the server did: how often for each operation and user.
#[derive(Default)]
struct Deeds(Mutex<HashMap<(String, String), usize>>);

impl Deeds {
    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, operation: &str, user: &str) -> usize {
        let key = (operation.to_owned(), user.to_owned());
        self.lock().get(&key).copied().unwrap_or(0)
    }

    fn note(&self, operation: &str, user: &str) {
        let key = (operation.to_owned(), user.to_owned());
        *self.lock().entry(key).or_default() += 1;
    }
}

/// A number that looks random, and is the same in every run.
fn shuffled(number: usize) -> u64 {
    let mut x = u64::try_from(number)
        .unwrap_or(0)
        .wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// Does what the request asks for and answers, or spoils either.
fn serve(deeds: &Deeds, number: usize, request: &Received) -> Action {
    let operation = request.operation();
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap_or_default();
    let user = body["Username"].as_str().or(body["AccessToken"].as_str());
    let Some(user) = user else {
        return Action::Write(answer(
            "400 Bad",
            &[],
            r#"{"__type":"SerializationException"}"#,
        ));
    };
    let good = || {
        let sub = format!("sub-{user}");
        let json = serde_json::json!({"Username": user, "UserSub": sub, "UserConfirmed": false,
            "User": {"Username": user}});
        let whole = if operation == "AdminAddUserToGroup" {
            String::new()
        } else {
            json.to_string()
        };
        ok(&whole)
    };
    let random = shuffled(number);
    if !random.is_multiple_of(FAULTS) {
        deeds.note(operation, user);
        return Action::WriteAndKeep(good());
    }
    let done = || deeds.note(operation, user);
    let internal = r#"{"__type":"InternalErrorException"}"#;
    let throttled = r#"{"__type":"TooManyRequestsException"}"#;
    match (random / FAULTS) % 16 {
        0 => Action::Close,
        1 => {
            done();
            Action::Close
        }
        2 => {
            done();
            let mut cut = good();
            cut.truncate(cut.len().saturating_sub(5));
            Action::Write(cut)
        }
        3 => {
            done();
            let whole = good();
            Action::Write(whole[..30].to_vec())
        }
        4 => {
            done();
            Action::Write(b"garbage\r\n\r\n".to_vec())
        }
        5 => Action::WriteAndKeep(answer("500 Oops", &[], internal)),
        6 => {
            done();
            Action::WriteAndKeep(answer("500 Oops", &[], internal))
        }
        7 => Action::WriteAndKeep(answer("503 Busy", &[("retry-after", "0")], "")),
        8 | 9 => Action::WriteAndKeep(answer("400 Bad", &[], throttled)),
        10 => Action::WriteAndKeep(answer("429 Slow", &[], "<html>")),
        11 => {
            done();
            Action::Stall(Vec::new())
        }
        12 => Action::Stall(Vec::new()),
        13 => Action::WriteAndKeep(answer("403 Forbidden", &[], "<html>")),
        14 => {
            let location = [("location", "http://127.0.0.1:9/")];
            Action::WriteAndKeep(answer("307 Elsewhere", &location, ""))
        }
        _ => {
            done();
            let text = String::from_utf8_lossy(&good()).replace("content-length", "x-length");
            let mut cut = text.into_bytes();
            cut.pop();
            Action::Write(cut)
        }
    }
}

fn client(url: &str) -> Result<Client, Box<dyn std::error::Error>> {
    let keys = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let policy = RetryPolicy::default()
        .base_delay(Duration::from_millis(2))
        .throttling_base_delay(Duration::from_millis(5));
    Ok(Client::builder()
        .region("eu-central-1")
        .endpoint_url(url)
        .credentials(keys)
        .http_client(HyperClient::new()?)
        .retry_policy(policy)
        .attempt_timeout(Duration::from_millis(1_500))
        .build()?)
}

/// Makes the call of this number. `Ok(None)` is a right answer, `Ok(Some(..))` a wrong one.
async fn call(client: &Client, n: usize) -> Result<Option<String>, Error> {
    let user = format!("user-{n}");
    let pool = "eu-central-1_example";
    let (expected, got) = match n % 5 {
        0 => {
            let request = SignUpRequest::new("client", &user).password("P@ssw0rd!");
            (format!("sub-{user}"), client.send(&request).await?.user_sub)
        }
        1 => {
            let request = AdminCreateUserRequest::new(pool, &user);
            let created = client.send(&request).await?.user;
            let name = created.and_then(|user| user.username);
            (
                user,
                name.map(|name| name.expose().clone()).unwrap_or_default(),
            )
        }
        2 => {
            let response = client.send(&GetUserRequest::new(&user)).await?;
            (user, response.username.expose().clone())
        }
        3 => {
            let request = AdminGetUserRequest::new(pool, &user);
            (user, client.send(&request).await?.username.expose().clone())
        }
        _ => {
            let request = AdminAddUserToGroupRequest::new(pool, &user, "group");
            client.send(&request).await?;
            (String::new(), String::new())
        }
    };
    Ok((expected != got).then_some(got))
}

fn operation(n: usize) -> &'static str {
    [
        "SignUp",
        "AdminCreateUser",
        "GetUser",
        "AdminGetUser",
        "AdminAddUserToGroup",
    ][n % 5]
}

#[derive(Default)]
struct Tally {
    next: AtomicUsize,
    succeeded: AtomicUsize,
    failed: AtomicUsize,
    unknown: AtomicUsize,
    given_up: AtomicUsize,
    /// What must not be, seen in tasks that nobody waits for.
    wrong: Mutex<Vec<String>>,
}

impl Tally {
    fn wrong(&self) -> MutexGuard<'_, Vec<String>> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call under way; dropped before its end, it counts as given up.
struct Under<'a>(&'a Tally);

impl Drop for Under<'_> {
    fn drop(&mut self) {
        self.0.given_up.fetch_add(1, Ordering::SeqCst);
    }
}

/// Makes the next call and checks it against what the server did; whether there was one.
async fn one(client: &Client, deeds: &Deeds, tally: &Tally, calls: usize) -> bool {
    let n = tally.next.fetch_add(1, Ordering::SeqCst);
    if n >= calls {
        return false;
    }
    let under = Under(tally);
    let patience = Duration::from_millis(shuffled(n) % 20);
    let result = if shuffled(n + 1).is_multiple_of(IMPATIENT) {
        tokio::time::timeout(patience, call(client, n)).await
    } else {
        Ok(call(client, n).await)
    };
    let done = deeds.of(operation(n), &format!("user-{n}"));
    let once = n % 5 < 2;
    if once && done > 1 {
        let twice = format!("{} {n}: done {done} times", operation(n));
        tally.wrong().push(twice);
    }
    let Ok(result) = result else {
        return true;
    };
    std::mem::forget(under);
    let wrong = match &result {
        Ok(None) if done > 0 => None,
        Ok(None) => Some("a success of nothing".to_owned()),
        Ok(Some(other)) => Some(format!("the answer to another call: {other}")),
        Err(error) => {
            let unknown = error.outcome_unknown();
            tally
                .unknown
                .fetch_add(usize::from(unknown), Ordering::SeqCst);
            (!unknown && done > 0).then(|| format!("{error:?}"))
        }
    };
    tally
        .wrong()
        .extend(wrong.map(|wrong| format!("{} {n}: {wrong}", operation(n))));
    let counter = match result {
        Ok(_) => &tally.succeeded,
        Err(_) => &tally.failed,
    };
    counter.fetch_add(1, Ordering::SeqCst);
    true
}

/// Works off calls until none is left.
async fn work(client: Client, deeds: Arc<Deeds>, tally: Arc<Tally>, calls: usize) {
    while one(&client, &deeds, &tally, calls).await {}
}

/// Makes calls on runtimes of which each ends with the first answer, whatever else is under way.
fn work_on_runtimes_that_end(
    client: &Client,
    deeds: &Arc<Deeds>,
    tally: &Arc<Tally>,
    calls: usize,
) -> std::io::Result<()> {
    while tally.next.load(Ordering::SeqCst) < calls {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            for _ in 0..2 {
                let (client, deeds, tally) = (client.clone(), deeds.clone(), tally.clone());
                tokio::spawn(async move { one(&client, &deeds, &tally, calls).await });
            }
            one(client, deeds, tally, calls).await
        });
    }
    Ok(())
}

/// The memory that this process has in use, where the system tells.
fn memory() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

async fn run(
    client: &Client,
    deeds: &Arc<Deeds>,
    tally: &Arc<Tally>,
    calls: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let worker = || tokio::spawn(work(client.clone(), deeds.clone(), tally.clone(), calls));
    let workers: Vec<_> = (0..AT_ONCE).map(|_| worker()).collect();
    let dying = {
        let (client, deeds, tally) = (client.clone(), deeds.clone(), tally.clone());
        tokio::task::spawn_blocking(move || {
            work_on_runtimes_that_end(&client, &deeds, &tally, calls)
        })
    };
    for worker in workers {
        worker.await?;
    }
    dying.await??;
    tally.next.store(calls, Ordering::SeqCst);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_calls_against_a_faulty_server_end_right_and_none_that_must_run_once_runs_twice()
-> Result<(), Box<dyn std::error::Error>> {
    let calls = std::env::var("COGNITO_IDP_SOAK_CALLS");
    let calls = calls
        .ok()
        .and_then(|calls| calls.parse().ok())
        .unwrap_or(CALLS);
    let deeds = Arc::new(Deeds::default());
    let of_server = deeds.clone();
    let server = FaultServer::scripted(move |number, request| {
        if request.method.is_empty() {
            // Asked before there is a request; this server always reads.
            return Action::Close;
        }
        serve(&of_server, number, request)
    })
    .await?;
    let client = client(&server.url())?;
    let tally = Arc::new(Tally::default());
    let started = Instant::now();

    let whole = async {
        run(&client, &deeds, &tally, calls / 5).await?;
        let before = memory();
        run(&client, &deeds, &tally, calls).await?;
        Ok::<_, Box<dyn std::error::Error>>((before, memory()))
    };
    // So long that only a hang takes it.
    let (before, after) = tokio::time::timeout(Duration::from_mins(10), whole).await??;

    let (succeeded, failed, given_up) = (
        tally.succeeded.load(Ordering::SeqCst),
        tally.failed.load(Ordering::SeqCst),
        tally.given_up.load(Ordering::SeqCst),
    );
    println!(
        "{calls} calls, {} requests, {} connections in {:.1} s: {succeeded} succeeded, {failed} \
         failed, {} of them with an unknown outcome, {given_up} given up; memory {:?} MiB after a fifth, {:?} at the end",
        server.arrived(),
        server.connections(),
        started.elapsed().as_secs_f64(),
        tally.unknown.load(Ordering::SeqCst),
        before.map(|bytes| bytes / 1024 / 1024),
        after.map(|bytes| bytes / 1024 / 1024),
    );
    assert_eq!(*tally.wrong(), [""; 0]);
    assert_eq!(succeeded + failed + given_up, calls);
    assert!(succeeded > (calls - given_up) * 8 / 10);
    // How many depends on the machine; that some do is the point.
    assert!(given_up > calls / 500);
    for ((operation, user), times) in deeds.lock().iter() {
        let once = operation == "SignUp" || operation == "AdminCreateUser";
        assert!(!once || *times == 1, "{operation} of {user}: {times} times");
    }
    if let (Some(before), Some(after)) = (before, after) {
        assert!(
            after.saturating_sub(before) < MOST_GROWTH,
            "{before} {after}"
        );
    }
    Ok(())
}
