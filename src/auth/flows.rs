//! The sign-in flows, on the admin side (signed) and on the public side (unsigned).

use std::collections::BTreeMap;
#[cfg(feature = "srp")]
use std::time::SystemTime;

use http::StatusCode;
use serde::{Deserialize, Serialize};

#[cfg(feature = "srp")]
use super::proof::{self, Pending, Proof, RandomSource};
use super::{
    AppClient, AuthOutcome, Challenge, ChallengeAnswer, Tokens, UserAuth,
    device::{DeviceSlot, RememberedDevice},
};
use crate::{
    client::Client,
    error::{DecodeError, DecodeProblem, Error, ErrorCode, NotAuthorizedReason},
    operation::{
        AuthScheme, Operation, RetrySafety,
        auth::{
            AdminInitiateAuthRequest, AdminRespondToAuthChallengeRequest, AuthFlowType,
            AuthenticationResultType, ChallengeNameType, ContextDataType, InitiateAuthRequest,
            RespondToAuthChallengeRequest,
        },
        users::GetUserRequest,
    },
    sensitive::Sensitive,
    shape,
    types::{AnalyticsMetadataType, UserContextDataType},
};
#[cfg(feature = "verify")]
use crate::{
    error::InvalidInput,
    verify::{TokenVerifier, TrustedPool, VerifierBuilder},
};

/// Signs users in with one app client.
///
/// The admin side uses the signed operations, for servers that hold AWS credentials; the public
/// side uses the unsigned ones. `SECRET_HASH` is added wherever the app client has a secret, over
/// the username of the same request.
///
/// ```no_run
/// use cognito_idp::{Client, auth::{AppClient, AuthOutcome, SignIn}};
///
/// # async fn example() -> Result<(), cognito_idp::Error> {
/// let client = Client::builder().region("eu-central-1").build()?;
/// let sign_in = SignIn::public(client, AppClient::new("app-client-id"));
/// if let AuthOutcome::Tokens(tokens) = sign_in.password("alice", "P@ssw0rd!").await? {
///     println!("signed in for {:?}", tokens.expires_in);
/// }
/// # Ok(())
/// # }
/// ```
///
/// What belongs to one sign-in rather than to all is set on a clone:
///
/// ```no_run
/// # use cognito_idp::{auth::SignIn, operation::auth::ContextDataType};
/// # async fn example(sign_in: SignIn, headers: http::HeaderMap) -> Result<(), Box<dyn std::error::Error>> {
/// let context = ContextDataType::from_request("203.0.113.7".parse()?, "example.com", "/login", &headers);
/// let outcome = sign_in.clone().context_data(context).password("alice", "P@ssw0rd!").await?;
/// # let _ = outcome;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SignIn {
    client: Client,
    app_client: AppClient,
    is_admin: bool,
    user_pool_id: Option<String>,
    client_metadata: Option<BTreeMap<String, Sensitive<String>>>,
    analytics_metadata: Option<AnalyticsMetadataType>,
    context_data: Option<ContextDataType>,
    user_context_data: Option<UserContextDataType>,
    device: Option<DeviceSlot>,
    #[cfg(feature = "srp")]
    random: RandomSource,
}

impl SignIn {
    /// Signs in on the admin side, with AWS credentials.
    pub fn admin(client: Client, user_pool_id: impl Into<String>, app_client: AppClient) -> Self {
        Self {
            is_admin: true,
            ..Self::public(client, app_client).user_pool_id(user_pool_id)
        }
    }

    /// Signs in on the public side, without AWS credentials.
    pub fn public(client: Client, app_client: AppClient) -> Self {
        Self {
            client,
            app_client,
            is_admin: false,
            user_pool_id: None,
            client_metadata: None,
            analytics_metadata: None,
            context_data: None,
            user_context_data: None,
            device: None,
            #[cfg(feature = "srp")]
            random: proof::system_random,
        }
    }

