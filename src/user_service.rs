//! What users do themselves, for one user pool and app client, without AWS credentials.

use std::collections::BTreeMap;

use serde::Serialize;

#[cfg(feature = "managed-login")]
use crate::managed_login::{Domain, ManagedLogin};
#[cfg(feature = "verify")]
use crate::verify::TokenVerifier;
use crate::{
    auth::{
        AppClient, AuthOutcome, ChallengeAnswer, RememberedDevice, SignIn, SignedInUser, Tokens,
        UserAuth,
    },
    client::{Answer, Client},
    collections::IntoMap,
    config::CognitoConfig,
    error::{DecodeProblem, Error, ErrorCode, InvalidInput},
    operation::{
        AuthScheme, Operation, RetrySafety,
        auth::ContextDataType,
        passwords::{
            ConfirmForgotPasswordRequest, ConfirmForgotPasswordResponse, ForgotPasswordRequest,
            ForgotPasswordResponse,
        },
        sign_up::{
            ConfirmSignUpRequest, ConfirmSignUpResponse, ResendConfirmationCodeRequest,
            ResendConfirmationCodeResponse, SignUpRequest, SignUpResponse,
        },
    },
    sensitive::Sensitive,
    types::{AnalyticsMetadataType, AttributeType, UserContextDataType},
};

/// Registers and signs in the users of one user pool through one app client, without AWS
/// credentials.
///
/// It is the public side: what a user does with name, password and codes, in a backend, an app or a
/// command line. The secret hash is added wherever the app client has a secret. What an
/// administrator does has `CognitoService` (feature `sigv4`), which hands this out as
/// `user_service`; calls that both have are named the same.
///
/// ```no_run
/// use cognito_idp::{CognitoUserService, user_service::RegisterUser};
///
/// # fn ask(_: &str) -> String { String::new() }
/// # async fn example() -> Result<(), cognito_idp::Error> {
/// let users = CognitoUserService::from_env()?;
/// users.register(RegisterUser::new("alice@example.com", "P@ssw0rd!")).await?;
/// users.confirm_sign_up("alice@example.com", ask("code of the mail")).await?;
/// let outcome = users.login("alice@example.com", "P@ssw0rd!").await?;
/// # let _ = outcome;
/// # Ok(())
/// # }
/// ```
///
/// What belongs to one end user's request is set on a clone, and goes with every call that takes it:
///
/// ```no_run
/// # use cognito_idp::{CognitoUserService, operation::auth::ContextDataType};
/// # async fn example(users: CognitoUserService, headers: http::HeaderMap) -> Result<(), Box<dyn std::error::Error>> {
/// let context = ContextDataType::from_request("203.0.113.7".parse()?, "example.com", "/login", &headers);
/// let outcome = users.clone().context_data(context).login("alice", "P@ssw0rd!").await?;
/// # let _ = outcome;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct CognitoUserService {
    user_pool_id: String,
    sign_in: SignIn,
}

impl CognitoUserService {
    /// Makes a service; the configuration's AWS credentials, if it has any, are not used.
    ///
    /// # Errors
    /// Names the setting at fault.
    pub fn new(config: CognitoConfig) -> Result<Self, InvalidInput> {
        let (client, user_pool_id, app_client, _) = config.without_credentials().build()?;
        Ok(Self::over(client, user_pool_id, app_client))
    }

    /// Makes a service from the environment; see [`CognitoConfig::from_env_without_credentials`].
    ///
    /// # Errors
    /// Names every variable that is missing, or the one at fault.
    pub fn from_env() -> Result<Self, InvalidInput> {
        Self::new(CognitoConfig::from_env_without_credentials()?)
    }

    /// Makes a service from a configuration that takes time to come by, such as from a secret store.
    ///
    /// ```no_run
    /// # use cognito_idp::{CognitoConfig, CognitoUserService, Error};
    /// # async fn read_secret(name: &str) -> Result<String, Error> { Ok(name.to_owned()) }
    /// # async fn example() -> Result<(), Error> {
    /// let users = CognitoUserService::from_async(async {
    ///     let secret = read_secret("cognito-client-secret").await?;
    ///     Ok::<_, Error>(CognitoConfig::from_env_without_credentials()?.client_secret(secret))
    /// })
    /// .await?;
    /// # let _ = users;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of the future, and those of [`new`](Self::new).
    pub async fn from_async<E: From<InvalidInput>>(
        config: impl Future<Output = Result<CognitoConfig, E>>,
    ) -> Result<Self, E> {
        Ok(Self::new(config.await?)?)
    }

