//! The nine calls of everyday user management, for one user pool and app client.

mod edit;
mod email_templates;
mod find;
mod groups;

use std::{collections::BTreeMap, sync::OnceLock};

pub use self::{
    email_templates::EmailTemplates,
    find::FoundUsers,
    groups::{GroupResult, GroupResults},
};
#[cfg(feature = "managed-login")]
use crate::managed_login::{Domain, ManagedLogin};
pub use crate::user_service::RegisterUser;
use crate::{
    auth::{AppClient, AuthOutcome, ChallengeAnswer, NewPasswordRequired, SignIn},
    client::Client,
    config::CognitoConfig,
    error::{Error, InvalidInput},
    operation::{
        passwords::{ConfirmForgotPasswordResponse, ForgotPasswordResponse},
        sign_up::SignUpResponse,
        users::{
            AdminCreateUserRequest, AdminCreateUserResponse, AdminUpdateUserAttributesRequest,
            AdminUpdateUserAttributesResponse, MessageActionType,
        },
    },
    sensitive::Sensitive,
    types::DeliveryMediumType,
    user_service::{CognitoUserService, attributes},
};

/// Signs in, registers and manages the users of one user pool through one app client.
///
/// Clones share everything. For a single service in the whole process see
/// [`install`](Self::install).
///
/// ```no_run
/// use cognito_idp::{CognitoService, auth::{AuthOutcome, Challenge}};
///
/// # async fn example() -> Result<(), cognito_idp::Error> {
/// let service = CognitoService::from_env()?;
/// match service.login("alice@example.com", "P@ssw0rd!").await? {
///     AuthOutcome::Tokens(tokens) => println!("valid for {:?}", tokens.expires_in),
///     AuthOutcome::Challenge(Challenge::NewPasswordRequired(challenge)) => {
///         service.respond(challenge.answer("N3wP@ssword")).await?;
///     }
///     AuthOutcome::Challenge(challenge) => println!("asked for {}", challenge.name()),
/// }
/// # Ok(())
/// # }
/// ```
///
/// What administrators do:
///
/// ```no_run
/// use cognito_idp::{
///     CognitoService, Error,
///     service::{CreateUser, EmailTemplates, EmailVerification, FoundUsers, GroupResult, GroupResults, UpdateUser},
/// };
///
/// # async fn example(session: &str) -> Result<(), Error> {
/// let service = CognitoService::from_env()?.install()?; // from now on CognitoService::installed()
/// service.create_user(CreateUser::new("alice@example.com", "T3mp0rary!").first_name("Alice").invite()).await?;
/// service.resend_invitation("alice@example.com").await?; // the temporary password has expired
/// service.respond_to_new_password_challenge("alice", "N3wP@ssword!", session).await?;
///
/// let change = UpdateUser::new().email("alice@example.org", EmailVerification::Verified);
/// service.update_user("alice", change).await?;
/// let results: GroupResults = service.add_to_group("alice", ["staff", "admins"]).await;
/// for GroupResult { group, result, .. } in &results {
///     println!("{group}: {}", result.is_ok());
/// }
/// if results.all_added() {
///     println!("in both");
/// }
/// service.update_cognito_email_template(EmailTemplates::new("Your code: {####}", "{username}: {####}")).await?;
/// # let _ = FoundUsers::None;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CognitoService {
    client: Client,
    user_pool_id: String,
    app_name: String,
    sign_in: SignIn,
    user_service: CognitoUserService,
}

static INSTALLED: OnceLock<CognitoService> = OnceLock::new();

impl CognitoService {
    /// Makes a service.
    ///
    /// # Errors
    /// Names the setting at fault.
    pub fn new(config: CognitoConfig) -> Result<Self, InvalidInput> {
        let (client, user_pool_id, app_client, app_name) = config.build()?;
        let sign_in = SignIn::admin(client.clone(), &user_pool_id, app_client.clone());
        let user_service =
            CognitoUserService::over(client.clone(), user_pool_id.clone(), app_client);
        Ok(Self {
            client,
            user_pool_id,
            app_name,
            sign_in,
            user_service,
        })
    }

    /// Makes a service from the environment; see [`CognitoConfig::from_env`].
    ///
    /// # Errors
    /// Names every variable that is missing, or the one at fault.
    pub fn from_env() -> Result<Self, InvalidInput> {
        Self::new(CognitoConfig::from_env()?)
    }