    /// Names the user pool, which SRP needs on the public side too.
    pub fn user_pool_id(mut self, user_pool_id: impl Into<String>) -> Self {
        self.user_pool_id = Some(user_pool_id.into());
        self
    }

    /// Sets key-value pairs for the pool's Lambda triggers. Put no secrets in them.
    pub fn client_metadata<K, V>(mut self, metadata: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<String>,
        V: Into<Sensitive<String>>,
    {
        let metadata = metadata.into_iter();
        self.client_metadata = Some(metadata.map(|(k, v)| (k.into(), v.into())).collect());
        self
    }

    /// Sets the Amazon Pinpoint endpoint that sign-ins count for.
    pub fn analytics_metadata(mut self, metadata: AnalyticsMetadataType) -> Self {
        self.analytics_metadata = Some(metadata);
        self
    }

    /// Sets what is known about the end user's request, for threat protection.
    ///
    /// Without it every user seems to sign in from your server. The public side sends its address
    /// and fingerprint alone.
    pub fn context_data(mut self, context: ContextDataType) -> Self {
        self.context_data = Some(context);
        self
    }

    /// Sets what is known about the end user's device, for threat protection on the public side.
    ///
    /// The admin side does not take it: see [`context_data`](Self::context_data).
    pub fn user_context_data(mut self, context: UserContextDataType) -> Self {
        self.user_context_data = Some(context);
        self
    }

    /// Signs in from a remembered device.
    ///
    /// The device's challenges are answered on the way, which needs the feature `srp`. If Cognito
    /// does not know the device any more, the sign-in goes on without it and
    /// [`device`](Self::device) is `None` from then on.
    pub fn with_device(mut self, device: RememberedDevice) -> Self {
        self.device = Some(DeviceSlot::new(device));
        self
    }

    /// The remembered device; `None` once Cognito has said that it does not know it, so that you
    /// delete what you stored.
    #[must_use]
    pub fn device(&self) -> Option<&RememberedDevice> {
        self.device.as_ref().and_then(DeviceSlot::device)
    }

    /// Sets where SRP's random bytes come from; the operating system by default.
    ///
    /// For tests with recorded answers only: whoever can predict the bytes can find the password.
    #[cfg(feature = "srp")]
    pub fn random_source(mut self, random: fn(&mut [u8]) -> std::io::Result<()>) -> Self {
        self.random = random;
        self
    }

    /// Starts with name and password: `ADMIN_USER_PASSWORD_AUTH`, or `USER_PASSWORD_AUTH` on the
    /// public side.
    ///
    /// # Errors
    /// [`NotAuthorized`](crate::ErrorCode::NotAuthorized) for a wrong password or secret hash,
    /// [`UserNotFound`](crate::ErrorCode::UserNotFound) unless the app client hides that, and those
    /// of [`AdminInitiateAuthRequest`] and [`InitiateAuthRequest`].
    pub async fn password(
        &self,
        username: impl Into<Sensitive<String>>,
        password: impl Into<Sensitive<String>>,
    ) -> Result<AuthOutcome, Error> {
        let flow = if self.is_admin {
            AuthFlowType::AdminUserPasswordAuth
        } else {
            AuthFlowType::UserPasswordAuth
        };
        let start = Start::of_user(flow, username).parameter("PASSWORD", password);
        self.start(start).await
    }

    /// Starts with name and password, proven with SRP instead of sent: `USER_SRP_AUTH`.
    ///
    /// # Errors
    /// As for [`password`](Self::password); also [`Error::Decode`] for an answer with which SRP
    /// must not go on, and [`Error::InvalidInput`] without a [user pool](Self::user_pool_id).
    #[cfg(feature = "srp")]
    pub async fn srp(
        &self,
        username: impl Into<Sensitive<String>>,
        password: impl Into<Sensitive<String>>,
    ) -> Result<AuthOutcome, Error> {
        let start = Start::of_user(AuthFlowType::UserSrpAuth, username).prove(password);
        self.start(start).await
    }

    /// Starts with the pool's Lambda triggers, which decide what to ask: `CUSTOM_AUTH`.
    ///
    /// # Errors
    /// Those of [`AdminInitiateAuthRequest`] and [`InitiateAuthRequest`].
    pub async fn custom(
        &self,
        username: impl Into<Sensitive<String>>,
    ) -> Result<AuthOutcome, Error> {
        self.start(Start::of_user(AuthFlowType::CustomAuth, username))
            .await
    }

    /// Starts with the password proven with SRP, and goes on with the pool's Lambda triggers:
    /// `CUSTOM_AUTH` with `SRP_A` first.
    ///
    /// # Errors
    /// As for [`srp`](Self::srp).
    #[cfg(feature = "srp")]
    pub async fn custom_after_srp(
        &self,
        username: impl Into<Sensitive<String>>,
        password: impl Into<Sensitive<String>>,
    ) -> Result<AuthOutcome, Error> {
        let start = Start::of_user(AuthFlowType::CustomAuth, username)
            .parameter("CHALLENGE_NAME", "SRP_A")
            .prove(password);
        self.start(start).await
    }

    /// Starts with a first factor of choice: `USER_AUTH`.
    ///
    /// # Errors
    /// Those of [`AdminInitiateAuthRequest`] and [`InitiateAuthRequest`]; for a password with SRP
    /// also those of `srp`.
    pub async fn user_auth(&self, user: UserAuth) -> Result<AuthOutcome, Error> {
        self.start(user.into_start()).await
    }

    /// Answers a challenge.
    ///
    /// A session is good for one answer. After a failure start anew, unless the error says that the
    /// code or password was merely wrong.
    ///
    /// # Errors
    /// Those of [`AdminRespondToAuthChallengeRequest`] and [`RespondToAuthChallengeRequest`]; for
    /// an answer with SRP also those of `srp`.
    pub async fn respond(&self, answer: ChallengeAnswer) -> Result<AuthOutcome, Error> {
        self.walk(Request::Answer(answer), self.device()).await
    }

    /// A verifier of the tokens that this sign-in gives: for its pool and app client.
    ///
    /// ```no_run
    /// # use cognito_idp::auth::SignIn;
    /// # async fn example(sign_in: SignIn, token: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// let verifier = sign_in.verifier()?;
    /// let claims = verifier.verify_access(token).await?;
    /// # let _ = claims;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`verifier_builder`](Self::verifier_builder).
    #[cfg(feature = "verify")]
    pub fn verifier(&self) -> Result<TokenVerifier, InvalidInput> {
        self.verifier_builder()?.build()
    }

    /// As [`verifier`](Self::verifier), to be configured further.
    ///
    /// It shares the client's transport and its idea of the server's time. Where the client has an
    /// endpoint of its own, the keys are fetched there, and tokens that name it as their issuer are
    /// accepted besides those of AWS.
    ///
    /// # Errors
    /// Without a [user pool](Self::user_pool_id), or for what is not the ID of one.
    #[cfg(feature = "verify")]
    pub fn verifier_builder(&self) -> Result<VerifierBuilder, InvalidInput> {
        let user_pool_id = self
            .user_pool_id
            .as_deref()
            .ok_or_else(|| InvalidInput::new("user_pool_id", "must be set"))?;
        let mut pool = TrustedPool::new(user_pool_id).client(self.app_client.id().expose());
        if let Some(endpoint) = self.client.custom_endpoint() {
            pool = pool.behind(endpoint)?;
        }
        let client = self.client.clone();
        Ok(TokenVerifier::builder(pool)
            .http_client(self.client.http_client().clone())
            .clock(move || client.server_time()))
    }

    /// Asks Cognito whether an access token was revoked, which nothing in the token tells: by
    /// `GetUser`, so every check costs a call and counts towards a quota of the pool.
    ///
    /// Verify the token first; this says nothing about whose it is. It is revoked by `RevokeToken`
    /// of its refresh token, by `GlobalSignOut`, and when the user is disabled or deleted.
    ///
    /// # Errors
    /// Those of [`GetUserRequest`]; in particular
    /// [`NotAuthorized`](crate::ErrorCode::NotAuthorized) for a token that may not be used for this
    /// call, as those without the scope `aws.cognito.signin.user.admin`.
    pub async fn ask_revoked(
        &self,
        access_token: impl Into<Sensitive<String>>,
    ) -> Result<bool, Error> {
        let answer = self.client.send(&GetUserRequest::new(access_token)).await;
        match answer {
            Ok(_) => Ok(false),
            Err(error) if is_revoked(&error) => Ok(true),
            Err(error) => Err(error),
        }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn app_client(&self) -> &AppClient {
        &self.app_client
    }

    pub(super) fn metadata(&self) -> Option<&BTreeMap<String, Sensitive<String>>> {
        self.client_metadata.as_ref()
    }

    #[cfg(feature = "srp")]
    fn server_time(&self) -> SystemTime {
        self.client.server_time()
    }

    #[cfg(feature = "srp")]
    pub(super) fn fill_random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        proof::fill(bytes, self.random)
    }

    /// Starts with the remembered device, and once more without it if Cognito does not know it.
    pub(super) async fn start(&self, start: Start) -> Result<AuthOutcome, Error> {
        let Some(device) = self.device() else {
            return self.walk(Request::Start(start), None).await;
        };
        let with_device = start.clone().parameter("DEVICE_KEY", device.key.as_str());
        let outcome = self.walk(Request::Start(with_device), Some(device)).await;
        if !is_not_found(&outcome) {
            return outcome;
        }
        // The same code may mean the app client or the pool; then it comes again.
        let outcome = self.walk(Request::Start(start), None).await;
        if !is_not_found(&outcome) {
            self.forget_device();
        }
        outcome
    }

    pub(super) fn forget_device(&self) {
        if let Some(slot) = &self.device {
            slot.forget();
        }
    }

    /// Sends a request, and the answers for which nobody has to be asked.
    #[cfg(feature = "srp")]
    async fn walk(
        &self,
        mut request: Request,
        device: Option<&RememberedDevice>,
    ) -> Result<AuthOutcome, Error> {
        // Each is used once, so that a server cannot keep the client busy for ever.
        let mut unproven_device = device;
        loop {
            let pending = self.begin_proof(&mut request)?;
            let is_of_device = device.is_some_and(|device| request.is_answer_of(device));
            let sent = self.send(request).await;
            if is_of_device && is_not_found(&sent) {
                // What came before went well, so it is the device that is not found.
                self.forget_device();
            }
            let (outcome, operation) = sent?;
            let AuthOutcome::Challenge(challenge) = outcome else {
                return Ok(outcome);
            };
            let answer = match (challenge, pending) {
                (Challenge::PasswordVerifier(challenge), Some(Pending::Password(proof))) => {
                    let answer = proof.answer(challenge, self.server_time(), operation)?;
                    match device {
                        Some(device) => answer.response("DEVICE_KEY", device.key.as_str()),
                        None => answer,
                    }
                }
                (Challenge::DevicePasswordVerifier(challenge), Some(Pending::Device(proof))) => {
                    proof.answer(challenge, self.server_time(), operation)?
                }
                (Challenge::DeviceSrpAuth(challenge), _) => match unproven_device.take() {
                    Some(device) => challenge.answer(device.clone()),
                    None => return Ok(Challenge::DeviceSrpAuth(challenge).into()),
                },
                (challenge, _) => return Ok(challenge.into()),
            };
            request = Request::Answer(answer);
        }
    }

    #[cfg(not(feature = "srp"))]
    async fn walk(
        &self,
        request: Request,
        _device: Option<&RememberedDevice>,
    ) -> Result<AuthOutcome, Error> {
        let (outcome, _) = self.send(request).await?;
        Ok(outcome)
    }

    /// Takes the first step of SRP, if the request is to prove something.
    #[cfg(feature = "srp")]
    fn begin_proof(&self, request: &mut Request) -> Result<Option<Pending<'_>>, Error> {
        let (proof, members) = match request {
            Request::Start(start) => (start.proof.take(), &mut start.parameters),
            Request::Answer(answer) => (answer.proof.take(), &mut answer.responses),
        };
        let Some(proof) = proof else {
            return Ok(None);
        };
        let pending = Pending::begin(proof, self.user_pool_id.as_deref(), self.random)?;
        members.insert("SRP_A".to_owned(), pending.srp_a());
        Ok(Some(pending))
    }

