//! What every store must do, whatever it keeps its values in.

use std::{collections::HashSet, sync::Arc, time::Duration};

use cognito_idp::fleet::{Lease, SharedStore, SharedStoreError, Swap, Versioned};
use tokio::time::{sleep, timeout};

const HOUR: Duration = Duration::from_hours(1);
const MOMENT: Duration = Duration::from_millis(400);
const MAX_VERSION: u64 = (1 << 53) - 1;

pub(crate) fn value(version: u64, bytes: impl Into<Vec<u8>>) -> Versioned {
    Versioned::new(version, bytes.into())
}

/// What was found, as it was written; how old it is has a test of its own.
pub(crate) fn unaged(found: Option<Versioned>) -> Option<Versioned> {
    found.map(|found| found.aged(Duration::ZERO))
}

/// Holds a store to the contract of [`SharedStore`]; it must be empty.
pub(crate) async fn holds(store: Arc<dyn SharedStore>) -> Result<(), SharedStoreError> {
    a_version_is_written_over_by_who_knows_it(&*store).await?;
    any_key_and_value_is_kept(&*store).await?;
    a_value_ends_with_its_life(&*store).await?;
    an_age_counts_from_the_last_write(&*store).await?;
    a_lease_has_one_owner_until_it_ends(&*store).await?;
    every_life_is_a_life(&*store).await?;
    of_many_that_write_one_does(&store).await?;
    no_write_of_many_is_lost(&store).await?;
    of_many_that_want_a_lease_one_gets_it(&store).await?;
    what_is_given_up_leaves_all_whole(&*store).await
}

async fn a_version_is_written_over_by_who_knows_it(
    store: &dyn SharedStore,
) -> Result<(), SharedStoreError> {
    let (one, two, three) = (value(1, "one"), value(2, "two"), value(30, "three"));
    assert_eq!(load(store, "alice").await?, None);
    let early = swap(store, "alice", 1, two.clone(), HOUR).await?;
    assert_eq!(early, Swap::Refused(None));
    let first = store.swap("alice", 0, one.clone(), HOUR).await?;
    assert_eq!(first, Swap::Done);
    assert_eq!(load(store, "alice").await?.as_ref(), Some(&one));
    let second = store.swap("alice", 1, two.clone(), HOUR).await?;
    assert_eq!(second, Swap::Done);
    for expected in [0, 1, 3, 30, MAX_VERSION] {
        let late = swap(store, "alice", expected, three.clone(), HOUR).await?;
        assert_eq!(late, Swap::Refused(Some(two.clone())), "{expected}");
    }
    assert_eq!(load(store, "alice").await?, Some(two));
    let third = store.swap("alice", 2, three.clone(), HOUR).await?;
    assert_eq!(third, Swap::Done);
    assert_eq!(load(store, "alice").await?, Some(three));
    Ok(())
}

async fn any_key_and_value_is_kept(store: &dyn SharedStore) -> Result<(), SharedStoreError> {
    let long = "k".repeat(1_000);
    let keys = [
        "", " ", "a b", "}{", "{}", "{a}b", "a}:lease", "a", "*", "ключ", "\0\r\n", &long,
    ];
    let every_byte: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let values = [Vec::new(), b"0".to_vec(), every_byte];
    let of = |n: usize| value(MAX_VERSION - n as u64, values[n % 3].clone());
    for (n, key) in keys.iter().enumerate() {
        assert_eq!(
            store.swap(key, 0, of(n), HOUR).await?,
            Swap::Done,
            "{key:?}"
        );
        assert_eq!(store.lease(key, key, HOUR).await?, Lease::Held, "{key:?}");
    }
    for (n, key) in keys.iter().enumerate() {
        assert_eq!(load(store, key).await?, Some(of(n)), "{key:?}");
        store.release(key, key).await?;
        assert_eq!(store.lease(key, "next", HOUR).await?, Lease::Held);
    }
    Ok(())
}

