//! Keeping within Cognito's quotas instead of running into them.
//!
//! Cognito allows an account so many requests a second for each category of operations, whoever
//! sends them, and answers the rest with `TooManyRequestsException`. A retry only helps against a
//! short excess. A program that adds thousands of users to groups is better off sending no faster
//! than the quota allows, and leaving room for others that share it.
//!
//! Nobody tells a client how much of the quota is left. So each one begins at the whole limit, or
//! at the [share](Pacing::share) it is given, takes half of its rate off when it is throttled, and
//! adds a little for each call that is not. Clients that share a quota then drift to equal parts.
//!
//! Clients of many processes do better with a [shared quota](Pacing::shared): somebody whom all of them
//! ask, such as Redis, gives one turn after the other.
//!
//! A call waits for its turn, but neither in any number nor for any time: one that would be too many
//! or too late fails at once with [`Error::Pacing`](crate::Error::Pacing), and nothing is sent.
//!
//! ```no_run
//! use cognito_idp::{
//!     Client, Error, ErrorCode,
//!     operation::groups::AdminAddUserToGroupRequest,
//!     pacing::{Pace, Pacing, PacingError, QuotaCategory},
//! };
//!
//! # async fn example(names: Vec<String>) -> Result<(), Error> {
//! let client = Client::builder().region("eu-central-1").pacing(Pacing::new()).build()?;
//! client.read_limits().await?; // those that AWS has raised for this account
//! for name in &names {
//!     let request = AdminAddUserToGroupRequest::new("eu-central-1_example", name, "staff");
//!     match client.send(&request).await {
//!         Err(Error::Pacing { error: PacingError::QueueFull { .. }, .. }) => break, // nothing was sent
//!         answer => answer?,
//!     };
//! }
//! if let Some(Pace { rate, limit, throttled, .. }) = client.pace(QuotaCategory::UserUpdate) {
//!     println!("{rate} of {limit} requests a second, {throttled} throttled");
//! }
//! assert_eq!(QuotaCategory::of("AdminAddUserToGroup"), Some(QuotaCategory::UserUpdate));
//! # Ok(())
//! # }
//! ```

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

use self::shared::{Asked, Share, Shared};
pub use self::shared::{SharedQuota, SharedQuotaError, Turn, TurnFuture, TurnRequest};
use crate::random::random;

mod shared;
#[cfg(test)]
mod simulation;

/// How fast a client may send, by category of operations.
///
/// The limits are AWS's defaults for an account. Those that can be raised are read from the account
/// by [`Client::read_limits`](crate::Client::read_limits). Operations that AWS lists in no category
/// are not held back.
///
/// ```
/// use cognito_idp::{Client, pacing::{Pacing, QuotaCategory}};
///
/// # fn example() -> Result<(), cognito_idp::Error> {
/// // Four workers of the same job, on an account whose limit for creating users was raised.
/// let pacing = Pacing::new()
///     .limit(QuotaCategory::UserCreation, 200.0)
///     .share(0.25);
/// let client = Client::builder().region("eu-central-1").pacing(pacing).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Pacing {
    limits: BTreeMap<QuotaCategory, f64>,
    share: Option<f64>,
    shared: Option<Shared>,
    max_waiting: usize,
    max_wait: Duration,
}

impl Default for Pacing {
    fn default() -> Self {
        Self::new()
    }
}

impl Pacing {
    /// Starts from AWS's default limits, all for this client.
    pub fn new() -> Self {
        Self {
            limits: BTreeMap::new(),
            share: None,
            shared: None,
            max_waiting: 1_000,
            max_wait: Duration::from_mins(1),
        }
    }

    /// Sets the limit of a category, in requests a second.
    ///
    /// What is not a positive number counts as not said.
    pub fn limit(mut self, category: QuotaCategory, requests_per_second: f64) -> Self {
        if is_rate(requests_per_second) {
            self.limits.insert(category, requests_per_second);
        }
        self
    }

    /// Sets the part of every limit that this client may use, from 0 to 1; all by default.
    ///
    /// Without it, clients that share a quota find their parts by being throttled. With a
    /// [shared quota](Self::shared) it counts only while that is unavailable.
    pub fn share(mut self, share: f64) -> Self {
        if is_rate(share) {
            self.share = Some(share.min(1.0));
        }
        self
    }

