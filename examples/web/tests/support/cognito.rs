//! Cognito's part of what no emulator does. It is written here by hand, from the API's documentation and
//! the WebAuthn standard: these tests show what the server makes of such answers, not that Cognito gives
//! them.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "each test takes what it needs"
)]
#![allow(
    clippy::needless_pass_by_value,
    reason = "what `json!` has just made is passed on"
)]

use cognito_idp::fixture::{Fixture, Replay};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wiremock::MockServer;

use crate::support::Server;

pub struct Cognito {
    runtime: Runtime,
    server: MockServer,
    replay: Replay,
}

impl Cognito {
    /// Answers with the first of the exchanges that fits and is not used up.
    pub fn new(exchanges: impl IntoIterator<Item = Value>) -> Self {
        let fixture = json!({
            "description": "What a browser makes the server ask",
            "provenance": "Written by hand from the API's documentation",
            "unordered": true,
            "exchanges": exchanges.into_iter().collect::<Vec<_>>(),
        });
        let fixture = Fixture::parse("web", &fixture.to_string()).expect("a fixture");
        let replay = Replay::new([fixture]);
        let runtime = Runtime::new().expect("a runtime");
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            replay.mount(&server).await;
            server
        });
        Self {
            runtime,
            server,
            replay,
        }
    }

    /// The server, asking here.
    pub fn web(&self, settings: &[(&str, &str)]) -> Server {
        let url = self.server.uri();
        let mut all = vec![
            ("COGNITO_USER_POOL_ID", "eu-central-1_Example"),
            ("COGNITO_CLIENT_ID", "app-client-id"),
            ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", &url),
            ("LIMIT_PER_ADDRESS", "1000"),
        ];
        all.extend(settings);
        Server::with(&all)
    }

    /// The bodies of all requests of an operation.
    pub fn sent(&self, operation: &str) -> Vec<Value> {
        let all = self.all().into_iter();
        all.filter(|(name, _)| name == operation)
            .map(|(_, body)| body)
            .collect()
    }

    /// Every request: its operation and body.
    pub fn all(&self) -> Vec<(String, Value)> {
        let requests = self.runtime.block_on(self.server.received_requests());
        let requests = requests.unwrap_or_default().into_iter();
        let read = requests.filter_map(|request| {
            let target = request.headers.get("x-amz-target")?.to_str().ok()?;
            let operation = target.rsplit('.').next()?.to_owned();
            Some((operation, serde_json::from_slice(&request.body).ok()?))
        });
        read.collect()
    }

    /// Fails if something was asked that is in no exchange.
    #[track_caller]
    pub fn verify(&self) {
        if let Err(error) = self.replay.verify() {
            panic!("{error}");
        }
    }
}

/// Answered whenever it comes; what the request has besides is not looked at.
pub fn always(operation: &str, request: Value, response: Value) -> Value {
    times(json!("any"), operation, request, 200, response)
}

/// Answered once; the next such request gets the next exchange that fits.
pub fn once(operation: &str, request: Value, response: Value) -> Value {
    times(json!(1), operation, request, 200, response)
}

pub fn refused(operation: &str, request: Value, error: &str) -> Value {
    refused_with("Refused.", operation, request, error)
}

/// What a refusal means may depend on its message.
pub fn refused_with(message: &str, operation: &str, request: Value, error: &str) -> Value {
    let body = json!({"__type": error, "message": message});
    times(json!("any"), operation, request, 400, body)
}

fn times(times: Value, operation: &str, mut request: Value, status: u16, body: Value) -> Value {
    request["{{any}}"] = json!("{{any}}");
    json!({
        "operation": operation,
        "request": request,
        "times": times,
        "response": {"status": status, "body": body},
    })
}

/// Takes a password, whatever it is: who checks it is Cognito.
pub fn password(name: &str, then: Value) -> [Value; 2] {
    let prime_to_the_group = "2a".repeat(64);
    [
        always(
            "InitiateAuth",
            json!({"AuthFlow": "USER_SRP_AUTH", "AuthParameters": {"USERNAME": name, "{{any}}": "{{any}}"}}),
            json!({
                "ChallengeName": "PASSWORD_VERIFIER",
                "ChallengeParameters": {
                    "SALT": "8ce8291892390f6b53a245933faf6164",
                    "SECRET_BLOCK": "c2VjcmV0LWJsb2Nr",
                    "SRP_B": prime_to_the_group,
                    "USERNAME": name,
                    "USER_ID_FOR_SRP": name,
                },
            }),
        ),
        always(
            "RespondToAuthChallenge",
            json!({"ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": {"USERNAME": name, "{{any}}": "{{any}}"}}),
            then,
        ),
    ]
}

/// A challenge of this name.
pub fn challenge(name: &str, session: &str, parameters: Value) -> Value {
    json!({"ChallengeName": name, "Session": session, "ChallengeParameters": parameters})
}

/// Tokens of this user, good for an hour.
pub fn tokens(name: &str) -> Value {
    json!({
        "AuthenticationResult": {
            "AccessToken": {"{{jwt:access_token}}": {
                "username": name,
                "token_use": "access",
                "scope": "aws.cognito.signin.user.admin",
            }},
            "IdToken": {"{{jwt:id_token}}": {"cognito:username": name, "token_use": "id"}},
            "RefreshToken": "refresh-token",
            "ExpiresIn": 3600,
            "TokenType": "Bearer",
        },
        "ChallengeParameters": {},
    })
}

/// What the account page asks for.
pub fn account(name: &str) -> Vec<Value> {
    vec![
        profile(json!({
            "Username": name,
            "UserAttributes": [
                {"Name": "sub", "Value": "11111111-2222-3333-4444-555555555555"},
                {"Name": "email", "Value": name},
                {"Name": "email_verified", "Value": "true"},
            ],
        })),
        listed("ListWebAuthnCredentials", json!({"Credentials": []})),
        listed("ListDevices", json!({"Devices": []})),
        listed("ListUserSessions", json!({"Sessions": []})),
        always("RevokeToken", json!({}), json!({})),
    ]
}

pub fn profile(user: Value) -> Value {
    always("GetUser", json!({"AccessToken": "{{access_token}}"}), user)
}

pub fn listed(operation: &str, items: Value) -> Value {
    always(operation, json!({"AccessToken": "{{access_token}}"}), items)
}
