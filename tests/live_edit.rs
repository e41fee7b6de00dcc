//! Settings edited on moto and MiniStack, through a proxy that brings a member of tomorrow.
//!
//! moto resets what an update leaves out, MiniStack checks what was signed. Neither updates risk and log
//! configurations, branding, UI customization, sessions, terms or metadata policies; moto updates no
//! resource server and tells no setting of a domain, MiniStack updates no group. `tests/edit_kinds.rs`
//! holds those over a Cognito in memory. Run it with
//! `tests/live/servers.sh cargo test --all-features --test live_edit`.
#![cfg(all(any(feature = "reqwest", feature = "hyper"), feature = "sigv4"))]

mod live;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use cognito_idp::{
    Client, Error, ErrorCode,
    edit::{DesiredState, Diff, Editable, ReadFuture},
    operation::{
        AuthScheme, Operation, RetrySafety,
        app_clients::{CreateUserPoolClientRequest, DescribeUserPoolClientRequest},
        domains::{
            CreateUserPoolDomainRequest, DeleteUserPoolDomainRequest, DescribeUserPoolDomainRequest,
        },
        groups::{CreateGroupRequest, GetGroupRequest, UpdateGroupRequest},
        identity_providers::{CreateIdentityProviderRequest, DescribeIdentityProviderRequest},
        mfa::{GetUserPoolMfaConfigRequest, SetUserPoolMfaConfigRequest},
        resource_servers::{
            CreateResourceServerRequest, DescribeResourceServerRequest, UpdateResourceServerRequest,
        },
        user_pools::{CreateUserPoolRequest, DescribeUserPoolRequest},
    },
    transport::{HttpClient, HttpFuture},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::live::{Outcome, Pool, Server, Wire, unique};

const TOMORROW: &str = "SettingOfTomorrow";
const ROLE: &str = "arn:aws:iam::123456789012:role/cognito";
const CERTIFICATES: &str = "arn:aws:acm:us-east-1:123456789012:certificate/";

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn one_change_of_anything_on_moto_changes_nothing_else() -> Outcome {
    let Some(server) = Server::moto() else {
        return Ok(());
    };
    let kinds = change_one_thing_after_the_other(&server).await?;
    assert_eq!(
        kinds,
        [
            "UpdateUserPool",
            "UpdateUserPoolClient",
            "UpdateGroup",
            "UpdateIdentityProvider",
            "SetUserPoolMfaConfig",
        ]
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn one_change_of_anything_on_ministack_changes_nothing_else() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let kinds = change_one_thing_after_the_other(&server).await?;
    assert_eq!(
        kinds,
        [
            "UpdateUserPool",
            "UpdateUserPoolClient",
            "UpdateIdentityProvider",
            "UpdateResourceServer",
            "UpdateUserPoolDomain",
            "SetUserPoolMfaConfig",
        ]
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_desired_state_is_brought_about_on_moto_and_then_holds() -> Outcome {
    let Some(server) = Server::moto() else {
        return Ok(());
    };
    let pool = server.pool_as(&every_setting_of_a_pool()?).await?;
    let group = CreateGroupRequest::new(&pool.id, "admins")
        .description("Admins")
        .precedence(5);
    server.client.send(&group).await?;
    let desired = || {
        DesiredState::from_json(json!({
            "UserPool": {
                "Policies": {"PasswordPolicy": {"MinimumLength": 16}},
                "UserPoolTags": {"team": "other", "stage": null},
            },
            "UserPoolClients": {pool.app.id().expose(): {"CallbackURLs": ["https://example.com/new"]}},
            "Groups": {"admins": {"Precedence": 1}},
        }))
    };
    let before = server.describe_whole(&pool).await?;
    let mut reconciliation = server.client.reconcile(&pool.id, desired()?).await?;
    assert_eq!(
        reconciliation.diff().changes().len(),
        5,
        "{}",
        reconciliation.diff()
    );
    let applied = reconciliation.apply().await?;
    assert_eq!(applied.applied.changes().len(), 5, "{applied}");
    assert!(applied.ignored.is_empty(), "{applied}");

    let mut expected = before;
    expected["Policies"]["PasswordPolicy"]["MinimumLength"] = 16.into();
    expected["UserPoolTags"] = json!({"team": "other"});
    assert_same(&server.describe_whole(&pool).await?, &expected);
    let again = server.client.reconcile(&pool.id, desired()?).await?;
    assert!(!again.differs(), "{}", again.diff());

    let typo = DesiredState::from_json(json!({"Groups": {"admins": {"Precedense": 1}}}))?;
    match server.client.reconcile(&pool.id, typo).await {
        Err(Error::InvalidInput(error)) => {
            assert_eq!(error.problems()[0].field, "Groups.admins.Precedense");
        }
        other => panic!("{other:?}"),
    }
    server.delete(pool).await
}

/// Makes one of everything that the server updates, with every setting that it takes, and changes some;
/// tells by what operations.
async fn change_one_thing_after_the_other(server: &Server) -> Outcome<Vec<&'static str>> {
    let pool = server.pool_as(&every_setting_of_a_pool()?).await?;
    let proxy = Proxy::new(&server.wire);
    let over_proxy = proxy.clone();
    let client = server.client_with(|client| client.http_client(over_proxy))?;
    let run = Run {
        server,
        proxy,
        client,
        pool: &pool,
    };
    let mut operations = vec![run.user_pool().await?, run.app_client().await?];
    if server.implements::<UpdateGroupRequest>() {
        operations.push(run.group().await?);
    }
    operations.push(run.identity_provider().await?);
    if server.implements::<UpdateResourceServerRequest>() {
        operations.push(run.resource_server().await?);
    }
    // moto tells no setting of a domain.
    if server.checks_codes() {
        operations.push(run.domain().await?);
    }
    operations.push(run.mfa_config().await?);
    server.delete(pool).await?;
    Ok(operations)
}

struct Run<'a> {
    server: &'a Server,
    proxy: Proxy,
    client: Client,
    pool: &'a Pool,
}

impl Run<'_> {
    async fn user_pool(&self) -> Outcome<&'static str> {
        self.change(
            &DescribeUserPoolRequest::new(&self.pool.id),
            || self.client.edit_user_pool(&self.pool.id),
            [
                "/Policies/PasswordPolicy/MinimumLength",
                "/UserPoolTags/team",
            ],
            [14.into(), "other".into()],
        )
        .await
    }

