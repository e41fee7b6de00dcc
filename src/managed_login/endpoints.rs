//! The endpoints of a domain that a program calls: who calls, how it proves that, what comes back.

use std::time::SystemTime;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header, response::Parts};
use serde::Deserialize;
use serde_json::Value;

use super::{
    domain::Domain,
    form::{self, Form},
};
use crate::{
    auth::{AppClient, Tokens},
    client::{Answer, Client, Prepared},
    collections::Map,
    error::{Error, ErrorCode, InvalidInput, ServiceError},
    operation::{
        Operation as _, RetrySafety,
        auth::{
            AuthenticationResultType, GetClientTokenRequest, GetTokensFromRefreshTokenRequest,
            InitiateAuthRequest, RevokeTokenRequest,
        },
        users::GetUserRequest,
    },
    protocol,
    sensitive::{Secrets, Sensitive},
};

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(super) const TOKEN: &str = "POST /oauth2/token";

/// One kind of call to a domain.
#[derive(Clone, Copy)]
struct Call {
    /// Method and path, as errors, spans and fixtures name it.
    name: &'static str,
    path: &'static str,
    /// The operation whose quota it counts towards.
    quota_of: &'static str,
    safety: RetrySafety,
}

/// A code is good for one exchange, so an exchange whose outcome is unknown is not repeated.
const EXCHANGE_CODE: Call = Call {
    name: TOKEN,
    path: "/oauth2/token",
    quota_of: InitiateAuthRequest::NAME,
    safety: RetrySafety::Once,
};
const REFRESH: Call = Call {
    quota_of: GetTokensFromRefreshTokenRequest::NAME,
    safety: GetTokensFromRefreshTokenRequest::RETRY,
    ..EXCHANGE_CODE
};
const CLIENT_CREDENTIALS: Call = Call {
    quota_of: GetClientTokenRequest::NAME,
    safety: GetClientTokenRequest::RETRY,
    ..EXCHANGE_CODE
};
const REVOKE: Call = Call {
    name: "POST /oauth2/revoke",
    path: "/oauth2/revoke",
    quota_of: RevokeTokenRequest::NAME,
    safety: RevokeTokenRequest::RETRY,
};
const USER_INFO: Call = Call {
    name: "GET /oauth2/userInfo",
    path: "/oauth2/userInfo",
    quota_of: GetUserRequest::NAME,
    safety: GetUserRequest::RETRY,
};

/// The endpoints of one domain, called as one app client.
#[derive(Clone, Debug)]
pub(super) struct Endpoints {
    pub(super) client: Client,
    pub(super) app_client: AppClient,
    pub(super) domain: Domain,
}

impl Endpoints {
    /// Gets a token for the app client itself; all its scopes without any here.
    ///
    /// `metadata` goes to the pool's trigger.
    pub(super) async fn client_credentials(
        &self,
        scopes: &[String],
        metadata: &Map<Sensitive<String>>,
    ) -> Result<TokenResponse, Error> {
        let mut form = Form::default().field("grant_type", "client_credentials");
        if !scopes.is_empty() {
            form = form.field("scope", &scopes.join(" "));
        }
        if let Some(metadata) = metadata.present() {
            let refused = |_| InvalidInput::new("client_metadata", "must serialize to JSON");
            let json = serde_json::to_string(metadata).map_err(refused)?;
            form = form
                .secret("aws_client_metadata", &json.into())
                .hide(metadata.values().cloned());
        }
        let answer = self.post(CLIENT_CREDENTIALS, &form).await?;
        answer.decode()
    }

    /// Exchanges the code of a callback for tokens.
    pub(super) async fn exchange_code(
        &self,
        code: &Sensitive<String>,
        code_verifier: &Sensitive<String>,
        redirect_uri: &str,
    ) -> Result<TokenResponse, Error> {
        let form = Form::default()
            .field("grant_type", "authorization_code")
            .secret("code", code)
            .field("redirect_uri", redirect_uri)
            .secret("code_verifier", code_verifier);
        let answer = self.post(EXCHANGE_CODE, &form).await?;
        answer.decode()
    }

    pub(super) async fn refresh(
        &self,
        refresh_token: &Sensitive<String>,
    ) -> Result<TokenResponse, Error> {
        let form = Form::default()
            .field("grant_type", "refresh_token")
            .secret("refresh_token", refresh_token);
        let answer = self.post(REFRESH, &form).await?;
        answer.decode()
    }

    pub(super) async fn revoke(&self, refresh_token: &Sensitive<String>) -> Result<(), Error> {
        let form = Form::default().secret("token", refresh_token);
        self.post(REVOKE, &form).await?;
        Ok(())
    }

