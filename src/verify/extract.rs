//! Claims as arguments of an axum handler.

use axum_core::{
    extract::{FromRef, FromRequestParts},
    response::{IntoResponse, Response},
};
use http::{header, request::Parts};

use super::{AccessClaims, IdClaims, TokenVerifier, VerifyError, bearer_token};

/// Verifies the access token of `Authorization: Bearer …` with the router's [`TokenVerifier`].
impl<S> FromRequestParts<S> for AccessClaims
where
    S: Send + Sync,
    TokenVerifier: FromRef<S>,
{
    type Rejection = VerifyError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, VerifyError> {
        let verifier = TokenVerifier::from_ref(state);
        verifier.verify_access(bearer_token(&parts.headers)?).await
    }
}

/// Verifies the ID token of `Authorization: Bearer …` with the router's [`TokenVerifier`].
impl<S> FromRequestParts<S> for IdClaims
where
    S: Send + Sync,
    TokenVerifier: FromRef<S>,
{
    type Rejection = VerifyError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, VerifyError> {
        let verifier = TokenVerifier::from_ref(state);
        verifier.verify_id(bearer_token(&parts.headers)?).await
    }
}

/// The status and `WWW-Authenticate`, with an empty body.
impl IntoResponse for VerifyError {
    fn into_response(self) -> Response {
        let mut response = self.suggested_status().into_response();
        if let Some(value) = self.www_authenticate() {
            let headers = response.headers_mut();
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }
}