    /// Sets key-value pairs for the pool's Lambda triggers. Put no secrets in them.
    pub fn client_metadata(mut self, metadata: impl IntoMap<Sensitive<String>>) -> Self {
        self.sign_in = self.sign_in.client_metadata(metadata);
        self
    }

    /// Sets the Amazon Pinpoint endpoint that the calls count for.
    pub fn analytics_metadata(mut self, metadata: AnalyticsMetadataType) -> Self {
        self.sign_in = self.sign_in.analytics_metadata(metadata);
        self
    }

    /// Sets what is known about the end user's request to your server, for threat protection; its
    /// address and fingerprint are sent.
    ///
    /// Without it every user seems to sign in from your server.
    pub fn context_data(mut self, context: ContextDataType) -> Self {
        self.sign_in = self.sign_in.context_data(context);
        self
    }

    /// Sets what is known about the end user's device, for threat protection, where this program runs
    /// on it.
    pub fn user_context_data(mut self, context: UserContextDataType) -> Self {
        self.sign_in = self.sign_in.user_context_data(context);
        self
    }

    /// Signs in from a remembered device, as [`SignIn::with_device`] says.
    ///
    /// ```no_run
    /// # use cognito_idp::{CognitoUserService, auth::RememberedDevice};
    /// # async fn example(users: CognitoUserService, device: RememberedDevice) -> Result<(), cognito_idp::Error> {
    /// let outcome = users.with_device(device).login("alice", "P@ssw0rd!").await?;
    /// # let _ = outcome;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_device(mut self, device: RememberedDevice) -> Self {
        self.sign_in = self.sign_in.with_device(device);
        self
    }

    /// The client below, for other unsigned operations.
    #[must_use]
    pub fn client(&self) -> &Client {
        self.sign_in.client()
    }

    /// The sign-in below: flows of Lambda triggers, remembered devices, setting up an authenticator
    /// app, refreshing tokens.
    pub fn sign_in(&self) -> &SignIn {
        &self.sign_in
    }

    /// The user pool's ID.
    #[must_use]
    pub fn user_pool_id(&self) -> &str {
        &self.user_pool_id
    }

    /// The app client.
    #[must_use]
    pub fn app_client(&self) -> &AppClient {
        self.sign_in.app_client()
    }

    /// A verifier of the tokens of this pool and app client; see [`SignIn::verifier_builder`].
    ///
    /// # Errors
    /// Those of [`SignIn::verifier`].
    #[cfg(feature = "verify")]
    pub fn verifier(&self) -> Result<TokenVerifier, InvalidInput> {
        self.sign_in.verifier()
    }

    /// Sign-in on the pages of the pool's domain, for this app client; browsers come back to
    /// `redirect_uri`.
    ///
    /// With the feature `verify` the ID tokens of callbacks are verified.
    ///
    /// # Errors
    /// Those of `verifier`, which that feature adds.
    #[cfg(feature = "managed-login")]
    pub fn managed_login(
        &self,
        domain: Domain,
        redirect_uri: impl Into<String>,
    ) -> Result<ManagedLogin, InvalidInput> {
        let (client, app_client) = (self.client().clone(), self.app_client().clone());
        let login = ManagedLogin::new(client, app_client, domain, redirect_uri);
        #[cfg(feature = "verify")]
        let login = login.verify_with(self.verifier()?);
        Ok(login)
    }

    /// Registers a user, who then [confirms](Self::confirm_sign_up) with the code that Cognito sends.
    ///
    /// # Errors
    /// [`UsernameExists`](crate::ErrorCode::UsernameExists),
    /// [`InvalidPassword`](crate::ErrorCode::InvalidPassword), and others of [`SignUpRequest`]. The
    /// user may exist although the call failed with
    /// [`LimitExceeded`](crate::ErrorCode::LimitExceeded) or
    /// [`CodeDeliveryFailure`](crate::ErrorCode::CodeDeliveryFailure), or with an
    /// [unknown outcome](Error::outcome_unknown).
    #[doc(alias = "sign_up")]
    pub async fn register(&self, user: RegisterUser) -> Result<SignUpResponse, Error> {
        let username = user.username;
        let mut request = SignUpRequest::new(self.app_client().id(), &username)
            .user_attributes(attributes(user.attributes));
        request.password = user.password;
        if !user.validation_data.is_empty() {
            request = request.validation_data(attributes(user.validation_data));
        }
        self.send(request, &username).await
    }

    /// Confirms a registered user with the code that Cognito sent.
    ///
    /// After a wrong code try again.
    ///
    /// # Errors
    /// [`CodeMismatch`](crate::ErrorCode::CodeMismatch),
    /// [`ExpiredCode`](crate::ErrorCode::ExpiredCode),
    /// [`AliasExists`](crate::ErrorCode::AliasExists) if somebody else has confirmed the address, and
    /// others of [`ConfirmSignUpRequest`]; [`NotAuthorized`](crate::ErrorCode::NotAuthorized) for a
    /// user who is confirmed already.
    pub async fn confirm_sign_up(
        &self,
        username: impl Into<Sensitive<String>>,
        confirmation_code: impl Into<Sensitive<String>>,
    ) -> Result<ConfirmSignUpResponse, Error> {
        let username = username.into();
        let confirmed = self.confirm(&username, confirmation_code.into(), None);
        confirmed.await?.decode()
    }

    /// Confirms a registered user and signs the same user in without another code or password, with
    /// `USER_AUTH`.
    ///
    /// The session is the [one](SignUpResponse::session) that [`register`](Self::register) gave; it
    /// is there if the app client allows `ALLOW_USER_AUTH`. The outcome can be a challenge all the
    /// same, such as for a second factor.
    ///
    /// ```no_run
    /// # use cognito_idp::{CognitoUserService, auth::AuthOutcome};
    /// # async fn example(users: CognitoUserService, code: &str) -> Result<(), cognito_idp::Error> {
    /// let outcome: AuthOutcome = users.confirm_sign_up_and_login("alice", code, "P@ssw0rd!").await?;
    /// # let _ = outcome;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`confirm_sign_up`](Self::confirm_sign_up). If the error's
    /// [operation](Error::operation) is `InitiateAuth`, or it is [`Error::Decode`] because no session
    /// came back, the user is confirmed and signs in as usual.
    pub async fn confirm_sign_up_and_login(
        &self,
        username: impl Into<Sensitive<String>>,
        confirmation_code: impl Into<Sensitive<String>>,
        session: impl Into<Sensitive<String>>,
    ) -> Result<AuthOutcome, Error> {
        let username = username.into();
        let session = Some(session.into());
        let confirmed = self.confirm(&username, confirmation_code.into(), session);
        let answer = confirmed.await?;
        let ConfirmSignUpResponse { session, .. } = answer.decode()?;
        let session = session.ok_or_else(|| answer.refused(NO_SESSION))?;
        self.login_with(UserAuth::new(username).session(session))
            .await
    }

    /// Sends a registered user another code; the one before is good no more.
    ///
    /// # Errors
    /// [`LimitExceeded`](crate::ErrorCode::LimitExceeded) after some five codes an hour,
    /// [`InvalidParameter`](crate::ErrorCode::InvalidParameter) for a user who is confirmed already,
    /// and others of [`ResendConfirmationCodeRequest`].
    pub async fn resend_confirmation_code(
        &self,
        username: impl Into<Sensitive<String>>,
    ) -> Result<ResendConfirmationCodeResponse, Error> {
        let username = username.into();
        let request = ResendConfirmationCodeRequest::new(self.app_client().id(), &username);
        self.send(request, &username).await
    }

    /// Signs a user in with `USER_PASSWORD_AUTH`, which the app client must allow.
    ///
    /// A challenge that comes instead of tokens is answered with [`respond`](Self::respond).
    ///
    /// # Errors
    /// [`NotAuthorized`](crate::ErrorCode::NotAuthorized) for a wrong password,
    /// [`UserNotFound`](crate::ErrorCode::UserNotFound) unless the app client hides that,
    /// [`UserNotConfirmed`](crate::ErrorCode::UserNotConfirmed),
    /// [`PasswordResetRequired`](crate::ErrorCode::PasswordResetRequired), and others of
    /// [`InitiateAuthRequest`](crate::operation::auth::InitiateAuthRequest).
    pub async fn login(
        &self,
        username: impl Into<Sensitive<String>>,
        password: impl Into<Sensitive<String>>,
    ) -> Result<AuthOutcome, Error> {
        self.sign_in.password(username, password).await
    }

    /// Signs a user in with the password proven by SRP instead of sent: `USER_SRP_AUTH`, which the app
    /// client must allow.
    ///
    /// # Errors
    /// Those of [`login`](Self::login); also [`Error::Decode`] for an answer with which SRP must not
    /// go on.
    #[cfg(feature = "srp")]
    pub async fn login_srp(
        &self,
        username: impl Into<Sensitive<String>>,
        password: impl Into<Sensitive<String>>,
    ) -> Result<AuthOutcome, Error> {
        self.sign_in.srp(username, password).await
    }

    /// Signs a user in with a first factor of choice, such as a code by email or a passkey:
    /// `USER_AUTH`, which the app client must allow.
    ///
    /// # Errors
    /// Those of [`SignIn::user_auth`].
    pub async fn login_with(&self, user: UserAuth) -> Result<AuthOutcome, Error> {
        self.sign_in.user_auth(user).await
    }

    /// Answers any challenge.
    ///
    /// # Errors
    /// Those of [`SignIn::respond`].
    pub async fn respond(&self, answer: ChallengeAnswer) -> Result<AuthOutcome, Error> {
        self.sign_in.respond(answer).await
    }

    /// The signed-in user whom tokens stand for, just given or stored before, with all that needs an
    /// access token.
    ///
    /// ```no_run
    /// # use cognito_idp::CognitoUserService;
    /// # async fn example(users: CognitoUserService) -> Result<(), Box<dyn std::error::Error>> {
    /// let outcome = users.login("alice@example.com", "P@ssw0rd!").await?;
    /// let tokens = outcome.tokens().ok_or("Cognito asks for more")?;
    /// let user = users.signed_in(tokens);
    /// user.change_password("P@ssw0rd!", "N3wP@ssword!").await?;
    /// user.sign_out().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn signed_in(&self, tokens: Tokens) -> SignedInUser {
        SignedInUser::new(self.sign_in.clone(), tokens)
    }

    /// Sends a code to a user who forgot the password.
    ///
    /// An app client that hides which users exist answers an unknown user the same, with an
    /// invented destination.
    ///
    /// # Errors
    /// [`LimitExceeded`](crate::ErrorCode::LimitExceeded) after some five codes an hour,
    /// [`InvalidParameter`](crate::ErrorCode::InvalidParameter) for a user without a verified
    /// address, [`NotAuthorized`](crate::ErrorCode::NotAuthorized) for one whose password is
    /// temporary, and others of [`ForgotPasswordRequest`].
    pub async fn forgot_password(
        &self,
        username: impl Into<Sensitive<String>>,
    ) -> Result<ForgotPasswordResponse, Error> {
        let username = username.into();
        let request = ForgotPasswordRequest::new(self.app_client().id(), &username);
        self.send(request, &username).await
    }

    /// Sets a new password with the code that [`forgot_password`](Self::forgot_password) sent.
    ///
    /// # Errors
    /// [`CodeMismatch`](crate::ErrorCode::CodeMismatch),
    /// [`ExpiredCode`](crate::ErrorCode::ExpiredCode),
    /// [`InvalidPassword`](crate::ErrorCode::InvalidPassword), and others of
    /// [`ConfirmForgotPasswordRequest`].
    pub async fn confirm_forgot_password(
        &self,
        username: impl Into<Sensitive<String>>,
        confirmation_code: impl Into<Sensitive<String>>,
        new_password: impl Into<Sensitive<String>>,
    ) -> Result<ConfirmForgotPasswordResponse, Error> {
        let username = username.into();
        let request = ConfirmForgotPasswordRequest::new(
            self.app_client().id(),
            &username,
            confirmation_code,
            new_password,
        );
        self.send(request, &username).await
    }

    /// The service over a client that is there already.
    pub(crate) fn over(client: Client, user_pool_id: String, app_client: AppClient) -> Self {
        let sign_in = SignIn::public(client, app_client).user_pool_id(&user_pool_id);
        Self {
            user_pool_id,
            sign_in,
        }
    }

    async fn confirm(
        &self,
        username: &Sensitive<String>,
        confirmation_code: Sensitive<String>,
        session: Option<Sensitive<String>>,
    ) -> Result<Answer, Error> {
        let client_id = self.app_client().id();
        let mut request = ConfirmSignUpRequest::new(client_id, username, confirmation_code);
        request.session = session;
        self.answer(request, username).await
    }

    async fn send<O: Operation + Send + Sync>(
        &self,
        request: O,
        username: &Sensitive<String>,
    ) -> Result<O::Response, Error> {
        self.answer(request, username).await?.decode()
    }

    /// Sends with the members that all requests of a user who is not signed in have.
    async fn answer<O: Operation + Send + Sync>(
        &self,
        request: O,
        username: &Sensitive<String>,
    ) -> Result<Answer, Error> {
        let mut request = PublicRequest {
            request,
            secret_hash: None,
            client_metadata: self.sign_in.metadata().present(),
            analytics_metadata: self.sign_in.analytics(),
            user_context_data: self.sign_in.public_context(),
        };
        let prove = |app_client: &AppClient, request: &mut PublicRequest<'_, O>| {
            request.secret_hash = app_client.secret_hash(username.expose())?;
            Ok(())
        };
        self.app_client()
            .send(self.client(), &mut request, prove)
            .await
    }
}

