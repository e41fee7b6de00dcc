//! Changing settings without losing any: read, change, look, write back whole.
//!
//! Cognito's updates replace: what `UpdateUserPool` is not given goes back to its default, without a
//! word. An [`Edit`] reads a thing as it is, lets you change it, shows with [`preview`](Edit::preview)
//! what would be written, and writes it back with everything else as it was, also with members that
//! this version of the crate does not know.
//!
//! ```no_run
//! use cognito_idp::{Client, types::UserPoolMfaType};
//!
//! # async fn example(client: Client) -> Result<(), cognito_idp::Error> {
//! let mut edit = client.edit_user_pool("eu-central-1_example").await?;
//! edit.change(|pool| pool.mfa_configuration(UserPoolMfaType::Optional))?;
//! println!("{}", edit.preview()); // nothing is written yet
//! let applied = edit.apply().await?;
//! println!("{applied}");
//! # Ok(())
//! # }
//! ```
//!
//! The API has no way to write on a condition. So [`apply`](Edit::apply) reads once more right before
//! it writes and refuses with [`Error::Changed`] if someone was faster; a change that falls into the
//! moment between that reading and the writing is noticed only if Cognito notices it.
//!
//! Each kind of thing has its own call, and all give the same [`Edit`]:
//!
//! ```no_run
//! use cognito_idp::{Client, edit::{Change, Edit, Editable}};
//!
//! async fn remove<O: Editable>(mut edit: Edit<O>, member: &'static str) -> Result<(), cognito_idp::Error> {
//!     edit.change_json(move |settings| drop(settings.remove(member)));
//!     let preview = edit.preview();
//!     println!("{} of a {}", preview.changes, O::KIND.name());
//!     for Change { path, old, .. } in preview.would_reset.changes() {
//!         println!("an update with that alone would have reset {path} from {old:?}");
//!     }
//!     let applied = edit.apply().await?;
//!     if !applied.is_as_asked() {
//!         println!("ignored: {}", applied.ignored);
//!     }
//!     Ok(())
//! }
//!
//! # async fn example(client: Client) -> Result<(), cognito_idp::Error> {
//! let pool = "eu-central-1_example";
//! remove(client.edit_group(pool, "staff").await?, "Precedence").await?;
//! remove(client.edit_identity_provider(pool, "Google").await?, "IdpIdentifiers").await?;
//! remove(client.edit_resource_server(pool, "https://api").await?, "Scopes").await?;
//! remove(client.edit_user_pool_domain(pool, "login").await?, "Routing").await?;
//! remove(client.edit_user_pool_mfa_config(pool).await?, "WebAuthnConfiguration").await?;
//! remove(client.edit_risk_configuration(pool).await?, "RiskExceptionConfiguration").await?;
//! remove(client.edit_client_risk_configuration(pool, "app").await?, "RiskExceptionConfiguration").await?;
//! remove(client.edit_log_delivery_configuration(pool).await?, "LogConfigurations").await?;
//! remove(client.edit_managed_login_branding(pool, "branding").await?, "Assets").await?;
//! remove(client.edit_ui_customization(pool).await?, "CSS").await?;
//! remove(client.edit_client_ui_customization(pool, "app").await?, "CSS").await?;
//! remove(client.edit_user_pool_session_configuration(pool).await?, "SessionDuration").await?;
//! remove(client.edit_user_pool_client_session_configuration(pool, "app").await?, "SessionDuration").await?;
//! remove(client.edit_terms(pool, "terms").await?, "Links").await?;
//! remove(client.edit_cimd_policy(pool, "policy").await?, "Description").await?;
//! # Ok(())
//! # }
//! ```

mod app_client;
mod desired;
mod diff;
mod draft;
mod kind;
mod kinds;
mod outcome;
mod patch;
mod path;
mod rules;
#[cfg(test)]
mod tests;
mod user_pool;

use std::{
    fmt,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use self::{
    desired::{DesiredState, Reconciliation},
    diff::{Change, Diff},
    draft::{Applied, Preview},
    kind::Kind,
};
pub(crate) use self::{
    draft::{Attempts, Draft},
    path::inner_object,
    rules::{CODE, has_link},
    user_pool::USER_POOL,
};
use crate::{
    client::Client,
    error::{Error, InvalidInput},
    operation::{
        Operation, app_clients::UpdateUserPoolClientRequest, user_pools::UpdateUserPoolRequest,
    },
    protocol,
    sensitive::Sensitive,
};

/// A request that writes settings which can be read as well, such as [`UpdateUserPoolRequest`].
///
/// Only the crate's own requests implement it.
pub trait Editable: Operation + DeserializeOwned + 'static {
    /// What is edited, and how it is read and written.
    const KIND: &'static Kind;
}

