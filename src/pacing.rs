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

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

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
    share: f64,
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
            share: 1.0,
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
    /// Without it, clients that share a quota find their parts by being throttled.
    pub fn share(mut self, share: f64) -> Self {
        if is_rate(share) {
            self.share = share.min(1.0);
        }
        self
    }
}

fn is_rate(number: f64) -> bool {
    number.is_finite() && number > 0.0
}

/// Defines the categories: name, default limit, whether it can be raised, operations.
macro_rules! categories {
    ($($(#[$doc:meta])* $category:ident = $limit:literal $adjustable:ident: $($operation:ident)*;)*) => {
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
                    $(Self::$category => stringify!($adjustable).len() == "yes".len(),)*
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
    UserAuthentication = 120.0 yes:
        InitiateAuth RespondToAuthChallenge AdminInitiateAuth AdminRespondToAuthChallenge
        GetTokensFromRefreshToken;
    /// Creating and confirming users.
    UserCreation = 50.0 yes: SignUp ConfirmSignUp AdminCreateUser AdminConfirmSignUp;
    /// Changing and resetting passwords.
    UserAccountRecovery = 30.0 no:
        ChangePassword ConfirmForgotPassword ForgotPassword AdminResetUserPassword
        AdminSetUserPassword;
    /// Reading one user.
    UserRead = 120.0 yes: AdminGetUser AdminGetUserAuthFactors GetUser;
    /// Changing users and their groups.
    UserUpdate = 25.0 no:
        AdminAddUserToGroup AdminRemoveUserFromGroup AdminUpdateUserAttributes
        AdminDeleteUserAttributes AdminDeleteUser AdminDisableUser AdminEnableUser
        AdminLinkProviderForUser AdminDisableProviderForUser VerifyUserAttribute DeleteUser
        DeleteUserAttributes UpdateUserAttributes AdminUserGlobalSignOut GlobalSignOut;
    /// Revoking tokens.
    UserToken = 120.0 yes: RevokeToken;
    /// Reading devices, events and groups of a user, and sending codes.
    UserResourceRead = 50.0 yes:
        AdminGetDevice AdminListGroupsForUser AdminListDevices GetDevice ListDevices
        GetUserAttributeVerificationCode ResendConfirmationCode AdminListUserAuthEvents;
    /// Changing devices, MFA and feedback of a user.
    UserResourceUpdate = 25.0 no:
        AdminForgetDevice AdminUpdateAuthEventFeedback AdminSetUserMFAPreference
        AdminDeleteSoftwareToken AdminSetUserSettings AdminUpdateDeviceStatus UpdateDeviceStatus
        UpdateAuthEventFeedback ConfirmDevice SetUserMFAPreference SetUserSettings
        VerifySoftwareToken AssociateSoftwareToken ForgetDevice;
    /// Listing users.
    UserList = 30.0 no: ListUsers ListUsersInGroup;
    /// Reading user pools.
    UserPoolRead = 15.0 no: DescribeUserPool ListUserPools;
    /// Changing user pools.
    UserPoolUpdate = 15.0 no: CreateUserPool UpdateUserPool DeleteUserPool;
    /// Reading what belongs to a pool. AWS allows five a second for one operation and pool besides.
    UserPoolResourceRead = 20.0 no:
        DescribeIdentityProvider DescribeResourceServer DescribeUserImportJob
        DescribeUserPoolDomain DescribeRiskConfiguration DescribeManagedLoginBranding
        DescribeManagedLoginBrandingByClient GetCSVHeader GetGroup GetSigningCertificate
        GetIdentityProviderByIdentifier GetUserPoolMfaConfig GetUICustomization ListGroups
        ListIdentityProviders ListResourceServers ListTagsForResource ListUserImportJobs;
    /// Changing what belongs to a pool. AWS allows five a second for one operation and pool besides.
    UserPoolResourceUpdate = 15.0 no:
        AddCustomAttributes CreateGroup UpdateGroup DeleteGroup CreateIdentityProvider
        UpdateIdentityProvider DeleteIdentityProvider CreateResourceServer UpdateResourceServer
        DeleteResourceServer CreateUserImportJob StartUserImportJob StopUserImportJob
        CreateUserPoolDomain UpdateUserPoolDomain DeleteUserPoolDomain SetUserPoolMfaConfig
        SetRiskConfiguration SetUICustomization TagResource UntagResource
        CreateManagedLoginBranding UpdateManagedLoginBranding DeleteManagedLoginBranding;
    /// Reading app clients.
    UserPoolClientRead = 15.0 no: DescribeUserPoolClient ListUserPoolClients;
    /// Changing app clients.
    UserPoolClientUpdate = 15.0 no: CreateUserPoolClient UpdateUserPoolClient DeleteUserPoolClient;
    /// Tokens for machines.
    ClientAuthentication = 150.0 no: GetClientToken;
    /// Reading and changing the limits themselves.
    LimitManagement = 1.0 no: GetProvisionedLimit UpdateProvisionedLimit;
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
    lanes: Vec<Lane>,
}

/// The calls of one category, which wait in the order in which they came.
#[derive(Debug)]
struct Lane {
    category: QuotaCategory,
    share: f64,
    turn: tokio::sync::Mutex<()>,
    bucket: Mutex<Bucket>,
}

/// Leave to send one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leave {
    lane: usize,
    given: Duration,
}

impl Pacer {
    pub(crate) fn new(pacing: &Pacing) -> Self {
        let lane = |category: &QuotaCategory| {
            let limit = pacing.limits.get(category).copied();
            let limit = limit.unwrap_or_else(|| category.default_limit()) * pacing.share;
            Lane {
                category: *category,
                share: pacing.share,
                turn: tokio::sync::Mutex::default(),
                bucket: Mutex::new(Bucket::new(limit)),
            }
        };
        Self {
            started: Instant::now(),
            lanes: QuotaCategory::ALL.iter().map(lane).collect(),
        }
    }

    /// Waits until the operation may be sent; `None` if it is not held back at all.
    ///
    /// A caller that is dropped leaves its place to the next.
    pub(crate) async fn admit(&self, operation: &str) -> Option<Leave> {
        let category = QuotaCategory::of(operation)?;
        let lane_at = self
            .lanes
            .iter()
            .position(|lane| lane.category == category)?;
        let lane = &self.lanes[lane_at];
        let _turn = lane.turn.lock().await;
        loop {
            let now = self.started.elapsed();
            let wait = match lane.bucket().take(now) {
                Ok(()) => {
                    return Some(Leave {
                        lane: lane_at,
                        given: now,
                    });
                }
                Err(wait) => wait,
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Learns from what became of a request.
    pub(crate) fn learn(&self, leave: Leave, throttled: bool) {
        let now = self.started.elapsed();
        self.lanes[leave.lane]
            .bucket()
            .learn(leave.given, now, throttled);
    }

    /// Takes over the account's own limit of a category.
    pub(crate) fn set_limit(&self, category: QuotaCategory, limit: f64) {
        if let Some(lane) = self.lanes.iter().find(|lane| lane.category == category) {
            let now = self.started.elapsed();
            lane.bucket().set_limit(now, limit * lane.share);
        }
    }
}

impl Lane {
    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A token bucket whose rate follows what the server says. Pure: the time is an argument.
#[derive(Clone, Debug)]
struct Bucket {
    limit: f64,
    rate: f64,
    tokens: f64,
    filled_at: Duration,
    lowered_at: Option<Duration>,
}

impl Bucket {
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

    /// Takes one token, or says after how long there will be one.
    fn take(&mut self, now: Duration) -> Result<(), Duration> {
        self.fill(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let seconds = (1.0 - self.tokens) / self.rate;
        // A moment more, so that rounding cannot make it a wait of nothing for ever.
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_hours(1));
        Err(wait + Duration::from_millis(1))
    }

    fn fill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.filled_at = self.filled_at.max(now);
        self.tokens = (self.tokens + passed * self.rate).min(self.capacity());
    }

    /// Learns what became of a request that was given leave at a time.
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
    fn let_through(bucket: &mut Bucket, from: f64, until: f64) -> usize {
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
        let mut bucket = Bucket::new(25.0);
        let count = let_through(&mut bucket, 0.0, 10.0);
        assert!((240..=255).contains(&count), "{count}");
        // A pause is not saved up.
        let count = let_through(&mut bucket, 100.0, 101.0);
        assert!((24..=31).contains(&count), "{count}");
    }

    #[test]
    fn a_throttle_halves_the_rate_once_for_all_that_was_under_way() {
        let mut bucket = Bucket::new(100.0);
        let given = seconds(1.0);
        for _ in 0..10 {
            bucket.learn(given, seconds(2.0), true);
        }
        assert!((bucket.rate - 50.0).abs() < 1e-9);
        bucket.learn(seconds(3.0), seconds(3.1), true);
        assert!((bucket.rate - 25.0).abs() < 1e-9);
    }

    #[test]
    fn the_rate_stays_between_its_floor_and_the_limit() {
        let mut bucket = Bucket::new(25.0);
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
            assert!((pacing.share(limit).share - 1.0).abs() < 1e-9);
            let mut bucket = Bucket::new(25.0);
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
                    pacer.admit("AdminAddUserToGroup").await;
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
    async fn a_caller_that_gives_up_leaves_its_place_to_the_next() {
        let pacer = Pacer::new(&Pacing::new().limit(QuotaCategory::UserUpdate, 1.0));
        assert!(pacer.admit("DeleteUser").await.is_some());
        let started = Instant::now();
        let gave_up = tokio::time::timeout(seconds(0.5), pacer.admit("DeleteUser")).await;
        assert!(gave_up.is_err());
        assert!(pacer.admit("DeleteUser").await.is_some());
        assert!(started.elapsed() < seconds(1.1));
        // Other categories have lanes of their own, and what has no category has none.
        assert!(pacer.admit("ListUsers").await.is_some());
        assert!(pacer.admit("CreateTerms").await.is_none());
        assert!(started.elapsed() < seconds(1.1));
    }
}