    pub(super) async fn user_info(
        &self,
        access_token: &Sensitive<String>,
    ) -> Result<Answer, Error> {
        let bearer = authorization("Bearer", access_token).ok_or_else(|| {
            InvalidInput::new("access_token", "must be able to stand in a header")
        })?;
        let mut request = self.request(USER_INFO, Method::GET, Bytes::new())?;
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, bearer);
        let secrets = Form::default().secrets([access_token.clone()]);
        self.client
            .send_prepared(prepared(USER_INFO, request, secrets))
            .await
    }

    /// Posts a form as the app client.
    async fn post(&self, call: Call, form: &Form) -> Result<Answer, Error> {
        let attempt = |app_client: &AppClient| {
            let request = self.form_request(call, form, app_client.client_secret());
            async move { self.client.send_prepared(request?).await }
        };
        let client = &self.client;
        self.app_client.attempt(client, call.name, attempt).await
    }

    /// A form that proves the app client: by its secret in a header, or if it has none, by its ID alone.
    fn form_request(
        &self,
        call: Call,
        form: &Form,
        secret: Option<&Sensitive<String>>,
    ) -> Result<Prepared, InvalidInput> {
        let client_id = self.app_client.id();
        let basic = secret.map(|secret| basic(client_id, secret));
        let body = match basic {
            Some(_) => form.encoded().to_owned(),
            None => with_client_id(form, client_id),
        };
        let mut request = self.request(call, Method::POST, body.into())?;
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, FORM);
        if let Some(basic) = &basic {
            let value = authorization("Basic", basic);
            headers.extend(value.map(|value| (header::AUTHORIZATION, value)));
        }
        let more = [Some(client_id), secret, basic.as_ref()];
        let secrets = form.secrets(more.into_iter().flatten().cloned());
        Ok(prepared(call, request, secrets))
    }

    fn request(
        &self,
        call: Call,
        method: Method,
        body: Bytes,
    ) -> Result<http::Request<Bytes>, InvalidInput> {
        let mut request = http::Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = self.domain.uri_of(call.path)?;
        *request.headers_mut() = HeaderMap::with_capacity(5);
        let headers = request.headers_mut();
        headers.insert(header::HOST, self.domain.host().clone());
        headers.insert(header::ACCEPT, JSON);
        headers.insert(header::USER_AGENT, protocol::USER_AGENT);
        Ok(request)
    }
}

fn prepared(call: Call, request: http::Request<Bytes>, secrets: Secrets) -> Prepared {
    Prepared {
        operation: call.name,
        quota_of: Some(call.quota_of),
        safety: call.safety,
        request,
        check: check_status,
        secrets,
        timeout: None,
    }
}

fn with_client_id(form: &Form, client_id: &Sensitive<String>) -> String {
    let form = form.clone().field("client_id", client_id.expose());
    form.encoded().to_owned()
}

/// A client's ID and secret as RFC 6749, section 2.3.1 has them: each encoded as in a form.
fn basic(client_id: &Sensitive<String>, secret: &Sensitive<String>) -> Sensitive<String> {
    let id = form::encoded(client_id.expose());
    let secret = Sensitive::new(form::encoded(secret.expose()));
    let both = Sensitive::new([&id, ":", secret.expose()].concat());
    STANDARD.encode(both.expose()).into()
}

fn authorization(scheme: &str, credentials: &Sensitive<String>) -> Option<HeaderValue> {
    let text = Sensitive::new([scheme, " ", credentials.expose()].concat());
    let mut value = HeaderValue::try_from(text.expose().as_str()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Reads an answer's status as for an operation, and an error's code as OAuth 2.0 writes it.
fn check_status(operation: &'static str, parts: &Parts, body: &[u8]) -> Result<(), Error> {
    match protocol::check_status(operation, parts, body) {
        Err(Error::Service(error)) if error.code().is_none() => {
            Err(with_oauth_code(*error, body).into())
        }
        result => result,
    }
}

fn with_oauth_code(error: ServiceError, body: &[u8]) -> ServiceError {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let member = |name: &str| body.get(name).and_then(Value::as_str);
    let Some(code) = member("error").and_then(protocol::identifier) else {
        return error;
    };
    let error = error.with_code(ErrorCode::from(code));
    match member("error_description") {
        Some(description) => error.with_message(description),
        None => error,
    }
}

/// What the token endpoint answers.
#[derive(Deserialize)]
pub(super) struct TokenResponse {
    pub(super) access_token: Sensitive<String>,
    pub(super) id_token: Option<Sensitive<String>>,
    pub(super) refresh_token: Option<Sensitive<String>>,
    pub(super) token_type: Option<String>,
    pub(super) expires_in: Option<i32>,
}

impl TokenResponse {
    /// A user's tokens, dated.
    pub(super) fn into_tokens(self, now: SystemTime) -> Tokens {
        let mut result = AuthenticationResultType::new();
        result.id_token = self.id_token;
        result.refresh_token = self.refresh_token;
        result.token_type = self.token_type;
        result.expires_in = self.expires_in;
        Tokens::dated(self.access_token, result, now)
    }
}
