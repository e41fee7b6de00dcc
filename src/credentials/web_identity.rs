//! Credentials for a token of an identity provider: EKS service accounts, CI systems.

use std::sync::Arc;

use aws_credential_types::Credentials;

use super::{
    blocking::read_text,
    metadata::{Environment, Found, Problem, Source, provider},
    sts::{Role, Sts},
};
use crate::transport::HttpClient;

const SOURCE: &str = "web identity credentials";

/// Trades the token in a file for the credentials of a role, at the Security Token Service.
///
/// `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN` are both required, `AWS_ROLE_SESSION_NAME` is
/// not. The file is read anew each time, because its token is replaced while the program runs. The
/// service is that of `AWS_REGION` or `AWS_DEFAULT_REGION`, or the one that `AWS_ENDPOINT_URL_STS`
/// names. The token travels in the body of the request and is never shown.
#[derive(Clone)]
pub struct WebIdentityCredentials {
    sts: Sts,
}

impl WebIdentityCredentials {
    /// Makes the provider over an HTTP client of your own.
    #[must_use]
    pub fn with_http_client(http: impl HttpClient + 'static) -> Self {
        Self::with(Environment::of_process(), Arc::new(http))
    }

    pub(super) fn with(environment: Environment, http: Arc<dyn HttpClient>) -> Self {
        let sts = Sts { environment, http };
        Self { sts }
    }
}

/// Trades the token in a file, named by a variable or by a key of a profile.
pub(super) async fn assume(
    sts: &Sts,
    role: &Role,
    token_file: String,
    named_by: &'static str,
) -> Result<Credentials, Problem> {
    let token = read_text(token_file, named_by).await?;
    sts.assume_with_token(role, token.trim(), SOURCE).await
}

impl Source for WebIdentityCredentials {
    const ABSENT: &'static str = "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN must be set";

    async fn find(&self) -> Found {
        const FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
        let variable = |name| self.sts.environment.get(name);
        let Some(token_file) = variable(FILE) else {
            return Ok(None);
        };
        let unset = Problem::Configuration(
            "AWS_ROLE_ARN",
            "must be set with AWS_WEB_IDENTITY_TOKEN_FILE",
        );
        let role = Role {
            arn: variable("AWS_ROLE_ARN").ok_or(unset)?,
            session_name: variable("AWS_ROLE_SESSION_NAME"),
            ..Role::default()
        };
        Ok(assume(&self.sts, &role, token_file, FILE).await.map(Some)?)
    }
}

provider! { WebIdentityCredentials over public_client }
