//! Client secrets that Cognito keeps in AWS Secrets Manager.

use serde::{Deserialize, Serialize};

use super::{ClientSecretFuture, ProvideClientSecret};
use crate::{
    client::{Client, ClientBuilder},
    endpoint::{Region, Service},
    error::{ErrorCode, InvalidInput},
    operation::{AuthScheme, Operation, RetrySafety},
    sensitive::Sensitive,
};

/// Reads the secret of an app client from AWS Secrets Manager, where Cognito rotates it.
///
/// An app client with `PublishSecretsInAWSSecretsManager` has a
/// [`client_secret_arn`](crate::operation::app_clients::UserPoolClientType::client_secret_arn) in
/// place of its secret. The credentials need the permission `secretsmanager:GetSecretValue` for it,
/// and `kms:Decrypt` where the secret has a key of its own.
///
/// ```no_run
/// use cognito_idp::{Client, auth::{AppClient, SecretsManagerSecret, SignIn}};
///
/// # async fn example() -> Result<(), cognito_idp::Error> {
/// let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:cognito-AbCdEf";
/// let app_client = AppClient::new("app-client-id").secret_from(SecretsManagerSecret::from_env(arn)?);
/// let sign_in = SignIn::admin(Client::from_env()?, "eu-central-1_example", app_client);
/// sign_in.password("alice", "P@ssw0rd!").await?;
/// # Ok(())
/// # }
/// ```
///
/// It is one signed call, made when the secret is first needed and when Cognito has refused the one
/// that was read before; AWS bills it.
#[derive(Clone, Debug)]
pub struct SecretsManagerSecret {
    client: Client,
    arn: String,
}

impl SecretsManagerSecret {
    /// Makes the provider for the secret with this ARN, in the region that it names.
    ///
    /// The builder says how to call it: credentials, HTTP client, time-outs, another endpoint. Its
    /// region does not count. Start it with [`Client::builder`]: one that comes from the environment
    /// may carry the endpoint of Cognito.
    ///
    /// # Errors
    /// Names `client_secret_arn` if it is not the ARN of a secret, and what is wrong with the client.
    pub fn new(arn: impl Into<String>, client: ClientBuilder) -> Result<Self, InvalidInput> {
        let arn = arn.into();
        let client = client
            .region(region_of(&arn)?.as_str())
            .service(Service::SECRETS_MANAGER)
            .build()?;
        Ok(Self { client, arn })
    }

    /// Makes the provider with the credentials of the environment.
    ///
    /// The endpoint is `AWS_ENDPOINT_URL_SECRETS_MANAGER`, else `AWS_ENDPOINT_URL`, else the region's.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn from_env(arn: impl Into<String>) -> Result<Self, InvalidInput> {
        let variable = |name: &str| std::env::var(name).ok();
        Self::new(
            arn,
            ClientBuilder::of_service(Service::SECRETS_MANAGER, variable),
        )
    }
}

impl ProvideClientSecret for SecretsManagerSecret {
    fn provide_client_secret<'a>(&'a self, client_id: &'a str) -> ClientSecretFuture<'a> {
        Box::pin(async move {
            let request = GetSecretValue {
                secret_id: &self.arn,
            };
            let answer = self.client.send(&request).await?;
            Ok(secret_of(answer, client_id)?)
        })
    }
}

/// Why what Secrets Manager keeps is not the secret of the app client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum NotTheSecret {
    #[error("Secrets Manager keeps no text under the client secret's ARN")]
    NoText,
    #[error(
        "the secret in Secrets Manager is not JSON with clientSecretValue, as Cognito writes it"
    )]
    Malformed,
    #[error("the secret in Secrets Manager belongs to another app client")]
    OfAnotherClient,
}

