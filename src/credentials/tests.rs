//! The sources against services that work and services that misbehave.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::Instant;

use super::{testing::Nobody, *};
use crate::{
    credentials::metadata::testing::environment,
    error::{TransportError, TransportErrorKind},
    fault_server::{Action, FaultServer, answer, ok},
    transport::HttpFuture,
};

/// Answers by a list and remembers the requests.
#[derive(Debug, Default)]
struct Service {
    answers: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<http::Request<Bytes>>>,
}

#[derive(Debug)]
enum Answer {
    Of(u16, String),
    Silence,
    Broken,
    Refused,
}

fn of(status: u16, body: &str) -> Answer {
    Answer::Of(status, body.to_owned())
}

impl Service {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into_iter().collect()),
            requests: Mutex::default(),
        })
    }

    fn requests(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let line =
            |request: &http::Request<Bytes>| format!("{} {}", request.method(), request.uri());
        requests.iter().map(line).collect()
    }

    fn header(&self, request: usize, name: &str) -> Option<String> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let value = requests.get(request)?.headers().get(name)?;
        assert!(
            value.is_sensitive()
                || !name.contains("token") && name != "authorization"
                || name.ends_with("ttl-seconds"),
            "{name}"
        );
        value.to_str().ok().map(str::to_owned)
    }

    fn body(&self, request: usize) -> String {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(requests[request].body()).into_owned()
    }
}

impl HttpClient for Service {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.push(request);
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.pop_front();
        Box::pin(async move {
            let error = |kind| Err(TransportError::new(kind));
            match answer {
                Some(Answer::Of(status, body)) => http::Response::builder()
                    .status(status)
                    .body(Bytes::from(body))
                    .map_err(|_| TransportError::new(TransportErrorKind::InvalidResponse)),
                Some(Answer::Silence) => std::future::pending().await,
                Some(Answer::Broken) => error(TransportErrorKind::Interrupted),
                Some(Answer::Refused) | None => error(TransportErrorKind::Connect),
            }
        })
    }
}

const KEYS: &str = r#"{"Code":"Success","AccessKeyId":"AKIDSERVICE","SecretAccessKey":"marker-secret",
    "Token":"marker-token","Expiration":"2999-01-01T00:00:00Z"}"#;

/// The key that a chain finds, or its error with all sources; no secret is in either.
async fn found(
    variables: &[(&str, &str)],
    direct: &Arc<Service>,
    public: &Arc<Service>,
) -> Result<String, String> {
    let direct: Arc<dyn HttpClient> = direct.clone();
    let public: Arc<dyn HttpClient> = public.clone();
    // A home of nobody, lest a test reads the files of whoever runs it.
    let mut all = vec![("HOME", "/nonexistent")];
    all.extend_from_slice(variables);
    let chain = StandardCredentials::with(environment(&all), &direct, &public);
    assert!(!format!("{chain:?}").contains("marker"));
    match chain.provide_credentials().await {
        Ok(credentials) => Ok(credentials.access_key_id().to_owned()),
        Err(error) => {
            let mut text = format!("{error} {error:?}");
            let mut source = std::error::Error::source(&error);
            while let Some(error) = source {
                text = format!("{text} {error} {error:?}");
                source = error.source();
            }
            assert!(!text.contains("marker"), "{text}");
            Err(text)
        }
    }
}

fn none() -> Arc<Service> {
    Service::new([])
}

/// A file that is gone when the test is.
struct File(std::path::PathBuf);

impl File {
    fn new(name: &str, content: impl AsRef<[u8]>) -> std::io::Result<Self> {
        let name = format!("cognito-idp-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content)?;
        Ok(Self(path))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

const RELATIVE: (&str, &str) = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/keys?id=1");
const ENVIRONMENT: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIDENV"),
    ("AWS_SECRET_ACCESS_KEY", "marker"),
];

#[tokio::test(start_paused = true)]
async fn the_sources_are_asked_in_the_standard_order() -> Outcome {
    let profile = File::new(
        "order",
        "[default]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = marker\n",
    )?;
    let token = File::new("order-token", "marker")?;
    let profile = ("AWS_SHARED_CREDENTIALS_FILE", profile.path());
    let identity = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.path()),
        ("AWS_ROLE_ARN", "arn"),
        ("AWS_REGION", "eu-central-1"),
    ];
    let sts = || Service::new([of(200, STS)]);
    let direct = || Service::new([of(200, KEYS)]);

