//! The sign-in flows, on the admin side (signed) and on the public side (unsigned).

use std::collections::BTreeMap;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{AppClient, AuthOutcome, Challenge, ChallengeAnswer, Tokens};
use crate::{
    client::Client,
    error::{DecodeError, DecodeProblem, Error, ErrorCode},
    operation::{
        AuthScheme, Operation, RetrySafety,
        auth::{
            AdminInitiateAuthRequest, AdminRespondToAuthChallengeRequest, AuthFlowType,
            AuthenticationResultType, ChallengeNameType, InitiateAuthRequest,
            RespondToAuthChallengeRequest,
        },
    },
    primitives,
    sensitive::Sensitive,
};

/// Signs users in with one app client.
///
/// The admin side uses the signed operations, for servers that hold AWS credentials; the public
/// side uses the unsigned ones. `SECRET_HASH` is added wherever the app client has a secret.
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
#[derive(Clone, Debug)]
pub struct SignIn {
    client: Client,
    app_client: AppClient,
    /// Given on the admin side, whose operations name the pool.
    user_pool_id: Option<String>,
}

impl SignIn {
    /// Signs in on the admin side, with AWS credentials.
    pub fn admin(client: Client, user_pool_id: impl Into<String>, app_client: AppClient) -> Self {
        Self {
            client,
            app_client,
            user_pool_id: Some(user_pool_id.into()),
        }
    }

    /// Signs in on the public side, without AWS credentials.
    #[must_use]
    pub fn public(client: Client, app_client: AppClient) -> Self {
        Self {
            client,
            app_client,
            user_pool_id: None,
        }
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
        let username = username.into();
        let flow = match self.user_pool_id {
            Some(_) => AuthFlowType::AdminUserPasswordAuth,
            None => AuthFlowType::UserPasswordAuth,
        };
        let parameters = BTreeMap::from([
            ("USERNAME".to_owned(), username.clone()),
            ("PASSWORD".to_owned(), password.into()),
        ]);
        self.initiate(flow, username, parameters).await
    }

    /// Answers a challenge.
    ///
    /// A session is good for one answer. After a failure start anew, unless the error says that the
    /// code or password was merely wrong.
    ///
    /// # Errors
    /// Those of [`AdminRespondToAuthChallengeRequest`] and [`RespondToAuthChallengeRequest`].
    pub async fn respond(&self, answer: ChallengeAnswer) -> Result<AuthOutcome, Error> {
        let ChallengeAnswer {
            name,
            session,
            username,
            mut responses,
        } = answer;
        self.add_secret_hash(&username, &mut responses);
        let client_id = self.app_client.id();
        if let Some(user_pool_id) = &self.user_pool_id {
            let mut request =
                AdminRespondToAuthChallengeRequest::new(user_pool_id, client_id, name)
                    .challenge_responses(responses);
            request.session = session;
            return self.step(&request, username).await;
        }
        let mut request =
            RespondToAuthChallengeRequest::new(client_id, name).challenge_responses(responses);
        request.session = session;
        self.step(&request, username).await
    }

    async fn initiate(
        &self,
        flow: AuthFlowType,
        username: Sensitive<String>,
        mut parameters: BTreeMap<String, Sensitive<String>>,
    ) -> Result<AuthOutcome, Error> {
        self.add_secret_hash(&username, &mut parameters);
        let client_id = self.app_client.id();
        if let Some(user_pool_id) = &self.user_pool_id {
            let request = AdminInitiateAuthRequest::new(user_pool_id, client_id, flow)
                .auth_parameters(parameters);
            return self.step(&request, username).await;
        }
        let request = InitiateAuthRequest::new(flow, client_id).auth_parameters(parameters);
        self.step(&request, username).await
    }

    async fn step<O: Operation>(
        &self,
        request: &O,
        username: Sensitive<String>,
    ) -> Result<AuthOutcome, Error> {
        let step = self.client.send(&SignInOperation(request)).await?;
        let missing = DecodeProblem::MissingMember {
            member: "AuthenticationResult",
        };
        step.outcome(username)
            .ok_or_else(|| DecodeError::new(O::NAME, StatusCode::OK, missing).into())
    }

    /// Over the username sent in the same request, or Cognito refuses it.
    fn add_secret_hash(
        &self,
        username: &Sensitive<String>,
        members: &mut BTreeMap<String, Sensitive<String>>,
    ) {
        if let Some(hash) = self.app_client.secret_hash(username.expose()) {
            members.insert("SECRET_HASH".to_owned(), hash);
        }
    }
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
    #[serde(default, deserialize_with = "primitives::map")]
    challenge_parameters: BTreeMap<String, Sensitive<String>>,
    session: Option<Sensitive<String>>,
}

impl Step {
    /// `None` if there are neither tokens nor a challenge.
    fn outcome(self, username: Sensitive<String>) -> Option<AuthOutcome> {
        match self.challenge_name {
            Some(name) => Some(AuthOutcome::Challenge(Challenge::read(
                name,
                self.session,
                self.challenge_parameters,
                username,
            ))),
            None => self
                .authentication_result
                .and_then(Tokens::from_result)
                .map(AuthOutcome::Tokens),
        }
    }
}