    /// Takes turns from a quota that all clients of an account share, whose [limits](Self::limit) are
    /// then those of all of them together.
    ///
    /// It is asked before each request, one round trip each time. When it is unavailable, or has not
    /// answered after 100 ms (the first time after a second), the client goes on by itself with its [share](Self::share), a tenth
    /// unless you set it (one over the number of clients is right); once a second one call asks
    /// again. [`max_waiting`](Self::max_waiting) and [`max_wait`](Self::max_wait) hold in either
    /// case.
    ///
    /// A turn is lost when its caller goes while waiting for it. A client takes at most one turn ahead for
    /// each 50 requests a second of the limit, so no more are lost with it.
    pub fn shared(mut self, quota: impl SharedQuota + 'static) -> Self {
        self.shared = Some(Shared::new(quota));
        self
    }

    /// The part of every limit that this client may use by itself.
    fn own_share(&self) -> f64 {
        let unless_set = if self.shared.is_some() { 0.1 } else { 1.0 };
        self.share.unwrap_or(unless_set)
    }

    /// The account's limit of a category.
    fn limit_of(&self, category: QuotaCategory) -> f64 {
        let limit = self.limits.get(&category).copied();
        limit.unwrap_or_else(|| category.default_limit())
    }

    /// Sets how many calls of one category may wait for their turn; 1,000 by default.
    ///
    /// A call beyond them fails with [`PacingError::QueueFull`]; with 0, every call that cannot be
    /// sent at once.
    pub fn max_waiting(mut self, calls: usize) -> Self {
        self.max_waiting = calls;
        self
    }

    /// Sets how long a call may wait for its turn; a minute by default.
    ///
    /// A call that would wait longer at the present rate fails at once with
    /// [`PacingError::WaitTooLong`], and so does one that has waited so long because the rate fell.
    pub fn max_wait(mut self, wait: Duration) -> Self {
        self.max_wait = wait;
        self
    }
}

/// Why a call was given no turn; nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PacingError {
    /// As many calls of the category wait already as [may](Pacing::max_waiting).
    #[error("too many calls of the category {category} are waiting for their turn")]
    #[non_exhaustive]
    QueueFull {
        /// The category.
        category: QuotaCategory,
    },
    /// The call's turn comes later than it [may wait](Pacing::max_wait) for.
    #[error("the wait for a turn in the category {category} is too long")]
    #[non_exhaustive]
    WaitTooLong {
        /// The category.
        category: QuotaCategory,
    },
}

fn is_rate(number: f64) -> bool {
    number.is_finite() && number > 0.0
}