    /// Sends one request; also tells which operation that was.
    async fn send(&self, request: Request) -> Result<(AuthOutcome, &'static str), Error> {
        match request {
            Request::Start(start) => self.initiate(start).await,
            Request::Answer(answer) => self.send_answer(answer).await,
        }
    }

    async fn initiate(&self, start: Start) -> Result<(AuthOutcome, &'static str), Error> {
        let username = start.username;
        let parameters = self.with_secret_hash(&username, start.parameters);
        let client_id = self.app_client.id();
        if self.is_admin {
            let pool = self.user_pool_id.as_deref().unwrap_or_default();
            let mut request = AdminInitiateAuthRequest::new(pool, client_id, start.flow)
                .auth_parameters(parameters);
            request.session = start.session;
            request.client_metadata.clone_from(&self.client_metadata);
            request
                .analytics_metadata
                .clone_from(&self.analytics_metadata);
            request.context_data.clone_from(&self.context_data);
            return self.step(&request, username).await;
        }
        let mut request =
            InitiateAuthRequest::new(start.flow, client_id).auth_parameters(parameters);
        request.session = start.session;
        request.client_metadata.clone_from(&self.client_metadata);
        request
            .analytics_metadata
            .clone_from(&self.analytics_metadata);
        request.user_context_data = self.public_context();
        self.step(&request, username).await
    }

