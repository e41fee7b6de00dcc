//! What the live tests share: the two servers, pools of their own, mail, and what crossed the wire.
//!
//! `tests/live/servers.sh` starts the servers and says where they are. Without it every live test
//! is ignored.
#![allow(dead_code, reason = "each of the two servers' tests uses its part")]

pub(crate) mod coverage;
pub(crate) mod lifecycles;
pub(crate) mod totp;

use std::{
    collections::BTreeMap,
    error::Error as StdError,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    io::Write as _,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError},
};

use bytes::Bytes;
use cognito_idp::{
    Client, ClientBuilder, CognitoConfig, CognitoService, CognitoUserService, Error, ErrorCode,
    auth::AppClient,
    credentials::Credentials,
    operation::{
        AuthScheme, Operation, Paginated, RetrySafety,
        app_clients::{CreateUserPoolClientRequest, ExplicitAuthFlowsType},
        user_pools::{
            CreateUserPoolRequest, DeleteUserPoolRequest, DescribeUserPoolRequest,
            EmailConfigurationType, EmailSendingAccountType, VerifiedAttributeType,
        },
    },
    transport::{HttpClient, HttpFuture, HyperClient},
};
use serde::Serialize;
use serde_json::Value;

/// The region in which both servers find a pool by an app client alone.
pub(crate) const REGION: &str = "us-east-1";
pub(crate) const PASSWORD: &str = "P@ssw0rd-1";
pub(crate) const NEW_PASSWORD: &str = "P@ssw0rd-2";
/// The codes that MiniStack sends.
pub(crate) const SIGN_UP_CODE: &str = "123456";
pub(crate) const RESET_CODE: &str = "654321";

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn StdError>>;

/// A server that speaks Cognito's protocol, and what was sent to it.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) client: Client,
    pub(crate) wire: Wire,
    url: String,
    credentials: Credentials,
    implements: &'static str,
}

impl Server {
    /// MiniStack, which checks signatures, secret hashes and codes; `None` where it does not run.
    pub(crate) fn ministack() -> Option<Self> {
        let url = live_variable("COGNITO_LIVE_MINISTACK_URL")?;
        let required = |name| live_variable(name).unwrap_or_else(|| panic!("{name} must be set"));
        let credentials = Credentials::new(
            required("COGNITO_LIVE_MINISTACK_ACCESS_KEY_ID"),
            required("COGNITO_LIVE_MINISTACK_SECRET_ACCESS_KEY"),
            None,
            None,
            "live tests",
        );
        Some(Self::new(url, credentials, coverage::MINISTACK))
    }

    /// moto, which resets what `UpdateUserPool` is not given; `None` where it does not run.
    pub(crate) fn moto() -> Option<Self> {
        let url = live_variable("COGNITO_LIVE_MOTO_URL")?;
        let credentials = Credentials::new("any", "any", None, None, "live tests");
        Some(Self::new(url, credentials, coverage::MOTO))
    }

    fn new(url: String, credentials: Credentials, implements: &'static str) -> Self {
        let wire = Wire::new();
        let client = Client::builder()
            .region(REGION)
            .endpoint_url(&url)
            .credentials(credentials.clone())
            .http_client(wire.clone())
            .build()
            .expect("the server's URL is usable");
        Self {
            client,
            wire,
            url,
            credentials,
            implements,
        }
    }

    /// Whether the server implements an operation, so that a lifecycle leaves out the others.
    pub(crate) fn implements<O: Operation>(&self) -> bool {
        coverage::operations(self.implements).contains(&O::NAME)
    }

    /// Whether the server checks codes; moto takes any.
    pub(crate) fn checks_codes(&self) -> bool {
        self.implements == coverage::MINISTACK
    }

    /// The same server in a region that no other test uses, so that a list of pools stands still.
    pub(crate) fn in_region(&self, region: &str) -> Outcome<Self> {
        let mut server = self.clone();
        server.client = self.client_with(|client| client.region(region))?;
        Ok(server)
    }

    /// A client with other settings than the server's own.
    pub(crate) fn client_with(
        &self,
        change: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Outcome<Client> {
        let builder = self.builder().credentials(self.credentials.clone());
        Ok(change(builder).build()?)
    }

    /// A client for what is not signed.
    pub(crate) fn client_without_credentials(&self) -> Outcome<Client> {
        Ok(self.builder().build()?)
    }

    /// A client of this server to be, so far without credentials.
    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder()
            .region(REGION)
            .endpoint_url(&self.url)
            .http_client(self.wire.clone())
    }

    /// Makes a pool that sends mail as the developer, with an app client that has a secret.
    pub(crate) async fn pool(&self, name: &str) -> Outcome<Pool> {
        let request = CreateUserPoolRequest::new(unique(name))
            .auto_verified_attributes([VerifiedAttributeType::Email])
            .email_configuration(developer_email());
        self.pool_as(&request).await
    }