/// Defines the categories: name, default limit, whether it can be raised, operations.
macro_rules! categories {
    ($($(#[$doc:meta])* $category:ident = $limit:literal, adjustable: $adjustable:literal, [$($operation:ident)*];)*) => {
        /// A category of operations that share one limit of requests a second.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum QuotaCategory {
            $($(#[$doc])* $category,)*
        }

        impl QuotaCategory {
            /// Every category.
            pub const ALL: &'static [Self] = &[$(Self::$category),*];

            /// The name, as Service Quotas and `GetProvisionedLimit` use it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$category => stringify!($category),)*
                }
            }

            /// AWS's default limit for an account and region, in requests a second.
            #[must_use]
            pub fn default_limit(self) -> f64 {
                match self {
                    $(Self::$category => $limit,)*
                }
            }

            /// Whether AWS raises the limit on request.
            #[must_use]
            pub fn is_adjustable(self) -> bool {
                match self {
                    $(Self::$category => $adjustable,)*
                }
            }

            /// The category of an operation, by its name; `None` if AWS lists it in none.
            #[must_use]
            pub fn of(operation: &str) -> Option<Self> {
                match operation {
                    $($(stringify!($operation))|* => Some(Self::$category),)*
                    _ => None,
                }
            }
        }
    };
}

categories! {
    /// Signing in and refreshing tokens.
    UserAuthentication = 120.0, adjustable: true, [
        InitiateAuth RespondToAuthChallenge AdminInitiateAuth AdminRespondToAuthChallenge
        GetTokensFromRefreshToken
    ];
    /// Creating and confirming users.
    UserCreation = 50.0, adjustable: true, [SignUp ConfirmSignUp AdminCreateUser AdminConfirmSignUp];
    /// Changing and resetting passwords.
    UserAccountRecovery = 30.0, adjustable: false, [
        ChangePassword ConfirmForgotPassword ForgotPassword AdminResetUserPassword
        AdminSetUserPassword
    ];
    /// Reading one user.
    UserRead = 120.0, adjustable: true, [AdminGetUser AdminGetUserAuthFactors GetUser];
    /// Changing users and their groups.
    UserUpdate = 25.0, adjustable: false, [
        AdminAddUserToGroup AdminRemoveUserFromGroup AdminUpdateUserAttributes
        AdminDeleteUserAttributes AdminDeleteUser AdminDisableUser AdminEnableUser
        AdminLinkProviderForUser AdminDisableProviderForUser VerifyUserAttribute DeleteUser
        DeleteUserAttributes UpdateUserAttributes AdminUserGlobalSignOut GlobalSignOut
    ];
    /// Revoking tokens.
    UserToken = 120.0, adjustable: true, [RevokeToken];
    /// Reading devices, events and groups of a user, and sending codes.
    UserResourceRead = 50.0, adjustable: true, [
        AdminGetDevice AdminListGroupsForUser AdminListDevices GetDevice ListDevices
        GetUserAttributeVerificationCode ResendConfirmationCode AdminListUserAuthEvents
    ];
    /// Changing devices, MFA and feedback of a user.
    UserResourceUpdate = 25.0, adjustable: false, [
        AdminForgetDevice AdminUpdateAuthEventFeedback AdminSetUserMFAPreference
        AdminDeleteSoftwareToken AdminSetUserSettings AdminUpdateDeviceStatus UpdateDeviceStatus
        UpdateAuthEventFeedback ConfirmDevice SetUserMFAPreference SetUserSettings
        VerifySoftwareToken AssociateSoftwareToken ForgetDevice
    ];
    /// Listing users.
    UserList = 30.0, adjustable: false, [ListUsers ListUsersInGroup];
    /// Reading user pools.
    UserPoolRead = 15.0, adjustable: false, [DescribeUserPool ListUserPools];
    /// Changing user pools.
    UserPoolUpdate = 15.0, adjustable: false, [CreateUserPool UpdateUserPool DeleteUserPool];
    /// Reading what belongs to a pool. AWS allows five a second for one operation and pool besides.
    UserPoolResourceRead = 20.0, adjustable: false, [
        DescribeIdentityProvider DescribeResourceServer DescribeUserImportJob
        DescribeUserPoolDomain DescribeRiskConfiguration DescribeManagedLoginBranding
        DescribeManagedLoginBrandingByClient GetCSVHeader GetGroup GetSigningCertificate
        GetIdentityProviderByIdentifier GetUserPoolMfaConfig GetUICustomization ListGroups
        ListIdentityProviders ListResourceServers ListTagsForResource ListUserImportJobs
    ];
    /// Changing what belongs to a pool. AWS allows five a second for one operation and pool besides.
    UserPoolResourceUpdate = 15.0, adjustable: false, [
        AddCustomAttributes CreateGroup UpdateGroup DeleteGroup CreateIdentityProvider
        UpdateIdentityProvider DeleteIdentityProvider CreateResourceServer UpdateResourceServer
        DeleteResourceServer CreateUserImportJob StartUserImportJob StopUserImportJob
        CreateUserPoolDomain UpdateUserPoolDomain DeleteUserPoolDomain SetUserPoolMfaConfig
        SetRiskConfiguration SetUICustomization TagResource UntagResource
        CreateManagedLoginBranding UpdateManagedLoginBranding DeleteManagedLoginBranding
    ];
    /// Reading app clients.
    UserPoolClientRead = 15.0, adjustable: false, [DescribeUserPoolClient ListUserPoolClients];
    /// Changing app clients.
    UserPoolClientUpdate = 15.0, adjustable: false, [CreateUserPoolClient UpdateUserPoolClient DeleteUserPoolClient];
    /// Tokens for machines.
    ClientAuthentication = 150.0, adjustable: false, [GetClientToken];
    /// Reading and changing the limits themselves.
    LimitManagement = 1.0, adjustable: false, [GetProvisionedLimit UpdateProvisionedLimit];
}

impl fmt::Display for QuotaCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Holds calls back so that each category keeps its rate.
#[derive(Debug)]
pub(crate) struct Pacer {
    started: Instant,
    max_waiting: usize,
    max_wait: Duration,
    /// In the order of the categories.
    queues: Vec<Queue>,
    sharing: Option<Box<dyn Share>>,
}

/// The calls of one category, which wait in the order in which they came.
#[derive(Debug)]
struct Queue {
    category: QuotaCategory,
    share: f64,
    waiting: AtomicUsize,
    turn: tokio::sync::Mutex<()>,
    bucket: Mutex<TokenBucket>,
    sent: AtomicU64,
    throttled: AtomicU64,
}

/// How a client keeps to the limit of a category now; see [`Client::pace`](crate::Client::pace).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Pace {
    /// The most that it may send, in requests a second: its share of the quota, or with a
    /// [shared quota](Pacing::shared) the most of all clients together.
    pub limit: f64,
    /// What it, or all of them, send at most now: less than the limit for a while after a throttle.
    pub rate: f64,
    /// How many requests it has sent.
    pub sent: u64,
    /// How many of them were throttled.
    pub throttled: u64,
}

