//! A quota that many clients share, and how one of them uses it.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{Pacer, Pacing, PacingError, Queue, QuotaCategory, is_rate};

/// Gives the clients of a whole fleet their turns, so that together they keep to one quota.
///
/// Set by [`Pacing::shared`](super::Pacing::shared). A client asks before each request, and also
/// before each repetition of one, but only for the first few of its calls that wait: whoever comes
/// first is served first, and a client with many calls gets no more turns than one with few.
///
/// The crate `cognito-idp-redis` has one that stands in Redis. An implementation keeps these rules:
///
/// - Turns of a category are apart by a second over the rate; few may come at once after a pause.
/// - The rate begins at the [limit](TurnRequest::limit). It is lowered, for all clients, when they
///   [are throttled](TurnRequest::throttled) in turns given after the last lowering, because somebody
///   else uses the quota as well, and grows again with time.
/// - Nothing is kept for a caller that has gone: a turn that is not used is lost.
///
/// ```
/// use std::{sync::Mutex, time::{Duration, Instant}};
/// use cognito_idp::pacing::{Pacing, SharedQuota, SharedQuotaError, Turn, TurnFuture, TurnRequest};
///
/// /// For the clients of one process, and one category; it never lowers its rate.
/// #[derive(Debug)]
/// struct InProcess(Mutex<(u64, Instant)>);
///
/// impl SharedQuota for InProcess {
///     fn take(&self, request: TurnRequest) -> TurnFuture<'_> {
///         Box::pin(async move {
///             let mut next = self.0.lock().map_err(|_| SharedQuotaError::Unavailable("poisoned".into()))?;
///             let now = Instant::now();
///             let wait = next.1.saturating_duration_since(now);
///             if wait > request.max_wait {
///                 return Err(SharedQuotaError::WaitTooLong);
///             }
///             *next = (next.0 + 1, now + wait + Duration::from_secs_f64(1.0 / request.limit));
///             Ok(Turn::new(next.0, wait, request.limit))
///         })
///     }
/// }
///
/// let pacing = Pacing::new().shared(InProcess(Mutex::new((0, Instant::now()))));
/// # let _ = pacing;
/// ```
pub trait SharedQuota: fmt::Debug + Send + Sync {
    /// Takes the next free turn, or none if it would come too late.
    ///
    /// The caller drops the future after a tenth of a second, the first after a second, and then goes
    /// without.
    ///
    /// # Errors
    /// That the wait is too long, in which case nothing may be taken, or that nobody can tell.
    fn take(&self, request: TurnRequest) -> TurnFuture<'_>;
}

/// The answer of a [`SharedQuota`].
pub type TurnFuture<'a> = Pin<Box<dyn Future<Output = Result<Turn, SharedQuotaError>> + Send + 'a>>;

/// What a client asks of a [`SharedQuota`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct TurnRequest {
    /// The category of the operation to be sent.
    pub category: QuotaCategory,
    /// The account's limit of the category, in requests a second.
    pub limit: f64,
    /// How long the turn may be off; what is further off is not to be taken.
    pub max_wait: Duration,
    /// The [ID](Turn::id) of the newest turn that was throttled, if any was since the last request.
    pub throttled: Option<u64>,
}

impl TurnRequest {
    /// Asks for a turn at a limit in requests a second, and tells of no throttle.
    #[must_use]
    pub fn new(category: QuotaCategory, limit: f64, max_wait: Duration) -> Self {
        Self {
            category,
            limit,
            max_wait,
            throttled: None,
        }
    }

    /// Tells that the turn of this ID was throttled.
    #[must_use]
    pub fn throttled(mut self, turn: u64) -> Self {
        self.throttled = Some(turn);
        self
    }
}

/// Leave to send one request, after a wait.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Turn {
    /// What the turn is called if it is throttled: positive, and no smaller than that of an earlier turn.
    pub id: u64,
    /// How long from now.
    pub wait: Duration,
    /// What all clients may send together at present, in requests a second.
    pub rate: f64,
}

