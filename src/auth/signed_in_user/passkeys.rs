//! A signed-in user's passkeys.

use serde_json::Value;

use super::{SignedInUser, UserCallError};
use crate::{
    operation::passkeys::{
        CompleteWebAuthnRegistrationRequest, DeleteWebAuthnCredentialRequest,
        ListWebAuthnCredentialsRequest, StartWebAuthnRegistrationRequest,
        WebAuthnCredentialDescription,
    },
    sensitive::Sensitive,
};

impl SignedInUser {
    /// Begins to register a passkey: the options for the browser's `navigator.credentials.create`.
    ///
    /// They are a JSON object whose binary values are base64url text, which
    /// `PublicKeyCredential.parseCreationOptionsFromJSON` takes.
    ///
    /// # Errors
    /// Those of [`StartWebAuthnRegistrationRequest`]; see [`send`](Self::send).
    pub async fn start_passkey(&self) -> Result<Value, UserCallError> {
        let response = self.send(StartWebAuthnRegistrationRequest::new).await?;
        Ok(response.credential_creation_options)
    }

    /// Registers the passkey that the browser has made, in the form of its `toJSON()`.
    ///
    /// # Errors
    /// Those of [`CompleteWebAuthnRegistrationRequest`]; see [`send`](Self::send).
    pub async fn finish_passkey(
        &self,
        credential: impl Into<Sensitive<Value>>,
    ) -> Result<(), UserCallError> {
        let credential = credential.into();
        let request = |token| CompleteWebAuthnRegistrationRequest::new(token, &credential);
        self.answer(request).await?;
        Ok(())
    }

    /// Lists the user's passkeys, at most 20.
    ///
    /// # Errors
    /// Those of [`ListWebAuthnCredentialsRequest`]; see [`send`](Self::send).
    pub async fn passkeys(&self) -> Result<Vec<WebAuthnCredentialDescription>, UserCallError> {
        self.list(ListWebAuthnCredentialsRequest::new).await
    }

    /// Deletes a passkey by its ID; the user's device keeps a copy that no longer works.
    ///
    /// # Errors
    /// Those of [`DeleteWebAuthnCredentialRequest`]; see [`send`](Self::send).
    pub async fn delete_passkey(&self, credential_id: &str) -> Result<(), UserCallError> {
        let request = |token| DeleteWebAuthnCredentialRequest::new(token, credential_id);
        self.answer(request).await?;
        Ok(())
    }
}