    async fn app_client(&self) -> Outcome<&'static str> {
        let request = every_setting_of_an_app_client(self.pool)?;
        let made = self.server.client.send(&request).await?;
        let id = made.user_pool_client.and_then(|app| app.client_id);
        let id = id.ok_or("no app client")?;
        self.change(
            &DescribeUserPoolClientRequest::new(&self.pool.id, &id),
            || {
                self.client
                    .edit_user_pool_client(&self.pool.id, id.expose())
            },
            ["/AccessTokenValidity", "/CallbackURLs"],
            [
                45.into(),
                json!(["https://example.com/a", "https://example.com/new"]),
            ],
        )
        .await
    }

    async fn group(&self) -> Outcome<&'static str> {
        self.make::<CreateGroupRequest>(json!({
            "GroupName": "admins", "Description": "Admins", "Precedence": 5, "RoleArn": ROLE,
        }))
        .await?;
        self.change(
            &GetGroupRequest::new(&self.pool.id, "admins"),
            || self.client.edit_group(&self.pool.id, "admins"),
            ["/Description", "/Precedence"],
            ["Those who may".into(), 4.into()],
        )
        .await
    }

    async fn identity_provider(&self) -> Outcome<&'static str> {
        self.make::<CreateIdentityProviderRequest>(json!({
            "ProviderName": "Shop", "ProviderType": "OIDC",
            "ProviderDetails": {
                "client_id": "shop", "client_secret": "not shown", "authorize_scopes": "openid email",
                "attributes_request_method": "GET", "oidc_issuer": "https://example.com",
            },
            "AttributeMapping": {"email": "email", "username": "sub"}, "IdpIdentifiers": ["example.com"],
        }))
        .await?;
        self.change(
            &DescribeIdentityProviderRequest::new(&self.pool.id, "Shop"),
            || self.client.edit_identity_provider(&self.pool.id, "Shop"),
            [
                "/ProviderDetails/authorize_scopes",
                "/AttributeMapping/email",
            ],
            ["openid".into(), "mail".into()],
        )
        .await
    }

    async fn resource_server(&self) -> Outcome<&'static str> {
        let identifier = "https://api.example.com";
        self.make::<CreateResourceServerRequest>(json!({
            "Identifier": identifier, "Name": "Orders", "Scopes": [
                {"ScopeName": "read", "ScopeDescription": "Read orders"},
                {"ScopeName": "write", "ScopeDescription": "Write orders"},
            ],
        }))
        .await?;
        self.change(
            &DescribeResourceServerRequest::new(&self.pool.id, identifier),
            || self.client.edit_resource_server(&self.pool.id, identifier),
            ["/Name", "/Scopes/1/ScopeDescription"],
            ["All orders".into(), "Change orders".into()],
        )
        .await
    }

    async fn domain(&self) -> Outcome<&'static str> {
        let domain = format!("{}.example.com", unique("login"));
        self.make::<CreateUserPoolDomainRequest>(json!({
            "Domain": domain, "CustomDomainConfig": {"CertificateArn": format!("{CERTIFICATES}one")},
        }))
        .await?;
        let operation = self
            .change(
                &DescribeUserPoolDomainRequest::new(&domain),
                || self.client.edit_user_pool_domain(&self.pool.id, &domain),
                ["/CustomDomainConfig/CertificateArn"],
                [format!("{CERTIFICATES}two").into()],
            )
            .await?;
        let request = DeleteUserPoolDomainRequest::new(&self.pool.id, &domain);
        self.server.client.send(&request).await?;
        Ok(operation)
    }

    async fn mfa_config(&self) -> Outcome<&'static str> {
        self.make::<SetUserPoolMfaConfigRequest>(json!({
            "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": true},
            "SmsMfaConfiguration": {
                "SmsAuthenticationMessage": "Your code is {####}",
                "SmsConfiguration": {
                    "SnsCallerArn": ROLE, "ExternalId": "shop", "SnsRegion": "us-east-1",
                },
            },
        }))
        .await?;
        self.change(
            &GetUserPoolMfaConfigRequest::new(&self.pool.id),
            || self.client.edit_user_pool_mfa_config(&self.pool.id),
            ["/MfaConfiguration"],
            ["ON".into()],
        )
        .await
    }

    /// Sends a request of the pool that is written as JSON.
    async fn make<O: Operation + DeserializeOwned>(&self, mut request: Value) -> Outcome {
        request["UserPoolId"] = self.pool.id.as_str().into();
        self.server
            .client
            .send(&serde_json::from_value::<O>(request)?)
            .await?;
        Ok(())
    }

    /// Changes the values at some paths of what is told of a thing, and tells what wrote it.
    async fn change<R: Operation, O: Editable, const N: usize>(
        &self,
        read: &R,
        edit: impl Fn() -> ReadFuture<O>,
        paths: [&str; N],
        values: [Value; N],
    ) -> Outcome<&'static str> {
        let kind = O::KIND.name();
        let before = told(self.server, read).await?;

        let mut unchanged = edit().await?;
        unchanged.change(|request| request)?.change_json(|_| {});
        unchanged.apply().await?;
        assert_eq!(
            self.proxy.take(),
            [Value::Null; 0],
            "{kind}: nothing was to be written"
        );

        let mut expected = before;
        for (path, value) in paths.iter().zip(values) {
            let place = expected.pointer_mut(path);
            *place.ok_or_else(|| format!("{kind}: {path} was not set"))? = value;
        }
        let wanted: Map<_, _> = paths
            .iter()
            .filter_map(|path| path.split('/').nth(1))
            .map(|member| (member.to_owned(), expected[member].clone()))
            .collect();
        let (mut first, mut second) = (edit().await?, edit().await?);
        first.merge(wanted.clone());
        let applied = first.apply().await?;
        assert!(applied.is_as_asked(), "{kind}: {applied}");
        assert_eq!(applied.applied.changes().len(), N, "{kind}: {applied}");

        let written = self.proxy.take();
        assert_eq!(written.len(), 1, "{kind}");
        assert_eq!(written[0][TOMORROW], tomorrow(), "{kind}");
        assert_same(&told(self.server, read).await?, &expected);

        // The second read what the first has changed since.
        second.change_json(|settings| {
            settings.insert(TOMORROW.to_owned(), "another change".into());
        });
        match second.apply().await {
            Err(Error::Changed { paths, .. }) => assert_eq!(paths.len(), N, "{kind}: {paths:?}"),
            other => panic!("{kind}: {other:?}"),
        }
        assert_eq!(
            self.proxy.take(),
            [Value::Null; 0],
            "{kind}: it was to be refused"
        );
        Ok(O::NAME)
    }
}