async fn a_value_ends_with_its_life(store: &dyn SharedStore) -> Result<(), SharedStoreError> {
    let swap = |expected, version, life| swap(store, "brief", expected, value(version, "x"), life);
    assert_eq!(swap(0, 1, MOMENT).await?, Swap::Done);
    assert_eq!(swap(1, 2, 2 * MOMENT).await?, Swap::Done);
    // A refused write makes no life longer, and a lease has nothing to do with it.
    assert!(matches!(swap(1, 3, HOUR).await?, Swap::Refused(Some(_))));
    assert_eq!(store.lease("brief", "one", HOUR).await?, Lease::Held);
    sleep(MOMENT + MOMENT / 4).await;
    assert_eq!(load(store, "brief").await?, Some(value(2, "x")));
    sleep(MOMENT).await;
    assert_eq!(load(store, "brief").await?, None);
    assert_eq!(swap(2, 4, HOUR).await?, Swap::Refused(None));
    assert_eq!(swap(0, 5, HOUR).await?, Swap::Done);
    let other = store.lease("brief", "other", HOUR).await?;
    assert!(matches!(other, Lease::Taken(_)));
    Ok(())
}

async fn an_age_counts_from_the_last_write(
    store: &dyn SharedStore,
) -> Result<(), SharedStoreError> {
    let age = async || {
        let found = store.load("judy").await?.expect("it is there");
        let Swap::Refused(Some(refused)) = store.swap("judy", 0, value(9, "x"), HOUR).await? else {
            panic!("it is there");
        };
        assert!(refused.age >= found.age && refused.age < found.age + MOMENT);
        Ok::<_, SharedStoreError>(found.age)
    };
    // What the writer says of it does not count.
    let written = value(1, "x").aged(HOUR);
    assert_eq!(store.swap("judy", 0, written, HOUR).await?, Swap::Done);
    assert!(age().await? < MOMENT);
    sleep(2 * MOMENT).await;
    let old = age().await?;
    assert!(old >= 2 * MOMENT && old < 4 * MOMENT, "{old:?}");
    assert_eq!(
        store.swap("judy", 1, value(2, "x"), HOUR).await?,
        Swap::Done
    );
    assert!(age().await? < MOMENT);
    Ok(())
}

async fn a_lease_has_one_owner_until_it_ends(
    store: &dyn SharedStore,
) -> Result<(), SharedStoreError> {
    let lease = |owner, life| store.lease("carol", owner, life);
    assert_eq!(lease("one", 2 * MOMENT).await?, Lease::Held);
    let Lease::Taken(left) = lease("other", HOUR).await? else {
        panic!("two have it");
    };
    assert!(left > MOMENT && left <= 2 * MOMENT, "{left:?}");
    // Whoever does not have it ends nothing.
    store.release("carol", "other").await?;
    assert!(matches!(lease("other", HOUR).await?, Lease::Taken(_)));
    // Whoever has it may have it longer, and shorter.
    assert_eq!(lease("one", HOUR).await?, Lease::Held);
    assert_eq!(lease("one", MOMENT).await?, Lease::Held);
    assert!(matches!(lease("other", HOUR).await?, Lease::Taken(left) if left <= MOMENT));
    sleep(MOMENT + MOMENT / 4).await;
    assert_eq!(lease("other", HOUR).await?, Lease::Held);
    // The first one comes back late.
    store.release("carol", "one").await?;
    assert!(matches!(lease("one", HOUR).await?, Lease::Taken(_)));
    store.release("carol", "other").await?;
    assert_eq!(lease("one", HOUR).await?, Lease::Held);
    store.release("carol", "one").await?;
    store.release("carol", "one").await?;
    assert_eq!(load(store, "carol").await?, None);
    Ok(())
}

async fn every_life_is_a_life(store: &dyn SharedStore) -> Result<(), SharedStoreError> {
    let for_ever = store.swap("dan", 0, value(1, "x"), Duration::MAX).await?;
    assert_eq!(for_ever, Swap::Done);
    assert!(store.load("dan").await?.is_some());
    assert_eq!(store.lease("dan", "one", Duration::MAX).await?, Lease::Held);
    let Lease::Taken(left) = store.lease("dan", "other", HOUR).await? else {
        panic!("two have it");
    };
    assert!(left > HOUR);
    let none = Duration::from_nanos(1);
    assert_eq!(store.lease("eve", "one", none).await?, Lease::Held);
    assert_eq!(store.swap("eve", 0, value(1, "x"), none).await?, Swap::Done);
    sleep(Duration::from_millis(20)).await;
    assert_eq!(load(store, "eve").await?, None);
    assert_eq!(store.lease("eve", "other", HOUR).await?, Lease::Held);
    Ok(())
}

