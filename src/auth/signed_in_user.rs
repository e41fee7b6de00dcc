//! What signed-in users do with their own account: the calls that take an access token.

mod devices;
mod error;
mod mfa;
mod passkeys;

use std::fmt;

pub use self::{error::UserCallError, mfa::TotpSecret};
use super::{SignIn, TokenSource, Tokens, flows::is_revoked};
#[cfg(feature = "srp")]
use crate::operation::auth::NewDeviceMetadataType;
use crate::{
    client::{Answer, Client, DispatchFuture, SendOptions},
    collections::{IntoList, List},
    error::{BoxError, Error},
    operation::{
        Operation, Paginated,
        auth::GlobalSignOutRequest,
        passwords::ChangePasswordRequest,
        sessions::{ListUserSessionsRequest, RevokeUserSessionRequest, SessionDescriptionType},
        users::{
            DeleteUserAttributesRequest, DeleteUserRequest,
            GetUserAttributeVerificationCodeRequest, GetUserRequest, GetUserResponse,
            UpdateUserAttributesRequest, VerifyUserAttributeRequest,
        },
    },
    sensitive::Sensitive,
    types::{AttributeType, CodeDeliveryDetailsType},
};

/// A signed-in user, with every call that needs the access token of one.
///
/// Nothing here takes AWS credentials. Each call takes a token that is valid, which may mean to
/// refresh first: see [`TokenSource`]. Where Cognito refuses the token all the same, because it was
/// revoked elsewhere or the clock is wrong, the tokens are refreshed and the call is sent once
/// more, since it has done nothing; if that shows that the session is over, the error says
/// [`SignedOut`](super::RefreshError::SignedOut).
///
/// The access token must carry the scope `aws.cognito.signin.user.admin`, as those of every sign-in
/// over the API do. Clones share the tokens.
///
/// ```no_run
/// # use cognito_idp::auth::{SignIn, SignedInUser, Tokens};
/// # async fn example(sign_in: SignIn, tokens: Tokens) -> Result<(), Box<dyn std::error::Error>> {
/// let user = SignedInUser::new(sign_in, tokens);
/// println!("{} attributes", user.profile().await?.user_attributes.len());
/// user.change_password("P@ssw0rd!", "N3wP@ssword!").await?;
/// user.sign_out().await?;
/// # Ok(())
/// # }
/// ```
///
/// A page with the user's settings:
///
/// ```no_run
/// # use cognito_idp::auth::SignedInUser;
/// # #[cfg(feature = "srp")]
/// # async fn example(user: SignedInUser, code: &str, credential: serde_json::Value) -> Result<(), cognito_idp::auth::UserCallError> {
/// // An address counts only once it is verified.
/// user.update_attributes([("email", "alice@example.com")]).await?;
/// user.send_attribute_code("email").await?; // once more
/// user.verify_attribute("email", code).await?;
/// user.delete_attributes(["nickname"]).await?;
/// user.set_first_password("P@ssw0rd!").await?; // of somebody who had none so far
///
/// // Passkeys: the browser stands between the two calls.
/// let options = user.start_passkey().await?;
/// # let _ = options;
/// user.finish_passkey(credential).await?;
/// for passkey in user.passkeys().await? {
///     user.delete_passkey(&passkey.credential_id).await?;
/// }
///
/// // Where else the user is signed in.
/// for session in user.sessions().await? {
///     if let Some(id) = &session.session_id {
///         user.end_session(id).await?;
///     }
/// }
/// user.confirm_device(Some("my laptop")).await?;
/// for device in user.devices().await? {
///     if let Some(key) = &device.device_key {
///         let last_seen = user.device(key).await?.device_last_authenticated_date;
///         println!("{key}: {last_seen:?}");
///         user.remember_device(key).await?; // or stop_remembering_device, or forget_device
///         user.stop_remembering_device(key).await?;
///         user.forget_device(key).await?;
///     }
/// }
///
/// user.forget().await; // here alone, without a call
/// user.delete_user().await?; // for good
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SignedInUser {
    sign_in: SignIn,
    source: TokenSource,
    #[cfg(feature = "srp")]
    new_device: Option<NewDeviceMetadataType>,
}

impl SignedInUser {
    /// Starts from the tokens of a sign-in, just made or stored before.
    ///
    /// `sign_in` says how to send and how to refresh: client, app client, remembered device, client
    /// metadata for the pool's Lambda triggers.
    #[must_use]
    pub fn new(sign_in: SignIn, tokens: Tokens) -> Self {
        let source = TokenSource::new(sign_in.clone(), tokens);
        Self::over(sign_in, source)
    }

    /// Takes the tokens of a source, which may have others that ask it.
    #[must_use]
    pub fn over(sign_in: SignIn, source: TokenSource) -> Self {
        Self {
            #[cfg(feature = "srp")]
            new_device: source
                .current()
                .ok()
                .and_then(|tokens| tokens.new_device_metadata),
            sign_in,
            source,
        }
    }

