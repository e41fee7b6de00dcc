//! A user pool in memory, as far as jobs in bulk read it.
#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use cognito_idp::{
    Client, ClientBuilder,
    credentials::Credentials,
    error::{InvalidInput, TransportError, TransportErrorKind},
    retry::RetryPolicy,
    transport::{HttpClient, HttpFuture},
};
use serde_json::{Value, json};

pub const POOL_ID: &str = "eu-central-1_Bulk";
/// Noon of 1 January 2026.
const NOW: u64 = 1_767_268_800;

/// A pool, and what was asked of it.
#[derive(Clone, Debug)]
pub struct Pool {
    shared: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    users: Vec<User>,
    groups: Vec<String>,
    page: usize,
    /// Page tokens are good in one epoch.
    epoch: u32,
    calls: Vec<String>,
    /// The call after so many never ends.
    hangs_after: usize,
    /// Users who are in the lists and yet gone.
    gone: BTreeSet<String>,
    latency: Duration,
    /// Calls that end otherwise than they should.
    faults: Vec<(Range<usize>, Fault)>,
    /// Users who go, one with each call, while another comes.
    leaving: Vec<String>,
    /// How many calls later lists know who has come.
    lag: usize,
    /// What users sign in with, where their usernames are made up.
    aliases: &'static [&'static str],
}

/// How a call ends.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// With a lost connection, after it was done.
    Broken,
    /// With the front door's "service unavailable".
    Unavailable,
    /// With the news that the credentials have expired.
    ExpiredToken,
}

#[derive(Clone, Debug, PartialEq)]
pub struct User {
    pub username: String,
    pub attributes: BTreeMap<String, String>,
    pub enabled: bool,
    pub status: &'static str,
    pub password: Option<String>,
    /// Where else the user has an identity.
    pub links: Vec<String>,
    created: u64,
    groups: BTreeSet<usize>,
    /// Where it stands in lists, which stays so whoever comes and goes.
    place: usize,
    /// The call from which on lists have it.
    listed_from: usize,
}

impl Pool {
    /// So many users; each is in the groups whose number divides the user's.
    pub fn new(users: usize, groups: usize, page: usize) -> Self {
        let user = |n: usize| {
            // Spread over the digits, as subs are.
            let spread = u32::try_from(n).unwrap_or_default();
            let spread = spread.wrapping_mul(2_654_435_761);
            let sub = format!("{spread:08x}-0000-4000-8000-{n:012}");
            let mut user = User::new(format!("user-{n:05}"), sub);
            user.place = n;
            user.attributes
                .insert("name".to_owned(), "Zoë \"Z\"\n".to_owned());
            user.attributes
                .insert("email".to_owned(), format!("u{n}@example.com"));
            user.enabled = n % 5 != 3;
            user.groups = (0..groups)
                .filter(|group| n.is_multiple_of(group + 1))
                .collect();
            user
        };
        let state = State {
            users: (0..users).map(user).collect(),
            groups: (0..groups).map(|n| format!("group-{n}")).collect(),
            page,
            epoch: 0,
            calls: Vec::new(),
            hangs_after: usize::MAX,
            gone: BTreeSet::new(),
            latency: Duration::ZERO,
            faults: Vec::new(),
            leaving: Vec::new(),
            lag: 0,
            aliases: &[],
        };
        Self {
            shared: Arc::new(Mutex::new(state)),
        }
    }

    pub fn client(&self) -> Result<Client, InvalidInput> {
        self.client_builder().build()
    }

    /// A client of this pool, to be changed.
    pub fn client_builder(&self) -> ClientBuilder {
        Client::builder()
            .region("eu-central-1")
            .credentials(Credentials::new(
                "AKIDEXAMPLE",
                "secret",
                None,
                None,
                "test",
            ))
            .retry_policy(RetryPolicy::never())
            .time_source(|| SystemTime::UNIX_EPOCH + Duration::from_secs(NOW))
            .http_client(self.clone())
    }

    /// Lets only so many more calls end.
    pub fn hang_after(&self, calls: usize) {
        let mut state = self.state();
        state.hangs_after = calls.saturating_add(state.calls.len());
    }

    pub fn forget_page_tokens(&self) {
        self.state().epoch += 1;
    }

    pub fn take_away(&self, username: &str) {
        self.state().gone.insert(username.to_owned());
    }

    /// Breaks the connection of these of the calls that come, behind each request.
    pub fn break_calls(&self, calls: Range<usize>) {
        self.fail_calls(calls, Fault::Broken);
    }