    let mut variables = vec![];
    variables.extend(ENVIRONMENT);
    variables.push(profile);
    variables.extend(identity);
    variables.push(RELATIVE);
    assert_eq!(found(&variables, &direct(), &sts()).await?, "AKIDENV");
    variables.drain(..2);
    assert_eq!(found(&variables, &direct(), &sts()).await?, "AKIDPROFILE");
    variables.drain(..1);
    assert_eq!(found(&variables, &direct(), &sts()).await?, "AKIDSTS");
    variables.drain(..3);
    assert_eq!(found(&variables, &direct(), &sts()).await?, "AKIDSERVICE");
    variables.drain(..1);
    let instance = Service::new([of(200, "marker-t"), of(200, "role"), of(200, KEYS)]);
    assert_eq!(found(&variables, &instance, &sts()).await?, "AKIDSERVICE");
    let error = found(&[], &none(), &none()).await.expect_err("nothing");
    assert!(error.contains("none of environment"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_source_that_is_there_but_wrong_ends_the_search() -> Outcome {
    let half_profile = File::new("half", "[default]\naws_access_key_id = AKID\n")?;
    let broken_profile = File::new("broken", "[default]\nmarker\n")?;
    let binary_profile = File::new("binary", [0xff, 0xfe, 0x00])?;
    for variables in [
        vec![("AWS_ACCESS_KEY_ID", "AKID")],
        vec![("AWS_SECRET_ACCESS_KEY", "marker")],
        vec![("AWS_SHARED_CREDENTIALS_FILE", half_profile.path())],
        vec![("AWS_CONFIG_FILE", broken_profile.path())],
        vec![("AWS_CONFIG_FILE", binary_profile.path())],
        vec![("AWS_CONFIG_FILE", "/")],
        vec![("AWS_PROFILE", "missing")],
        vec![("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent")],
        vec![
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent"),
            ("AWS_ROLE_ARN", "arn"),
            ("AWS_REGION", "eu-central-1"),
        ],
        vec![("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@evil.example/x")],
        vec![(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://evil.example/x",
        )],
        vec![
            RELATIVE,
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nonexistent"),
        ],
        vec![
            RELATIVE,
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "marker\r\nx: y"),
        ],
    ] {
        let service = Service::new([of(200, KEYS), of(200, KEYS)]);
        let result = found(&variables, &service, &service).await;
        assert!(result.is_err(), "{variables:?}: {result:?}");
        assert_eq!(service.requests(), [""; 0], "{variables:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_chosen_profile_goes_before_the_environment() -> Outcome {
    let file = File::new(
        "chosen",
        "[profile work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = marker\n\
         [profile other]\nsource_profile = work\nrole_arn = arn\n\
         [profile process]\ncredential_process = /bin/marker\n",
    )?;
    let mut variables = vec![("AWS_CONFIG_FILE", file.path()), ("HOME", "/nonexistent")];
    variables.extend(ENVIRONMENT);
    let nobody: Arc<dyn HttpClient> = Arc::new(Nobody);
    let chain = StandardCredentials::with(environment(&variables), &nobody, &nobody);
    let found = chain.clone().profile("work").provide_credentials().await?;
    assert_eq!(found.access_key_id(), "AKIDWORK");
    for (profile, key) in [("other", "role_arn"), ("process", "credential_process")] {
        let result = chain.clone().profile(profile).provide_credentials().await;
        let source = result
            .err()
            .and_then(|error| std::error::Error::source(&error).map(ToString::to_string));
        assert!(source.is_some_and(|text| text.contains(key)), "{profile}");
    }
    assert_eq!(
        chain.provide_credentials().await?.access_key_id(),
        "AKIDENV"
    );
    Ok(())
}

// The container.

#[tokio::test(start_paused = true)]
async fn the_container_is_asked_with_its_token_which_is_read_anew() -> Outcome {
    let token = File::new("container-token", "marker-first")?;
    let service = Service::new([of(200, KEYS), of(200, KEYS)]);
    let provider = ContainerCredentials::with(
        environment(&[
            RELATIVE,
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token.path()),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "unused"),
        ]),
        service.clone(),
    );
    assert!(provider.find().await?.is_some());
    std::fs::write(token.path(), "marker-second")?;
    assert!(provider.find().await?.is_some());
    assert_eq!(
        service.requests()[0],
        "GET http://169.254.170.2/v2/keys?id=1"
    );
    let sent = |n| service.header(n, "authorization");
    assert_eq!(sent(0).as_deref(), Some("marker-first"));
    assert_eq!(sent(1).as_deref(), Some("marker-second"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_container_service_that_misbehaves_is_asked_three_times_at_most() -> Outcome {
    for (answers, requests, succeeds) in [
        (vec![of(500, ""), Answer::Silence, of(200, KEYS)], 3, true),
        (vec![Answer::Broken, of(429, ""), of(200, KEYS)], 3, true),
        (
            vec![of(500, ""), of(500, ""), of(500, ""), of(200, KEYS)],
            3,
            false,
        ),
        (vec![of(403, "marker"), of(200, KEYS)], 1, false),
        (vec![of(307, "marker"), of(200, KEYS)], 1, false),
        (vec![of(200, "<html>marker"), of(200, KEYS)], 1, false),
        (vec![of(200, ""), of(200, KEYS)], 1, false),
        (
            vec![Answer::Refused, Answer::Refused, Answer::Refused],
            3,
            false,
        ),
    ] {
        let service = Service::new(answers);
        let started = Instant::now();
        let result = found(&[RELATIVE], &service, &none()).await;
        assert_eq!(result.is_ok(), succeeds, "{result:?}");
        assert_eq!(service.requests().len(), requests, "{result:?}");
        assert!(started.elapsed() < Duration::from_secs(12));
    }
    Ok(())
}

// The instance.

#[tokio::test(start_paused = true)]
async fn the_instance_is_asked_for_token_role_and_keys_and_the_token_is_kept() -> Outcome {
    let service = Service::new([
        of(200, "marker-t"),
        of(200, "my-role\n"),
        of(200, KEYS),
        of(200, "my-role"),
        of(200, KEYS),
    ]);
    let provider = InstanceCredentials::with(environment(&[]), service.clone());
    assert!(provider.find().await?.is_some());
    assert!(provider.find().await?.is_some());
    let path = "http://169.254.169.254/latest";
    assert_eq!(
        service.requests(),
        [
            format!("PUT {path}/api/token"),
            format!("GET {path}/meta-data/iam/security-credentials/"),
            format!("GET {path}/meta-data/iam/security-credentials/my-role"),
            format!("GET {path}/meta-data/iam/security-credentials/"),
            format!("GET {path}/meta-data/iam/security-credentials/my-role"),
        ]
    );
    let ttl = service.header(0, "x-aws-ec2-metadata-token-ttl-seconds");
    assert_eq!(ttl.as_deref(), Some("21600"));
    for n in 1..5 {
        let token = service.header(n, "x-aws-ec2-metadata-token");
        assert_eq!(token.as_deref(), Some("marker-t"));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_refused_instance_token_is_replaced_once() -> Outcome {
    let service = Service::new([
        of(200, "t1"),
        of(401, ""),
        of(200, "t2"),
        of(200, "role"),
        of(200, KEYS),
    ]);
    assert!(found(&[], &service, &none()).await.is_ok());
    let service = Service::new([of(200, "t1"), of(401, ""), of(200, "t2"), of(401, "")]);
    let error = found(&[], &service, &none()).await.expect_err("refused");
    assert!(error.contains("401"), "{error}");
    assert_eq!(service.requests().len(), 4);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_instance_service_that_misbehaves_ends_in_time_and_in_an_error() {
    let token = || of(200, "t");
    for (answers, requests) in [
        (vec![of(500, ""), of(503, ""), of(500, ""), of(500, "")], 4),
        (
            vec![
                Answer::Silence,
                Answer::Silence,
                Answer::Silence,
                Answer::Silence,
            ],
            4,
        ),
        (vec![of(200, "")], 1),
        (vec![of(200, "two\r\nlines")], 1),
        (vec![of(307, "marker")], 1),
        (
            vec![token(), of(500, ""), of(500, ""), of(500, ""), of(500, "")],
            5,
        ),
        (vec![token(), of(200, "role"), of(200, "<html>marker")], 3),
        (
            vec![
                token(),
                of(200, "role"),
                of(
                    200,
                    r#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"marker"}"#,
                ),
            ],
            3,
        ),
    ] {
        let service = Service::new(answers);
        let started = Instant::now();
        let result = found(&[], &service, &none()).await;
        assert!(result.is_err(), "{result:?}");
        assert_eq!(service.requests().len(), requests, "{result:?}");
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_instance_or_a_role_there_is_nothing_and_no_second_try() {
    for (answers, requests) in [
        (vec![Answer::Refused], 1),
        (vec![of(403, "")], 1),
        (vec![of(404, "")], 1),
        (vec![of(200, "t"), of(404, "")], 2),
        (vec![of(200, "t"), of(200, "<html>")], 2),
        (vec![of(200, "t"), of(200, "../x")], 2),
    ] {
        let service = Service::new(answers);
        let error = found(&[], &service, &none()).await.expect_err("nothing");
        assert!(error.contains("none of environment"), "{error}");
        assert_eq!(service.requests().len(), requests);
    }
    let service = Service::new([of(200, "t")]);
    let off = [("AWS_EC2_METADATA_DISABLED", "True")];
    assert!(found(&off, &service, &none()).await.is_err());
    assert_eq!(service.requests().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_instance_service_can_stand_elsewhere() {
    for (variables, expected) in [
        (
            vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6")],
            Some("PUT http://[fd00:ec2::254]/latest/api/token"),
        ),
        (
            vec![(
                "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                "http://127.0.0.1:1338/",
            )],
            Some("PUT http://127.0.0.1:1338/latest/api/token"),
        ),
        (
            vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv5")],
            None,
        ),
        (
            vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ftp://x/")],
            None,
        ),
        (
            vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://u@x/")],
            None,
        ),
    ] {
        let service = Service::new([]);
        assert!(found(&variables, &service, &none()).await.is_err());
        assert_eq!(service.requests().first().map(String::as_str), expected);
    }
}

// The web identity.

const STS: &str = "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
    <AccessKeyId>AKIDSTS</AccessKeyId><SecretAccessKey>marker-s</SecretAccessKey>\
    <SessionToken>marker-t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>\
    </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";

async fn identity(
    answers: Vec<Answer>,
) -> Result<(Result<String, String>, Arc<Service>), std::io::Error> {
    let token = File::new(&format!("identity-{}", answers.len()), "marker-jwt\n")?;
    let service = Service::new(answers);
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.path()),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r"),
        ("AWS_ROLE_SESSION_NAME", "me"),
        ("AWS_REGION", "eu-central-1"),
    ];
    Ok((found(&variables, &none(), &service).await, service))
}

#[tokio::test(start_paused = true)]
async fn a_web_identity_is_traded_in_the_body_of_an_unsigned_request() -> Outcome {
    let (result, service) = identity(vec![of(200, STS)]).await?;
    assert_eq!(result?, "AKIDSTS");
    assert_eq!(
        service.requests(),
        ["POST https://sts.eu-central-1.amazonaws.com/"]
    );
    let body = service.body(0);
    assert!(
        body.contains("&RoleSessionName=me&WebIdentityToken=marker-jwt"),
        "{body}"
    );
    assert_eq!(service.header(0, "authorization"), None);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_token_service_that_misbehaves_is_asked_three_times_at_most() -> Outcome {
    let refusal = |code: &str| {
        of(
            400,
            &format!(
                "<ErrorResponse><Error><Code>{code}</Code><Message>marker</Message></Error></ErrorResponse>"
            ),
        )
    };
    for (answers, requests, succeeds) in [
        (
            vec![
                refusal("IDPCommunicationError"),
                Answer::Broken,
                of(200, STS),
            ],
            3,
            true,
        ),
        (
            vec![of(503, "<html>"), Answer::Silence, of(200, STS)],
            3,
            true,
        ),
        (
            vec![of(500, ""), of(500, ""), of(500, ""), of(200, STS)],
            3,
            false,
        ),
        (vec![refusal("AccessDenied")], 1, false),
        (
            vec![refusal("ExpiredTokenException"), of(200, STS)],
            1,
            false,
        ),
        (vec![of(200, "<html>marker")], 1, false),
        (vec![of(200, &STS.replace("AKIDSTS", ""))], 1, false),
        (vec![of(307, "")], 1, false),
    ] {
        let (result, service) = identity(answers).await?;
        assert_eq!(result.is_ok(), succeeds, "{result:?}");
        assert_eq!(service.requests().len(), requests, "{result:?}");
    }
    Ok(())
}

// Over real connections.

#[cfg(any(feature = "reqwest", feature = "hyper"))]
#[tokio::test]
async fn a_service_that_breaks_lies_or_never_ends_costs_neither_memory_nor_a_token() -> Outcome {
    let elsewhere = FaultServer::always(Action::Write(ok(KEYS))).await?;
    let location = elsewhere.url();
    let endless = Action::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b' '; 16 * 1024]);
    for (name, action, succeeds) in [
        ("good", Action::Write(ok(KEYS)), true),
        ("closed", Action::Close, false),
        ("garbage", Action::Write(vec![0, 1, 2, b'\r', b'\n']), false),
        (
            "cut off",
            Action::Write(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec()),
            false,
        ),
        ("endless", endless, false),
        (
            "redirect",
            Action::Write(answer("307 Temporary", &[("location", &location)], "")),
            false,
        ),
    ] {
        let server = FaultServer::always(action).await?;
        let provider = ContainerCredentials::with(
            environment(&[
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &server.url()),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "marker-token"),
            ]),
            crate::credentials::metadata::direct_client()?,
        );
        let found = provider.find().await;
        assert_eq!(found.is_ok(), succeeds, "{name}: {found:?}");
        assert!(
            !format!("{found:?} {provider:?}").contains("marker"),
            "{name}"
        );
        assert!(server.requests().len() <= 3 && !server.requests().is_empty());
        assert!(server.written() < 64 * 1024 * 1024, "{name}");
    }
    assert_eq!(elsewhere.connections(), 0);
    Ok(())
}
