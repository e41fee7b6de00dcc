//! Sessions and machine tokens that several processes share, through outages, deaths and other clocks.
#![cfg(feature = "fleet")]

mod fleet_support;

use std::{
    pin::pin,
    sync::atomic::Ordering::SeqCst,
    task::{Context, Poll, Waker},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_idp::{
    auth::{AppClient, ClientTokens, RefreshError, TokenSource},
    fleet::{MemoryStore, SharedStore as _, SharedStoreError, Swap, Vault, Versioned},
};
use fleet_support::{LIFE, Pool, Process};
use tokio::{
    task::JoinSet,
    time::{Instant, advance, sleep, timeout},
};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// How long a lease lasts that nobody keeps.
const LEASE: Duration = Duration::from_secs(10);
const DAY: Duration = Duration::from_hours(24);
const SECOND: Duration = Duration::from_secs(1);
const KEY: &str = "session-1";

/// Two processes that share a session which has just begun.
async fn two(pool: &Pool) -> Outcome<(Process, TokenSource, Process, TokenSource)> {
    let store = MemoryStore::new();
    let (one, other) = (Process::new(pool, &store), Process::new(pool, &store));
    let ours = one.share(KEY, &pool.sign_in()).await?;
    let theirs = other.open(KEY).await?.ok_or("a session")?;
    Ok((one, ours, other, theirs))
}

/// What a sealed vault calls a key, in the store.
fn place(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, key.as_bytes()))
}

/// Puts a value into the store that nobody meant to be there.
async fn put(store: &MemoryStore, value: Versioned, life: Duration) -> Outcome {
    let present = store.load(&place(KEY)).await?.ok_or("a value")?;
    let swap = store
        .swap(&place(KEY), present.version, value, life)
        .await?;
    assert_eq!(swap, Swap::Done);
    Ok(())
}

/// Access tokens last a minute.
async fn token(source: &TokenSource) -> Result<String, RefreshError> {
    Ok(source.access_token().await?.expose().clone())
}

fn is_signed_out<T>(result: &Result<T, RefreshError>) -> bool {
    matches!(result, Err(RefreshError::SignedOut(_)))
}

fn lacks_the_store<T>(result: &Result<T, RefreshError>) -> bool {
    matches!(result, Err(RefreshError::SharedStore(_)))
}