    async fn send_answer(
        &self,
        answer: ChallengeAnswer,
    ) -> Result<(AuthOutcome, &'static str), Error> {
        let username = answer.username;
        let responses = self.with_secret_hash(&username, answer.responses);
        let client_id = self.app_client.id();
        if self.is_admin {
            let pool = self.user_pool_id.as_deref().unwrap_or_default();
            let mut request = AdminRespondToAuthChallengeRequest::new(pool, client_id, answer.name)
                .challenge_responses(responses);
            request.session = answer.session;
            request.client_metadata.clone_from(&self.client_metadata);
            request
                .analytics_metadata
                .clone_from(&self.analytics_metadata);
            request.context_data.clone_from(&self.context_data);
            return self.step(&request, username).await;
        }
        let mut request = RespondToAuthChallengeRequest::new(client_id, answer.name)
            .challenge_responses(responses);
        request.session = answer.session;
        request.client_metadata.clone_from(&self.client_metadata);
        request
            .analytics_metadata
            .clone_from(&self.analytics_metadata);
        request.user_context_data = self.public_context();
        self.step(&request, username).await
    }

    async fn step<O: Operation>(
        &self,
        request: &O,
        username: Sensitive<String>,
    ) -> Result<(AuthOutcome, &'static str), Error> {
        let step = self.client.send(&SignInOperation(request)).await?;
        let outcome = match step.challenge_name {
            Some(name) => {
                let challenge = Challenge::read(
                    name,
                    step.session,
                    step.challenge_parameters,
                    step.available_challenges,
                    username,
                );
                Some(challenge.into())
            }
            None => self
                .tokens(step.authentication_result)
                .map(AuthOutcome::Tokens),
        };
        outcome
            .map(|outcome| (outcome, O::NAME))
            .ok_or_else(|| no_tokens::<O>())
    }

