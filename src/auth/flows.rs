//! The sign-in flows, on the admin side (signed) and on the public side (unsigned).

use std::collections::BTreeMap;
#[cfg(feature = "srp")]
use std::time::SystemTime;

use serde::Deserialize;

use super::{
    AppClient, AuthOutcome, Challenge, ChallengeAnswer, Tokens, UserAuth,
    device::{DeviceSlot, RememberedDevice, may_mean_unknown_device},
};
#[cfg(feature = "srp")]
use super::{challenge::Proof, proof::Pending};
#[cfg(feature = "srp")]
use crate::random_bytes::{self, RandomSource};
use crate::{
    client::{Answer, Client},
    collections::{IntoMap, List, Map},
    error::{DecodeProblem, Error, ErrorCode, NotAuthorizedReason},
    operation::{
        Operation,
        auth::{
            AdminInitiateAuthRequest, AdminRespondToAuthChallengeRequest, AuthFlowType,
            AuthenticationResultType, ChallengeNameType, ContextDataType, InitiateAuthRequest,
            RespondToAuthChallengeRequest,
        },
        users::GetUserRequest,
    },
    sensitive::Sensitive,
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
///
/// The other ways in, and what is done with tokens afterwards:
///
/// ```no_run
/// # use cognito_idp::{Error, auth::{AuthOutcome, SignIn, UserAuth}};
/// # #[cfg(all(feature = "srp", feature = "verify"))]
/// # async fn example(sign_in: SignIn) -> Result<(), Box<dyn std::error::Error>> {
/// let outcome = sign_in.srp("alice", "P@ssw0rd!").await?; // the password is not sent
/// let outcome = sign_in.custom("alice").await?; // the pool's Lambda triggers ask
/// let outcome = sign_in.custom_after_srp("alice", "P@ssw0rd!").await?;
/// let outcome = sign_in.user_auth(UserAuth::new("alice").email_otp()).await?; // the user chooses
///
/// if let AuthOutcome::Tokens(tokens) = outcome {
///     if let Some(metadata) = &tokens.new_device_metadata {
///         let (device, _) = sign_in.confirm_device(&tokens.access_token, metadata, Some("my laptop")).await?;
///         println!("keep it for SignIn::with_device: {device:?}");
///     }
///     let claims = sign_in.verifier_builder()?.build()?.verify_access(tokens.access_token.expose()).await?;
///     assert!(!sign_in.ask_revoked(&tokens.access_token).await?);
///     println!("{}", claims.sub());
///     if let Some(refresh_token) = &tokens.refresh_token {
///         let fresh = sign_in.refresh(refresh_token).await?;
///         let fresh = sign_in.refresh_token_auth("alice", refresh_token).await?; // the flow without rotation
///         sign_in.revoke(refresh_token).await?; // this session
///         sign_in.global_sign_out(&fresh.access_token).await?; // all of them
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Without the feature `srp`
/// The methods that prove a password or a device with SRP, and so never send it, are there with the
/// feature `srp` only, which is off by default: `srp`, `custom_after_srp`, `confirm_device`,
/// `UserAuth::password_srp`, and what answers `PASSWORD_SRP` and `DEVICE_SRP_AUTH` on the way. Add it
/// with `cargo add cognito-idp --features srp`.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "srp"),
    doc(alias("srp", "custom_after_srp", "confirm_device", "random_source"))
)]
pub struct SignIn {
    client: Client,
    app_client: AppClient,
    is_admin: bool,
    user_pool_id: Option<String>,
    client_metadata: Map<Sensitive<String>>,
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
            client_metadata: Map::default(),
            analytics_metadata: None,
            context_data: None,
            user_context_data: None,
            device: None,
            #[cfg(feature = "srp")]
            random: random_bytes::system_random,
        }
    }

    /// Names the user pool, which SRP needs on the public side too.
    pub fn user_pool_id(mut self, user_pool_id: impl Into<String>) -> Self {
        self.user_pool_id = Some(user_pool_id.into());
        self
    }

    /// Sets key-value pairs for the pool's Lambda triggers. Put no secrets in them.
    pub fn client_metadata(mut self, metadata: impl IntoMap<Sensitive<String>>) -> Self {
        self.client_metadata = metadata.into_map();
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
    /// Its key goes with the start and with every answer but that of a passkey. The device's own
    /// challenges are answered on the way, which needs the feature `srp`. If Cognito does not know
    /// the device any more, what it refused is sent once more without the key, the sign-in goes on
    /// and [`device`](Self::device) is `None` from then on; only where the device fails to prove
    /// itself after a challenge that a person answered, must the user start anew.
    ///
    /// If the tokens come with a [new device](Tokens::new_device_metadata) all the same,
    /// [`refresh`](Self::refresh) names that one.
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
    /// After a wrong code, [answer the same challenge
    /// again](super::challenge#again-after-a-wrong-answer); after most other failures the sign-in
    /// must begin anew.
    ///
    /// # Errors
    /// Those of [`AdminRespondToAuthChallengeRequest`] and [`RespondToAuthChallengeRequest`]; for
    /// an answer with SRP also those of `srp`.
    pub async fn respond(&self, answer: ChallengeAnswer) -> Result<AuthOutcome, Error> {
        self.walk(Request::Answer(answer)).await
    }

    pub(super) fn device_slot(&self) -> Option<&DeviceSlot> {
        self.device.as_ref()
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
    /// Without a [user pool](Self::user_pool_id), or for what is not the ID of one.
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
    /// Without a [user pool](Self::user_pool_id).
    #[cfg(feature = "verify")]
    pub fn verifier_builder(&self) -> Result<VerifierBuilder, InvalidInput> {
        let user_pool_id = self
            .user_pool_id
            .as_deref()
            .ok_or_else(|| InvalidInput::new("user_pool_id", "must be set"))?;
        let mut pool = TrustedPool::new(user_pool_id).client(self.app_client.id().expose());
        if let Some(endpoint) = self.client.custom_endpoint() {
            pool = pool.endpoint(endpoint.clone());
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

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn app_client(&self) -> &AppClient {
        &self.app_client
    }

    pub(crate) fn metadata(&self) -> &Map<Sensitive<String>> {
        &self.client_metadata
    }

    pub(crate) fn analytics(&self) -> Option<&AnalyticsMetadataType> {
        self.analytics_metadata.as_ref()
    }

    /// What the public side sends of the end user's request.
    pub(crate) fn public_context(&self) -> Option<UserContextDataType> {
        let from_request = || self.context_data.as_ref().map(Into::into);
        self.user_context_data.clone().or_else(from_request)
    }

    #[cfg(feature = "srp")]
    fn server_time(&self) -> SystemTime {
        self.client.server_time()
    }

    #[cfg(feature = "srp")]
    pub(super) fn fill_random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        Ok(random_bytes::fill(bytes, self.random)?)
    }

    /// Starts, and once more if the device turned out to be unknown when it was to prove itself.
    pub(super) async fn start(&self, start: Start) -> Result<AuthOutcome, Error> {
        if self.device().is_none() {
            return self.walk(Request::Start(start)).await;
        }
        let outcome = self.walk(Request::Start(start.clone())).await;
        if may_mean_unknown_device(&outcome) && self.device().is_none() {
            return self.walk(Request::Start(start)).await;
        }
        outcome
    }

    /// Starts a flow whose only answer can be tokens.
    pub(super) async fn start_for_tokens(&self, start: Start) -> Result<Tokens, Error> {
        let (outcome, answer) = self.send(Request::Start(start)).await?;
        outcome.tokens().ok_or_else(|| answer.refused(NO_TOKENS))
    }

    /// Sends a request, and the answers for which nobody has to be asked.
    #[cfg(feature = "srp")]
    async fn walk(&self, mut request: Request) -> Result<AuthOutcome, Error> {
        // Each is used once, so that a server cannot keep the client busy for ever.
        let mut unproven_device = self.device().filter(|device| device.can_prove_itself());
        loop {
            let pending = self.begin_proof(&mut request)?;
            let (outcome, posed) = self.send(request).await?;
            let AuthOutcome::Challenge(challenge) = outcome else {
                return Ok(outcome);
            };
            let answer = match (challenge, pending) {
                (Challenge::PasswordVerifier(challenge), Some(Pending::Password(proof))) => {
                    proof.answer(&challenge, self.server_time(), &posed)?
                }
                (Challenge::DevicePasswordVerifier(challenge), Some(Pending::Device(proof))) => {
                    proof.answer(&challenge, self.server_time(), &posed)?
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
    async fn walk(&self, request: Request) -> Result<AuthOutcome, Error> {
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

    /// Sends one request from the remembered device; also gives the answer, for an error about it.
    async fn send(&self, request: Request) -> Result<(AuthOutcome, Answer), Error> {
        let is_refresh = request.is_refresh();
        let (mut outcome, answer) = self.send_from_device(request).await?;
        match &mut outcome {
            AuthOutcome::Tokens(tokens) if is_refresh => {
                tokens.device_key = self.refresh_device_key();
            }
            AuthOutcome::Tokens(tokens) => self.note_device_of(tokens),
            AuthOutcome::Challenge(_) => {}
        }
        Ok((outcome, answer))
    }

    /// Sends with the key of the device, and once more without it if Cognito does not know the
    /// device.
    ///
    /// AWS does not say whether such a refusal uses up the session of an answer. The Amplify libraries
    /// repeat the same answer, and so does this: if the session is gone, the user is no worse off.
    async fn send_from_device(&self, request: Request) -> Result<(AuthOutcome, Answer), Error> {
        if let Some(key) = request.device_key().cloned() {
            let sent = self.send_once(request).await;
            // It cannot be sent without the key; but what came before went well.
            if may_mean_unknown_device(&sent) {
                self.forget_device(key.expose());
            }
            return sent;
        }
        let Some(key) = self.device_key_for(&request) else {
            return self.send_once(request).await;
        };
        let sent = self.send_once(request.clone().with_device_key(&key)).await;
        if !may_mean_unknown_device(&sent) {
            return sent;
        }
        let sent = self.send_once(request).await;
        self.forget_device_after(&key, &sent);
        sent
    }

    /// The key to send along, where there is one and the request takes it.
    fn device_key_for(&self, request: &Request) -> Option<String> {
        match request {
            request if request.is_refresh() => self.refresh_device_key(),
            Request::Answer(answer) if answer.is_of_passkey() => None,
            _ => self.device().map(|device| device.key.clone()),
        }
    }

    async fn send_once(&self, request: Request) -> Result<(AuthOutcome, Answer), Error> {
        match request {
            Request::Start(start) => self.initiate(start).await,
            Request::Answer(answer) => self.send_answer(answer).await,
        }
    }

    async fn initiate(&self, start: Start) -> Result<(AuthOutcome, Answer), Error> {
        let username = start.username;
        let client_id = self.app_client.id();
        if self.is_admin {
            let pool = self.user_pool_id.as_deref().unwrap_or_default();
            let mut request = AdminInitiateAuthRequest::new(pool, client_id, start.flow)
                .auth_parameters(start.parameters);
            request.session = start.session;
            request.client_metadata.clone_from(&self.client_metadata);
            request
                .analytics_metadata
                .clone_from(&self.analytics_metadata);
            request.context_data.clone_from(&self.context_data);
            return self
                .step(request, username, |request| &mut request.auth_parameters)
                .await;
        }
        let mut request =
            InitiateAuthRequest::new(client_id, start.flow).auth_parameters(start.parameters);
        request.session = start.session;
        request.client_metadata.clone_from(&self.client_metadata);
        request
            .analytics_metadata
            .clone_from(&self.analytics_metadata);
        request.user_context_data = self.public_context();
        self.step(request, username, |request| &mut request.auth_parameters)
            .await
    }

    async fn send_answer(&self, answer: ChallengeAnswer) -> Result<(AuthOutcome, Answer), Error> {
        let username = answer.username;
        let client_id = self.app_client.id();
        if self.is_admin {
            let pool = self.user_pool_id.as_deref().unwrap_or_default();
            let mut request = AdminRespondToAuthChallengeRequest::new(pool, client_id, answer.name)
                .challenge_responses(answer.responses);
            request.session = answer.session;
            request.client_metadata.clone_from(&self.client_metadata);
            request
                .analytics_metadata
                .clone_from(&self.analytics_metadata);
            request.context_data.clone_from(&self.context_data);
            return self
                .step(request, username, |request| {
                    &mut request.challenge_responses
                })
                .await;
        }
        let mut request = RespondToAuthChallengeRequest::new(client_id, answer.name)
            .challenge_responses(answer.responses);
        request.session = answer.session;
        request.client_metadata.clone_from(&self.client_metadata);
        request
            .analytics_metadata
            .clone_from(&self.analytics_metadata);
        request.user_context_data = self.public_context();
        self.step(request, username, |request| {
            &mut request.challenge_responses
        })
        .await
    }

    /// Sends with a secret hash among the members, and reads what comes of it.
    async fn step<O: Operation + Send>(
        &self,
        mut request: O,
        username: Sensitive<String>,
        members: fn(&mut O) -> &mut Map<Sensitive<String>>,
    ) -> Result<(AuthOutcome, Answer), Error> {
        // Over the username sent in the same request, or Cognito refuses it.
        let prove = |app_client: &AppClient, request: &mut O| {
            if let Some(hash) = app_client.secret_hash(username.expose())? {
                let members = members(request).to_mut();
                members.insert("SECRET_HASH".to_owned(), hash);
            }
            Ok(())
        };
        let sent = self.app_client.send(&self.client, &mut request, prove);
        let answer = sent.await?;
        let outcome = self.outcome(&answer, username)?;
        Ok((outcome, answer))
    }

    fn outcome(&self, answer: &Answer, username: Sensitive<String>) -> Result<AuthOutcome, Error> {
        let step: Step = answer.decode()?;
        let Some(name) = step.challenge_name else {
            let tokens = self.tokens(step.authentication_result);
            return tokens
                .map(AuthOutcome::Tokens)
                .ok_or_else(|| answer.refused(NO_TOKENS));
        };
        let challenge = Challenge::read(
            name,
            step.session,
            step.challenge_parameters.into_btree_map(),
            step.available_challenges.into_vec(),
            username,
        );
        Ok(challenge.into())
    }

    /// Reads tokens and dates them.
    pub(super) fn tokens(&self, result: Option<AuthenticationResultType>) -> Option<Tokens> {
        Tokens::from_result(result?, self.client.server_time())
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

const DEVICE_KEY: &str = "DEVICE_KEY";

/// One step of a sign-in.
#[derive(Clone)]
enum Request {
    Start(Start),
    Answer(ChallengeAnswer),
}

impl Request {
    fn is_refresh(&self) -> bool {
        matches!(self, Self::Start(start) if start.flow == AuthFlowType::RefreshTokenAuth)
    }

    /// The key of a device that the request is about, not merely sent from.
    fn device_key(&self) -> Option<&Sensitive<String>> {
        match self {
            Self::Start(_) => None,
            Self::Answer(answer) => answer.responses.get(DEVICE_KEY),
        }
    }

    fn with_device_key(self, key: &str) -> Self {
        match self {
            Self::Start(start) => Self::Start(start.parameter(DEVICE_KEY, key)),
            Self::Answer(answer) => Self::Answer(answer.response(DEVICE_KEY, key)),
        }
    }
}

/// Whether the error of a user's own call, such as `GetUser`, means that the token is good no more.
pub(super) fn is_revoked(error: &Error) -> bool {
    match error.not_authorized_reason() {
        Some(reason) => matches!(
            reason,
            NotAuthorizedReason::InvalidAccessToken | NotAuthorizedReason::UserDisabled
        ),
        None => error.code() == Some(&ErrorCode::UserNotFound),
    }
}

/// A success that holds neither tokens nor a challenge.
pub(super) const NO_TOKENS: DecodeProblem = DecodeProblem::MissingMember {
    member: "AuthenticationResult",
};

/// What the answers of the four sign-in operations have in common.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Step {
    authentication_result: Option<AuthenticationResultType>,
    challenge_name: Option<ChallengeNameType>,
    #[serde(default)]
    challenge_parameters: Map<Sensitive<String>>,
    #[serde(default)]
    available_challenges: List<ChallengeNameType>,
    session: Option<Sensitive<String>>,
}