/// Permission to send one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Permit {
    category: QuotaCategory,
    given: Given,
}

/// Who permitted a request.
#[derive(Clone, Copy, Debug)]
enum Given {
    /// The client itself, at this time on the pacer's clock.
    Alone(Duration),
    /// A shared quota, in the turn of this ID.
    Shared(u64),
}

impl Pacer {
    pub(crate) fn new(pacing: &Pacing) -> Self {
        let share = pacing.own_share();
        let queue = |category: &QuotaCategory| Queue {
            category: *category,
            share,
            waiting: AtomicUsize::new(0),
            turn: tokio::sync::Mutex::default(),
            bucket: Mutex::new(TokenBucket::new(pacing.limit_of(*category) * share)),
            sent: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
        };
        Self {
            started: Instant::now(),
            max_waiting: pacing.max_waiting,
            max_wait: pacing.max_wait,
            queues: QuotaCategory::ALL.iter().map(queue).collect(),
            sharing: pacing.shared.as_ref().map(|shared| shared.begin(pacing)),
        }
    }

    /// Waits until the operation may be sent; `None` if it is not held back at all.
    ///
    /// A caller that is dropped leaves its place to the next.
    pub(crate) async fn acquire(&self, operation: &str) -> Result<Option<Permit>, PacingError> {
        let Some(category) = QuotaCategory::of(operation) else {
            return Ok(None);
        };
        let queue = self.queue(category);
        let permit = |given| Ok(Some(Permit { category, given }));
        let mut max_wait = self.max_wait;
        if let Some(sharing) = &self.sharing {
            match sharing.ask(self, queue).await? {
                Asked::Turn(id) => return permit(Given::Shared(id)),
                Asked::Alone(left) => max_wait = left,
            }
        }
        let given = match queue.take_at_once(self.started.elapsed()) {
            Some(given) => given,
            None => self.wait_in(queue, max_wait).await?,
        };
        permit(Given::Alone(given))
    }

    async fn wait_in(&self, queue: &Queue, max_wait: Duration) -> Result<Duration, PacingError> {
        let category = queue.category;
        let place = queue.enter();
        if place.ahead >= self.max_waiting {
            return Err(PacingError::QueueFull { category });
        }
        let wait = queue.bucket().wait_of(place.ahead, self.started.elapsed());
        if wait > max_wait {
            return Err(PacingError::WaitTooLong { category });
        }
        tokio::time::timeout(max_wait, queue.turn(self.started))
            .await
            .map_err(|_| PacingError::WaitTooLong { category })
    }

    /// Learns from what became of a request.
    pub(crate) fn learn(&self, permit: Permit, throttled: bool) {
        let queue = self.queue(permit.category);
        queue.sent.fetch_add(1, Relaxed);
        queue.throttled.fetch_add(u64::from(throttled), Relaxed);
        match (permit.given, &self.sharing) {
            (Given::Alone(given), _) => {
                let now = self.started.elapsed();
                queue.bucket().learn(given, now, throttled);
            }
            (Given::Shared(turn), Some(sharing)) if throttled => {
                sharing.throttled(permit.category, turn);
            }
            (Given::Shared(_), _) => {}
        }
    }

    /// Begins to go without the shared quota, as all other clients may do in the same moment.
    fn begin_alone(&self) {
        let now = self.started.elapsed();
        for queue in &self.queues {
            queue.bucket().begin(now, random());
        }
    }