impl Turn {
    /// Gives leave.
    #[must_use]
    pub fn new(id: u64, wait: Duration, rate: f64) -> Self {
        Self { id, wait, rate }
    }
}

/// Why a [`SharedQuota`] gave no turn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SharedQuotaError {
    /// The next turn comes later than the request may wait; none was taken.
    #[error("the next turn comes too late")]
    WaitTooLong,
    /// Nobody can tell: each client goes on by itself.
    #[error("the shared quota is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// One client's dealings with a shared quota.
///
/// A trait, and made by [`Pacing::shared`] alone, so that programs without such a quota do not carry it.
pub(super) trait Share: fmt::Debug + Send + Sync {
    /// Asks for a turn and waits for it.
    fn ask<'a>(&'a self, pacer: &'a Pacer, queue: &'a Queue) -> AskFuture<'a>;

    /// Keeps in mind that a turn was throttled, to tell it with the next request.
    fn throttled(&self, category: QuotaCategory, turn: u64);

    /// The rate of all clients together, if it is known at present.
    fn rate(&self, category: QuotaCategory) -> Option<f64>;
}

type AskFuture<'a> = Pin<Box<dyn Future<Output = Result<Asked, PacingError>> + Send + 'a>>;

/// What came of asking.
pub(super) enum Asked {
    /// The turn of this ID has come.
    Turn(u64),
    /// The client is on its own, and may still wait so long.
    Alone(Duration),
}

/// A quota, and how the dealings with it begin.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    quota: Arc<dyn SharedQuota>,
    begin: fn(Arc<dyn SharedQuota>, &Pacing) -> Box<dyn Share>,
}

impl Shared {
    pub(super) fn new(quota: impl SharedQuota + 'static) -> Self {
        Self {
            quota: Arc::new(quota),
            begin: |quota, pacing| Box::new(Sharing::new(quota, pacing)),
        }
    }

    pub(super) fn begin(&self, pacing: &Pacing) -> Box<dyn Share> {
        (self.begin)(self.quota.clone(), pacing)
    }
}

#[derive(Debug)]
struct Sharing {
    quota: Arc<dyn SharedQuota>,
    standing: Mutex<Standing>,
    /// In the order of the categories.
    turns: Vec<Turns>,
}

/// Whether it is there.
#[derive(Clone, Copy, Debug, Default)]
enum Standing {
    /// It has not been asked yet.
    #[default]
    Unknown,
    Available,
    Unavailable {
        /// When one call asks again, on the pacer's clock.
        asked_again_at: Duration,
    },
}

/// Those of one category.
#[derive(Debug)]
struct Turns {
    /// One for each call that has, or asks for, a turn that is still to come.
    permits: Semaphore,
    /// How many it takes ahead.
    ahead: u32,
    /// How far off the last turn was, in microseconds.
    last_wait: AtomicU64,
    /// The newest turn that was throttled and not yet told; 0 is none.
    throttled: AtomicU64,
    /// The bits of the rate that all clients have together.
    rate: AtomicU64,
}

impl Share for Sharing {
    fn ask<'a>(&'a self, pacer: &'a Pacer, queue: &'a Queue) -> AskFuture<'a> {
        Box::pin(self.turn(pacer, queue))
    }

    fn throttled(&self, category: QuotaCategory, turn: u64) {
        let turns = &self.turns[category as usize];
        turns.throttled.fetch_max(turn, Relaxed);
    }

    fn rate(&self, category: QuotaCategory) -> Option<f64> {
        if matches!(*self.standing(), Standing::Unavailable { .. }) {
            return None;
        }
        let rate = &self.turns[category as usize].rate;
        Some(f64::from_bits(rate.load(Relaxed)))
    }
}