    /// Reads tokens and dates them.
    pub(super) fn tokens(&self, result: Option<AuthenticationResultType>) -> Option<Tokens> {
        Tokens::from_result(result?, self.client.server_time())
    }

    /// Over the username sent in the same request, or Cognito refuses it.
    fn with_secret_hash(
        &self,
        username: &Sensitive<String>,
        mut members: BTreeMap<String, Sensitive<String>>,
    ) -> BTreeMap<String, Sensitive<String>> {
        if let Some(hash) = self.app_client.secret_hash(username.expose()) {
            members.insert("SECRET_HASH".to_owned(), hash);
        }
        members
    }

    fn public_context(&self) -> Option<UserContextDataType> {
        let from_request = || self.context_data.as_ref().map(Into::into);
        self.user_context_data.clone().or_else(from_request)
    }
}

/// How a sign-in begins.
#[derive(Clone, Debug)]
pub(super) struct Start {
    pub(super) flow: AuthFlowType,
    /// The name that the secret hash is over.
    pub(super) username: Sensitive<String>,
    pub(super) parameters: BTreeMap<String, Sensitive<String>>,
    pub(super) session: Option<Sensitive<String>>,
    #[cfg(feature = "srp")]
    pub(super) proof: Option<Proof>,
}

impl Start {
    pub(super) fn new(flow: AuthFlowType, username: Sensitive<String>) -> Self {
        Self {
            flow,
            username,
            parameters: BTreeMap::new(),
            session: None,
            #[cfg(feature = "srp")]
            proof: None,
        }
    }