/// What is told of a thing, word for word.
async fn told<R: Operation>(server: &Server, read: &R) -> Outcome<Value> {
    let mut answer = server.client.send(&Whole(read)).await?;
    let described = described(&answer);
    Ok(match described {
        Some(member) => answer[member].take(),
        None => answer,
    })
}

/// The member of an answer that describes the thing, if it does not itself.
fn described(answer: &Value) -> Option<String> {
    let mut members = answer.as_object()?.iter();
    match (members.next(), members.next()) {
        (Some((member, Value::Object(_))), None) => Some(member.clone()),
        _ => None,
    }
}

/// The same to the letter, but for the time of the change and for what Cognito refuses beside its
/// successor.
fn assert_same(is: &Value, must_be: &Value) {
    let comparable = |thing: &Value| {
        let mut thing = thing.as_object().cloned().unwrap_or_default();
        for member in ["LastModifiedDate", TOMORROW] {
            thing.remove(member);
        }
        if let Some(Value::Object(config)) = thing.get_mut("AdminCreateUserConfig") {
            config.remove("UnusedAccountValidityDays");
        }
        thing
    };
    let (is, must_be) = (comparable(is), comparable(must_be));
    assert!(is == must_be, "{}", Diff::between(&must_be, &is));
}

/// Any reading operation, answered in full.
#[derive(Serialize)]
#[serde(transparent)]
struct Whole<'a, O>(&'a O);