    pub(crate) async fn pool_as(&self, request: &CreateUserPoolRequest) -> Outcome<Pool> {
        let created = self.client.send(request).await?;
        let pool = created.user_pool.ok_or("no pool in the answer")?;
        let id = pool.id.ok_or("the pool has no ID")?;
        let request = CreateUserPoolClientRequest::new(&id, "web")
            .generate_secret(true)
            .explicit_auth_flows([
                ExplicitAuthFlowsType::AllowAdminUserPasswordAuth,
                ExplicitAuthFlowsType::AllowUserPasswordAuth,
                ExplicitAuthFlowsType::AllowUserSrpAuth,
                ExplicitAuthFlowsType::AllowRefreshTokenAuth,
            ]);
        let created = self.client.send(&request).await?;
        let client = created.user_pool_client.ok_or("no client in the answer")?;
        let client_id = client.client_id.ok_or("the client has no ID")?;
        let secret = client.client_secret.ok_or("the client has no secret")?;
        Ok(Pool {
            id,
            arn: pool.arn.ok_or("the pool has no ARN")?,
            app: AppClient::new(&client_id).secret(&secret),
            secret: secret.expose().clone(),
        })
    }

    pub(crate) fn config(&self, pool: &Pool) -> CognitoConfig {
        CognitoConfig::new(&pool.id, pool.app.id())
            .client_secret(pool.secret.as_str())
            .credentials(self.credentials.clone())
            .endpoint_url(&self.url)
            .client(|client| client.http_client(self.wire.clone()))
    }

    pub(crate) fn service(&self, pool: &Pool) -> Outcome<CognitoService> {
        Ok(CognitoService::new(self.config(pool))?)
    }

    /// What users do themselves, without credentials.
    pub(crate) fn users(&self, pool: &Pool) -> Outcome<CognitoUserService> {
        let config = CognitoConfig::new(&pool.id, pool.app.id()).client_secret(&*pool.secret);
        Ok(CognitoUserService::new(config.client(|_| self.builder()))?)
    }

    /// Deletes a pool; what a failed test leaves behind ends with the server.
    pub(crate) async fn delete(&self, pool: Pool) -> Outcome {
        let request = DeleteUserPoolRequest::new(pool.id);
        self.client.send(&request).await?;
        Ok(())
    }

    /// A pool word for word, also with what our types do not know.
    pub(crate) async fn describe_whole(&self, pool: &Pool) -> Outcome<Value> {
        let request = DescribeWhole(DescribeUserPoolRequest::new(&pool.id));
        let mut answer = self.client.send(&request).await?;
        Ok(answer["UserPool"].take())
    }

    /// Sends what must be refused with this code, one that AWS documents for the operation.
    pub(crate) async fn refuses<O: Operation>(&self, operation: &O, code: ErrorCode) -> Error {
        let error = refusal(self.client.send(operation).await);
        assert_eq!(error.code(), Some(&code), "{error}");
        assert_eq!(error.operation(), Some(O::NAME));
        assert!(
            O::ERRORS.contains(&code),
            "{code} is not documented for {}",
            O::NAME
        );
        assert!(error.request_id().is_some(), "{error}");
        error
    }

    /// Walks a list page by page, item by item, and once more from the second page on; checks that
    /// all three tell the same, and gives the keys of the items and the number of pages.
    pub(crate) async fn walk<O: Paginated + Clone>(
        &self,
        request: O,
        key: impl Fn(O::Item) -> Option<String>,
    ) -> Outcome<(Vec<String>, usize)> {
        let key = |item| key(item).ok_or_else(|| format!("{}: an item without a name", O::NAME));

        let mut pages = self.client.pages(request.clone());
        assert_eq!(pages.token(), None);
        let (mut by_page, mut count, mut second) = (Vec::new(), 0, None);
        while let Some(page) = pages.next().await? {
            for item in O::items(page) {
                by_page.push(key(item)?);
            }
            count += 1;
            if count == 1 {
                second = pages.token().map(|token| (token.to_owned(), by_page.len()));
            }
        }
        assert_eq!(pages.token(), None);
        assert_eq!(count > 1, second.is_some(), "{}", O::NAME);

        let mut items = self.client.pages(request.clone()).items();
        let mut by_item = Vec::new();
        while let Some(item) = items.next().await? {
            by_item.push(key(item)?);
        }
        assert_eq!(by_item, by_page, "{}", O::NAME);

        if let Some((token, seen)) = second {
            let mut request = request;
            request.set_next_token(token.clone());
            let pages = self.client.pages(request);
            assert_eq!(pages.token(), Some(&*token));
            let mut items = pages.items();
            let mut rest = Vec::new();
            while let Some(item) = items.next().await? {
                rest.push(key(item)?);
            }
            assert_eq!(rest, by_page[seen..], "{}", O::NAME);
        }
        Ok((by_page, count))
    }