impl Sharing {
    /// How long an answer may take.
    const ANSWER: Duration = Duration::from_millis(100);
    /// How long the first may take, because most connect for it. A fleet whose clients all began by
    /// themselves would begin with being throttled.
    const FIRST_ANSWER: Duration = Duration::from_secs(1);
    /// How long a client goes on by itself before one of its calls asks again.
    const COOL_DOWN: Duration = Duration::from_secs(1);
    /// How long a turn and the way to the quota take at most for one client to use the whole limit.
    const TURN_SECONDS: f64 = 0.02;
    const MOST_TURNS: f64 = 64.0;

    fn new(quota: Arc<dyn SharedQuota>, pacing: &Pacing) -> Self {
        let turns = |category: &QuotaCategory| {
            let limit = pacing.limit_of(*category);
            let ahead = turns_ahead(limit);
            Turns {
                permits: Semaphore::new(ahead as usize),
                ahead,
                last_wait: AtomicU64::new(0),
                throttled: AtomicU64::new(0),
                rate: AtomicU64::new(limit.to_bits()),
            }
        };
        Self {
            quota,
            standing: Mutex::default(),
            turns: QuotaCategory::ALL.iter().map(turns).collect(),
        }
    }

    async fn turn(&self, pacer: &Pacer, queue: &Queue) -> Result<Asked, PacingError> {
        let category = queue.category;
        let turns = &self.turns[category as usize];
        let began = Instant::now();
        let left = || pacer.max_wait.saturating_sub(began.elapsed());
        if !self.may_be_asked(pacer.started.elapsed()) {
            return Ok(Asked::Alone(left()));
        }
        let place = queue.enter();
        // A call that may not wait still takes a turn that is there at once.
        let may_wait = place.ahead < pacer.max_waiting;
        let refusal = if may_wait {
            PacingError::WaitTooLong { category }
        } else {
            PacingError::QueueFull { category }
        };
        if may_wait && turns.wait_behind(place.ahead) > pacer.max_wait {
            return Err(refusal);
        }
        let permit = if may_wait {
            let limit = began.checked_add(pacer.max_wait);
            let permit = turns.permits.acquire();
            match limit {
                Some(limit) => timeout_at(limit, permit).await.ok(),
                None => Some(permit.await),
            }
        } else {
            turns.permits.try_acquire().ok().map(Ok)
        };
        // None is ever closed.
        let Some(Ok(_permit)) = permit else {
            return Err(refusal);
        };
        let Some(answer_within) = self.begin(pacer.started.elapsed()) else {
            return Ok(Asked::Alone(left()));
        };
        let patience = if may_wait { left() } else { Duration::ZERO };
        let throttled = turns.throttled.swap(0, Relaxed);
        let request = TurnRequest {
            category,
            limit: queue.account_limit(),
            max_wait: patience,
            throttled: (throttled > 0).then_some(throttled),
        };
        let answer_within = answer_within.min(Self::ANSWER.max(patience));
        match timeout(answer_within, self.quota.take(request)).await {
            Ok(Ok(turn)) if turn.wait <= patience && is_rate(turn.rate) => {
                self.answered();
                turns.gave(turn);
                if !turn.wait.is_zero() {
                    sleep(turn.wait).await;
                }
                Ok(Asked::Turn(turn.id))
            }
            Ok(Err(SharedQuotaError::WaitTooLong)) => {
                self.answered();
                Err(refusal)
            }
            // Slow, gone, or nonsense.
            _ => {
                turns.throttled.fetch_max(throttled, Relaxed);
                if self.failed(pacer.started.elapsed()) {
                    pacer.begin_alone();
                }
                Ok(Asked::Alone(left()))
            }
        }
    }

    fn may_be_asked(&self, now: Duration) -> bool {
        match *self.standing() {
            Standing::Unavailable { asked_again_at } => now >= asked_again_at,
            Standing::Unknown | Standing::Available => true,
        }
    }