    pub(super) fn of_user(flow: AuthFlowType, username: impl Into<Sensitive<String>>) -> Self {
        let username = username.into();
        Self::new(flow, username.clone()).parameter("USERNAME", username)
    }

    pub(super) fn parameter(mut self, name: &str, value: impl Into<Sensitive<String>>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    #[cfg(feature = "srp")]
    pub(super) fn prove(mut self, password: impl Into<Sensitive<String>>) -> Self {
        self.proof = Some(Proof::Password(password.into()));
        self
    }
}

/// One step of a sign-in.
enum Request {
    Start(Start),
    Answer(ChallengeAnswer),
}

#[cfg(feature = "srp")]
impl Request {
    fn is_answer_of(&self, device: &RememberedDevice) -> bool {
        let Self::Answer(answer) = self else {
            return false;
        };
        let key = answer.responses.get("DEVICE_KEY");
        key.is_some_and(|key| *key.expose() == device.key)
    }
}

/// Whether the error of `GetUser` means that the token is good no more.
fn is_revoked(error: &Error) -> bool {
    match error.not_authorized_reason() {
        Some(reason) => matches!(
            reason,
            NotAuthorizedReason::InvalidAccessToken | NotAuthorizedReason::UserDisabled
        ),
        None => error.code() == Some(&ErrorCode::UserNotFound),
    }
}

pub(super) fn is_not_found<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(error) if error.code() == Some(&ErrorCode::ResourceNotFound))
}

/// A success that holds neither tokens nor a challenge.
pub(super) fn no_tokens<O: Operation>() -> Error {
    let problem = DecodeProblem::MissingMember {
        member: "AuthenticationResult",
    };
    DecodeError::new(O::NAME, StatusCode::OK, problem).into()
}

/// One of the four sign-in operations, read as what their answers have in common.
#[derive(Serialize)]
#[serde(transparent)]
struct SignInOperation<'a, O>(&'a O);

impl<O: Operation> Operation for SignInOperation<'_, O> {
    type Response = Step;
    const NAME: &'static str = O::NAME;
    const AUTH: AuthScheme = O::AUTH;
    const RETRY: RetrySafety = O::RETRY;
    const ERRORS: &'static [ErrorCode] = O::ERRORS;

    fn retry_safety(&self) -> RetrySafety {
        self.0.retry_safety()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Step {
    authentication_result: Option<AuthenticationResultType>,
    challenge_name: Option<ChallengeNameType>,
    #[serde(default, deserialize_with = "shape::present")]
    challenge_parameters: BTreeMap<String, Sensitive<String>>,
    #[serde(default, deserialize_with = "shape::present")]
    available_challenges: Vec<ChallengeNameType>,
    session: Option<Sensitive<String>>,
}
