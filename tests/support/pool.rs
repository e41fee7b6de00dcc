//! A user pool in memory, as far as jobs in bulk read it.
#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use cognito_idp::{
    Client,
    credentials::Credentials,
    error::{InvalidInput, TransportError, TransportErrorKind},
    retry::RetryPolicy,
    transport::{HttpClient, HttpFuture},
};
use serde_json::{Value, json};

pub const POOL_ID: &str = "eu-central-1_Bulk";

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
}

#[derive(Clone, Debug)]
struct User {
    username: String,
    sub: String,
    groups: BTreeSet<usize>,
}

impl Pool {
    /// So many users; each is in the groups whose number divides the user's.
    pub fn new(users: usize, groups: usize, page: usize) -> Self {
        let user = |n: usize| User {
            username: format!("user-{n:05}"),
            // Spread over the digits, as subs are.
            sub: format!(
                "{:08x}-0000-4000-8000-{n:012}",
                (n as u32).wrapping_mul(2_654_435_761)
            ),
            groups: (0..groups).filter(|group| n % (group + 1) == 0).collect(),
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
        };
        Self {
            shared: Arc::new(Mutex::new(state)),
        }
    }

    pub fn client(&self) -> Result<Client, InvalidInput> {
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
            .http_client(self.clone())
            .build()
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
    fn answer(&self, operation: &str, request: &Value) -> Result<Value, &'static str> {
        let text = |member: &str| request[member].as_str().unwrap_or_default();
        match operation {
            "DescribeUserPool" => Ok(json!({"UserPool": {
                "Id": POOL_ID, "Name": "bulk", "EstimatedNumberOfUsers": self.users.len(),
            }})),
            "ListGroups" => {
                let groups = self.groups.iter();
                let groups = groups.enumerate().map(
                    |(n, name)| json!({"GroupName": name, "Precedence": n, "UserPoolId": POOL_ID}),
                );
                self.paged("Groups", "NextToken", groups.collect(), request)
            }
            "ListUsers" => {
                let filter = text("Filter");
                let beginning = filter.strip_prefix("sub ^= \"").unwrap_or_default();
                let beginning = beginning.trim_end_matches('"');
                let users = self.users.iter();
                let users = users
                    .filter(|user| user.sub.starts_with(beginning))
                    .map(user);
                self.paged("Users", "PaginationToken", users.collect(), request)
            }
            "ListUsersInGroup" => {
                let group = self
                    .groups
                    .iter()
                    .position(|name| name == text("GroupName"));
                let group = group.ok_or("ResourceNotFoundException")?;
                let users = self.users.iter();
                let users = users.filter(|user| user.groups.contains(&group)).map(user);
                self.paged("Users", "NextToken", users.collect(), request)
            }
            "AdminListGroupsForUser" => {
                let user = self.user(text("Username"))?;
                let groups = user
                    .groups
                    .iter()
                    .map(|n| json!({"GroupName": self.groups[*n]}));
                self.paged("Groups", "NextToken", groups.collect(), request)
            }
            "AdminGetUser" => {
                let user = self.user(text("Username"))?;
                Ok(json!({
                    "Username": user.username, "PreferredMfaSetting": "SOFTWARE_TOKEN_MFA",
                    "UserMFASettingList": ["SOFTWARE_TOKEN_MFA"],
                }))
            }
            _ => Err("UnknownOperationException"),
        }
    }

    fn user(&self, username: &str) -> Result<&User, &'static str> {
        let mut users = self.users.iter();
        let user = users.find(|user| user.username == username && !self.gone.contains(username));
        user.ok_or("UserNotFoundException")
    }

    fn paged(
        &self,
        list: &str,
        token: &str,
        all: Vec<Value>,
        request: &Value,
    ) -> Result<Value, &'static str> {
        let from = match request[token].as_str() {
            None => 0,
            Some(token) => {
                let (epoch, from) = token.split_once('/').ok_or("InvalidParameterException")?;
                if epoch != self.epoch.to_string() {
                    return Err("InvalidParameterException");
                }
                from.parse().map_err(|_| "InvalidParameterException")?
            }
        };
        let until = all.len().min(from + self.page);
        let mut answer = BTreeMap::from([(list, json!(&all[from..until]))]);
        if until < all.len() {
            answer.insert(token, json!(format!("{}/{until}", self.epoch)));
        }
        Ok(json!(answer))
    }
}

fn user(user: &User) -> Value {
    json!({
        "Username": user.username, "Enabled": true, "UserStatus": "CONFIRMED",
        "UserCreateDate": 1_623_956_729.32, "UserLastModifiedDate": 1_623_956_730,
        "Attributes": [{"Name": "sub", "Value": user.sub}, {"Name": "name", "Value": "Zoë \"Z\"\n"}],
    })
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
            let (answer, hangs, latency) = {
                let mut state = self.state();
                state.calls.push(operation.clone());
                let hangs = state.calls.len() > state.hangs_after;
                (state.answer(&operation, &body), hangs, state.latency)
            };
            if hangs {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(latency).await;
            let (status, body) = match answer {
                Ok(body) => (200, body),
                Err(code) => (400, json!({"__type": code})),
            };
            http::Response::builder()
                .status(status)
                .body(body.to_string().into())
                .map_err(|_| TransportError::new(TransportErrorKind::InvalidResponse))
        })
    }
}