impl Client {
    /// Begins to change the settings of a user pool, which are read now.
    ///
    /// The credentials need `cognito-idp:DescribeUserPool` and, to apply the changes,
    /// `cognito-idp:UpdateUserPool`.
    ///
    /// ```no_run
    /// # async fn example(client: cognito_idp::Client) -> Result<(), cognito_idp::Error> {
    /// let mut edit = client.edit_user_pool("eu-central-1_example").await?;
    /// // What is nested is changed in place.
    /// edit.change(|mut pool| {
    ///     let policies = pool.policies.as_mut();
    ///     if let Some(policy) = policies.and_then(|policies| policies.password_policy.as_mut()) {
    ///         policy.minimum_length = Some(12);
    ///     }
    ///     pool
    /// })?;
    /// edit.apply().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of `DescribeUserPool`.
    pub fn edit_user_pool(
        &self,
        user_pool_id: impl Into<String>,
    ) -> ReadFuture<UpdateUserPoolRequest> {
        Edit::read(self, [("UserPoolId", user_pool_id.into())])
    }

    /// Begins to change the settings of an app client, which are read now.
    ///
    /// Its secret is no part of them and stays as it is. The credentials need
    /// `cognito-idp:DescribeUserPoolClient` and, to apply the changes,
    /// `cognito-idp:UpdateUserPoolClient`.
    ///
    /// ```no_run
    /// # async fn example(client: cognito_idp::Client) -> Result<(), cognito_idp::Error> {
    /// let mut edit = client.edit_user_pool_client("eu-central-1_example", "app-client-id").await?;
    /// edit.change(|app| app.callback_urls(["https://example.com/callback"]))?;
    /// edit.apply().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of `DescribeUserPoolClient`.
    pub fn edit_user_pool_client(
        &self,
        user_pool_id: impl Into<String>,
        client_id: impl Into<Sensitive<String>>,
    ) -> ReadFuture<UpdateUserPoolClientRequest> {
        let names = [
            ("UserPoolId", user_pool_id.into()),
            ("ClientId", client_id.into().expose().clone()),
        ];
        Edit::read(self, names)
    }
}

/// The settings of one thing on their way from what they are to what they shall be.
///
/// Changes add up and are kept, so that they can be made once more on settings that were read anew;
/// nothing is written before [`apply`](Self::apply).
///
/// The settings are kept as JSON, as they came. The closure of [`change`](Self::change) sees them as
/// the request that writes them, and what it changed there is changed in the JSON; members that this
/// version does not know stay beside it.
pub struct Edit<O> {
    draft: Draft,
    request: PhantomData<fn() -> O>,
}

impl<O: Editable> Edit<O> {
    /// Reads the settings of the thing that these members name.
    pub(crate) fn read(
        client: &Client,
        names: impl IntoIterator<Item = (&'static str, String)>,
    ) -> ReadFuture<O> {
        let names = names.into_iter();
        let names = names.map(|(name, value)| (name.to_owned(), value.into()));
        ReadFuture {
            draft: Box::pin(Draft::read(client.clone(), O::KIND, names.collect())),
            request: PhantomData,
        }
    }

    /// Changes settings, seen as the request that writes them.
    ///
    /// A member that is set to `None`, or a list or map that is made
    /// [absent](crate::List), goes back to Cognito's default. The members that name the thing cannot be
    /// changed.
    ///
    /// ```no_run
    /// # use cognito_idp::operation::user_pools::DeletionProtectionType;
    /// # async fn example(client: cognito_idp::Client) -> Result<(), cognito_idp::Error> {
    /// # let mut edit = client.edit_user_pool("eu-central-1_example").await?;
    /// edit.change(|pool| pool.deletion_protection(DeletionProtectionType::Active))?
    ///     .change(|mut pool| {
    ///         pool.user_pool_tags.to_mut().insert("team".to_owned(), "identity".to_owned());
    ///         pool
    ///     })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the settings do not have the types of the request, which AWS or a change made as JSON can
    /// bring about; change them as JSON then. Nothing is changed.
    pub fn change(
        &mut self,
        change: impl Fn(O) -> O + Send + Sync + 'static,
    ) -> Result<&mut Self, InvalidInput> {
        // By way of bytes, since the request is written so when it is sent.
        self.draft.change_typed(Box::new(move |settings| {
            let before: O = protocol::decode(settings)?;
            let shown = protocol::encode(&before)?;
            Ok((shown, protocol::encode(&change(before))?))
        }))?;
        Ok(self)
    }

    /// Changes settings as JSON, for members that this version does not know.
    ///
    /// The object holds what would be written but for the members that name the thing.
    ///
    /// ```no_run
    /// # async fn example(client: cognito_idp::Client) -> Result<(), cognito_idp::Error> {
    /// # let mut edit = client.edit_user_pool("eu-central-1_example").await?;
    /// edit.change_json(|settings| {
    ///     settings.insert("SettingOfTomorrow".to_owned(), true.into());
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub fn change_json(
        &mut self,
        change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static,
    ) -> &mut Self {
        self.draft.change_json(Box::new(change));
        self
    }

    /// Takes over what a JSON object names, and leaves everything else as it is.
    ///
    /// Objects are merged member by member, also inside each other; any other value, lists included,
    /// replaces what was there, and `null` takes a member back to Cognito's default (RFC 7396).
    ///
    /// ```no_run
    /// # use serde_json::Map;
    /// # async fn example(client: cognito_idp::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// # let mut edit = client.edit_user_pool("eu-central-1_example").await?;
    /// let wanted = r#"{"Policies": {"PasswordPolicy": {"MinimumLength": 12}}}"#;
    /// edit.merge(serde_json::from_str(wanted)?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn merge(&mut self, wanted: Map<String, Value>) -> &mut Self {
        self.change_json(move |settings| path::merge(settings, &wanted))
    }