    /// Makes a service from a configuration that takes time to come by, such as from a secret store.
    ///
    /// ```no_run
    /// # use cognito_idp::{CognitoConfig, CognitoService, Error};
    /// # async fn read_secret(name: &str) -> Result<String, Error> { Ok(name.to_owned()) }
    /// # async fn example() -> Result<(), Error> {
    /// let service = CognitoService::from_async(async {
    ///     let secret = read_secret("cognito-client-secret").await?;
    ///     Ok::<_, Error>(CognitoConfig::from_env()?.client_secret(secret))
    /// })
    /// .await?;
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

    /// Makes this the service that [`installed`](Self::installed) gives in the whole process.
    ///
    /// # Errors
    /// If there is one already; it stays.
    pub fn install(self) -> Result<&'static Self, InvalidInput> {
        let mut mine = Some(self);
        let installed = INSTALLED.get_or_init(|| mine.take().unwrap_or_else(|| unreachable!()));
        match mine {
            None => Ok(installed),
            Some(_) => Err(InvalidInput::new("service", "is installed already")),
        }
    }

    /// The service of the whole process, if one was [installed](Self::install).
    #[must_use]
    pub fn installed() -> Option<&'static Self> {
        INSTALLED.get()
    }

    /// The client below, for every operation that is not among the nine calls.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The sign-in below, for flows other than [`login`](Self::login).
    pub fn sign_in(&self) -> &SignIn {
        &self.sign_in
    }

    /// What users do themselves: confirming a sign-up, signing in without AWS credentials, resetting
    /// a password. It shares this service's client.
    pub fn user_service(&self) -> &CognitoUserService {
        &self.user_service
    }

    /// The user pool's ID.
    #[must_use]
    pub fn user_pool_id(&self) -> &str {
        &self.user_pool_id
    }

    /// The app client.
    #[must_use]
    pub fn app_client(&self) -> &AppClient {
        self.user_service.app_client()
    }

    /// A verifier of the tokens of this pool and app client; see [`SignIn::verifier_builder`].
    ///
    /// # Errors
    /// Those of [`SignIn::verifier`].
    #[cfg(feature = "verify")]
    pub fn verifier(&self) -> Result<crate::verify::TokenVerifier, InvalidInput> {
        self.sign_in.verifier()
    }

    /// Sign-in on the pages of the pool's domain; see [`CognitoUserService::managed_login`].
    ///
    /// # Errors
    /// Those of [`CognitoUserService::managed_login`].
    #[cfg(feature = "managed-login")]
    pub fn managed_login(
        &self,
        domain: Domain,
        redirect_uri: impl Into<String>,
    ) -> Result<ManagedLogin, InvalidInput> {
        self.user_service.managed_login(domain, redirect_uri)
    }

    /// Signs a user in with `ADMIN_USER_PASSWORD_AUTH`, which the app client must allow.
    ///
    /// # Errors
    /// [`NotAuthorized`](crate::ErrorCode::NotAuthorized) for a wrong password,
    /// [`UserNotFound`](crate::ErrorCode::UserNotFound) unless the app client hides that,
    /// [`UserNotConfirmed`](crate::ErrorCode::UserNotConfirmed),
    /// [`PasswordResetRequired`](crate::ErrorCode::PasswordResetRequired), and others of
    /// [`AdminInitiateAuthRequest`](crate::operation::auth::AdminInitiateAuthRequest).
    pub async fn login(
        &self,
        username: impl Into<Sensitive<String>>,
        password: impl Into<Sensitive<String>>,
    ) -> Result<AuthOutcome, Error> {
        self.sign_in.password(username, password).await
    }

    /// Completes the challenge `NEW_PASSWORD_REQUIRED` from its session.
    ///
    /// The username must be the canonical one. The challenge value itself knows it and takes
    /// attributes that the pool requires: see
    /// [`NewPasswordRequired::answer`] and [`respond`](Self::respond).
    ///
    /// # Errors
    /// [`InvalidPassword`](crate::ErrorCode::InvalidPassword),
    /// [`NotAuthorized`](crate::ErrorCode::NotAuthorized) for a session that is used up or too old,
    /// and others of [`AdminRespondToAuthChallengeRequest`](crate::operation::auth::AdminRespondToAuthChallengeRequest).
    pub async fn respond_to_new_password_challenge(
        &self,
        username: impl Into<Sensitive<String>>,
        new_password: impl Into<Sensitive<String>>,
        session: impl Into<Sensitive<String>>,
    ) -> Result<AuthOutcome, Error> {
        self.respond(NewPasswordRequired::new(username, session).answer(new_password))
            .await
    }

    /// Answers any challenge.
    ///
    /// # Errors
    /// Those of [`SignIn::respond`].
    pub async fn respond(&self, answer: ChallengeAnswer) -> Result<AuthOutcome, Error> {
        self.sign_in.respond(answer).await
    }

    /// Registers a user, who then [confirms](CognitoUserService::confirm_sign_up) with the code that
    /// Cognito sends: `service.user_service().confirm_sign_up(username, code)`.
    ///
    /// # Errors
    /// [`UsernameExists`](crate::ErrorCode::UsernameExists),
    /// [`InvalidPassword`](crate::ErrorCode::InvalidPassword), and others of
    /// [`SignUpRequest`](crate::operation::sign_up::SignUpRequest). The user may exist although the
    /// call failed with [`LimitExceeded`](crate::ErrorCode::LimitExceeded) or
    /// [`CodeDeliveryFailure`](crate::ErrorCode::CodeDeliveryFailure), or with an
    /// [unknown outcome](Error::outcome_unknown).
    pub async fn register(&self, user: RegisterUser) -> Result<SignUpResponse, Error> {
        self.user_service.register(user).await
    }

    /// Creates a user as an administrator, with a temporary password and a verified email address.
    ///
    /// No invitation is sent unless [`CreateUser::invite`] asks for it.
    ///
    /// # Errors
    /// [`UsernameExists`](crate::ErrorCode::UsernameExists),
    /// [`InvalidPassword`](crate::ErrorCode::InvalidPassword), and others of
    /// [`AdminCreateUserRequest`]. The user exists although the call failed with
    /// [`CodeDeliveryFailure`](crate::ErrorCode::CodeDeliveryFailure).
    pub async fn create_user(&self, user: CreateUser) -> Result<AdminCreateUserResponse, Error> {
        let mut request = AdminCreateUserRequest::new(&self.user_pool_id, &user.username)
            .temporary_password(user.password)
            .user_attributes(attributes(user.attributes));
        request = if user.invite {
            // Cognito's default medium is SMS.
            request.desired_delivery_mediums([DeliveryMediumType::Email])
        } else {
            request.message_action(MessageActionType::Suppress)
        };
        self.client.send(&request).await
    }

    /// Sends the invitation of [`create_user`](Self::create_user) again by email, with a new temporary
    /// password, to a user named by username or alias.
    ///
    /// It is for a user whose temporary password has expired or whose mail was lost.
    ///
    /// # Errors
    /// [`UnsupportedUserState`](crate::ErrorCode::UnsupportedUserState) for a user who is past the
    /// invitation, such as one who has set a password,
    /// [`UserNotFound`](crate::ErrorCode::UserNotFound),
    /// [`CodeDeliveryFailure`](crate::ErrorCode::CodeDeliveryFailure), and others of
    /// [`AdminCreateUserRequest`].
    pub async fn resend_invitation(
        &self,
        username: impl Into<Sensitive<String>>,
    ) -> Result<AdminCreateUserResponse, Error> {
        let request = AdminCreateUserRequest::new(&self.user_pool_id, username)
            .message_action(MessageActionType::Resend)
            .desired_delivery_mediums([DeliveryMediumType::Email]);
        self.client.send(&request).await
    }

    /// Changes attributes of a user, named by `sub`, username or alias.
    ///
    /// # Errors
    /// [`UserNotFound`](crate::ErrorCode::UserNotFound),
    /// [`AliasExists`](crate::ErrorCode::AliasExists) for an email address in use, and others of
    /// [`AdminUpdateUserAttributesRequest`].
    pub async fn update_user(
        &self,
        username: impl Into<Sensitive<String>>,
        changes: UpdateUser,
    ) -> Result<AdminUpdateUserAttributesResponse, Error> {
        let attributes = attributes(changes.attributes);
        let request =
            AdminUpdateUserAttributesRequest::new(&self.user_pool_id, username, attributes);
        self.client.send(&request).await
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
    /// temporary, and others of
    /// [`ForgotPasswordRequest`](crate::operation::passwords::ForgotPasswordRequest).
    pub async fn forgot_password(
        &self,
        username: impl Into<Sensitive<String>>,
    ) -> Result<ForgotPasswordResponse, Error> {
        self.user_service.forgot_password(username).await
    }

    /// Sets a new password with the code that [`forgot_password`](Self::forgot_password) sent.
    ///
    /// # Errors
    /// [`CodeMismatch`](crate::ErrorCode::CodeMismatch),
    /// [`ExpiredCode`](crate::ErrorCode::ExpiredCode),
    /// [`InvalidPassword`](crate::ErrorCode::InvalidPassword), and others of
    /// [`ConfirmForgotPasswordRequest`](crate::operation::passwords::ConfirmForgotPasswordRequest).
    pub async fn confirm_forgot_password(
        &self,
        username: impl Into<Sensitive<String>>,
        confirmation_code: impl Into<Sensitive<String>>,
        new_password: impl Into<Sensitive<String>>,
    ) -> Result<ConfirmForgotPasswordResponse, Error> {
        self.user_service
            .confirm_forgot_password(username, confirmation_code, new_password)
            .await
    }
}