    /// Has these of the calls that come end so, and no others any more.
    pub fn fail_calls(&self, calls: Range<usize>, fault: Fault) {
        let mut state = self.state();
        let so_far = state.calls.len();
        let calls = calls.start + so_far..calls.end.saturating_add(so_far);
        state.faults = vec![(calls, fault)];
    }

    /// From now on one of these users goes with each call, and another one comes, whom lists know so
    /// many calls later.
    pub fn change_hands(&self, leaving: impl IntoIterator<Item = String>, lag: usize) {
        let mut state = self.state();
        state.leaving = leaving.into_iter().collect();
        state.lag = lag;
    }

    /// Makes up the usernames, and lets users sign in with their email address.
    pub fn sign_in_by_email(self) -> Self {
        self.state().aliases = &["email"];
        self
    }

    /// Changes a user, or makes one.
    pub fn change(&self, username: &str, change: impl FnOnce(&mut User)) {
        let mut state = self.state();
        let place = state
            .users
            .iter()
            .position(|user| user.username == username);
        let place = place.unwrap_or_else(|| {
            let sub = format!("0000-{username}");
            state.push(User::new(username.to_owned(), sub));
            state.users.len() - 1
        });
        change(&mut state.users[place]);
    }

    pub fn user(&self, username: &str) -> Option<User> {
        let state = self.state();
        state
            .users
            .iter()
            .find(|user| user.username == username)
            .cloned()
    }

    /// The operations that were called.
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    pub fn usernames(&self) -> BTreeSet<String> {
        let state = self.state();
        state
            .users
            .iter()
            .map(|user| user.username.clone())
            .collect()
    }

    /// Who is in which group.
    pub fn memberships(&self) -> BTreeSet<(String, String)> {
        let state = self.state();
        let of = |user: &User| {
            let groups = user.groups.clone().into_iter();
            let pair = |group: usize| (state.groups[group].clone(), user.username.clone());
            groups.map(pair).collect::<Vec<_>>()
        };
        state.users.iter().flat_map(of).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, mut user: User) {
        user.place = self.users.last().map_or(0, |last| last.place + 1);
        user.listed_from = self.calls.len() + self.lag;
        self.users.push(user);
    }

    /// Lets one user go and another one come.
    fn change_hands(&mut self) {
        let Some(leaving) = self.leaving.pop() else {
            return;
        };
        self.users.retain(|user| user.username != leaving);
        let spread = u32::try_from(self.calls.len()).unwrap_or_default();
        let spread = spread.wrapping_mul(2_654_435_761);
        let sub = format!("{spread:08x}-2222-4000-8000-{:012}", self.calls.len());
        self.push(User::new(format!("came-for-{leaving}"), sub));
    }

    fn listed(&self) -> impl Iterator<Item = &User> {
        let now = self.calls.len();
        self.users
            .iter()
            .filter(move |user| user.listed_from <= now)
    }