impl<O: Operation> Operation for Whole<'_, O> {
    type Response = Value;
    const NAME: &'static str = O::NAME;
    const AUTH: AuthScheme = O::AUTH;
    const RETRY: RetrySafety = O::RETRY;
    const ERRORS: &'static [ErrorCode] = O::ERRORS;
}

fn tomorrow() -> Value {
    json!({"deep": [1.5, null, {"kept": ""}]})
}

/// Brings a member that nobody knows into everything that is told, and remembers what is written.
#[derive(Clone, Debug)]
struct Proxy {
    wire: Wire,
    written: Arc<Mutex<Vec<Value>>>,
}

impl Proxy {
    fn new(wire: &Wire) -> Self {
        Self {
            wire: wire.clone(),
            written: Arc::default(),
        }
    }

    fn written(&self) -> MutexGuard<'_, Vec<Value>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was written since this was asked last.
    fn take(&self) -> Vec<Value> {
        std::mem::take(&mut self.written())
    }
}

impl HttpClient for Proxy {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move {
            let target = request.headers()["x-amz-target"]
                .to_str()
                .unwrap_or_default();
            let operation = target.rsplit('.').next().unwrap_or_default();
            let reads = operation.starts_with("Describe") || operation.starts_with("Get");
            if !reads {
                let body = serde_json::from_slice(request.body()).unwrap_or_default();
                self.written().push(body);
            }
            let response = self.wire.call(request).await?;
            let (parts, body) = response.into_parts();
            let body = match serde_json::from_slice::<Value>(&body) {
                Ok(mut answer) if reads => {
                    let thing = match described(&answer) {
                        Some(member) => &mut answer[member],
                        None => &mut answer,
                    };
                    thing[TOMORROW] = tomorrow();
                    Bytes::from(answer.to_string())
                }
                _ => body,
            };
            Ok(http::Response::from_parts(parts, body))
        })
    }
}

