//! What several processes share: the store in memory, and what a vault lets through.
#![cfg(feature = "fleet")]

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_idp::fleet::{
    Lease, MemoryStore, SealingKeys, SharedStore, SharedStoreError, Swap, Vault, Versioned,
};

const HOUR: Duration = Duration::from_hours(1);

fn value(version: u64, text: &str) -> Versioned {
    Versioned::new(version, text.as_bytes().to_vec())
}

fn vault(store: &MemoryStore) -> Vault {
    Vault::sealed(store.clone(), SealingKeys::new(1, &[1; 32]))
}

#[tokio::test]
async fn of_many_that_write_over_one_version_one_does() {
    let store = MemoryStore::new();
    let writers = (0..50).map(|writer| {
        let vault = vault(&store);
        let write = async move { vault.swap("alice", 0, value(writer + 1, "x"), HOUR).await };
        tokio::spawn(write)
    });
    let mut done = 0;
    for writer in writers.collect::<Vec<_>>() {
        match writer.await.expect("no panic").expect("a store") {
            Swap::Done => done += 1,
            Swap::Refused(found) => assert_eq!(found.expect("the one that did").version, 1),
        }
    }
    assert_eq!(done, 1);
}

#[tokio::test(start_paused = true)]
async fn a_value_tells_its_age_and_ends_with_its_life() {
    let vault = vault(&MemoryStore::new());
    let life = Duration::from_secs(5);
    let swap = vault.swap("alice", 0, value(1, "one"), life).await;
    assert_eq!(swap.expect("a store"), Swap::Done);
    let late = Duration::from_millis(4_999);
    tokio::time::advance(late).await;
    assert_eq!(
        vault.load("alice").await.expect("a store"),
        Some(value(1, "one").aged(late))
    );
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(vault.load("alice").await.expect("a store"), None);
    let stale = vault.swap("alice", 1, value(2, "two"), life).await;
    assert_eq!(stale.expect("a store"), Swap::Refused(None));
    let fresh = vault.swap("alice", 0, value(2, "two"), Duration::MAX).await;
    assert_eq!(fresh.expect("a store"), Swap::Done);
}

#[tokio::test(start_paused = true)]
async fn a_lease_has_one_owner_until_it_ends() {
    let vault = vault(&MemoryStore::new());
    let life = Duration::from_secs(10);
    let lease = |owner| vault.lease("alice", owner, life);
    assert_eq!(lease("one").await.expect("a store"), Lease::Held);
    tokio::time::advance(Duration::from_secs(4)).await;
    let left = Duration::from_secs(6);
    assert_eq!(lease("other").await.expect("a store"), Lease::Taken(left));
    assert_eq!(lease("one").await.expect("a store"), Lease::Held);
    tokio::time::advance(life).await;
    assert_eq!(lease("other").await.expect("a store"), Lease::Held);
    // The first one comes back late: it ends nothing of the other's.
    vault.release("alice", "one").await.expect("a store");
    assert_eq!(lease("one").await.expect("a store"), Lease::Taken(life));
    vault.release("alice", "other").await.expect("a store");
    assert_eq!(lease("one").await.expect("a store"), Lease::Held);
    assert_eq!(vault.load("alice").await.expect("a store"), None);
}

/// What a sealed vault calls a key, in the store.
fn place(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, key.as_bytes()))
}

#[tokio::test]
async fn a_store_learns_no_key_of_a_sealed_vault() {
    let store = MemoryStore::new();
    let vault = vault(&store);
    let swap = vault.swap("cookie", 0, value(1, "one"), HOUR).await;
    assert_eq!(swap.expect("a store"), Swap::Done);
    let life = Duration::from_secs(10);
    let lease = vault.lease("cookie", "one", life).await;
    assert_eq!(lease.expect("a store"), Lease::Held);
    assert_eq!(store.load("cookie").await.expect("a store"), None);
    let free = store.lease("cookie", "other", life).await;
    assert_eq!(free.expect("a store"), Lease::Held);
    let found = store.load(&place("cookie")).await.expect("a store");
    assert!(found.is_some());
    let taken = store.lease(&place("cookie"), "other", life).await;
    assert!(matches!(taken.expect("a store"), Lease::Taken(_)));
    vault.release("cookie", "one").await.expect("a store");
    let free = store.lease(&place("cookie"), "other", life).await;
    assert_eq!(free.expect("a store"), Lease::Held);
}

#[tokio::test]
async fn what_a_store_changes_or_moves_is_refused() {
    let store = MemoryStore::new();
    let vault = vault(&store);
    for (key, version) in [("alice", 1), ("bob", 1)] {
        let swap = vault
            .swap(key, 0, value(version, "marker-of-a-secret"), HOUR)
            .await;
        assert_eq!(swap.expect("a store"), Swap::Done);
    }
    let of_alice = store
        .load(&place("alice"))
        .await
        .expect("a store")
        .expect("a value");
    let text = of_alice.value.expose();
    assert!(!text.windows(6).any(|part| part == b"marker"));
    // Moved to another session, and an old value under a new number.
    for (key, version) in [("bob", 1), ("alice", 2)] {
        let forged = Versioned::new(version, of_alice.value.clone());
        let swap = store.swap(&place(key), 1, forged.clone(), HOUR).await;
        assert_eq!(swap.expect("a store"), Swap::Done);
        let loaded = vault.load(key).await;
        assert!(matches!(loaded, Err(SharedStoreError::Tampered)), "{key}");
        let refused = vault.swap(key, 9, value(10, "x"), HOUR).await;
        assert!(matches!(refused, Err(SharedStoreError::Tampered)), "{key}");
    }
}

#[tokio::test]
async fn only_who_says_so_leaves_values_as_they_are() {
    let store = MemoryStore::new();
    let vault = Vault::unsealed(store.clone());
    let swap = vault.swap("alice", 0, value(1, "plain"), HOUR).await;
    assert_eq!(swap.expect("a store"), Swap::Done);
    let found = store
        .load("alice")
        .await
        .expect("a store")
        .expect("a value");
    assert_eq!(found.value, value(1, "plain").value);
    assert!(!format!("{vault:?} {:?}", value(1, "plain")).contains("plain"));
}