    /// How long this call waits for its answer, if it is to ask: one in each cool-down while the quota is
    /// unavailable.
    fn begin(&self, now: Duration) -> Option<Duration> {
        let mut standing = self.standing();
        match &mut *standing {
            Standing::Unknown => Some(Self::FIRST_ANSWER),
            Standing::Available => Some(Self::ANSWER),
            Standing::Unavailable { asked_again_at } if now < *asked_again_at => None,
            Standing::Unavailable { asked_again_at } => {
                *asked_again_at = now + Self::COOL_DOWN;
                Some(Self::ANSWER)
            }
        }
    }

    fn answered(&self) {
        *self.standing() = Standing::Available;
    }

    /// Whether it was available until now.
    fn failed(&self, now: Duration) -> bool {
        let unavailable = Standing::Unavailable {
            asked_again_at: now + Self::COOL_DOWN,
        };
        let before = std::mem::replace(&mut *self.standing(), unavailable);
        !matches!(before, Standing::Unavailable { .. })
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turns {
    fn gave(&self, turn: Turn) {
        let wait = u64::try_from(turn.wait.as_micros()).unwrap_or(u64::MAX);
        self.last_wait.store(wait, Relaxed);
        self.rate.store(turn.rate.to_bits(), Relaxed);
    }

    /// How long a call waits behind so many others of this client, if turns are as far off as the last.
    fn wait_behind(&self, ahead: usize) -> Duration {
        let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
        Duration::from_micros(self.last_wait.load(Relaxed)).saturating_mul(ahead / self.ahead)
    }
}

/// How many turns a client takes ahead: no more than it needs to use the whole limit by itself, since
/// a turn once taken does not follow the rate any more, and is lost with its caller.
fn turns_ahead(limit: f64) -> u32 {
    let turns = (limit * Sharing::TURN_SECONDS)
        .ceil()
        .clamp(1.0, Sharing::MOST_TURNS);
    // From 1 to 64, as was just made sure.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let turns = turns as u32;
    turns
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    const CATEGORY: QuotaCategory = QuotaCategory::UserUpdate;

    /// What a quota does when it is asked.
    #[derive(Clone, Copy, Debug)]
    enum Does {
        Give(Turn),
        Refuse,
        Fail,
        Hang,
    }

    /// A quota that does one thing after the other, and the last for ever, and keeps what it was asked.
    #[derive(Clone, Debug, Default)]
    struct Script(Arc<Mutex<(VecDeque<Does>, Vec<TurnRequest>)>>);

    impl Script {
        fn new(does: impl IntoIterator<Item = Does>) -> Self {
            Self(Arc::new(Mutex::new((
                does.into_iter().collect(),
                Vec::new(),
            ))))
        }

        fn state(&self) -> MutexGuard<'_, (VecDeque<Does>, Vec<TurnRequest>)> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn asked(&self) -> Vec<TurnRequest> {
            self.state().1.clone()
        }

        fn now_does(&self, does: Does) {
            self.state().0 = [does].into();
        }
    }

    impl SharedQuota for Script {
        fn take(&self, request: TurnRequest) -> TurnFuture<'_> {
            let mut state = self.state();
            state.1.push(request);
            let does = match state.0.len() {
                0 | 1 => state.0.front().copied(),
                _ => state.0.pop_front(),
            };
            Box::pin(async move {
                match does {
                    Some(Does::Give(turn)) => Ok(turn),
                    Some(Does::Refuse) => Err(SharedQuotaError::WaitTooLong),
                    Some(Does::Fail) | None => Err(SharedQuotaError::Unavailable("gone".into())),
                    Some(Does::Hang) => std::future::pending().await,
                }
            })
        }
    }

    fn turn(id: u64, wait: f64) -> Does {
        Does::Give(Turn::new(id, Duration::from_secs_f64(wait), 20.0))
    }

    fn paced(pacing: Pacing, quota: &Script) -> Arc<Pacer> {
        Arc::new(Pacer::new(&pacing.shared(quota.clone())))
    }