    /// The settings with the changes so far, as JSON: what would be written but for the members that
    /// name the thing.
    ///
    /// They may hold secrets, such as the client secret of an identity provider.
    pub fn settings(&self) -> Map<String, Value> {
        self.draft.wanted()
    }

    /// Shows what the changes so far change, and what an update with them alone would have reset.
    ///
    /// Calls nobody.
    pub fn preview(&self) -> Preview {
        self.draft.preview()
    }

    /// Writes the settings back with the changes, and reads what became of it.
    ///
    /// Where nothing would change, nothing is called. Else the settings are read once more, and
    /// nothing is written if they are no longer those that were changed. Where Cognito meets another
    /// change at the same time (`ConcurrentModification`), that is done up to three times in all, and
    /// where the outcome of an attempt is unknown, as often as the
    /// [retry policy](crate::ClientBuilder::retry_policy) says: never without reading again.
    ///
    /// `Ok` says that Cognito took the settings, not that it did as it was told: see [`Applied`].
    /// Afterwards the edit holds the settings as they were read back, without changes.
    ///
    /// # Errors
    /// [`Error::Changed`] if the settings changed since they were read, with nothing written:
    /// [`reload`](Self::reload) them, look again, and apply again. Otherwise those of the two calls. The
    /// changes are kept in every such case.
    pub fn apply(&mut self) -> impl Future<Output = Result<Applied, Error>> + Send {
        self.draft.apply()
    }

    /// Reads the settings anew and makes the changes so far on them.
    ///
    /// ```no_run
    /// use cognito_idp::Error;
    ///
    /// # async fn example(client: cognito_idp::Client) -> Result<(), Error> {
    /// # let mut edit = client.edit_user_pool("eu-central-1_example").await?;
    /// let applied = loop {
    ///     match edit.apply().await {
    ///         Err(Error::Changed { .. }) => edit.reload().await?,
    ///         result => break result?,
    ///     }
    /// };
    /// # let _ = applied;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of the call that reads, and those of [`change`](Self::change). The edit is then as before.
    pub fn reload(&mut self) -> impl Future<Output = Result<(), Error>> + Send {
        self.draft.reload()
    }
}

/// The settings, once they are read: what [`Client::edit_user_pool`] and its like give.
///
/// Nothing is sent before it is awaited. It owns all it needs, so it can be spawned as it is.
///
/// ```no_run
/// use cognito_idp::{Client, edit::ReadFuture, operation::groups::UpdateGroupRequest};
///
/// # async fn example(client: Client) -> Result<(), Box<dyn std::error::Error>> {
/// let reading: ReadFuture<UpdateGroupRequest> = client.edit_group("eu-central-1_example", "staff");
/// let edit = tokio::spawn(reading).await??;
/// # let _ = edit;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read before it is awaited"]
pub struct ReadFuture<O> {
    draft: Pin<Box<dyn Future<Output = Result<Draft, Error>> + Send>>,
    request: PhantomData<fn() -> O>,
}

impl<O> Future for ReadFuture<O> {
    type Output = Result<Edit<O>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let draft = self.draft.as_mut().poll(context);
        draft.map_ok(|draft| Edit {
            draft,
            request: PhantomData,
        })
    }
}

impl<O> fmt::Debug for ReadFuture<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadFuture").finish_non_exhaustive()
    }
}

impl<O> fmt::Debug for Edit<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Edit").field(&self.draft).finish()
    }
}