    fn answer(&mut self, operation: &str, request: &Value) -> Result<Value, &'static str> {
        let text = |member: &str| request[member].as_str().unwrap_or_default();
        if text("UserPoolId") != POOL_ID {
            return Err("ResourceNotFoundException");
        }
        match operation {
            "DescribeUserPool" => Ok(json!({"UserPool": {
                "Id": POOL_ID, "Name": "bulk", "EstimatedNumberOfUsers": self.users.len(),
                "UsernameAttributes": self.aliases, "SchemaAttributes": schema(),
            }})),
            "ListGroups" => {
                let groups = self.groups.iter();
                let groups = groups.enumerate().map(|(n, name)| {
                    (
                        n,
                        json!({"GroupName": name, "Precedence": n, "UserPoolId": POOL_ID}),
                    )
                });
                self.paged("Groups", "NextToken", &groups.collect::<Vec<_>>(), request)
            }
            "ListUsers" => {
                let filter = text("Filter");
                let beginning = filter.strip_prefix("sub ^= \"").unwrap_or_default();
                let beginning = beginning.trim_end_matches('"');
                let users = self
                    .listed()
                    .filter(|user| user.sub().starts_with(beginning))
                    .map(|listed| (listed.place, user(listed)));
                self.paged(
                    "Users",
                    "PaginationToken",
                    &users.collect::<Vec<_>>(),
                    request,
                )
            }
            "ListUsersInGroup" => {
                let group = self
                    .groups
                    .iter()
                    .position(|name| name == text("GroupName"));
                let group = group.ok_or("ResourceNotFoundException")?;
                let users = self
                    .listed()
                    .filter(|user| user.groups.contains(&group))
                    .map(|listed| (listed.place, user(listed)));
                self.paged("Users", "NextToken", &users.collect::<Vec<_>>(), request)
            }
            "AdminListGroupsForUser" => {
                let user = self.user(text("Username"))?;
                let groups = user
                    .groups
                    .iter()
                    .map(|n| (*n, json!({"GroupName": self.groups[*n]})));
                self.paged("Groups", "NextToken", &groups.collect::<Vec<_>>(), request)
            }
            "AdminGetUser" => {
                let found = self.user(text("Username"))?;
                let mut answer = user(found);
                answer["UserAttributes"] = answer["Attributes"].take();
                answer["PreferredMfaSetting"] = json!("SOFTWARE_TOKEN_MFA");
                answer["UserMFASettingList"] = json!(["SOFTWARE_TOKEN_MFA"]);
                Ok(answer)
            }
            _ => self.change_by(operation, request),
        }
    }

    fn change_by(&mut self, operation: &str, request: &Value) -> Result<Value, &'static str> {
        let text = |member: &str| request[member].as_str().unwrap_or_default();
        match operation {
            "CreateGroup" => {
                let name = text("GroupName").to_owned();
                if self.groups.contains(&name) {
                    return Err("GroupExistsException");
                }
                self.groups.push(name);
                Ok(json!({}))
            }
            "AdminCreateUser" => self.create(request),
            "AdminUpdateUserAttributes" => {
                let attributes = attributes(&request["UserAttributes"]);
                self.user_mut(text("Username"))?
                    .attributes
                    .extend(attributes);
                Ok(json!({}))
            }
            "AdminAddUserToGroup" => {
                let group = self
                    .groups
                    .iter()
                    .position(|name| name == text("GroupName"));
                let group = group.ok_or("ResourceNotFoundException")?;
                self.user_mut(text("Username"))?.groups.insert(group);
                Ok(json!({}))
            }
            "AdminSetUserPassword" => {
                let user = self.user_mut(text("Username"))?;
                user.password = Some(text("Password").to_owned());
                user.status = "CONFIRMED";
                Ok(json!({}))
            }
            "AdminDisableUser" => {
                self.user_mut(text("Username"))?.enabled = false;
                Ok(json!({}))
            }
            "AdminLinkProviderForUser" => {
                let source = &request["SourceUser"];
                if source["ProviderName"] == "Nobody" {
                    return Err("ResourceNotFoundException");
                }
                let name = request["DestinationUser"]["ProviderAttributeValue"].as_str();
                let user = self.user_mut(name.unwrap_or_default())?;
                let link = format!(
                    "{}/{}",
                    source["ProviderName"], source["ProviderAttributeValue"]
                );
                if !user.links.contains(&link) {
                    user.links.push(link);
                }
                Ok(json!({}))
            }
            _ => Err("UnknownOperationException"),
        }
    }

    fn create(&mut self, request: &Value) -> Result<Value, &'static str> {
        let name = request["Username"].as_str().unwrap_or_default();
        if name.contains(' ') {
            return Err("InvalidParameterException");
        }
        if self.user(name).is_ok() {
            return Err("UsernameExistsException");
        }
        let count = self.users.len();
        let sub = format!("{count:08x}-1111-4000-8000-{count:012}");
        let username = if self.aliases.is_empty() {
            name
        } else {
            sub.as_str()
        };
        let mut made = User::new(username.to_owned(), sub.clone());
        made.attributes
            .extend(attributes(&request["UserAttributes"]));
        made.status = "FORCE_CHANGE_PASSWORD";
        made.created = NOW;
        made.password = request["TemporaryPassword"].as_str().map(str::to_owned);
        let answer = json!({"User": user(&made)});
        self.push(made);
        Ok(answer)
    }

    fn place(&self, name: &str) -> Result<usize, &'static str> {
        let is_it = |user: &User| {
            let alias = |alias: &&str| user.attributes.get(*alias).is_some_and(|v| v == name);
            user.username == name || self.aliases.iter().any(alias)
        };
        let place = self.users.iter().position(is_it);
        let place = place.filter(|_| !self.gone.contains(name));
        place.ok_or("UserNotFoundException")
    }

    fn user(&self, name: &str) -> Result<&User, &'static str> {
        Ok(&self.users[self.place(name)?])
    }

    fn user_mut(&mut self, name: &str) -> Result<&mut User, &'static str> {
        let place = self.place(name)?;
        Ok(&mut self.users[place])
    }

    /// A page of what stands in this order at these places; the token names the place that is next.
    fn paged(
        &self,
        list: &str,
        token: &str,
        all: &[(usize, Value)],
        request: &Value,
    ) -> Result<Value, &'static str> {
        let from = match request[token].as_str() {
            None => 0,
            Some(token) => {
                let (epoch, from) = token.split_once('/').ok_or("InvalidParameterException")?;
                if epoch != self.epoch.to_string() {
                    return Err("InvalidParameterException");
                }
                let from: usize = from.parse().map_err(|_| "InvalidParameterException")?;
                all.partition_point(|(place, _)| *place < from)
            }
        };
        let until = all.len().min(from + self.page);
        let page: Vec<_> = all[from..until].iter().map(|(_, item)| item).collect();
        let mut answer = BTreeMap::from([(list, json!(page))]);
        if let Some((next, _)) = all.get(until) {
            answer.insert(token, json!(format!("{}/{next}", self.epoch)));
        }
        Ok(json!(answer))
    }
}