#[tokio::test(start_paused = true)]
async fn one_process_refreshes_for_all() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let store = MemoryStore::new();
    let first = Process::new(&pool, &store);
    first.share(KEY, &pool.sign_in()).await?;
    let mut all = JoinSet::new();
    for _ in 0..50 {
        let process = Process::new(&pool, &store);
        let source = process.open(KEY).await?.ok_or("a session")?;
        all.spawn(async move {
            for _ in 0..10 {
                sleep(LIFE).await;
                let token = token(&source).await?;
                assert!(process.pool.accepts(&token));
            }
            Ok::<_, RefreshError>(())
        });
    }
    while let Some(end) = all.join_next().await {
        end??;
    }
    assert_eq!(pool.refreshes(), 10);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_fresh_token_costs_no_question_to_the_store() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let (one, ours, ..) = two(&pool).await?;
    assert!(!format!("{ours:?}").contains(KEY), "it may be a cookie");
    let asked = one.questions.load(SeqCst);
    for _ in 0..100 {
        token(&ours).await?;
    }
    assert_eq!(one.questions.load(SeqCst), asked);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_is_seen_when_asked_for_and_else_at_the_next_refresh() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let (one, ours, _, theirs) = two(&pool).await?;
    let third = one.open(KEY).await?.ok_or("a session")?;
    ours.sign_out().await?;
    assert!(token(&theirs).await.is_ok(), "it is not asked for yet");
    assert!(is_signed_out(&theirs.revalidate().await));
    assert!(is_signed_out(&token(&theirs).await));
    advance(LIFE).await;
    assert!(is_signed_out(&token(&third).await));
    assert!(one.open(KEY).await?.is_none());
    assert_eq!((pool.refreshes(), pool.revocations()), (0, 1));
    // It is the newest token that is given up, whoever got it.
    theirs.sign_out().await?;
    assert_eq!(pool.revocations(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_gives_up_the_newest_token() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let (_, ours, _, theirs) = two(&pool).await?;
    theirs.refresh_now().await?;
    ours.sign_out().await?;
    assert!(!pool.has_been_misused());
    assert!(is_signed_out(&theirs.revalidate().await));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn without_the_store_the_token_at_hand_is_good_and_nobody_refreshes() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let (one, ours, _, theirs) = two(&pool).await?;
    one.cut_off.store(true, SeqCst);
    advance(55 * SECOND).await;
    assert!(pool.accepts(&token(&ours).await?));
    advance(5 * SECOND).await;
    assert!(lacks_the_store(&token(&ours).await));
    assert!(lacks_the_store(&ours.sign_out().await));
    assert!(lacks_the_store(&ours.revalidate().await));
    assert_eq!(pool.refreshes(), 0);
    assert!(pool.accepts(&token(&theirs).await?));
    one.cut_off.store(false, SeqCst);
    advance(SECOND).await;
    assert_eq!(token(&ours).await?, token(&theirs).await?);
    assert_eq!(pool.refreshes(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_holds_nobody_up() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let (one, ours, ..) = two(&pool).await?;
    one.hangs.store(true, SeqCst);
    advance(55 * SECOND).await;
    let begun = Instant::now();
    assert!(pool.accepts(&token(&ours).await?));
    assert!(begun.elapsed() <= 5 * SECOND);
    advance(LIFE).await;
    let begun = Instant::now();
    assert!(lacks_the_store(&token(&ours).await));
    assert!(begun.elapsed() <= 5 * SECOND);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn tokens_that_the_store_did_not_take_stay_and_are_offered_again() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let (one, ours, _, theirs) = two(&pool).await?;
    advance(LIFE).await;
    pool.on_refresh(&one.cut_off);
    let new = token(&ours).await?;
    assert!(pool.accepts(&new));
    assert!(ours.flush().await.is_err());
    sleep(3 * SECOND).await;
    // Nobody presents the replaced token meanwhile, also when the lease would have ended.
    let other = tokio::spawn(async move { token(&theirs).await });
    sleep(2 * SECOND).await;
    one.cut_off.store(false, SeqCst);
    assert_eq!(other.await??, new);
    ours.flush().await?;
    assert_eq!(pool.refreshes(), 1);
    // How old they were when they were written counts.
    let late = one.open(KEY).await?.ok_or("a session")?;
    advance(54 * SECOND).await;
    token(&late).await?;
    assert_eq!(pool.refreshes(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_is_replaced_when_its_lease_ends() -> Outcome {
    let pool = Pool::rotating(20 * SECOND);
    let (one, ours, _, theirs) = two(&pool).await?;
    advance(LIFE).await;
    // It has refreshed, and nobody will hear of it.
    pool.on_refresh(&one.dead);
    let dead = tokio::spawn(async move { token(&ours).await });
    sleep(SECOND).await;
    let begun = Instant::now();
    assert!(pool.accepts(&token(&theirs).await?));
    assert!(begun.elapsed() <= LEASE);
    assert_eq!(pool.refreshes(), 2);
    dead.abort();
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_lease_lasts_as_long_as_its_owner_works() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let (.., ours, _, theirs) = two(&pool).await?;
    advance(LIFE).await;
    pool.set_delay(25 * SECOND);
    let slow = tokio::spawn(async move { token(&ours).await });
    sleep(SECOND).await;
    assert_eq!(token(&theirs).await?, slow.await??);
    assert_eq!(pool.refreshes(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_waits_in_vain_is_told_so_after_the_operation_timeout() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let (one, ours, other, theirs) = two(&pool).await?;
    advance(LIFE).await;
    one.store
        .lease(&place(KEY), "somebody", Duration::from_hours(1))
        .await?;
    let begun = Instant::now();
    assert!(lacks_the_store(&token(&theirs).await));
    assert!(begun.elapsed() < other.operation_timeout + SECOND);
    one.store.release(&place(KEY), "somebody").await?;
    assert!(token(&ours).await.is_ok());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_was_overtaken_takes_what_the_others_have() -> Outcome {
    let pool = Pool::rotating(60 * SECOND);
    let (one, ours, _, theirs) = two(&pool).await?;
    advance(LIFE).await;
    // As if the process had stood still for longer than its lease.
    pool.set_delay(20 * SECOND);
    one.loses_leases.store(true, SeqCst);
    let slow = tokio::spawn(async move { (token(&ours).await, ours) });
    sleep(SECOND).await;
    pool.set_delay(Duration::ZERO);
    let new = token(&theirs).await?;
    let (token_of_slow, ours) = slow.await?;
    assert_eq!(token_of_slow?, new);
    assert_eq!(token(&ours).await?, new);
    assert_eq!(pool.refreshes(), 2);
    assert_eq!(pool.revocations(), 0);
    Ok(())
}

/// A refresh of a process that stood still for longer than its lease, and a sign-out that takes so long.
async fn a_refresh_meets_a_sign_out(
    takes: Duration,
) -> Outcome<(Pool, Result<String, RefreshError>)> {
    let pool = Pool::rotating(60 * SECOND);
    let (one, ours, _, theirs) = two(&pool).await?;
    advance(LIFE).await;
    pool.set_delay(20 * SECOND);
    one.loses_leases.store(true, SeqCst);
    let slow = tokio::spawn(async move { token(&ours).await });
    sleep(SECOND).await;
    pool.set_delay(takes);
    theirs.sign_out().await?;
    assert!(one.open(KEY).await?.is_none());
    Ok((pool, slow.await?))
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_a_sign_out_overtook_leaves_no_session_behind() -> Outcome {
    let (pool, refreshed) = a_refresh_meets_a_sign_out(Duration::ZERO).await?;
    assert!(is_signed_out(&refreshed));
    assert!(!pool.is_any_session_left());
    assert_eq!(pool.revocations(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_that_a_refresh_overtook_gives_up_what_that_brought() -> Outcome {
    let (pool, refreshed) = a_refresh_meets_a_sign_out(30 * SECOND).await?;
    assert!(refreshed.is_ok());
    assert!(!pool.is_any_session_left());
    assert_eq!(pool.revocations(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_refusal_by_cognito_ends_the_session_for_all() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let (_, ours, _, theirs) = two(&pool).await?;
    pool.end_all_sessions();
    advance(LIFE).await;
    assert!(is_signed_out(&token(&ours).await));
    assert!(is_signed_out(&token(&theirs).await));
    assert_eq!(pool.refusals(), 1, "the other one need not ask");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_cognito_refuses_while_the_store_is_away_signs_nobody_out() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let (one, ours, ..) = two(&pool).await?;
    advance(LIFE).await;
    pool.refuse_once();
    pool.on_refresh(&one.cut_off);
    assert!(lacks_the_store(&token(&ours).await));
    one.cut_off.store(false, SeqCst);
    advance(SECOND).await;
    assert!(pool.accepts(&token(&ours).await?));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_store_that_lost_all_gets_it_back() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let (one, ours, other, theirs) = two(&pool).await?;
    token(&theirs).await?;
    let old = one.store.load(&place(KEY)).await?.ok_or("a value")?;
    put(&one.store, old, Duration::from_millis(1)).await?;
    sleep(Duration::from_millis(1)).await;
    assert!(other.open(KEY).await?.is_none());
    advance(LIFE).await;
    assert_eq!(token(&ours).await?, token(&theirs).await?);
    assert!(other.open(KEY).await?.is_some());
    assert_eq!(pool.refreshes(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_older_value_is_not_believed() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let (one, ours, ..) = two(&pool).await?;
    let old = one.store.load(&place(KEY)).await?.ok_or("a value")?;
    ours.refresh_now().await?;
    let new = one.store.load(&place(KEY)).await?.ok_or("a value")?;
    put(&one.store, old, DAY).await?;
    advance(LIFE).await;
    assert!(pool.accepts(&token(&ours).await?));
    assert!(one.store.load(&place(KEY)).await?.ok_or("a value")?.version > new.version);
    assert!(!pool.has_been_misused());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_was_put_in_by_others_is_refused() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let (one, ours, ..) = two(&pool).await?;
    one.share("session-2", &pool.sign_in()).await?;
    let of_another = one
        .store
        .load(&place("session-2"))
        .await?
        .ok_or("a value")?;
    put(&one.store, of_another, DAY).await?;
    advance(LIFE).await;
    let refused = token(&ours).await;
    let tampered = |error: &RefreshError| {
        matches!(error, RefreshError::SharedStore(SharedStoreError::Tampered))
    };
    assert!(refused.as_ref().is_err_and(tampered), "{refused:?}");
    assert!(one.open(KEY).await.is_err());
    Ok(())
}

#[test]
fn without_a_runtime_nothing_panics() {
    let pool = Pool::rotating(Duration::ZERO);
    let process = Process::new(&pool, &MemoryStore::new());
    let tokens = pool.sign_in();
    let context = &mut Context::from_waker(Waker::noop());
    let shared = pin!(process.share(KEY, &tokens)).poll(context);
    assert!(matches!(
        shared,
        Poll::Ready(Err(SharedStoreError::Unavailable(_)))
    ));
    let opened = pin!(process.open(KEY)).poll(context);
    assert!(matches!(
        opened,
        Poll::Ready(Err(SharedStoreError::Unavailable(_)))
    ));
}

#[tokio::test(start_paused = true)]
async fn clocks_may_differ_by_days() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let store = MemoryStore::new();
    let day = 86_400;
    let ahead = Process::with_clock(&pool, &store, 3 * day);
    let behind = Process::with_clock(&pool, &store, -3 * day);
    let sources = [
        ahead.share(KEY, &pool.sign_in_by(3 * day)).await?,
        behind.open(KEY).await?.ok_or("a session")?,
    ];
    for round in 0..20 {
        let token = token(&sources[round % 2]).await?;
        assert!(pool.accepts(&token), "{round}");
        advance(LIFE / 3).await;
    }
    assert!(pool.refreshes() <= 8, "{}", pool.refreshes());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn refresh_now_refreshes_whatever_the_others_did() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let (_, ours, _, theirs) = two(&pool).await?;
    let first = theirs.refresh_now().await?;
    let second = ours.refresh_now().await?;
    assert_ne!(first.access_token, second.access_token);
    assert_eq!(theirs.revalidate().await?.access_token, second.access_token);
    assert_eq!(pool.refreshes(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_new_sign_in_takes_the_place_of_an_old_one() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let (one, ours, _, theirs) = two(&pool).await?;
    ours.sign_out().await?;
    let again = one.share(KEY, &pool.sign_in()).await?;
    assert!(pool.accepts(&token(&again).await?));
    assert!(one.open(KEY).await?.is_some());
    assert_eq!(theirs.revalidate().await?, again.tokens().await?);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_where_a_session_cannot_be_shared() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let process = Process::new(&pool, &MemoryStore::new());
    let tokens = pool.sign_in();
    for trouble in [&process.cut_off, &process.is_full] {
        trouble.store(true, SeqCst);
        assert!(process.share(KEY, &tokens).await.is_err());
        trouble.store(false, SeqCst);
        sleep(2 * SECOND).await;
        assert!(process.open(KEY).await?.is_none());
    }
    assert!(process.share(KEY, &tokens).await.is_ok());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_session_is_kept_as_long_as_the_vault_says() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let store = MemoryStore::new();
    let vault = Vault::unsealed(store.clone()).session_life(Duration::from_hours(1));
    let process = Process::new(&pool, &store);
    TokenSource::share(process.sign_in(), &pool.sign_in(), &vault, KEY).await?;
    advance(Duration::from_mins(59)).await;
    let source = TokenSource::open(process.sign_in(), &vault, KEY).await?;
    token(&source.ok_or("a session")?).await?;
    advance(Duration::from_mins(59)).await;
    assert!(
        TokenSource::open(process.sign_in(), &vault, KEY)
            .await?
            .is_some()
    );
    advance(Duration::from_mins(1)).await;
    assert!(
        TokenSource::open(process.sign_in(), &vault, KEY)
            .await?
            .is_none()
    );
    Ok(())
}

/// Sixteen processes with two hundred sessions on a pool that ends a session when a replaced token is
/// presented beyond its grace. Processes die, one after the other, in the middle of whatever they do, and
/// the store goes away now and then.
#[tokio::test(start_paused = true)]
async fn no_session_is_lost_and_one_refresh_made_per_expiry() -> Outcome {
    const SESSIONS: usize = 200;
    const PROCESSES: usize = 16;
    let pool = Pool::rotating(60 * SECOND);
    let store = MemoryStore::new();
    let clock = |n: usize| i64::try_from(n % 11).map_or(0, |n| (n - 5) * 60);
    let first = Process::new(&pool, &store);
    for n in 0..SESSIONS {
        first
            .share(&format!("session-{n}"), &pool.sign_in())
            .await?;
    }
    let mut random = fleet_support::Random::new(7);
    let mut processes: Vec<_> = (0..PROCESSES)
        .map(|n| Process::with_clock(&pool, &store, clock(n)))
        .collect();
    let mut work = JoinSet::new();
    for process in &processes {
        work.spawn(process.clone().use_sessions(SESSIONS, random.next()));
    }
    let mut killed = 0;
    let until = Instant::now() + Duration::from_mins(10);
    while Instant::now() < until {
        sleep(Duration::from_millis(1_000 + random.below(9_000))).await;
        if random.below(5) == 0 {
            store_is_away(&processes, true);
            sleep(Duration::from_millis(random.below(3_000))).await;
            store_is_away(&processes, false);
            continue;
        }
        let n = usize::try_from(random.below(PROCESSES as u64))?;
        processes[n].dead.store(true, SeqCst);
        killed += 1;
        processes[n] = Process::with_clock(&pool, &store, clock(n + killed));
        work.spawn(processes[n].clone().use_sessions(SESSIONS, random.next()));
    }
    let (lost, used) = (pool.lost(), pool.used());
    println!(
        "{used} tokens used, {} refreshes, {} of them needless, {killed} processes killed",
        pool.refreshes(),
        pool.needless_refreshes(),
    );
    assert_eq!(lost, 0, "sessions lost");
    assert!(!pool.has_been_misused(), "a replaced token was presented");
    assert!(used > 30_000 && killed > 50 && pool.refreshes() > 2_500);
    // Only the dead leave work that has to be done twice.
    assert!(
        pool.needless_refreshes() <= killed,
        "{}",
        pool.needless_refreshes()
    );
    work.abort_all();
    Ok(())
}

fn store_is_away(processes: &[Process], is_away: bool) {
    for process in processes {
        process.cut_off.store(is_away, SeqCst);
    }
}

fn machine(process: &Process) -> ClientTokens {
    let app_client = AppClient::new("machine").secret("secret");
    ClientTokens::over_api(process.client(), app_client).share(&process.vault(), "orders")
}

#[tokio::test(start_paused = true)]
async fn a_machine_token_is_made_once_for_all_processes() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let store = MemoryStore::new();
    let mut all = JoinSet::new();
    for n in 0..48 {
        let process = Process::with_clock(&pool, &store, (n - 24) * 60);
        all.spawn(async move {
            let machine = machine(&process);
            let scopes = [
                machine.for_scopes(["a/read"]),
                machine.for_scopes(["a/write", "a/read"]),
            ];
            for _ in 0..60 {
                for machine in &scopes {
                    let token = machine.token().await.expect("a token");
                    assert!(process.pool.accepts(token.expose()));
                }
                sleep(LIFE / 10).await;
            }
        });
    }
    while let Some(end) = all.join_next().await {
        end?;
    }
    // Six lives, each used for three quarters, and two sets of scopes.
    let issued = pool.issued();
    assert!((12..=16).contains(&issued), "{issued}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn without_the_store_each_process_gets_its_own_machine_token() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let store = MemoryStore::new();
    for what in 0..2 {
        let process = Process::new(&pool, &store);
        if what == 0 {
            process.cut_off.store(true, SeqCst);
        } else {
            process.hangs.store(true, SeqCst);
        }
        let token = timeout(11 * SECOND, machine(&process).token()).await??;
        assert!(pool.accepts(token.expose()));
        assert_eq!(pool.issued(), what + 1);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_machine_token_that_is_refused_is_replaced_for_all() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let store = MemoryStore::new();
    let processes = [Process::new(&pool, &store), Process::new(&pool, &store)];
    let [ours, theirs] = [machine(&processes[0]), machine(&processes[1])];
    let old = ours.token().await?;
    assert_eq!(theirs.token().await?, old);
    assert!(ours.invalidate(&old));
    let new = ours.token().await?;
    assert_ne!(new, old);
    assert!(theirs.invalidate(&old));
    assert_eq!(theirs.token().await?, new);
    assert_eq!(machine(&processes[1]).token().await?, new);
    assert_eq!(pool.issued(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn metadata_and_scopes_have_machine_tokens_of_their_own() -> Outcome {
    let pool = Pool::rotating(Duration::ZERO);
    let process = Process::new(&pool, &MemoryStore::new());
    let machine = machine(&process);
    let mut tokens = Vec::new();
    for machine in [
        machine.clone(),
        machine.for_scopes(["a/b"]),
        machine.for_scopes(["a/b", "a/c"]),
        machine.client_metadata([("tenant", "one")]),
    ] {
        tokens.push(machine.token().await?.expose().clone());
    }
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 4);
    Ok(())
}