async fn of_many_that_write_one_does(store: &Arc<dyn SharedStore>) -> Result<(), SharedStoreError> {
    let writers = (1..=50).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move { store.swap("frank", 0, value(writer, "x"), HOUR).await })
    });
    let mut winners = HashSet::new();
    let mut done = 0;
    for writer in writers.collect::<Vec<_>>() {
        match writer.await.expect("no panic")? {
            Swap::Done => done += 1,
            Swap::Refused(found) => {
                winners.insert(found.expect("the one that did").version);
            }
        }
    }
    let kept = store.load("frank").await?.map(|kept| kept.version);
    assert_eq!((done, winners.len()), (1, 1));
    assert_eq!(kept, winners.into_iter().next());
    Ok(())
}

async fn no_write_of_many_is_lost(store: &Arc<dyn SharedStore>) -> Result<(), SharedStoreError> {
    const WRITERS: u64 = 16;
    const WRITES: u64 = 25;
    let writers = (0..WRITERS).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..WRITES {
                let mut version = store.load("grace").await?.map_or(0, |it| it.version);
                loop {
                    let next = value(version + 1, (version + 1).to_be_bytes());
                    match store.swap("grace", version, next, HOUR).await? {
                        Swap::Done => break,
                        Swap::Refused(found) => version = found.map_or(0, |it| it.version),
                    }
                }
            }
            Ok::<_, SharedStoreError>(())
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("no panic")?;
    }
    let all = WRITERS * WRITES;
    let last = value(all, all.to_be_bytes());
    assert_eq!(load(&**store, "grace").await?, Some(last));
    Ok(())
}

async fn of_many_that_want_a_lease_one_gets_it(
    store: &Arc<dyn SharedStore>,
) -> Result<(), SharedStoreError> {
    for round in 0..5 {
        let owners = (0..50).map(|owner| {
            let (store, owner) = (store.clone(), format!("{round}-{owner}"));
            tokio::spawn(async move {
                let lease = store.lease("heidi", &owner, HOUR).await?;
                Ok::<_, SharedStoreError>((owner, lease))
            })
        });
        let mut holders = Vec::new();
        for owner in owners.collect::<Vec<_>>() {
            let (owner, lease) = owner.await.expect("no panic")?;
            if lease == Lease::Held {
                holders.push(owner);
            }
        }
        assert_eq!(holders.len(), 1, "{holders:?}");
        store.release("heidi", &holders[0]).await?;
    }
    Ok(())
}

async fn what_is_given_up_leaves_all_whole(
    store: &dyn SharedStore,
) -> Result<(), SharedStoreError> {
    for micros in (0..1_000).step_by(50) {
        let patience = Duration::from_micros(micros);
        let write = store.swap("ivan", 0, value(1, "whole"), HOUR);
        drop(timeout(patience, write).await);
        drop(timeout(patience, store.load("ivan")).await);
        drop(timeout(patience, store.lease("ivan", "one", HOUR)).await);
        drop(timeout(patience, store.release("ivan", "other")).await);
    }
    store.swap("ivan", 0, value(1, "whole"), HOUR).await?;
    assert_eq!(load(store, "ivan").await?, Some(value(1, "whole")));
    assert_eq!(store.lease("ivan", "one", HOUR).await?, Lease::Held);
    Ok(())
}

async fn load(store: &dyn SharedStore, key: &str) -> Result<Option<Versioned>, SharedStoreError> {
    Ok(unaged(store.load(key).await?))
}

async fn swap(
    store: &dyn SharedStore,
    key: &str,
    expected: u64,
    next: Versioned,
    life: Duration,
) -> Result<Swap, SharedStoreError> {
    match store.swap(key, expected, next, life).await? {
        Swap::Refused(found) => Ok(Swap::Refused(unaged(found))),
        Swap::Done => Ok(Swap::Done),
    }
}