    /// The mails that MiniStack keeps instead of sending them to this address, the newest last.
    pub(crate) async fn mails_to(&self, address: &str) -> Outcome<Vec<Mail>> {
        let request = http::Request::get(format!("{}/_ministack/ses/messages", self.url))
            .body(Bytes::new())?;
        let response = self.wire.http.call(request).await?;
        let outbox: Value = serde_json::from_slice(response.body())?;
        let accounts = outbox["messages"].as_object().ok_or("no outbox")?;
        let messages = accounts.values().filter_map(Value::as_array).flatten();
        let to_address = |message: &&Value| {
            let mut recipients = message["To"].as_array().into_iter().flatten();
            recipients.any(|recipient| recipient == address)
        };
        Ok(messages.filter(to_address).map(Mail::read).collect())
    }

    /// Calls another service of MiniStack as its root, whose signature it does not check.
    pub(crate) async fn query(&self, service: &str, parameters: &str) -> Outcome<String> {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, \
             SignedHeaders=host, Signature=unchecked"
        );
        let request = http::Request::post(&self.url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", authorization)
            .body(Bytes::from(parameters.to_owned()))?;
        let response = self.wire.http.call(request).await?;
        let body = String::from_utf8(response.body().to_vec())?;
        if response.status().is_success() {
            return Ok(body);
        }
        Err(format!("{service}: {body}").into())
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// A user pool with an app client that has a secret.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) app: AppClient,
    pub(crate) secret: String,
}

/// A mail from MiniStack's outbox.
#[derive(Debug, PartialEq)]
pub(crate) struct Mail {
    pub(crate) subject: String,
    pub(crate) body: String,
}

impl Mail {
    fn read(message: &Value) -> Self {
        let text = |member: &str| message[member].as_str().unwrap_or_default().to_owned();
        Self {
            subject: text("Subject"),
            body: text("BodyHtml") + &text("BodyText"),
        }
    }
}

/// The transport of the live tests: counts what is answered, and can spoil requests on their way.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    http: HyperClient,
    answers: Arc<Mutex<BTreeMap<String, Answers>>>,
    spoil: fn(&mut http::Request<Bytes>),
}

/// How often an operation was answered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Answers {
    pub(crate) successes: usize,
    pub(crate) errors: usize,
}

impl Wire {
    fn new() -> Self {
        Self {
            http: HyperClient::new().expect("TLS can be set up"),
            answers: Arc::default(),
            spoil: |_| {},
        }
    }

    /// The same transport, but it changes every request after it was signed.
    pub(crate) fn spoiled(&self, spoil: fn(&mut http::Request<Bytes>)) -> Self {
        let mut spoiled = self.clone();
        spoiled.spoil = spoil;
        spoiled
    }

    /// The operations that were answered so far.
    pub(crate) fn answers(&self) -> MutexGuard<'_, BTreeMap<String, Answers>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpClient for Wire {
    fn call(&self, mut request: http::Request<Bytes>) -> HttpFuture<'_> {
        (self.spoil)(&mut request);
        Box::pin(async move {
            let operation = operation_of(&request);
            let response = self.http.call(request).await?;
            let mut answers = self.answers();
            let answers = answers.entry(operation).or_default();
            if response.status().is_success() {
                answers.successes += 1;
            } else {
                answers.errors += 1;
            }
            Ok(response)
        })
    }
}

fn operation_of(request: &http::Request<Bytes>) -> String {
    let target = request.headers().get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.split('.').next_back());
    operation.unwrap_or_default().to_owned()
}

/// `DescribeUserPool`, answered in full.
#[derive(Serialize)]
#[serde(transparent)]
struct DescribeWhole(DescribeUserPoolRequest);

impl Operation for DescribeWhole {
    type Response = Value;
    const NAME: &'static str = DescribeUserPoolRequest::NAME;
    const AUTH: AuthScheme = DescribeUserPoolRequest::AUTH;
    const RETRY: RetrySafety = DescribeUserPoolRequest::RETRY;
    const ERRORS: &'static [ErrorCode] = DescribeUserPoolRequest::ERRORS;
}

pub(crate) fn developer_email() -> EmailConfigurationType {
    EmailConfigurationType::new()
        .email_sending_account(EmailSendingAccountType::Developer)
        .source_arn(format!(
            "arn:aws:ses:{REGION}:123456789012:identity/no-reply@example.com"
        ))
        .from("Shop <no-reply@example.com>")
}

/// A name that no other test and no earlier run has.
pub(crate) fn unique(name: &str) -> String {
    let number = RandomState::new().build_hasher().finish();
    format!("{name}-{number:016x}")
}

pub(crate) fn unique_email(name: &str) -> String {
    unique(name) + "@example.com"
}

#[track_caller]
pub(crate) fn refusal<T>(result: Result<T, Error>) -> Error {
    match result {
        Ok(_) => panic!("what must be refused was accepted"),
        Err(error) => error,
    }
}

/// Says once in a run, past the capture of the test harness, why the tests skip.
fn live_variable(name: &'static str) -> Option<String> {
    static SAID: Once = Once::new();
    let value = std::env::var(name)
        .ok()
        .filter(|value| !value.trim().is_empty());
    if value.is_none() {
        SAID.call_once(|| {
            let _ = writeln!(
                std::io::stderr(),
                "live tests are skipped: {name} is not set; run them with tests/live/servers.sh"
            );
        });
    }
    value
}