/// A user who registers.
///
/// `email_verified` cannot be set here: the user proves the address with a code.
///
/// ```
/// use cognito_idp::user_service::RegisterUser;
///
/// let by_email = RegisterUser::new("alice@example.com", "P@ssw0rd!").first_name("Alice");
/// let by_phone = RegisterUser::named("+4915112345678")
///     .password("P@ssw0rd!")
///     .attribute("phone_number", "+4915112345678");
/// # let _ = (by_email, by_phone);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct RegisterUser {
    username: Sensitive<String>,
    password: Option<Sensitive<String>>,
    attributes: BTreeMap<String, Sensitive<String>>,
    validation_data: BTreeMap<String, Sensitive<String>>,
}

impl RegisterUser {
    /// Starts from an email address, which is also the username unless there is
    /// [another](Self::username), and a password.
    pub fn new(
        email: impl Into<Sensitive<String>>,
        password: impl Into<Sensitive<String>>,
    ) -> Self {
        let email = email.into();
        Self::named(&email).email(email).password(password)
    }

    /// Starts from a username alone, for pools without email addresses, and for users without a
    /// [password](Self::password), where the pool allows them.
    pub fn named(username: impl Into<Sensitive<String>>) -> Self {
        Self {
            username: username.into(),
            password: None,
            attributes: BTreeMap::new(),
            validation_data: BTreeMap::new(),
        }
    }