fn secret_of(answer: SecretValue, client_id: &str) -> Result<Sensitive<String>, NotTheSecret> {
    let text = answer.secret_string.ok_or(NotTheSecret::NoText)?;
    // The error of the parser may quote the text.
    let kept: Kept = serde_json::from_str(text.expose()).map_err(|_| NotTheSecret::Malformed)?;
    if kept.user_pool_client_id != client_id {
        return Err(NotTheSecret::OfAnotherClient);
    }
    if kept.client_secret_value.expose().is_empty() {
        return Err(NotTheSecret::Malformed);
    }
    Ok(kept.client_secret_value)
}

fn region_of(arn: &str) -> Result<Region, InvalidInput> {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let region = match parts.as_slice() {
        ["arn", _, "secretsmanager", region, _, resource] if resource.starts_with("secret") => {
            Region::new(*region).ok()
        }
        _ => None,
    };
    region.ok_or_else(|| InvalidInput::new("client_secret_arn", "must be the ARN of a secret"))
}

/// Reads one secret. Its name holds the service's too, which is how another service is addressed.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetSecretValue<'a> {
    secret_id: &'a str,
}

impl Operation for GetSecretValue<'_> {
    type Response = SecretValue;
    const NAME: &'static str = "secretsmanager.GetSecretValue";
    const AUTH: AuthScheme = AuthScheme::SigV4;
    const RETRY: RetrySafety = RetrySafety::Repeatable;
    const ERRORS: &'static [ErrorCode] = &[];
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SecretValue {
    secret_string: Option<Sensitive<String>>,
}

/// What Cognito writes into the secret.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    user_pool_client_id: String,
    client_secret_value: Sensitive<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, NotTheSecret> {
        let answer = SecretValue {
            secret_string: Some(text.into()),
        };
        secret_of(answer, "client").map(|secret| secret.expose().clone())
    }

    #[test]
    fn the_secret_of_the_app_client_is_taken_out() {
        let text = r#"{"userPoolId":"eu_1","userPoolClientId":"client","clientSecretValue":"s3"}"#;
        assert_eq!(read(text).as_deref(), Ok("s3"));
    }

    #[test]
    fn what_is_not_the_secret_of_the_app_client_is_told_apart_without_being_shown() {
        for (text, problem) in [
            ("", NotTheSecret::Malformed),
            ("s3cret", NotTheSecret::Malformed),
            ("{}", NotTheSecret::Malformed),
            (r#"{"clientSecretValue":"s3cret"}"#, NotTheSecret::Malformed),
            (
                r#"{"userPoolClientId":"client","clientSecretValue":""}"#,
                NotTheSecret::Malformed,
            ),
            (
                r#"{"userPoolClientId":"other","clientSecretValue":"s3cret"}"#,
                NotTheSecret::OfAnotherClient,
            ),
        ] {
            let error = read(text).expect_err(text);
            assert_eq!(error, problem, "{text}");
            assert!(!format!("{error} {error:?}").contains("s3cret"));
        }
        let empty = SecretValue {
            secret_string: None,
        };
        assert_eq!(secret_of(empty, "client").err(), Some(NotTheSecret::NoText));
    }

    #[test]
    fn the_region_is_the_one_of_the_arn() {
        let region = |arn| region_of(arn).map(|region| region.as_str().to_owned());
        for arn in [
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:cognito-AbCdEf",
            "arn:aws-us-gov:secretsmanager:eu-central-1:123456789012:secret/cognito",
        ] {
            assert_eq!(region(arn).as_deref(), Ok("eu-central-1"));
        }
        for arn in [
            "",
            "cognito",
            "arn:aws:s3:eu-central-1:123456789012:secret:x",
            "arn:aws:secretsmanager::123456789012:secret:x",
            "arn:aws:secretsmanager:a@b:123456789012:secret:x",
            "arn:aws:secretsmanager:eu-central-1:123456789012:other:x",
        ] {
            let error = region(arn).expect_err(arn);
            assert_eq!(error.problems()[0].field, "client_secret_arn");
        }
    }
}