    /// Has the tokens of every refresh stored, as [`TokenSource::on_refresh`] says.
    ///
    /// ```no_run
    /// # use cognito_idp::auth::{SignIn, SignedInUser, Tokens};
    /// # #[derive(Clone)]
    /// # struct Store;
    /// # impl Store { async fn save(&self, _: &Tokens) -> std::io::Result<()> { Ok(()) } }
    /// # fn example(sign_in: SignIn, tokens: Tokens, store: Store) {
    /// let user = SignedInUser::new(sign_in, tokens).on_refresh(move |tokens| {
    ///     let store = store.clone();
    ///     async move { store.save(&tokens).await }
    /// });
    /// # let _ = user;
    /// # }
    /// ```
    #[must_use]
    pub fn on_refresh<F, E>(mut self, hook: impl Fn(Tokens) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.source = self.source.on_refresh(hook);
        self
    }

    /// Where the tokens come from: the current ones, fresh ones, and whether they are stored.
    #[must_use]
    pub fn source(&self) -> &TokenSource {
        &self.source
    }

    /// Sends any operation that takes the user's access token.
    ///
    /// `request` makes it from the token; it is called a second time if Cognito refuses the first.
    ///
    /// ```no_run
    /// # use cognito_idp::{auth::SignedInUser, operation::auth::GetUserAuthFactorsRequest};
    /// # async fn example(user: SignedInUser) -> Result<(), cognito_idp::auth::UserCallError> {
    /// let factors = user.send(GetUserAuthFactorsRequest::new).await?;
    /// println!("{:?}", factors.configured_user_auth_factors);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`UserCallError::Refresh`] if there is no valid token, and [`UserCallError::Call`] with
    /// those of the operation.
    pub async fn send<O: Operation>(
        &self,
        request: impl Fn(Sensitive<String>) -> O + Send + Sync,
    ) -> Result<O::Response, UserCallError> {
        Ok(self.answer(request).await?.decode()?)
    }

    /// Reads the user's name, attributes and MFA settings.
    ///
    /// # Errors
    /// Those of [`GetUserRequest`]; see [`send`](Self::send).
    #[doc(alias("get_user", "attributes"))]
    pub async fn profile(&self) -> Result<GetUserResponse, UserCallError> {
        self.send(GetUserRequest::new).await
    }

    /// Sets attributes, and tells where codes went to verify a new email address or phone number.
    ///
    /// Those not named stay as they are. Answer a code with
    /// [`verify_attribute`](Self::verify_attribute).
    ///
    /// # Errors
    /// Those of [`UpdateUserAttributesRequest`]; see [`send`](Self::send).
    pub async fn update_attributes(
        &self,
        attributes: impl IntoList<AttributeType>,
    ) -> Result<List<CodeDeliveryDetailsType>, UserCallError> {
        let attributes = attributes.into_list();
        let request = |token| {
            UpdateUserAttributesRequest::new(token, attributes.clone())
                .client_metadata(self.sign_in.metadata())
        };
        Ok(self.send(request).await?.code_delivery_details_list)
    }

    /// Deletes attributes by name.
    ///
    /// # Errors
    /// Those of [`DeleteUserAttributesRequest`]; see [`send`](Self::send).
    pub async fn delete_attributes(
        &self,
        names: impl IntoList<String>,
    ) -> Result<(), UserCallError> {
        let names = names.into_list();
        let request = |token| DeleteUserAttributesRequest::new(token, names.clone());
        self.answer(request).await?;
        Ok(())
    }

    /// Sends the user a code to verify `email` or `phone_number`, and tells where it went.
    ///
    /// # Errors
    /// Those of [`GetUserAttributeVerificationCodeRequest`]; see [`send`](Self::send).
    pub async fn send_attribute_code(
        &self,
        attribute: &str,
    ) -> Result<Option<CodeDeliveryDetailsType>, UserCallError> {
        let request = |token| {
            GetUserAttributeVerificationCodeRequest::new(token, attribute)
                .client_metadata(self.sign_in.metadata())
        };
        Ok(self.send(request).await?.code_delivery_details)
    }

    /// Verifies `email` or `phone_number` with the code that the user was sent.
    ///
    /// # Errors
    /// [`CodeMismatch`](crate::ErrorCode::CodeMismatch) and
    /// [`ExpiredCode`](crate::ErrorCode::ExpiredCode), and others of
    /// [`VerifyUserAttributeRequest`]; see [`send`](Self::send).
    pub async fn verify_attribute(
        &self,
        attribute: &str,
        code: impl Into<Sensitive<String>>,
    ) -> Result<(), UserCallError> {
        let code = code.into();
        let request = |token| VerifyUserAttributeRequest::new(token, attribute, &code);
        self.answer(request).await?;
        Ok(())
    }

    /// Changes the password.
    ///
    /// AWS does not say that this ends any session: if somebody else may be signed in, follow it
    /// with [`sign_out_everywhere`](Self::sign_out_everywhere).
    ///
    /// # Errors
    /// [`NotAuthorized`](crate::ErrorCode::NotAuthorized) if the old password is wrong,
    /// [`InvalidPassword`](crate::ErrorCode::InvalidPassword) if the new one is too weak, and
    /// others of [`ChangePasswordRequest`]; see [`send`](Self::send).
    pub async fn change_password(
        &self,
        old: impl Into<Sensitive<String>>,
        new: impl Into<Sensitive<String>>,
    ) -> Result<(), UserCallError> {
        self.put_password(Some(old.into()), new.into()).await
    }