/// A user whom an administrator creates: email address, which is also the username unless there is
/// [another](Self::username), and temporary password.
///
/// ```no_run
/// use cognito_idp::{CognitoService, service::CreateUser};
///
/// # async fn example(service: CognitoService) -> Result<(), cognito_idp::Error> {
/// let user = CreateUser::new("alice@example.com", "T3mp0rary!").first_name("Alice").attribute("locale", "de");
/// service.create_user(user.invite()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct CreateUser {
    username: Sensitive<String>,
    password: Sensitive<String>,
    attributes: BTreeMap<String, Sensitive<String>>,
    invite: bool,
}

impl CreateUser {
    /// Starts from what is required.
    ///
    /// The address counts as verified, because an administrator vouches for it; set the attribute
    /// `email_verified` to `false` otherwise.
    pub fn new(
        email: impl Into<Sensitive<String>>,
        password: impl Into<Sensitive<String>>,
    ) -> Self {
        let email = email.into();
        let attributes = BTreeMap::from([
            ("email".to_owned(), email.clone()),
            ("email_verified".to_owned(), "true".into()),
        ]);
        Self {
            username: email,
            password: password.into(),
            attributes,
            invite: false,
        }
    }

    /// Sets a username other than the email address.
    ///
    /// A pool in which the address is an alias demands one that is no address.
    pub fn username(mut self, username: impl Into<Sensitive<String>>) -> Self {
        self.username = username.into();
        self
    }