    /// How long one call waited.
    async fn wait(pacer: &Pacer) -> Result<f64, PacingError> {
        let began = Instant::now();
        let permit = pacer.acquire("DeleteUser").await?;
        assert!(permit.is_some());
        Ok(began.elapsed().as_secs_f64())
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_is_waited_for_and_a_throttle_is_told_with_the_next_request() {
        let quota = Script::new([turn(7, 0.5), turn(8, 0.25), turn(9, 0.0)]);
        let pacer = paced(Pacing::new().limit(CATEGORY, 40.0).share(0.01), &quota);
        let pace = pacer.pace(CATEGORY);
        assert!((pace.limit - 40.0).abs() < 1e-9 && (pace.rate - 40.0).abs() < 1e-9);
        let began = Instant::now();
        let permit = pacer.acquire("DeleteUser").await.ok().flatten();
        let permit = permit.expect("a permit");
        assert!((0.5..0.51).contains(&began.elapsed().as_secs_f64()));
        pacer.learn(permit, true);
        assert!(matches!(wait(&pacer).await, Ok(0.25..0.26)));
        assert!(matches!(wait(&pacer).await, Ok(0.0..0.01)));
        let request = TurnRequest::new(CATEGORY, 40.0, Duration::from_mins(1));
        let told = request.throttled(7);
        assert_eq!(quota.asked(), [request, told, request]);
        let pace = pacer.pace(CATEGORY);
        assert!((pace.limit - 40.0).abs() < 1e-9 && (pace.rate - 20.0).abs() < 1e-9);
        assert_eq!((pace.sent, pace.throttled), (1, 1));

        // Nothing is told of one that got through.
        let permit = pacer.acquire("DeleteUser").await.ok().flatten();
        pacer.learn(permit.expect("a permit"), false);
        assert!(wait(&pacer).await.is_ok());
        assert_eq!(quota.asked()[3..], [request, request]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_is_read_is_that_of_all_clients() {
        let quota = Script::new([turn(1, 0.0)]);
        let pacer = paced(Pacing::new().share(0.125), &quota);
        pacer.set_limit(CATEGORY, 80.0);
        assert!(wait(&pacer).await.is_ok());
        let asked: Vec<_> = quota.asked().iter().map(|it| it.limit).collect();
        assert_eq!(asked, [80.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_no_category_asks_nobody() {
        let quota = Script::new([Does::Fail]);
        let pacer = paced(Pacing::new(), &quota);
        assert!(matches!(pacer.acquire("CreateTerms").await, Ok(None)));
        assert!(quota.asked().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn without_the_quota_the_client_keeps_its_share_and_asks_once_a_second() {
        let nonsense = [
            Does::Fail,
            Does::Hang,
            turn(1, 3_600.0),
            Does::Give(Turn::new(1, Duration::ZERO, f64::NAN)),
            Does::Give(Turn::new(1, Duration::ZERO, -1.0)),
        ];
        for does in nonsense {
            let quota = Script::new([does]);
            let pacing = Pacing::new().limit(CATEGORY, 100.0).share(0.1);
            let pacer = paced(pacing, &quota);
            let _ = wait(&pacer).await;
            let began = Instant::now();
            let mut sent = 0_u32;
            while began.elapsed() < Duration::from_secs(10) {
                assert!(wait(&pacer).await.is_ok(), "{does:?}");
                sent += 1;
            }
            // Ten a second, without the two that a bucket has at the start.
            assert!((95..=101).contains(&sent), "{does:?}: {sent}");
            let asked = quota.asked().len();
            assert!((9..=11).contains(&asked), "{does:?}: {asked}");

            // It is used again as soon as it answers, and in the same queue.
            quota.now_does(turn(1, 0.0));
            tokio::time::sleep(Sharing::COOL_DOWN).await;
            for _ in 0..1_000 {
                assert!(matches!(wait(&pacer).await, Ok(0.0..0.001)), "{does:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn while_one_call_asks_again_the_others_do_not_wait_for_its_answer() {
        // With several turns ahead, and with one.
        for limit in [1_000.0, 50.0] {
            let quota = Script::new([Does::Hang]);
            let pacer = paced(Pacing::new().limit(CATEGORY, limit).share(1.0), &quota);
            // The first has the time to connect.
            assert!(matches!(wait(&pacer).await, Ok(1.0..1.03)));
            tokio::time::sleep(Sharing::COOL_DOWN).await;
            let waits: Vec<_> = (0..10)
                .map(|_| {
                    let pacer = pacer.clone();
                    tokio::spawn(async move { wait(&pacer).await })
                })
                .collect();
            let mut slow = 0;
            for wait in waits {
                let wait = wait.await.expect("no panic").expect("a turn");
                slow += u32::from(wait > 0.05);
            }
            assert_eq!((slow, quota.asked().len()), (1, 2));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_waited_behind_a_call_that_got_no_answer_does_not_ask_before_the_cool_down_is_over()
    {
        let quota = Script::new([turn(1, 0.0), Does::Hang]);
        let pacer = paced(Pacing::new().limit(CATEGORY, 50.0).share(1.0), &quota);
        assert!(wait(&pacer).await.is_ok());
        let (first, second) = tokio::join!(wait(&pacer), wait(&pacer));
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(quota.asked().len(), 2);

        // It is over to the moment.
        quota.now_does(Does::Fail);
        sleep(Sharing::COOL_DOWN).await;
        assert!(wait(&pacer).await.is_ok());
        tokio::time::advance(Sharing::COOL_DOWN).await;
        assert!(wait(&pacer).await.is_ok());
        assert_eq!(quota.asked().len(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_refused_at_once_if_its_turn_comes_later_than_it_may_wait() {
        // One turn ahead, and four; each a second off.
        for (limit, ahead, refused) in [
            (25.0, 2, false),
            (25.0, 3, true),
            (200.0, 4, false),
            (200.0, 11, false),
            (200.0, 12, true),
        ] {
            let quota = Script::new([turn(1, 1.0)]);
            let pacing = Pacing::new().limit(CATEGORY, limit);
            let pacer = paced(pacing.max_wait(Duration::from_secs(2)), &quota);
            assert!(wait(&pacer).await.is_ok());
            for _ in 0..ahead {
                let pacer = pacer.clone();
                tokio::spawn(async move { wait(&pacer).await });
            }
            sleep(Duration::from_millis(1)).await;
            let answer = timeout(Duration::from_millis(1), wait(&pacer)).await;
            let too_long = PacingError::WaitTooLong { category: CATEGORY };
            let expected = refused.then_some(Err(too_long));
            assert_eq!(answer.ok(), expected, "{limit}, {ahead}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_share_a_tenth_of_the_limit_is_safe_for_a_fleet() {
        let quota = Script::new([Does::Fail]);
        let pacer = paced(Pacing::new(), &quota);
        assert!(wait(&pacer).await.is_ok());
        let pace = pacer.pace(CATEGORY);
        assert!((pace.limit - 2.5).abs() < 1e-9, "{pace:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn no_call_waits_longer_than_it_may_and_no_more_than_may_wait() {
        let too_long = PacingError::WaitTooLong { category: CATEGORY };
        let full = PacingError::QueueFull { category: CATEGORY };
        let pacing = || Pacing::new().max_wait(Duration::from_secs(2));

        // Refused by the quota, at once.
        let quota = Script::new([Does::Refuse]);
        let pacer = paced(pacing(), &quota);
        assert_eq!(wait(&pacer).await, Err(too_long));
        assert_eq!(quota.asked()[0].max_wait, Duration::from_secs(2));

        // One turn at a time at this limit, each of 1.5 s: the second asks for what is left, and gets no
        // such turn; the third is one too many.
        let quota = Script::new([turn(1, 1.5), Does::Refuse]);
        let pacer = paced(pacing().max_waiting(2), &quota);
        let began = Instant::now();
        let (first, second, third) = tokio::join!(wait(&pacer), wait(&pacer), wait(&pacer));
        assert!(matches!(first, Ok(1.5..1.51)));
        assert_eq!((second, third), (Err(too_long), Err(full)));
        assert!(began.elapsed() < Duration::from_secs_f64(1.52));
        let left = quota.asked()[1].max_wait;
        assert!(left <= Duration::from_millis(500), "{left:?}");

        // The one behind runs out of time in the queue.
        let quota = Script::new([turn(1, 2.0)]);
        let pacer = paced(pacing(), &quota);
        let (first, second) = tokio::join!(wait(&pacer), wait(&pacer));
        assert!(matches!(first, Ok(2.0..2.01)), "{first:?}");
        assert_eq!(second, Err(too_long));

        // The turns being a second apart, the third behind the one that waits would come too late.
        let quota = Script::new([turn(1, 1.0)]);
        let pacer = paced(pacing(), &quota);
        assert!(wait(&pacer).await.is_ok());
        let refused = async {
            sleep(Duration::from_millis(10)).await;
            let began = Instant::now();
            let answer = wait(&pacer).await;
            (answer, began.elapsed())
        };
        let call = || wait(&pacer);
        let (_, _, _, refused) = tokio::join!(call(), call(), call(), refused);
        assert_eq!(refused, (Err(too_long), Duration::ZERO));

        // With no queue only a turn that is there at once will do.
        let quota = Script::new([turn(1, 0.0), Does::Refuse]);
        let pacer = paced(pacing().max_waiting(0), &quota);
        assert!(wait(&pacer).await.is_ok());
        assert_eq!(wait(&pacer).await, Err(full));
        assert!(quota.asked().iter().all(|it| it.max_wait.is_zero()));

        // Nor does anybody wait for its first answer who may not wait.
        let quota = Script::new([Does::Hang]);
        let pacer = paced(Pacing::new().max_wait(Duration::ZERO), &quota);
        let began = Instant::now();
        assert_eq!(wait(&pacer).await, Err(too_long));
        assert!(began.elapsed() < Duration::from_millis(110));

        // The time spent on a quota that does not answer is part of the wait.
        let quota = Script::new([Does::Hang]);
        let limited = pacing().limit(CATEGORY, 1.0).share(0.01);
        let pacer = paced(limited, &quota);
        let began = Instant::now();
        assert_eq!(wait(&pacer).await, Err(too_long));
        assert!(began.elapsed() < Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_goes_loses_its_turn_and_holds_up_nobody() {
        let quota = Script::new([turn(1, 5.0), turn(2, 0.5)]);
        let pacer = paced(Pacing::new().max_waiting(1), &quota);
        let gone = timeout(Duration::from_secs(1), wait(&pacer)).await;
        assert!(gone.is_err());
        assert!(matches!(wait(&pacer).await, Ok(0.5..0.51)));
        assert_eq!(quota.asked().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_raised_limit_takes_more_turns_ahead() {
        for (limit, ahead) in [(1.0, 1), (25.0, 1), (120.0, 3), (1e9, 64), (1e-9, 1)] {
            assert_eq!(turns_ahead(limit), ahead, "{limit}");
        }
        let quota = Script::new([turn(1, 1.0)]);
        let pacer = paced(Pacing::new().limit(CATEGORY, 120.0), &quota);
        let calls = (0..6).map(|_| {
            let pacer = pacer.clone();
            tokio::spawn(async move { wait(&pacer).await })
        });
        let calls: Vec<_> = calls.collect();
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(quota.asked().len(), 3);
        for call in calls {
            assert!(matches!(call.await, Ok(Ok(_))));
        }
    }
}
