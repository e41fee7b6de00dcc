//! The shared store on a Redis Cluster, of which nodes are killed.

mod support;

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use cognito_idp::fleet::{Lease, SharedStore, Swap};
use cognito_idp_redis::{RedisStore, RedisStoreError};
use support::{
    contract::{self, unaged, value},
    redis_cluster::RedisCluster,
};
use tokio::time::sleep;

type Outcome = Result<(), Box<dyn Error>>;

const HOUR: Duration = Duration::from_hours(1);
const SESSIONS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_a_cluster_holds_the_contract() -> Outcome {
    let Some(cluster) = RedisCluster::start() else {
        return Ok(());
    };
    // One node is enough to find the others.
    let store = RedisStore::connect_cluster([cluster.nodes[2].url()])?;
    contract::holds(Arc::new(store)).await?;
    // Only for a key that begins with a brace there is no tag, which does no harm.
    for session in ["alice", "a}b", "{", "ключ", "a b"] {
        let slot = |kind| {
            let key = format!("cognito-idp:{{{session}}}:{kind}");
            cluster.nodes[0].command(&["CLUSTER", "KEYSLOT", &key])
        };
        assert_eq!(slot("value")?, slot("lease")?, "{session}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_cluster_that_loses_nodes_only_their_sessions_wait_and_a_replica_has_them() -> Outcome
{
    let Some(mut cluster) = RedisCluster::start() else {
        return Ok(());
    };
    let store = RedisStore::connect_cluster(cluster.urls())?;
    let mut sessions = Vec::new();
    for n in 0..SESSIONS {
        let key = format!("user-{n}");
        let swap = store.swap(&key, 0, value(1, key.clone()), HOUR).await?;
        assert_eq!(swap, Swap::Done);
        assert_eq!(store.lease(&key, "one", HOUR).await?, Lease::Held);
        let master = cluster.master_of(&format!("cognito-idp:{{{key}}}:value"))?;
        sessions.push((master, key));
    }
    for master in 0..3 {
        assert!(sessions.iter().any(|(of, _)| *of == master));
    }
    // What a master has confirmed may not have come to its replica yet.
    sleep(Duration::from_millis(500)).await;

    // The first one has a replica, which takes over.
    cluster.nodes[0].kill();
    let away = all_are_back(&store, &sessions, 0).await?;
    assert!(away > 0, "it was not even noticed");

    // The second one has none: its sessions are unavailable until it is back, with what is on its disk.
    cluster.nodes[1].kill();
    sleep(Duration::from_secs(3)).await;
    let lost = sessions.iter().filter(|(of, _)| *of == 1).count();
    assert_eq!(failures(&store, &sessions, |of| of == 1).await?, lost);
    cluster.nodes[1].restart();
    all_are_back(&store, &sessions, 1).await?;

    // The first one is a replica now, and takes nothing over with what it has not heard.
    cluster.nodes[0].restart();
    sleep(Duration::from_secs(3)).await;
    assert_eq!(failures(&store, &sessions, |_| false).await?, 0);
    Ok(())
}

/// Waits until all sessions are there again, of which those of one master may be away; how often one
/// was.
async fn all_are_back(
    store: &impl SharedStore,
    sessions: &[(usize, String)],
    of: usize,
) -> Result<usize, Box<dyn Error>> {
    let began = Instant::now();
    let mut away = 0;
    loop {
        let failed = failures(store, sessions, |it| it == of).await?;
        away += failed;
        if failed == 0 && began.elapsed() > Duration::from_secs(1) {
            println!("all are back after {:?}", began.elapsed());
            return Ok(away);
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{failed}");
    }
}

/// How many sessions are unavailable, which only those may be that are on such a master; all others are
/// there in time, with their leases, and can be written.
async fn failures(
    store: &impl SharedStore,
    sessions: &[(usize, String)],
    may_fail: impl Fn(usize) -> bool,
) -> Result<usize, Box<dyn Error>> {
    let mut failed = 0;
    let mut slowest = Duration::ZERO;
    for (master, key) in sessions {
        let began = Instant::now();
        match store.load(key).await {
            Ok(found) => {
                assert_eq!(unaged(found), Some(value(1, key.clone())), "{key} is lost");
                let lease = store.lease(key, "other", HOUR).await;
                assert!(matches!(lease, Ok(Lease::Taken(_)) | Err(_)), "{lease:?}");
                if !may_fail(*master) {
                    lease.map_err(|error| format!("{key} at {master}: {error:?}"))?;
                }
            }
            Err(error) => {
                let why = RedisStoreError::of(&error);
                let may_be = matches!(
                    why,
                    Some(
                        RedisStoreError::Unreachable(_)
                            | RedisStoreError::TimedOut(_)
                            | RedisStoreError::NotReady(_)
                    )
                );
                assert!(may_be && may_fail(*master), "{key} at {master}: {why:?}");
                failed += 1;
            }
        }
        let took = began.elapsed();
        assert!(took < Duration::from_millis(1_500), "{key}: {took:?}");
        if !may_fail(*master) {
            slowest = slowest.max(took);
        }
    }
    println!("{failed} unavailable; the slowest of the others took {slowest:?}");
    Ok(failed)
}