    /// Sets a username other than the email address.
    ///
    /// A pool in which the address is an alias demands one that is no address.
    pub fn username(mut self, username: impl Into<Sensitive<String>>) -> Self {
        self.username = username.into();
        self
    }

    /// Sets the password.
    pub fn password(mut self, password: impl Into<Sensitive<String>>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Sets the email address (`email`); the username stays.
    pub fn email(self, email: impl Into<Sensitive<String>>) -> Self {
        self.attribute("email", email)
    }

    /// Sets the first name (`given_name`).
    pub fn first_name(self, name: impl Into<Sensitive<String>>) -> Self {
        self.attribute("given_name", name)
    }

    /// Sets the last name (`family_name`).
    pub fn last_name(self, name: impl Into<Sensitive<String>>) -> Self {
        self.attribute("family_name", name)
    }

    /// Sets any attribute that the app client may write, such as `locale` or `custom:tenant`.
    pub fn attribute(
        mut self,
        name: impl Into<String>,
        value: impl Into<Sensitive<String>>,
    ) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }

    /// Hands something to the pre sign-up Lambda trigger that is not kept with the user, such as the
    /// answer to a captcha.
    pub fn validation_data(
        mut self,
        name: impl Into<String>,
        value: impl Into<Sensitive<String>>,
    ) -> Self {
        self.validation_data.insert(name.into(), value.into());
        self
    }
}

pub(crate) fn attributes(attributes: BTreeMap<String, Sensitive<String>>) -> Vec<AttributeType> {
    attributes
        .into_iter()
        .map(|(name, value)| AttributeType::new(name).value(value))
        .collect()
}

/// A request of a user who is not signed in, with the members that all of them have.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PublicRequest<'a, O> {
    #[serde(flatten)]
    request: O,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_hash: Option<Sensitive<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_metadata: Option<&'a BTreeMap<String, Sensitive<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analytics_metadata: Option<&'a AnalyticsMetadataType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_context_data: Option<UserContextDataType>,
}

impl<O: Operation> Operation for PublicRequest<'_, O> {
    type Response = O::Response;
    const NAME: &'static str = O::NAME;
    const AUTH: AuthScheme = O::AUTH;
    const RETRY: RetrySafety = O::RETRY;
    const ERRORS: &'static [ErrorCode] = O::ERRORS;

    fn retry_safety(&self) -> RetrySafety {
        self.request.retry_safety()
    }
}

/// A confirmation that a sign-in cannot go on from.
const NO_SESSION: DecodeProblem = DecodeProblem::MissingMember { member: "Session" };