    /// Sets the first name (`given_name`).
    pub fn first_name(self, name: impl Into<Sensitive<String>>) -> Self {
        self.attribute("given_name", name)
    }

    /// Sets the last name (`family_name`).
    pub fn last_name(self, name: impl Into<Sensitive<String>>) -> Self {
        self.attribute("family_name", name)
    }

    /// Sets any attribute, such as `locale` or `custom:tenant`.
    pub fn attribute(
        mut self,
        name: impl Into<String>,
        value: impl Into<Sensitive<String>>,
    ) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }

    /// Has Cognito send the invitation by email, with the pool's invitation template.
    pub fn invite(mut self) -> Self {
        self.invite = true;
        self
    }
}

/// Changes to a user's attributes.
///
/// ```
/// use cognito_idp::service::{EmailVerification, UpdateUser};
///
/// let changes = UpdateUser::new()
///     .first_name("Bobby")
///     .email("bobby@example.com", EmailVerification::Verified)
///     .custom_attributes([("custom:role", "admin"), ("custom:tenantId", "tenant-123")]);
/// # let _ = changes;
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct UpdateUser {
    attributes: BTreeMap<String, Sensitive<String>>,
}

impl UpdateUser {
    /// Starts with no change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes the email address, and says whether it counts as verified from now on.
    pub fn email(
        self,
        email: impl Into<Sensitive<String>>,
        verification: EmailVerification,
    ) -> Self {
        let verified = match verification {
            EmailVerification::Verified => "true",
            EmailVerification::Unverified => "false",
        };
        self.attribute("email", email)
            .attribute("email_verified", verified)
    }

    /// Changes the first name (`given_name`).
    pub fn first_name(self, name: impl Into<Sensitive<String>>) -> Self {
        self.attribute("given_name", name)
    }

    /// Changes the last name (`family_name`).
    pub fn last_name(self, name: impl Into<Sensitive<String>>) -> Self {
        self.attribute("family_name", name)
    }

    /// Changes custom attributes, named in full: `custom:role`.
    pub fn custom_attributes<K, V>(self, attributes: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<String>,
        V: Into<Sensitive<String>>,
    {
        attributes.into_iter().fold(self, |changes, (name, value)| {
            changes.attribute(name, value)
        })
    }

    /// Changes any attribute; an empty value removes it.
    pub fn attribute(
        mut self,
        name: impl Into<String>,
        value: impl Into<Sensitive<String>>,
    ) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }
}

/// Whether an email address counts as verified after an administrator changed it.
///
/// Cognito takes an address whose `email_verified` is not set along as unverified, which locks out
/// a user who signs in with it; so the choice is explicit here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailVerification {
    /// You vouch for the address: the user signs in and recovers the password with it at once.
    Verified,
    /// The user must verify the address first. A pool that verifies addresses itself sends a code;
    /// until then the address serves neither to sign in nor to recover the password.
    Unverified,
}
