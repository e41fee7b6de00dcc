//! The shared store on a real Redis, and on what goes wrong with one.

mod support;

use std::{
    error::Error,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use cognito_idp::fleet::{
    Lease, MemoryStore, SealingKeys, SharedStore, SharedStoreError, Swap, Vault,
};
use cognito_idp_redis::{RedisStore, RedisStoreError};
use support::{
    contract::{self, unaged, value},
    fake_server::{self, Name},
    redis_server::RedisServer,
};

type Outcome = Result<(), Box<dyn Error>>;

const HOUR: Duration = Duration::from_hours(1);
const SECRET: &str = "marker-of-a-secret";

fn store(server: &RedisServer) -> RedisStore {
    RedisStore::connect(server.url()).expect("a URL")
}

/// A call of each method, in which a secret is sent.
async fn every_call(store: &dyn SharedStore) -> [Result<(), SharedStoreError>; 4] {
    [
        store.load("alice").await.map(drop),
        store
            .swap("alice", 0, value(1, SECRET), HOUR)
            .await
            .map(drop),
        store.lease("alice", "one", HOUR).await.map(drop),
        store.release("alice", "one").await,
    ]
}

/// Why a call failed; nothing secret is shown in it.
fn why<T: std::fmt::Debug>(outcome: Result<T, SharedStoreError>) -> RedisStoreError {
    let error = outcome.expect_err("it cannot work");
    let mut cause: Option<&dyn Error> = Some(&error);
    while let Some(error) = cause {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(SECRET), "{shown}");
        cause = error.source();
    }
    RedisStoreError::of(&error).expect("Redis's fault").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_memory_and_one_in_redis_hold_the_same_contract() -> Outcome {
    contract::holds(Arc::new(MemoryStore::new())).await?;
    let Some(server) = RedisServer::start(&[]) else {
        return Ok(());
    };
    contract::holds(Arc::new(store(&server))).await?;
    assert_eq!(server.command(&["FLUSHALL"])?, "+OK");
    let keys = SealingKeys::new(1, &[1; 32]);
    contract::holds(Arc::new(Vault::sealed(store(&server), keys))).await?;
    Ok(())
}

#[tokio::test]
async fn a_session_has_two_keys_with_one_tag_and_both_go_by_themselves() -> Outcome {
    let Some(server) = RedisServer::start(&[]) else {
        return Ok(());
    };
    let (shop, forum) = (
        store(&server).prefix("shop"),
        store(&server).prefix("forum"),
    );
    for store in [&shop, &forum] {
        let swap = store.swap("alice", 0, value(1, "x"), HOUR).await?;
        assert_eq!(swap, Swap::Done);
        assert_eq!(store.lease("alice", "one", HOUR).await?, Lease::Held);
    }
    assert_eq!(server.command(&["DBSIZE"])?, ":4");
    for key in ["shop:{alice}:value", "forum:{alice}:lease"] {
        let left = server.command(&["PTTL", key])?;
        let left: u64 = left.trim_start_matches(':').parse()?;
        assert!((3_590_000..=3_600_000).contains(&left), "{key}: {left}");
    }
    Ok(())
}

#[tokio::test]
async fn each_call_is_one_round_trip_even_when_the_server_forgot_the_scripts() -> Outcome {
    let Some(server) = RedisServer::start(&[]) else {
        return Ok(());
    };
    let store = store(&server);
    for outcome in every_call(&store).await {
        outcome?;
    }
    server.command(&["CONFIG", "RESETSTAT"])?;
    for outcome in every_call(&store).await {
        outcome?;
    }
    let statistics = server.text(&["INFO", "commandstats"])?;
    // What a script itself does is counted too, so only what comes from outside is looked at.
    assert!(
        statistics.contains("cmdstat_evalsha:calls=4,"),
        "{statistics}"
    );
    for command in ["cmdstat_eval:", "cmdstat_script|load:"] {
        assert!(!statistics.contains(command), "{statistics}");
    }
    assert_eq!(server.command(&["SCRIPT", "FLUSH"])?, "+OK");
    for outcome in every_call(&store).await {
        outcome?;
    }
    Ok(())
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_done_once_and_told_so() -> Outcome {
    let Some(server) = RedisServer::start(&[]) else {
        return Ok(());
    };
    let url = fake_server::that_loses_the_first_answer(server.port()).await;
    let store = RedisStore::connect(url)?;
    let swap = store.swap("alice", 0, value(1, "one"), HOUR).await?;
    assert_eq!(swap, Swap::Done);
    let statistics = server.text(&["INFO", "commandstats"])?;
    assert!(statistics.contains("cmdstat_hset:calls=1,"), "{statistics}");
    assert!(
        statistics.contains("cmdstat_hmget:calls=2,"),
        "{statistics}"
    );
    // The same from somebody else is another write.
    let other = self::store(&server);
    let swap = other.swap("alice", 0, value(1, "one"), HOUR).await?;
    assert!(matches!(swap, Swap::Refused(Some(found)) if found.version == 1));
    Ok(())
}

#[tokio::test]
async fn an_age_is_by_the_servers_clock_and_never_negative() -> Outcome {
    let Some(server) = RedisServer::start(&[]) else {
        return Ok(());
    };
    let store = store(&server);
    store.swap("alice", 0, value(1, "x"), HOUR).await?;
    let key = "cognito-idp:{alice}:value";
    let now = server.text(&["HGET", key, "at"])?.parse::<i64>()?;
    let hour = i64::try_from(HOUR.as_micros())?;
    for (at, expected) in [(now - hour, HOUR), (now + hour, Duration::ZERO)] {
        server.command(&["HSET", key, "at", &at.to_string()])?;
        let age = store.load("alice").await?.ok_or("it is gone")?.age;
        let late = age.checked_sub(expected).ok_or("too young")?;
        assert!(late < Duration::from_secs(5), "{age:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_lease_without_an_end_gets_one() -> Outcome {
    let Some(server) = RedisServer::start(&[]) else {
        return Ok(());
    };
    let store = store(&server);
    assert_eq!(store.lease("alice", "one", HOUR).await?, Lease::Held);
    server.command(&["PERSIST", "cognito-idp:{alice}:lease"])?;
    let life = Duration::from_secs(5);
    let other = store.lease("alice", "other", life).await?;
    assert_eq!(other, Lease::Taken(life));
    assert!(
        matches!(store.lease("alice", "other", life).await?, Lease::Taken(left) if left <= life)
    );
    Ok(())
}

#[tokio::test]
async fn a_closed_connection_is_not_noticed() -> Outcome {
    let Some(server) = RedisServer::start(&[]) else {
        return Ok(());
    };
    let store = store(&server);
    for _ in 0..5 {
        for outcome in every_call(&store).await {
            outcome?;
        }
        server.command(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])?;
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_killed_is_unreachable_until_it_is_back() -> Outcome {
    let persistent = ["--appendonly", "yes", "--appendfsync", "always"];
    let Some(mut server) = RedisServer::start(&persistent) else {
        return Ok(());
    };
    let store = store(&server);
    store.swap("alice", 0, value(1, "kept"), HOUR).await?;
    assert_eq!(store.lease("alice", "one", HOUR).await?, Lease::Held);
    server.kill();
    for outcome in every_call(&store).await {
        let began = Instant::now();
        assert!(matches!(why(outcome), RedisStoreError::Unreachable(_)));
        assert!(began.elapsed() < Duration::from_secs(1));
    }
    server.restart();
    let began = Instant::now();
    while store.load("alice").await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(2));
    }
    assert_eq!(unaged(store.load("alice").await?), Some(value(1, "kept")));
    assert!(matches!(
        store.lease("alice", "other", HOUR).await?,
        Lease::Taken(_)
    ));
    Ok(())
}

#[tokio::test]
async fn a_store_may_be_made_before_its_server() -> Outcome {
    let Some(mut server) = RedisServer::start(&[]) else {
        return Ok(());
    };
    server.kill();
    let store = store(&server);
    assert!(matches!(
        why(store.load("alice").await),
        RedisStoreError::Unreachable(_)
    ));
    server.restart();
    let began = Instant::now();
    while store.load("alice").await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(2));
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_in_time_and_used_again_afterwards() -> Outcome {
    let Some(server) = RedisServer::start(&[]) else {
        return Ok(());
    };
    let patience = Duration::from_millis(200);
    let store = store(&server).timeout(patience);
    store.load("alice").await?;
    server.command(&["CLIENT", "PAUSE", "1500", "ALL"])?;
    for _ in 0..3 {
        let began = Instant::now();
        let outcome = store.lease("alice", "one", HOUR).await;
        assert!(began.elapsed() < 4 * patience, "{:?}", began.elapsed());
        assert!(matches!(why(outcome), RedisStoreError::TimedOut(it) if it == patience));
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    // What was asked meanwhile was done, by the same owner.
    assert_eq!(store.lease("alice", "one", HOUR).await?, Lease::Held);
    Ok(())
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_in_time() -> Outcome {
    let patience = Duration::from_millis(200);
    let store = RedisStore::connect(fake_server::that_says("").await)?.timeout(patience);
    for _ in 0..2 {
        let began = Instant::now();
        for outcome in every_call(&store).await {
            let error = why(outcome);
            assert!(
                matches!(error, RedisStoreError::TimedOut(it) if it == patience),
                "{error:?}"
            );
        }
        assert!(began.elapsed() < 8 * patience, "{:?}", began.elapsed());
    }
    Ok(())
}

#[tokio::test]
async fn a_full_server_still_tells_what_it_has() -> Outcome {
    let Some(server) = RedisServer::start(&["--maxmemory-policy", "noeviction"]) else {
        return Ok(());
    };
    let store = store(&server);
    store.swap("alice", 0, value(1, "x"), HOUR).await?;
    server.command(&["CONFIG", "SET", "maxmemory", "1"])?;
    assert_eq!(unaged(store.load("alice").await?), Some(value(1, "x")));
    let swap = store.swap("alice", 1, value(2, SECRET), HOUR).await;
    assert!(matches!(why(swap), RedisStoreError::Full));
    let lease = store.lease("alice", "one", HOUR).await;
    assert!(matches!(why(lease), RedisStoreError::Full));
    server.command(&["CONFIG", "SET", "maxmemory", "0"])?;
    assert_eq!(store.lease("alice", "one", HOUR).await?, Lease::Held);
    Ok(())
}

#[tokio::test]
async fn who_has_no_access_is_told_so_and_no_password_is_shown() -> Outcome {
    let Some(server) = RedisServer::start(&["--requirepass", "a-password"]) else {
        return Ok(());
    };
    let address = format!("127.0.0.1:{}", server.port());
    for url in [
        format!("redis://{address}"),
        format!("redis://:{SECRET}@{address}"),
        format!("redis://nobody:{SECRET}@{address}"),
    ] {
        let store = RedisStore::connect(url.as_str())?;
        assert!(!format!("{store:?}").contains(SECRET));
        for outcome in every_call(&store).await {
            let error = why(outcome);
            assert!(matches!(error, RedisStoreError::Denied(_)), "{error:?}");
        }
    }
    let open = RedisStore::connect(format!("redis://:a-password@{address}"))?;
    assert_eq!(open.load("alice").await?, None);
    let wrong = RedisStore::connect(format!("redis://:{SECRET}@host:port")).expect_err("no port");
    assert!(!format!("{wrong} {wrong:?}").contains(SECRET));
    Ok(())
}

#[tokio::test]
async fn a_user_that_may_not_do_it_is_denied() -> Outcome {
    let users = [
        "--user reader on >password allkeys +evalsha +eval +hmget +time",
        "--user stranger on >password allkeys +get",
    ];
    let users = users.iter().flat_map(|user| user.split(' '));
    let Some(server) = RedisServer::start(&users.collect::<Vec<_>>()) else {
        return Ok(());
    };
    let as_user = |user: &str| {
        let port = server.port();
        RedisStore::connect(format!("redis://{user}:password@127.0.0.1:{port}"))
    };
    for outcome in every_call(&as_user("stranger")?).await {
        assert!(matches!(why(outcome), RedisStoreError::Denied(code) if code == "NOPERM"));
    }
    let reader = as_user("reader")?;
    assert_eq!(reader.load("alice").await?, None);
    // What is denied within a script has a code of its own only in newer servers.
    let swap = reader.swap("alice", 0, value(1, SECRET), HOUR).await;
    assert!(matches!(
        why(swap),
        RedisStoreError::Denied(_) | RedisStoreError::Refused(_)
    ));
    Ok(())
}

#[tokio::test]
async fn a_user_that_may_do_what_the_page_says_can_do_everything() -> Outcome {
    let page = include_str!("../README.md");
    let user = page.split("`ACL SETUSER ").nth(1);
    let user = user.and_then(|it| it.split('`').next()).ok_or("no user")?;
    let user: Vec<_> = ["--user"].into_iter().chain(user.split(' ')).collect();
    let Some(server) = RedisServer::start(&user) else {
        return Ok(());
    };
    let url = format!("redis://shop:password@127.0.0.1:{}", server.port());
    let store = RedisStore::connect(url)?.prefix("shop");
    contract::holds(Arc::new(store.clone())).await?;
    let other = store.prefix("forum");
    let load = other.load("alice").await;
    assert!(matches!(why(load), RedisStoreError::Denied(_)));
    Ok(())
}

#[tokio::test]
async fn what_a_server_says_of_a_command_is_not_passed_on() -> Outcome {
    // It repeats the arguments of what it does not know, which are tokens.
    let Some(server) = RedisServer::start(&["--rename-command", "EVALSHA", ""]) else {
        return Ok(());
    };
    let store = store(&server);
    let swap = store.swap("alice", 0, value(1, SECRET), HOUR).await;
    assert!(matches!(why(swap), RedisStoreError::Refused(code) if code == "ERR"));
    Ok(())
}

#[tokio::test]
async fn a_key_that_holds_something_else_is_left_alone() -> Outcome {
    let Some(server) = RedisServer::start(&[]) else {
        return Ok(());
    };
    let store = store(&server);
    let (value_key, lease_key) = ("cognito-idp:{alice}:value", "cognito-idp:{alice}:lease");
    server.command(&["SET", value_key, SECRET])?;
    server.command(&["LPUSH", lease_key, SECRET])?;
    for outcome in every_call(&store).await {
        assert!(matches!(why(outcome), RedisStoreError::Nonsense));
    }
    assert_eq!(server.command(&["STRLEN", value_key])?, ":18");
    let too_great = "18446744073709551616";
    for fields in [
        &["version", SECRET, "value", "x", "at", "1"][..],
        &["version", "-1", "value", "x", "at", "1"],
        &["version", too_great, "value", "x", "at", "1"],
        &["version", "1", "value", "x", "at", SECRET],
        &["version", "1", "value", "x", "at", "-inf"],
        &["version", "1", "value", "x"],
        &["version", "1", "at", "1"],
        &["value", SECRET, "at", "1"],
    ] {
        server.command(&["DEL", value_key])?;
        server.command(&[&["HSET", value_key], fields].concat())?;
        assert!(
            matches!(why(store.load("alice").await), RedisStoreError::Nonsense),
            "{fields:?}"
        );
        let swap = store.swap("alice", 7, value(8, SECRET), HOUR).await;
        assert!(matches!(why(swap), RedisStoreError::Nonsense), "{fields:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_server_is_busy_with_is_told() -> Outcome {
    for (answer, expected) in [
        (
            "-LOADING Redis is loading the dataset in memory",
            "NotReady(\"LOADING\")",
        ),
        (
            "-MASTERDOWN Link with MASTER is down",
            "NotReady(\"MASTERDOWN\")",
        ),
        (
            "-CLUSTERDOWN The cluster is down",
            "NotReady(\"CLUSTERDOWN\")",
        ),
        ("-READONLY You can't write", "NotReady(\"READONLY\")"),
        ("-TRYAGAIN Multiple keys", "NotReady(\"TRYAGAIN\")"),
        ("-BUSY Redis is busy running a script", "NotReady(\"BUSY\")"),
        (
            "-NOREPLICAS Not enough good replicas",
            "NotReady(\"NOREPLICAS\")",
        ),
        ("-MISCONF Errors writing to the AOF", "Refused(\"MISCONF\")"),
        ("-MOVED 3999 127.0.0.1:6381", "NotReady(\"MOVED\")"),
        ("-OOM command not allowed", "Full"),
        ("-marker-of-a-secret", "Refused(\"unknown\")"),
    ] {
        let url = fake_server::that_says(&format!("{answer}\r\n")).await;
        let store = RedisStore::connect(url)?;
        for outcome in every_call(&store).await {
            assert_eq!(format!("{:?}", why(outcome)), expected);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_talks_nonsense_is_unavailable() -> Outcome {
    for nonsense in [
        "$-1\r\n$18\r\nmarker-of-a-secret\r\n",
        "*3\r\n:-1\r\n:-1\r\n$1\r\nx\r\n",
        "*2\r\n$18\r\nmarker-of-a-secret\r\n$1\r\nx\r\n",
        "HTTP/1.1 400 marker-of-a-secret\r\n\r\n",
        ":-2\r\n",
        "+OK\r\n",
        "\0\0\0\0",
        "$99999999999999999999\r\n",
    ] {
        let store = RedisStore::connect(fake_server::that_says(nonsense).await)?;
        for outcome in every_call(&store).await {
            why(outcome);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_replica_is_left_for_the_server_that_took_over() -> Outcome {
    let (Some(old), Some(new)) = (RedisServer::start(&[]), RedisServer::start(&[])) else {
        return Ok(());
    };
    let name = Name::of(old.port()).await;
    let store = RedisStore::connect(name.url())?;
    assert_eq!(store.lease("alice", "one", HOUR).await?, Lease::Held);
    // The old one is demoted but keeps its connections, as after a failover that it survived.
    old.command(&["REPLICAOF", "127.0.0.1", &new.port().to_string()])?;
    let lease = store.lease("alice", "one", HOUR).await;
    assert!(matches!(why(lease), RedisStoreError::NotReady(code) if code == "READONLY"));
    name.point_to(new.port());
    assert_eq!(store.lease("alice", "two", HOUR).await?, Lease::Held);
    // A connection that belongs to others is not closed.
    let connection = redis::Client::open(old.url())?;
    let connection = connection.get_multiplexed_async_connection().await?;
    let borrowed = RedisStore::over(connection.clone());
    let lease = borrowed.lease("alice", "one", HOUR).await;
    assert!(matches!(why(lease), RedisStoreError::NotReady(_)));
    redis::cmd("PING")
        .exec_async(&mut connection.clone())
        .await?;
    Ok(())
}

#[tokio::test]
async fn tls_is_spoken_with_a_server_whose_certificate_the_machine_trusts() -> Outcome {
    const URL: &str = "COGNITO_IDP_REDIS_TLS_URL";
    if let Ok(url) = std::env::var(URL) {
        // The child, whose variables say what is trusted.
        let store = RedisStore::connect(url)?;
        let swap = store.swap("alice", 0, value(1, SECRET), HOUR).await?;
        assert_eq!(swap, Swap::Done);
        return Ok(());
    }
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/tls");
    let pem = |name: &str| format!("{data}/{name}");
    let Some(server) = RedisServer::start_tls(&pem("server.pem"), &pem("server.key")) else {
        return Ok(());
    };
    let child = |trusted: &str| {
        let this = "tls_is_spoken_with_a_server_whose_certificate_the_machine_trusts";
        Command::new(std::env::current_exe()?)
            .args([this, "--exact"])
            .env(URL, format!("rediss://localhost:{}", server.tls_port()))
            .env("SSL_CERT_FILE", pem(trusted))
            .output()
    };
    let trusted = child("ca.pem")?;
    assert!(
        trusted.status.success(),
        "{}",
        String::from_utf8_lossy(&trusted.stdout)
    );
    let other = child("other-ca.pem")?;
    let told = String::from_utf8_lossy(&other.stdout).into_owned();
    assert!(
        !other.status.success() && told.contains("Unreachable"),
        "{told}"
    );
    Ok(())
}