    /// How a category stands.
    pub(crate) fn pace(&self, category: QuotaCategory) -> Pace {
        let queue = self.queue(category);
        let (limit, rate) = {
            let bucket = queue.bucket();
            (bucket.limit, bucket.rate)
        };
        let shared = self.sharing.as_ref().and_then(|it| it.rate(category));
        let (limit, rate) = shared.map_or((limit, rate), |rate| (queue.account_limit(), rate));
        Pace {
            limit,
            rate,
            sent: queue.sent.load(Relaxed),
            throttled: queue.throttled.load(Relaxed),
        }
    }

    /// Takes over the account's own limit of a category.
    pub(crate) fn set_limit(&self, category: QuotaCategory, limit: f64) {
        let queue = self.queue(category);
        let now = self.started.elapsed();
        queue.bucket().set_limit(now, limit * queue.share);
    }

    fn queue(&self, category: QuotaCategory) -> &Queue {
        &self.queues[category as usize]
    }
}

impl Queue {
    /// Takes a token if there is one and nobody waits for it.
    fn take_at_once(&self, now: Duration) -> Option<Duration> {
        let is_empty = self.waiting.load(Relaxed) == 0;
        (is_empty && self.bucket().take(now).is_ok()).then_some(now)
    }

    fn enter(&self) -> Place<'_> {
        let waiting = &self.waiting;
        let ahead = waiting.fetch_add(1, Relaxed);
        Place { ahead, waiting }
    }

    /// Waits for those who came before, and then for a token; tells when it was taken.
    async fn turn(&self, started: Instant) -> Duration {
        let _turn = self.turn.lock().await;
        loop {
            let now = started.elapsed();
            let taken = self.bucket().take(now);
            match taken {
                Ok(()) => return now,
                Err(wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    /// The limit of all clients of the account.
    fn account_limit(&self) -> f64 {
        self.bucket().limit / self.share
    }

    fn bucket(&self) -> MutexGuard<'_, TokenBucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a queue, given up on drop.
struct Place<'a> {
    ahead: usize,
    waiting: &'a AtomicUsize,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Relaxed);
    }
}

/// A token bucket whose rate follows what the server says. Pure: the time is an argument.
#[derive(Clone, Debug)]
struct TokenBucket {
    limit: f64,
    rate: f64,
    tokens: f64,
    filled_at: Duration,
    lowered_at: Option<Duration>,
}

impl TokenBucket {
    /// What may be sent at once, in seconds of the rate.
    const BURST_SECONDS: f64 = 0.2;
    /// What a throttled request leaves of the rate.
    const DECREASE: f64 = 0.5;
    /// What a request that got through adds to the rate, in requests a second, at a limit of 25.
    const INCREASE: f64 = 0.025;
    const INCREASE_AT: f64 = 25.0;
    /// What a second adds, at a limit of 25.
    const DRIFT: f64 = 0.012;
    /// The slowest rate, as a part of the limit: nobody starves.
    const FLOOR: f64 = 0.01;

    fn new(limit: f64) -> Self {
        let mut bucket = Self {
            limit,
            rate: limit,
            tokens: 0.0,
            filled_at: Duration::ZERO,
            lowered_at: None,
        };
        bucket.tokens = bucket.capacity();
        bucket
    }

    fn capacity(&self) -> f64 {
        (self.rate * Self::BURST_SECONDS).max(1.0)
    }

    /// Begins with a part of the first token, so that buckets that begin together do not go on together.
    fn begin(&mut self, now: Duration, part: f64) {
        self.fill(now);
        self.tokens = self.tokens.min(part);
    }

    /// Takes one token, or says after how long there will be one.
    fn take(&mut self, now: Duration) -> Result<(), Duration> {
        self.fill(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(self.wait_for(1.0))
    }

    /// How long a call waits for its token behind so many others, at the present rate.
    fn wait_of(&mut self, ahead: usize, now: Duration) -> Duration {
        self.fill(now);
        let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
        self.wait_for(f64::from(ahead) + 1.0)
    }

    fn wait_for(&self, tokens: f64) -> Duration {
        let seconds = (tokens - self.tokens).max(0.0) / self.rate;
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        // A moment more, so that rounding cannot make it a wait of nothing for ever.
        wait.saturating_add(Duration::from_millis(1))
    }

    fn fill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.filled_at = self.filled_at.max(now);
        self.tokens = (self.tokens + passed * self.rate).min(self.capacity());
    }

    /// Learns what became of a request that was permitted at a time.
    fn learn(&mut self, given: Duration, now: Duration, throttled: bool) {
        self.fill(now);
        if !throttled {
            // A part for each request grows all rates alike; a part for each second lets the slow
            // catch up with the fast.
            let scale = self.limit / Self::INCREASE_AT;
            let increase = (Self::INCREASE + Self::DRIFT * scale / self.rate) * scale;
            self.rate = (self.rate + increase).min(self.limit);
            return;
        }
        // What was under way when the rate was lowered says nothing about the new one.
        if self.lowered_at.is_some_and(|lowered| given <= lowered) {
            return;
        }
        self.lowered_at = Some(now);
        self.rate = (self.rate * Self::DECREASE).max(self.limit * Self::FLOOR);
        self.tokens = self.tokens.min(0.0);
    }

    fn set_limit(&mut self, now: Duration, limit: f64) {
        if !is_rate(limit) {
            return;
        }
        self.fill(now);
        self.rate = (self.rate * limit / self.limit).min(limit);
        self.limit = limit;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// How many requests a bucket lets through by then.
    fn let_through(bucket: &mut TokenBucket, from: f64, until: f64) -> usize {
        let mut now = seconds(from);
        let mut count = 0;
        while now < seconds(until) {
            match bucket.take(now) {
                Ok(()) => count += 1,
                Err(wait) => now += wait,
            }
        }
        count
    }

    #[test]
    fn a_bucket_lets_its_rate_through_and_a_fifth_of_a_second_more() {
        let mut bucket = TokenBucket::new(25.0);
        let count = let_through(&mut bucket, 0.0, 10.0);
        assert!((240..=255).contains(&count), "{count}");
        // A pause is not saved up.
        let count = let_through(&mut bucket, 100.0, 101.0);
        assert!((24..=31).contains(&count), "{count}");
    }

    #[test]
    fn a_throttle_halves_the_rate_once_for_all_that_was_under_way() {
        let mut bucket = TokenBucket::new(100.0);
        let given = seconds(1.0);
        for _ in 0..10 {
            bucket.learn(given, seconds(2.0), true);
        }
        assert!((bucket.rate - 50.0).abs() < 1e-9);
        // Permitted in the very moment of the lowering, it was sent at the old rate.
        bucket.learn(seconds(2.0), seconds(2.1), true);
        assert!((bucket.rate - 50.0).abs() < 1e-9);
        bucket.learn(seconds(2.001), seconds(2.1), true);
        assert!((bucket.rate - 25.0).abs() < 1e-9);
    }

    #[test]
    fn what_gets_through_raises_the_rate_by_a_part_for_itself_and_one_for_its_second() {
        for (limit, raised) in [
            (25.0, 12.5 + 0.025 + 0.012 / 12.5),
            (50.0, 25.0 + 2.0 * (0.025 + 2.0 * 0.012 / 25.0)),
        ] {
            let mut bucket = TokenBucket::new(limit);
            bucket.learn(Duration::ZERO, seconds(1.0), true);
            bucket.learn(seconds(1.5), seconds(2.0), false);
            assert!((bucket.rate - raised).abs() < 1e-9, "{}", bucket.rate);
        }
    }

    #[test]
    fn a_throttle_empties_the_bucket() {
        let mut bucket = TokenBucket::new(100.0);
        assert_eq!(bucket.take(Duration::ZERO), Ok(()));
        bucket.learn(Duration::ZERO, seconds(1.0), true);
        // At half the rate, the next token comes after a fiftieth of a second.
        assert_eq!(bucket.take(seconds(1.0)), Err(seconds(0.021)));
    }

    #[test]
    fn a_limit_that_is_read_scales_the_rate_and_lifts_it_no_further() {
        let lowered = || {
            let mut bucket = TokenBucket::new(100.0);
            bucket.learn(Duration::ZERO, seconds(1.0), true);
            bucket
        };
        for (limit, rate) in [(100.0, 50.0), (200.0, 100.0), (40.0, 20.0)] {
            let mut bucket = lowered();
            bucket.set_limit(seconds(1.0), limit);
            assert!(
                (bucket.rate - rate).abs() < 1e-9,
                "{limit}: {}",
                bucket.rate
            );
        }
        let mut bucket = TokenBucket::new(100.0);
        bucket.set_limit(seconds(1.0), 40.0);
        assert!((bucket.rate - 40.0).abs() < 1e-9);
    }

    #[test]
    fn the_rate_stays_between_its_floor_and_the_limit() {
        let mut bucket = TokenBucket::new(25.0);
        for second in 1..1_000 {
            let now = Duration::from_secs(second);
            bucket.learn(now, now, true);
        }
        assert!((bucket.rate - 0.25).abs() < 1e-9);
        for second in 1_000..4_000 {
            let now = Duration::from_secs(second);
            bucket.learn(now, now, false);
        }
        assert!((bucket.rate - 25.0).abs() < 1e-9);
    }

    #[test]
    fn a_limit_that_is_no_number_is_not_taken() {
        for limit in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let pacing = Pacing::new().limit(QuotaCategory::UserUpdate, limit);
            assert!(pacing.limits.is_empty());
            assert!((pacing.share(limit).own_share() - 1.0).abs() < 1e-9);
            let mut bucket = TokenBucket::new(25.0);
            bucket.set_limit(Duration::ZERO, limit);
            assert!((bucket.limit - 25.0).abs() < 1e-9);
        }
    }

    #[test]
    fn the_categories_are_those_of_the_documentation() {
        use QuotaCategory as Category;
        for (operation, category, limit, adjustable) in [
            (
                "AdminInitiateAuth",
                Category::UserAuthentication,
                120.0,
                true,
            ),
            ("SignUp", Category::UserCreation, 50.0, true),
            ("ForgotPassword", Category::UserAccountRecovery, 30.0, false),
            ("AdminAddUserToGroup", Category::UserUpdate, 25.0, false),
            ("ListUsers", Category::UserList, 30.0, false),
            ("UpdateUserPool", Category::UserPoolUpdate, 15.0, false),
            ("GetProvisionedLimit", Category::LimitManagement, 1.0, false),
        ] {
            assert_eq!(Category::of(operation), Some(category));
            assert!((category.default_limit() - limit).abs() < 1e-9);
            assert_eq!(category.is_adjustable(), adjustable, "{category}");
        }
        assert_eq!(Category::of("CreateTerms"), None);
        assert_eq!(Category::UserUpdate.to_string(), "UserUpdate");
    }

    #[tokio::test(start_paused = true)]
    async fn calls_are_let_through_in_their_order_and_at_the_rate() {
        let pacer = Arc::new(Pacer::new(&Pacing::new()));
        let started = Instant::now();
        let order = Arc::new(Mutex::new(Vec::new()));
        let callers: Vec<_> = (0..55)
            .map(|n| {
                let (pacer, order) = (pacer.clone(), order.clone());
                tokio::spawn(async move {
                    assert!(pacer.acquire("AdminAddUserToGroup").await.is_ok());
                    order.lock().unwrap_or_else(PoisonError::into_inner).push(n);
                })
            })
            .collect();
        for caller in callers {
            assert!(caller.await.is_ok());
        }
        // Five at once, then 25 a second.
        let took = started.elapsed().as_millis();
        assert!((2_000..2_200).contains(&took), "{took}");
        let order = order.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(*order, (0..55).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_gives_up_leaves_its_place_to_the_next() -> Result<(), PacingError> {
        let pacing = Pacing::new().limit(QuotaCategory::UserUpdate, 1.0);
        let pacer = Pacer::new(&pacing.max_waiting(1));
        assert!(pacer.acquire("DeleteUser").await?.is_some());
        let started = Instant::now();
        let gave_up = tokio::time::timeout(seconds(0.5), pacer.acquire("DeleteUser")).await;
        assert!(gave_up.is_err());
        assert!(pacer.acquire("DeleteUser").await?.is_some());
        assert!(started.elapsed() < seconds(1.1));
        // Other categories have queues of their own, and what has no category has none.
        assert!(pacer.acquire("ListUsers").await?.is_some());
        assert!(pacer.acquire("CreateTerms").await?.is_none());
        assert!(started.elapsed() < seconds(1.1));
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_overtakes_a_call_that_waits_when_tokens_come_sooner() {
        let pacing = Pacing::new().limit(QuotaCategory::UserUpdate, 1.0);
        let pacer = Arc::new(Pacer::new(&pacing));
        let order = Arc::new(Mutex::new(Vec::new()));
        let call = |n: usize| {
            let (pacer, order) = (pacer.clone(), order.clone());
            tokio::spawn(async move {
                assert!(pacer.acquire("DeleteUser").await.is_ok());
                order.lock().unwrap_or_else(PoisonError::into_inner).push(n);
            })
        };
        let (first, second) = (call(1), call(2));
        tokio::time::sleep(seconds(0.1)).await;
        pacer.set_limit(QuotaCategory::UserUpdate, 10.0);
        tokio::time::sleep(seconds(0.3)).await;
        let third = call(3);
        for call in [first, second, third] {
            assert!(call.await.is_ok());
        }
        let order = order.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(*order, [1, 2, 3]);
    }

    /// What became of so many calls that came at once, in their order.
    async fn crowd(pacing: Pacing, calls: usize) -> (Vec<Result<(), PacingError>>, Duration) {
        let pacer = Arc::new(Pacer::new(&pacing.limit(QuotaCategory::UserUpdate, 10.0)));
        let started = Instant::now();
        let callers: Vec<_> = (0..calls)
            .map(|_| {
                let pacer = pacer.clone();
                tokio::spawn(async move { pacer.acquire("DeleteUser").await.map(drop) })
            })
            .collect();
        let mut results = Vec::new();
        for caller in callers {
            results.extend(caller.await);
        }
        (results, started.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_takes_as_many_as_may_wait_and_refuses_the_next_at_once() {
        let category = QuotaCategory::UserUpdate;
        for max_waiting in [0, 1, 5] {
            // Two are sent at once.
            let (results, took) =
                crowd(Pacing::new().max_waiting(max_waiting), 2 + max_waiting + 2).await;
            let (sent, refused) = results.split_at(2 + max_waiting);
            assert!(sent.iter().all(Result::is_ok), "{results:?}");
            assert_eq!(refused, [Err(PacingError::QueueFull { category }); 2]);
            let expected = f64::from(u32::try_from(max_waiting).unwrap_or(0)) / 10.0;
            assert!(took < seconds(expected + 0.01), "{took:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_whose_turn_would_come_too_late_is_refused_at_once() {
        let category = QuotaCategory::UserUpdate;
        // Two at once, and one each tenth of a second, to which the queue adds a moment.
        let (results, took) = crowd(Pacing::new().max_wait(seconds(0.501)), 10).await;
        let (sent, refused) = results.split_at(7);
        assert!(sent.iter().all(Result::is_ok), "{results:?}");
        assert_eq!(refused, [Err(PacingError::WaitTooLong { category }); 3]);
        assert!(took < seconds(0.51), "{took:?}");

        let (results, _) = crowd(Pacing::new().max_wait(Duration::ZERO), 3).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_waits_no_longer_than_it_may_when_the_rate_falls() -> Result<(), PacingError> {
        let pacing = Pacing::new().limit(QuotaCategory::UserUpdate, 1.0);
        let pacer = Arc::new(Pacer::new(&pacing.max_wait(seconds(2.5))));
        let permit = pacer.acquire("DeleteUser").await?.expect("a permit");
        let started = Instant::now();
        let waiting = [(); 2].map(|()| {
            let pacer = pacer.clone();
            tokio::spawn(async move { pacer.acquire("DeleteUser").await.map(drop) })
        });
        tokio::time::sleep(seconds(0.1)).await;
        pacer.learn(permit, true);
        let [first, second] = waiting;
        // It slept until its token was due at the old rate, and then for the rest at the new one.
        assert!(matches!(first.await, Ok(Ok(()))));
        let category = QuotaCategory::UserUpdate;
        let too_long = Err(PacingError::WaitTooLong { category });
        assert_eq!(second.await.ok(), Some(too_long));
        assert!(started.elapsed() < seconds(2.51), "{:?}", started.elapsed());
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_calls_wait_by_default_and_a_minute_each() {
        let raised = Pacing::new().max_wait(Duration::from_hours(1));
        let (results, _) = crowd(raised, 1_003).await;
        assert_eq!(
            results.iter().filter(|result| result.is_ok()).count(),
            1_002
        );
        let (results, took) = crowd(Pacing::new(), 700).await;
        // Two at once, and ten a second for the minute.
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 601);
        assert!(took <= Duration::from_mins(1), "{took:?}");
    }

    #[test]
    fn every_category_has_its_place() {
        let pacer = Pacer::new(&Pacing::new());
        for category in QuotaCategory::ALL {
            assert_eq!(pacer.queue(*category).category, *category);
        }
    }
}