    /// Sets the first password of a user who has none, as after a sign-in with a passkey or a code.
    ///
    /// # Errors
    /// As for [`change_password`](Self::change_password); also for a user who has a password.
    pub async fn set_first_password(
        &self,
        new: impl Into<Sensitive<String>>,
    ) -> Result<(), UserCallError> {
        self.put_password(None, new.into()).await
    }

    /// Lists the user's sessions in all app clients of the pool; needs session tracking.
    ///
    /// # Errors
    /// Those of [`ListUserSessionsRequest`]; see [`send`](Self::send).
    pub async fn sessions(&self) -> Result<Vec<SessionDescriptionType>, UserCallError> {
        self.list(ListUserSessionsRequest::new).await
    }

    /// Ends another session of the user, by its ID; for this one see [`sign_out`](Self::sign_out).
    ///
    /// # Errors
    /// Those of [`RevokeUserSessionRequest`]; see [`send`](Self::send).
    pub async fn end_session(&self, session_id: &str) -> Result<(), UserCallError> {
        let request = |token| RevokeUserSessionRequest::new(token, session_id);
        self.answer(request).await?;
        Ok(())
    }

    /// Signs the user out of this session, as [`TokenSource::sign_out`] says: revokes its tokens.
    ///
    /// # Errors
    /// Those of [`TokenSource::sign_out`], after which the user is still signed in.
    pub async fn sign_out(&self) -> Result<(), UserCallError> {
        Ok(self.source.sign_out().await?)
    }

    /// Signs the user out everywhere: revokes all tokens of all the user's sessions.
    ///
    /// # Errors
    /// Those of [`GlobalSignOutRequest`], after which the user is still signed in; see
    /// [`send`](Self::send).
    pub async fn sign_out_everywhere(&self) -> Result<(), UserCallError> {
        self.answer(GlobalSignOutRequest::new).await?;
        self.source.forget().await;
        Ok(())
    }

    /// Signs the user out here alone, as [`TokenSource::forget`] says: without a call, so the
    /// tokens stay good wherever else they are.
    pub async fn forget(&self) {
        self.source.forget().await;
    }

    /// Deletes the user, for good, and ends the session.
    ///
    /// # Errors
    /// Those of [`DeleteUserRequest`]; see [`send`](Self::send).
    pub async fn delete_user(&self) -> Result<(), UserCallError> {
        self.answer(DeleteUserRequest::new).await?;
        self.source.forget().await;
        Ok(())
    }

    async fn put_password(
        &self,
        old: Option<Sensitive<String>>,
        new: Sensitive<String>,
    ) -> Result<(), UserCallError> {
        let request = |token| {
            let mut request = ChangePasswordRequest::new(token, &new);
            request.previous_password.clone_from(&old);
            request
        };
        self.answer(request).await?;
        Ok(())
    }

    fn client(&self) -> &Client {
        self.sign_in.client()
    }

    /// Sends what is made from the token, for those who look at the answer further.
    async fn answer<O: Operation>(
        &self,
        request: impl Fn(Sensitive<String>) -> O + Send + Sync,
    ) -> Result<Answer, UserCallError> {
        let send = |token| self.client().answer(&request(token), SendOptions::new());
        self.answer_to(&send).await
    }

    /// As [`answer`](Self::answer), compiled once for all operations.
    async fn answer_to(
        &self,
        send: &(dyn Fn(Sensitive<String>) -> DispatchFuture + Send + Sync),
    ) -> Result<Answer, UserCallError> {
        let token = self.source.access_token().await?;
        match send(token.clone()).await {
            Ok(answer) => Ok(answer),
            Err(error) => Ok(send(self.token_after(error, &token).await?).await?),
        }
    }

    /// The items of all pages.
    async fn list<O: Paginated + Send>(
        &self,
        request: impl Fn(Sensitive<String>) -> O + Send + Sync,
    ) -> Result<Vec<O::Item>, UserCallError>
    where
        O::Item: Send,
    {
        let items = async |token| {
            let mut pages = self.client().pages(request(token));
            let mut items = Vec::new();
            while let Some(page) = pages.next().await? {
                items.extend(O::items(page));
            }
            Ok::<_, Error>(items)
        };
        let token = self.source.access_token().await?;
        match items(token.clone()).await {
            Ok(items) => Ok(items),
            Err(error) => Ok(items(self.token_after(error, &token).await?).await?),
        }
    }

    /// Another token to send the same with, if the error is about the one that was used.
    ///
    /// Whether the session is over is not read from the error, whose words may change, but asked.
    async fn token_after(
        &self,
        error: Error,
        used: &Sensitive<String>,
    ) -> Result<Sensitive<String>, UserCallError> {
        if !is_revoked(&error) {
            return Err(error.into());
        }
        Ok(self.source.instead_of(used).await?)
    }
}

impl fmt::Debug for SignedInUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedInUser")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
