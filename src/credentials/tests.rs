//! The sources against services that work and services that misbehave.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aws_credential_types::provider::ProvideCredentials;
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
         [profile other]\nsource_profile = work\nrole_arn = arn\nmfa_serial = marker\n\
         [profile login]\nlogin_session = marker\n",
    )?;
    let mut variables = vec![("AWS_CONFIG_FILE", file.path()), ("HOME", "/nonexistent")];
    variables.extend(ENVIRONMENT);
    let nobody: Arc<dyn HttpClient> = Arc::new(Nobody);
    let chain = StandardCredentials::with(environment(&variables), &nobody, &nobody);
    let found = chain.clone().profile("work").provide_credentials().await?;
    assert_eq!(found.access_key_id(), "AKIDWORK");
    for (profile, key) in [("other", "mfa_serial"), ("login", "login_session")] {
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
async fn an_instance_token_is_replaced_before_its_time_is_over() -> Outcome {
    let round = |token: &str| [of(200, token), of(200, "role"), of(200, KEYS)];
    let rounds = [round("t1"), round("t2")];
    let service = Service::new(rounds.into_iter().flatten());
    let provider = InstanceCredentials::with(environment(&[]), service.clone());
    assert!(provider.find().await?.is_some());
    tokio::time::advance(Duration::from_hours(6) - Duration::from_mins(1)).await;
    assert!(provider.find().await?.is_some());
    assert!(service.requests()[3].starts_with("PUT "));
    let token = service.header(4, "x-aws-ec2-metadata-token");
    assert_eq!(token.as_deref(), Some("t2"));
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

// Profiles that lead elsewhere.

/// A home folder with the two files, which is gone when the test is.
struct Home(std::path::PathBuf);

impl Home {
    fn new(name: &str, config: &str) -> std::io::Result<Self> {
        let name = format!("cognito-idp-{}-home-{name}", std::process::id());
        let home = Self(std::env::temp_dir().join(name));
        std::fs::create_dir_all(home.0.join(".aws/sso/cache"))?;
        std::fs::write(home.0.join(".aws/config"), config)?;
        Ok(home)
    }

    fn cache(&self, file: &str, content: &str) -> std::io::Result<()> {
        std::fs::write(self.0.join(".aws/sso/cache").join(file), content)
    }

    async fn found(
        &self,
        profile: &str,
        variables: &[(&str, &str)],
        direct: &Arc<Service>,
        public: &Arc<Service>,
    ) -> Result<String, String> {
        let mut all = vec![
            ("HOME", self.0.to_str().unwrap_or_default()),
            ("AWS_PROFILE", profile),
        ];
        all.extend_from_slice(variables);
        found(&all, direct, public).await
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What the token service computes of a request; it must be what the request says.
fn assert_signed(request: &http::Request<Bytes>, secret: &str, scope: &str) {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    use sha2::{Digest as _, Sha256};

    let hex = |bytes: &[u8]| {
        let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.concat()
    };
    let mac = |key: &[u8], text: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    };
    let header = |name: &str| match request.headers().get(name) {
        Some(value) => value.to_str().expect("ASCII").to_owned(),
        None => request.uri().authority().expect("a host").to_string(),
    };
    let authorization = header("authorization");
    let part = |name: &str| {
        let (_, rest) = authorization.split_once(name).expect("its part");
        rest.split(',').next().unwrap_or_default().to_owned()
    };
    let signed = part("SignedHeaders=");
    let lines: Vec<_> = signed
        .split(';')
        .map(|name| format!("{name}:{}\n", header(name)))
        .collect();
    for needed in ["host", "x-amz-date"] {
        assert!(signed.contains(needed), "{signed}");
    }
    let has_token = request.headers().contains_key("x-amz-security-token");
    assert_eq!(signed.contains("x-amz-security-token"), has_token);
    let canonical = format!(
        "POST\n/\n\n{}\n{signed}\n{}",
        lines.concat(),
        hex(&Sha256::digest(request.body()))
    );
    let date = header("x-amz-date");
    let scope = format!("{}/{scope}/aws4_request", &date[..8]);
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
        hex(&Sha256::digest(canonical))
    );
    let key = scope
        .split('/')
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| {
            mac(&key, part)
        });
    assert_eq!(part("Signature="), hex(&mac(&key, &to_sign)));
    assert!(part("Credential=").ends_with(&scope), "{authorization}");
}

fn assumed(id: &str) -> Answer {
    of(200, &STS.replace("AKIDSTS", id))
}

#[tokio::test(start_paused = true)]
async fn roles_are_assumed_one_with_the_credentials_of_the_other() -> Outcome {
    let home = Home::new(
        "roles",
        "[profile top]\nrole_arn = arn:top\nsource_profile = middle\nregion = eu-west-1\n\
         external_id = x\n\
         [profile middle]\nrole_arn = arn:middle\nsource_profile = keys\nduration_seconds = 900\n\
         [profile keys]\naws_access_key_id = AKIDKEYS\naws_secret_access_key = marker-keys\n",
    )?;
    let sts = Service::new([assumed("AKIDMIDDLE"), assumed("AKIDTOP")]);
    assert_eq!(home.found("top", &[], &none(), &sts).await?, "AKIDTOP");
    assert_eq!(
        sts.requests(),
        ["POST https://sts.eu-west-1.amazonaws.com/"; 2]
    );
    assert_eq!(
        sts.body(0),
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Amiddle&RoleSessionName=cognito-idp\
         &DurationSeconds=900"
    );
    assert!(sts.body(1).ends_with("&ExternalId=x"), "{}", sts.body(1));
    for (request, id, secret, token) in [
        (0, "AKIDKEYS", "marker-keys", None),
        (1, "AKIDMIDDLE", "marker-s", Some("marker-t")),
    ] {
        assert_eq!(
            sts.header(request, "x-amz-security-token").as_deref(),
            token
        );
        let sent = sts.header(request, "authorization").ok_or("unsigned")?;
        assert!(sent.contains(&format!("Credential={id}/")), "{sent}");
        let requests = sts.requests.lock().unwrap_or_else(PoisonError::into_inner);
        assert_signed(&requests[request], secret, "eu-west-1/sts");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_role_can_start_from_the_environment_the_container_or_the_instance() -> Outcome {
    let home = Home::new(
        "sources",
        "[profile environment]\nrole_arn = r\ncredential_source = Environment\n\
         [profile container]\nrole_arn = r\ncredential_source = EcsContainer\n\
         [profile instance]\nrole_arn = r\ncredential_source = Ec2InstanceMetadata\n\
         [profile token]\nrole_arn = r\nweb_identity_token_file = ~/token\n",
    )?;
    std::fs::write(home.0.join("token"), "marker-jwt")?;
    let region = ("AWS_REGION", "eu-central-1");
    for (profile, variables, answers) in [
        ("container", vec![RELATIVE], vec![of(200, KEYS)]),
        (
            "instance",
            vec![],
            vec![of(200, "t"), of(200, "role"), of(200, KEYS)],
        ),
    ] {
        let (direct, sts) = (Service::new(answers), Service::new([assumed("AKIDROLE")]));
        let variables = [vec![region], variables].concat();
        let id = home.found(profile, &variables, &direct, &sts).await?;
        assert_eq!(id, "AKIDROLE");
        let sent = sts.header(0, "authorization").ok_or("unsigned")?;
        assert!(sent.contains("Credential=AKIDSERVICE/"), "{sent}");
        let error = home.found(profile, &[region], &none(), &sts).await;
        let error = error.expect_err("there is no such source");
        assert!(
            error.contains(profile) && error.contains("credential_source"),
            "{error}"
        );
    }

    // With keys in it the environment goes before the profiles, unless one is chosen.
    let sts = Service::new([assumed("AKIDROLE")]);
    let path = home.0.to_str().unwrap_or_default();
    let variables = [vec![region, ("HOME", path)], ENVIRONMENT.to_vec()].concat();
    let nobody: Arc<dyn HttpClient> = Arc::new(Nobody);
    let public: Arc<dyn HttpClient> = sts.clone();
    let chain = StandardCredentials::with(environment(&variables), &nobody, &public);
    let found = chain.profile("environment").provide_credentials().await?;
    assert_eq!(found.access_key_id(), "AKIDROLE");
    let sent = sts.header(0, "authorization").ok_or("unsigned")?;
    assert!(sent.contains("Credential=AKIDENV/"), "{sent}");

    let sts = Service::new([assumed("AKIDROLE")]);
    let id = home.found("token", &[region], &none(), &sts).await?;
    assert_eq!(id, "AKIDROLE");
    assert_eq!(sts.header(0, "authorization"), None);
    assert!(sts.body(0).ends_with("&WebIdentityToken=marker-jwt"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_refused_is_an_error_with_profile_and_key() -> Outcome {
    let home = Home::new(
        "refused",
        "[profile top]\nrole_arn = arn\nsource_profile = keys\n\
         [profile keys]\naws_access_key_id = AKID\naws_secret_access_key = marker\n\
         [profile split]\naws_access_key_id = AK/ID\naws_secret_access_key = marker\n\
         [profile region]\nrole_arn = arn\nsource_profile = keys\nregion = evil.com/\n",
    )?;
    let denied = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>marker</Message></Error>\
                  </ErrorResponse>";
    let region = [("AWS_REGION", "eu-central-1")];
    for (profile, variables, answers, requests, expected) in [
        ("top", &region[..], vec![of(403, denied)], 1, "AccessDenied"),
        (
            "top",
            &region[..],
            vec![Answer::Broken, of(503, ""), Answer::Silence],
            3,
            "no answer",
        ),
        (
            "top",
            &region[..],
            vec![of(200, "<html>marker")],
            1,
            "no credentials",
        ),
        ("top", &[][..], vec![], 0, "AWS_REGION"),
        ("region", &region[..], vec![], 0, "must be a region"),
    ] {
        let sts = Service::new(answers);
        let error = home.found(profile, variables, &none(), &sts).await;
        let error = error.expect_err(expected);
        let named = format!("the profile \\\"{profile}\\\", role_arn");
        let named_plainly = named.replace('\\', "");
        assert!(error.contains(expected), "{error}");
        assert!(
            error.contains(&named) || error.contains(&named_plainly),
            "{error}"
        );
        assert_eq!(sts.requests().len(), requests, "{error}");
    }
    Ok(())
}

const SSO: &str = r#"{"roleCredentials":{"accessKeyId":"AKIDSSO","secretAccessKey":"marker-s",
    "sessionToken":"marker-t","expiration":32472144000000}}"#;

fn sso_token(start_url: &str, token: &str, expires: &str) -> String {
    format!(
        r#"{{"startUrl":"{start_url}","region":"eu-west-1","accessToken":"{token}","expiresAt":"{expires}"}}"#
    )
}

#[tokio::test(start_paused = true)]
async fn an_sso_sign_in_is_traded_for_the_roles_credentials() -> Outcome {
    let home = Home::new(
        "sso",
        "[profile new]\nsso_session = s\nsso_account_id = 123\nsso_role_name = a b&c\n\
         [sso-session s]\nsso_start_url = https://x.awsapps.com/start/#\nsso_region = eu-west-1\n\
         [profile old]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n\
         sso_account_id = 123\nsso_role_name = r\n",
    )?;
    let start = "https://x.awsapps.com/start";
    home.cache(
        "1.json",
        &sso_token(start, "marker-old", "2020-01-01T00:00:00Z"),
    )?;
    home.cache(
        "2.json",
        &sso_token("https://y", "marker-y", "2999-01-01T00:00:00Z"),
    )?;
    home.cache(
        "3.json",
        r#"{"clientId":"marker","expiresAt":"2999-01-01T00:00:00Z"}"#,
    )?;
    home.cache("4.json", "marker")?;
    home.cache(
        "5.txt",
        &sso_token(start, "marker-txt", "2999-01-01T00:00:00Z"),
    )?;

    for profile in ["new", "old"] {
        let portal = none();
        let error = home.found(profile, &[], &none(), &portal).await;
        let error = error.expect_err("the sign-in has expired");
        let advice = format!("aws sso login --profile {profile}");
        assert!(error.contains(&advice), "{error}");
        assert_eq!(portal.requests().len(), 0);
    }

    home.cache(
        "6.json",
        &sso_token(start, "marker-a", "2998-01-01T00:00:00UTC"),
    )?;
    home.cache(
        "7.json",
        &sso_token(start, "marker-b", "2999-01-01T00:00:00Z"),
    )?;
    let portal = Service::new([of(503, ""), of(401, ""), of(200, SSO)]);
    assert_eq!(home.found("new", &[], &none(), &portal).await?, "AKIDSSO");
    assert_eq!(
        portal.requests(),
        ["GET https://portal.sso.eu-west-1.amazonaws.com/federation/credentials\
          ?role_name=a%20b%26c&account_id=123"; 3]
    );
    for (request, token) in [(0, "marker-b"), (1, "marker-b"), (2, "marker-a")] {
        let sent = portal.header(request, "x-amz-sso_bearer_token");
        assert_eq!(sent.as_deref(), Some(token));
    }

    for (answers, expected) in [
        (
            vec![of(401, ""), of(401, "")],
            "aws sso login --profile old",
        ),
        (vec![of(403, "marker")], "status 403"),
        (vec![of(200, "<html>marker")], "no credentials"),
        (
            vec![of(200, &SSO.replace("marker-s", ""))],
            "no credentials",
        ),
        (
            vec![of(200, &SSO.replace("32472144000000", "1"))],
            "AKIDSSO",
        ),
    ] {
        let portal = Service::new(answers);
        let result = home.found("old", &[], &none(), &portal).await;
        let text = result.unwrap_or_else(|error| error);
        assert!(text.contains(expected), "{text}");
    }
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_gives_the_credentials_and_its_failure_shows_nothing_of_it() -> Outcome {
    let home = Home::new(
        "process",
        "[profile good]\ncredential_process = /bin/echo '{\"Version\": 1, \"AccessKeyId\": \
         \"AKIDPROCESS\", \"SecretAccessKey\": \"marker\"}'\n\
         [profile over]\nrole_arn = arn\nsource_profile = good\nregion = eu-west-1\n\
         [profile talks]\ncredential_process = /bin/echo marker\n\
         [profile fails]\ncredential_process = /bin/sh -c 'echo marker >&2; exit 1'\n\
         [profile open]\ncredential_process = /bin/echo 'marker\n",
    )?;
    assert_eq!(
        home.found("good", &[], &none(), &none()).await?,
        "AKIDPROCESS"
    );
    let sts = Service::new([assumed("AKIDROLE")]);
    assert_eq!(home.found("over", &[], &none(), &sts).await?, "AKIDROLE");
    let sent = sts.header(0, "authorization").ok_or("unsigned")?;
    assert!(sent.contains("Credential=AKIDPROCESS/"), "{sent}");
    for (profile, expected) in [
        ("talks", "no credentials"),
        ("fails", "ended with a failure"),
        ("open", "open quote"),
    ] {
        let error = home.found(profile, &[], &none(), &none()).await;
        let error = error.expect_err(expected);
        assert!(error.contains(expected), "{error}");
        assert!(
            error.contains(profile) && error.contains("credential_process"),
            "{error}"
        );
    }
    Ok(())
}

/// A pipe that nobody writes to hangs whoever opens it.
#[cfg(unix)]
#[tokio::test]
async fn a_file_that_hangs_holds_up_neither_a_call_beyond_its_time_nor_the_others() -> Outcome {
    let home = Home::new("pipe", "[default]\nregion = eu-west-1\n")?;
    let pipe = home.0.join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status()?;
    assert!(made.success());
    let pipe = pipe.to_str().unwrap_or_default();
    let identity = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", pipe),
        ("AWS_ROLE_ARN", "arn"),
        ("AWS_REGION", "eu-west-1"),
    ];
    let container = [RELATIVE, ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", pipe)];
    for variables in [
        &[("AWS_SHARED_CREDENTIALS_FILE", pipe)][..],
        &[("AWS_CONFIG_FILE", pipe)][..],
        &identity[..],
        &container[..],
    ] {
        let nobody: Arc<dyn HttpClient> = Arc::new(Nobody);
        let all = [variables, &[("HOME", "/nonexistent")]].concat();
        let chain = StandardCredentials::with(environment(&all), &nobody, &nobody);
        let client = crate::Client::builder()
            .region("eu-west-1")
            .credentials(chain)
            .http_client(Nobody)
            .operation_timeout(Duration::from_millis(500))
            .build()?;
        let started = std::time::Instant::now();
        let request = crate::operation::users::AdminGetUserRequest::new("eu-west-1_a", "alice");
        let other = async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            started.elapsed()
        };
        let (result, other) = tokio::join!(client.send(&request), other);
        let error = result.expect_err("no credentials");
        assert!(matches!(error, crate::Error::Credentials { .. }), "{error}");
        assert!(other < Duration::from_millis(400), "{other:?}");
        assert!(started.elapsed() < Duration::from_secs(2), "{variables:?}");
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