impl User {
    fn new(username: String, sub: String) -> Self {
        Self {
            username,
            attributes: BTreeMap::from([("sub".to_owned(), sub)]),
            enabled: true,
            status: "CONFIRMED",
            password: None,
            links: Vec::new(),
            created: 1_623_956_729,
            groups: BTreeSet::new(),
            place: 0,
            listed_from: 0,
        }
    }

    fn sub(&self) -> &str {
        self.attributes.get("sub").map_or("", String::as_str)
    }
}

fn user(user: &User) -> Value {
    let attributes = user.attributes.iter();
    let attributes = attributes.map(|(name, value)| json!({"Name": name, "Value": value}));
    json!({
        "Username": user.username, "Enabled": user.enabled, "UserStatus": user.status,
        "UserCreateDate": user.created, "UserLastModifiedDate": user.created,
        "Attributes": attributes.collect::<Vec<_>>(),
    })
}

fn attributes(list: &Value) -> BTreeMap<String, String> {
    let list = list.as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list.map(|attribute| (text(&attribute["Name"]), text(&attribute["Value"])))
        .collect()
}

fn schema() -> Value {
    let text = |name: &str, required: bool, most: &str| {
        json!({
            "Name": name, "AttributeDataType": "String", "Mutable": true, "Required": required,
            "StringAttributeConstraints": {"MinLength": "0", "MaxLength": most},
        })
    };
    json!([
        text("sub", true, "2048"), text("email", true, "2048"), text("name", false, "8"),
        {
            "Name": "custom:level", "AttributeDataType": "Number", "Mutable": true,
            "NumberAttributeConstraints": {"MinValue": "0", "MaxValue": "10"},
        },
    ])
}

impl HttpClient for Pool {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move {
            let target = request.headers().get("x-amz-target");
            let target = target
                .and_then(|target| target.to_str().ok())
                .unwrap_or_default();
            let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
            let body = serde_json::from_slice(request.body()).unwrap_or_default();
            let (answer, hangs, fault, latency) = {
                let mut state = self.state();
                let now = state.calls.len();
                let mut faults = state.faults.iter();
                let fault = faults.find(|(calls, _)| calls.contains(&now));
                let fault = fault.map(|(_, fault)| *fault);
                state.calls.push(operation.clone());
                state.change_hands();
                let hangs = state.calls.len() > state.hangs_after;
                let answer = match fault {
                    Some(Fault::Unavailable) => Err("ServiceUnavailableException"),
                    Some(Fault::ExpiredToken) => Err("ExpiredTokenException"),
                    Some(Fault::Broken) | None => state.answer(&operation, &body),
                };
                (answer, hangs, fault, state.latency)
            };
            if hangs {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(latency).await;
            if let Some(Fault::Broken) = fault {
                return Err(TransportError::new(TransportErrorKind::Interrupted));
            }
            let (status, body) = match answer {
                Ok(body) => (200, body),
                Err(code @ "ServiceUnavailableException") => (503, json!({"__type": code})),
                Err(code) => (400, json!({"__type": code})),
            };
            http::Response::builder()
                .status(status)
                .body(body.to_string().into())
                .map_err(|_| TransportError::new(TransportErrorKind::InvalidResponse))
        })
    }
}