fn every_setting_of_a_pool() -> Outcome<CreateUserPoolRequest> {
    let text = "Your code is {####}";
    Ok(serde_json::from_value(json!({
        "PoolName": unique("edit"),
        "AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
        "AdminCreateUserConfig": {
            "AllowAdminCreateUserOnly": true,
            "InviteMessageTemplate": {
                "EmailMessage": "<p>Hello {username}: {####}</p>", "EmailSubject": "Welcome",
                "SMSMessage": "Hello {username}: {####}",
            },
        },
        "AutoVerifiedAttributes": ["email"],
        "DeletionProtection": "INACTIVE",
        "DeviceConfiguration": {
            "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": true,
        },
        "EmailConfiguration": {
            "EmailSendingAccount": "DEVELOPER", "From": "Shop <no-reply@example.com>",
            "ReplyToEmailAddress": "help@example.com",
            "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/no-reply@example.com",
        },
        "EmailVerificationMessage": text,
        "EmailVerificationSubject": "Verify",
        "LambdaConfig": {"PreTokenGenerationConfig": {
            "LambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:claims", "LambdaVersion": "V2_0",
        }},
        "MfaConfiguration": "OPTIONAL",
        "Policies": {"PasswordPolicy": {
            "MinimumLength": 12, "RequireLowercase": true, "RequireNumbers": true, "RequireSymbols": true,
            "RequireUppercase": true, "TemporaryPasswordValidityDays": 3,
        }},
        "SmsAuthenticationMessage": text,
        "SmsConfiguration": {"ExternalId": "shop", "SnsCallerArn": ROLE, "SnsRegion": "us-east-1"},
        "SmsVerificationMessage": text,
        "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
        "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"},
        "UserPoolTags": {"team": "identity", "stage": "test"},
        "UserPoolTier": "PLUS",
        "VerificationMessageTemplate": {
            "DefaultEmailOption": "CONFIRM_WITH_CODE", "EmailMessage": text, "EmailSubject": "Verify",
            "EmailMessageByLink": "Please {##click##}", "EmailSubjectByLink": "Verify by link",
            "SmsMessage": text,
        },
    }))?)
}

fn every_setting_of_an_app_client(pool: &Pool) -> Outcome<CreateUserPoolClientRequest> {
    Ok(serde_json::from_value(json!({
        "UserPoolId": pool.id, "ClientName": "shop", "GenerateSecret": true,
        "AccessTokenValidity": 30, "IdTokenValidity": 40, "RefreshTokenValidity": 20,
        "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"},
        "AllowedOAuthFlows": ["code"], "AllowedOAuthFlowsUserPoolClient": true,
        "AllowedOAuthScopes": ["openid", "email"], "AuthSessionValidity": 5,
        "CallbackURLs": ["https://example.com/a", "https://example.com/b"],
        "DefaultRedirectURI": "https://example.com/a", "LogoutURLs": ["https://example.com/out"],
        "EnablePropagateAdditionalUserContextData": false, "EnableTokenRevocation": true,
        "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "PreventUserExistenceErrors": "ENABLED", "ReadAttributes": ["email"], "WriteAttributes": ["email"],
        "SupportedIdentityProviders": ["COGNITO"],
    }))?)
}
