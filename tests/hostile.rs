//! Servers that break, stall, lie and pry: the right error each time, nothing sent twice that must
//! run once, nothing sent elsewhere, bounded time and memory.
#![cfg(any(feature = "reqwest", feature = "hyper"))]

#[path = "support/fault_server.rs"]
mod fault_server;

use std::{
    error::Error as StdError,
    fmt::Write as _,
    time::{Duration, Instant},
};

#[cfg(feature = "hyper")]
use cognito_idp::transport::HyperClient;
#[cfg(feature = "reqwest")]
use cognito_idp::transport::ReqwestClient;
use cognito_idp::{
    Client, Error, ErrorCode,
    error::{DecodeProblem, TransportErrorKind},
    operation::{sign_up::SignUpRequest, users::GetUserRequest},
    retry::RetryPolicy,
};

use self::fault_server::{Action, FaultServer, answer, ok};

const PASSWORD: &str = "marker-P@ssw0rd";
const ACCESS_TOKEN: &str = "marker.access.token";
const SIGNED_UP: &str = r#"{"UserConfirmed":false,"UserSub":"sub-1"}"#;
const LIMIT: usize = 256 * 1024;

type Outcome = Result<(), Box<dyn StdError>>;

/// What a broken answer must look like to the caller.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    Transport(TransportErrorKind),
    NotJson,
    UnexpectedShape,
    Redirect,
    UnexpectedStatus,
    /// A service error, with how its code is spelled and whether the outcome is unknown.
    Service(u16, Option<&'static str>, bool),
}

struct Case {
    name: &'static str,
    action: Action,
    expected: Expected,
    /// How often a request that may be repeated arrives; one that may not arrives once at most.
    repeated: bool,
}

fn case(name: &'static str, action: Action, expected: Expected, repeated: bool) -> Case {
    Case {
        name,
        action,
        expected,
        repeated,
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    use Action::{Close, Drip, Endless, Stall, Write};
    use Expected::{NotJson, Redirect, Service, Transport, UnexpectedShape, UnexpectedStatus};
    use TransportErrorKind::{Interrupted, InvalidResponse, ResponseTooLarge, Timeout};

    let raw = |text: &str| Write(text.as_bytes().to_vec());
    let html = "<html><body>Request blocked. CloudFront</body></html>";
    let xml = "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>";
    let deep = |depth: usize| format!("{{\"X\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let big_header = |n: usize| {
        let value = "h".repeat(n);
        Write(answer("200 OK", &[("x-filler", &value)], SIGNED_UP))
    };
    let many_headers = "x-filler: 1\r\n".repeat(500);

    vec![
        case("closed after reading", Close, Transport(Interrupted), true),
        case(
            "closed in the status line",
            raw("HTTP/1.1 2"),
            Transport(Interrupted),
            true,
        ),
        case(
            "closed in the headers",
            raw("HTTP/1.1 200 OK\r\ncontent-le"),
            Transport(Interrupted),
            true,
        ),
        case(
            "closed in the body",
            raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"UserSub\":"),
            Transport(Interrupted),
            true,
        ),
        case(
            "closed in a chunk",
            raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n40\r\n{\"User"),
            Transport(Interrupted),
            true,
        ),
        case(
            "closed without a length, which HTTP cannot tell from the end",
            raw("HTTP/1.1 200 OK\r\n\r\n{\"UserSub\":"),
            NotJson,
            true,
        ),
        case(
            "length too short, so that the JSON is cut",
            raw("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{\"UserSub\":\"sub\"}"),
            NotJson,
            false,
        ),
        case(
            "length too long",
            raw(&format!(
                "HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{SIGNED_UP}"
            )),
            Transport(Interrupted),
            true,
        ),
        case(
            "length that is no number",
            raw("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}"),
            Transport(InvalidResponse),
            false,
        ),
        case(
            "two lengths that differ",
            raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}"),
            Transport(InvalidResponse),
            false,
        ),
        case(
            "garbage",
            Write(vec![0, 159, 146, 150, b'\r', b'\n', b'\r', b'\n']),
            Transport(InvalidResponse),
            false,
        ),
        case(
            "another protocol",
            raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
            Transport(InvalidResponse),
            false,
        ),
        case(
            "endless body",
            Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b' '; 16 * 1024]),
            Transport(ResponseTooLarge),
            false,
        ),
        case(
            "length over the limit, told in advance",
            Stall(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{".to_vec()),
            Transport(ResponseTooLarge),
            false,
        ),
        case(
            "endless error body",
            Endless(
                b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
                vec![b' '; 16 * 1024],
            ),
            Transport(ResponseTooLarge),
            false,
        ),
        case(
            "endless chunks",
            Endless(
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec(),
                [b"4000\r\n".as_slice(), &[b' '; 0x4000], b"\r\n"].concat(),
            ),
            Transport(ResponseTooLarge),
            false,
        ),
        case(
            "endless provisional answers",
            Endless(Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".repeat(64)),
            Transport(Timeout),
            true,
        ),
        case("silence", Stall(Vec::new()), Transport(Timeout), true),
        case(
            "silence in the headers",
            Stall(b"HTTP/1.1 200 OK\r\nx: ".to_vec()),
            Transport(Timeout),
            true,
        ),
        case(
            "silence in the body",
            Stall(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{".to_vec()),
            Transport(Timeout),
            true,
        ),
        case(
            "slow drip",
            Drip(ok(SIGNED_UP), Duration::from_millis(100)),
            Transport(Timeout),
            true,
        ),
        case(
            "one huge header",
            big_header(600 * 1024),
            Transport(InvalidResponse),
            false,
        ),
        case(
            "endless headers",
            Endless(
                b"HTTP/1.1 200 OK\r\n".to_vec(),
                b"x-filler: y\r\n".repeat(999),
            ),
            Transport(InvalidResponse),
            false,
        ),
        case(
            "too many headers",
            raw(&format!("HTTP/1.1 200 OK\r\n{many_headers}\r\n{{}}")),
            Transport(InvalidResponse),
            false,
        ),
        case(
            "HTTP/1.0 with an error",
            raw("HTTP/1.0 400 Bad\r\n\r\n{\"__type\":\"NotAuthorizedException\"}"),
            Service(400, Some("NotAuthorizedException"), false),
            false,
        ),
        case(
            "HTML of status 200, as a captive portal has it",
            Write(answer("200 OK", &[("content-type", "text/html")], html)),
            NotJson,
            false,
        ),
        case(
            "HTML of status 403",
            Write(answer(
                "403 Forbidden",
                &[("content-type", "text/html")],
                html,
            )),
            Service(403, None, false),
            false,
        ),
        case(
            "HTML of status 413",
            Write(answer("413 Content Too Large", &[], html)),
            Service(413, None, false),
            false,
        ),
        case(
            "HTML of status 502",
            Write(answer("502 Bad Gateway", &[], html)),
            Service(502, None, true),
            true,
        ),
        case(
            "XML",
            Write(answer(
                "400 Bad Request",
                &[("content-type", "text/xml")],
                xml,
            )),
            Service(400, None, false),
            false,
        ),
        case(
            "400 without a body",
            Write(answer("400 Bad Request", &[], "")),
            Service(400, None, false),
            false,
        ),
        case(
            "invalid UTF-8 in a success",
            Write(answer(
                "200 OK",
                &[],
                b"{\"UserSub\":\"\xff\",\"Username\":\"\xff\"}",
            )),
            NotJson,
            false,
        ),
        case(
            "invalid UTF-8 in an error",
            Write(answer(
                "400 Bad Request",
                &[],
                b"{\"message\":\"\xff\xfe\"}",
            )),
            Service(400, None, false),
            false,
        ),
        case(
            "deep JSON in a success, where nothing is missing but what is asked for",
            Write(ok(&deep(50_000))),
            UnexpectedShape,
            false,
        ),
        case(
            "deep JSON in an error",
            Write(answer("400 Bad Request", &[], deep(50_000))),
            Service(400, None, false),
            false,
        ),
        case(
            "JSON of another shape",
            Write(ok(r#"[{"UserSub":1}]"#)),
            UnexpectedShape,
            false,
        ),
        case(
            "compressed body, which was not asked for",
            Write(answer(
                "200 OK",
                &[("content-encoding", "gzip")],
                [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
            )),
            NotJson,
            false,
        ),
        case(
            "status 304",
            Write(answer("304 Not Modified", &[], "")),
            Redirect,
            false,
        ),
        case(
            "status 101",
            raw("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
            UnexpectedStatus,
            false,
        ),
        case(
            "status that does not exist",
            Write(answer("999 Odd", &[], "{}")),
            UnexpectedStatus,
            false,
        ),
    ]
}

/// What every test here runs over.
#[derive(Clone, Copy, Debug)]
enum Transport {
    #[cfg(feature = "reqwest")]
    Reqwest,
    #[cfg(feature = "hyper")]
    Hyper,
}

fn transports() -> impl Iterator<Item = Transport> {
    let transports = [
        #[cfg(feature = "reqwest")]
        Transport::Reqwest,
        #[cfg(feature = "hyper")]
        Transport::Hyper,
    ];
    // Printed where a test fails.
    let shown = |transport: &Transport| println!("over {transport:?}");
    transports.into_iter().inspect(shown)
}

impl Transport {
    fn tells_what_was_unsent(self) -> bool {
        match self {
            #[cfg(feature = "reqwest")]
            Self::Reqwest => false,
            #[cfg(feature = "hyper")]
            Self::Hyper => true,
        }
    }

    fn client(self, url: &str) -> Result<Client, Box<dyn StdError>> {
        // So long that no busy machine makes a time-out of another fault.
        self.patient_client(url, Duration::from_secs(15))
    }

    fn client_for(self, case: &Case, url: &str) -> Result<Client, Box<dyn StdError>> {
        if case.expected == Expected::Transport(TransportErrorKind::Timeout) {
            return self.patient_client(url, Duration::from_millis(300));
        }
        self.client(url)
    }

    fn patient_client(
        self,
        url: &str,
        attempt_timeout: Duration,
    ) -> Result<Client, Box<dyn StdError>> {
        let policy = RetryPolicy::default()
            .base_delay(Duration::ZERO)
            .throttling_base_delay(Duration::ZERO);
        let builder = Client::builder()
            .endpoint_url(url)
            .retry_policy(policy)
            .attempt_timeout(attempt_timeout)
            .operation_timeout(Duration::from_mins(1));
        let builder = match self {
            #[cfg(feature = "reqwest")]
            Self::Reqwest => builder.http_client(ReqwestClient::new()?.max_response_size(LIMIT)),
            #[cfg(feature = "hyper")]
            Self::Hyper => builder.http_client(HyperClient::new()?.max_response_size(LIMIT)),
        };
        Ok(builder.build()?)
    }
}

fn sign_up() -> SignUpRequest {
    SignUpRequest::new("marker-client", "marker-user").password(PASSWORD)
}

fn kind(error: &Error) -> Option<Expected> {
    match error {
        Error::Transport { error, .. } => Some(Expected::Transport(error.kind())),
        Error::Service(error) => Some(Expected::Service(
            error.status().as_u16(),
            error.code().map(|code| match code {
                ErrorCode::NotAuthorized => "NotAuthorizedException",
                _ => "another code",
            }),
            Error::from((**error).clone()).outcome_unknown(),
        )),
        Error::Decode(error) => match error.problem() {
            DecodeProblem::NotJson { .. } => Some(Expected::NotJson),
            DecodeProblem::UnexpectedShape { .. } => Some(Expected::UnexpectedShape),
            DecodeProblem::Redirect { .. } => Some(Expected::Redirect),
            DecodeProblem::UnexpectedStatus => Some(Expected::UnexpectedStatus),
            _ => None,
        },
        _ => None,
    }
}

/// Everything an error shows, with all its sources.
fn shown(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, " {error} {error:?}");
        source = error.source();
    }
    text
}

#[tokio::test]
async fn every_broken_answer_is_its_own_error_and_an_unsafe_operation_is_sent_once() -> Outcome {
    for transport in transports() {
        for case in cases() {
            let name = case.name;
            let server = FaultServer::always(case.action.clone()).await?;
            let started = Instant::now();
            let error = transport
                .client_for(&case, &server.url())?
                .send(&sign_up())
                .await
                .expect_err(name);
            assert_eq!(kind(&error), Some(case.expected), "{name}: {error:?}");
            assert!(!shown(&error).contains("marker"), "{name}: {error:?}");
            assert_eq!(server.requests().len(), 1, "{name}: sent more than once");
            assert!(started.elapsed() < Duration::from_secs(10), "{name}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_read_is_repeated_after_what_may_pass_and_only_then() -> Outcome {
    for transport in transports() {
        for case in cases() {
            let name = case.name;
            let server = FaultServer::always(case.action.clone()).await?;
            let request = GetUserRequest::new(ACCESS_TOKEN);
            let error = transport
                .client_for(&case, &server.url())?
                .send(&request)
                .await
                .expect_err(name);
            assert_eq!(kind(&error), Some(case.expected), "{name}: {error:?}");
            assert!(!shown(&error).contains("marker"), "{name}: {error:?}");
            let attempts = if case.repeated { 3 } else { 1 };
            assert_eq!(server.requests().len(), attempts, "{name}");
            // The limit, what the sockets buffer, and a chunk more; for each attempt.
            let most = attempts * (LIMIT + 8 * 1024 * 1024);
            assert!(server.written() < most, "{name}: {}", server.written());
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_closed_unread_fails_in_time_and_never_reaches_the_operation() -> Outcome {
    for transport in transports() {
        let server = FaultServer::always(Action::CloseUnread).await?;
        let error = transport
            .client(&server.url())?
            .send(&sign_up())
            .await
            .expect_err("nobody answers");
        let Some(Expected::Transport(kind)) = kind(&error) else {
            panic!("{error:?}");
        };
        // What hyper had not begun to write was certainly not sent, and may be repeated; whether
        // it had is a race.
        let unsent = kind == TransportErrorKind::Connect;
        assert!(unsent || kind == TransportErrorKind::Interrupted);
        assert_eq!(error.outcome_unknown(), !unsent);
        let most = if transport.tells_what_was_unsent() {
            3
        } else {
            1
        };
        assert!(server.connections() <= most);
        assert_eq!(server.requests().len(), 0);
    }
    Ok(())
}

#[tokio::test]
async fn where_nobody_listens_even_an_unsafe_operation_is_tried_again_since_it_was_never_sent()
-> Outcome {
    for transport in transports() {
        let unused = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", unused.local_addr()?);
        drop(unused);
        let error = transport
            .client(&url)?
            .send(&sign_up())
            .await
            .expect_err("nobody listens");
        assert_eq!(
            kind(&error),
            Some(Expected::Transport(TransportErrorKind::Connect))
        );
        assert!(!error.outcome_unknown());
        assert!(error.is_retryable());
    }
    Ok(())
}

#[tokio::test]
async fn no_redirect_takes_a_secret_to_another_host() -> Outcome {
    for transport in transports() {
        let elsewhere = FaultServer::always(Action::Write(ok(SIGNED_UP))).await?;
        for status in [
            "301 Moved",
            "302 Found",
            "303 See Other",
            "307 Temporary",
            "308 Permanent",
        ] {
            let location = format!("{}/?{PASSWORD}", elsewhere.url());
            let server = FaultServer::always(Action::Write(answer(
                status,
                &[
                    ("location", &location),
                    ("refresh", &format!("0; url={location}")),
                ],
                "",
            )))
            .await?;
            let error = transport
                .client(&server.url())?
                .send(&sign_up())
                .await
                .expect_err("a redirect is an error");
            assert_eq!(kind(&error), Some(Expected::Redirect));
            let host = elsewhere.address().ip().to_string();
            assert!(error.to_string().contains(&host), "{error}");
            assert!(!shown(&error).contains("marker"), "{error:?}");
            assert_eq!(server.requests().len(), 1);
        }
        assert_eq!(elsewhere.connections(), 0);
    }
    Ok(())
}

#[cfg(feature = "reqwest")]
#[tokio::test]
async fn a_redirect_stays_refused_whatever_the_callers_builder_says() -> Outcome {
    let elsewhere = FaultServer::always(Action::Write(ok(SIGNED_UP))).await?;
    let location = elsewhere.url();
    let server = FaultServer::always(Action::Write(answer(
        "307 Temporary Redirect",
        &[("location", &location)],
        "",
    )))
    .await?;
    #[cfg(feature = "reqwest-rustls")]
    let tls = cognito_idp::transport::tls_config()?;
    let http = ReqwestClient::configure(|builder| {
        let builder = builder.redirect(reqwest::redirect::Policy::limited(10));
        #[cfg(feature = "reqwest-rustls")]
        let builder = builder.tls_backend_preconfigured(tls);
        #[cfg(all(feature = "reqwest-native-tls", not(feature = "reqwest-rustls")))]
        let builder = builder.tls_backend_native();
        builder
    })?;
    let client = Client::builder()
        .endpoint_url(server.url())
        .http_client(http)
        .build()?;
    assert!(client.send(&sign_up()).await.is_err());
    assert_eq!(elsewhere.connections(), 0);
    Ok(())
}

#[tokio::test]
async fn an_answer_that_echoes_the_request_gets_no_secret_into_the_error() -> Outcome {
    for transport in transports() {
        for status in [
            "200 OK",
            "307 Temporary",
            "400 Bad Request",
            "403 Forbidden",
            "500 Oops",
        ] {
            for place in ["message", "code", "header", "shape"] {
                let server = FaultServer::scripted(move |_, request| {
                    let quoted = serde_json::json!({ "message": request.body });
                    Action::Write(match place {
                        "message" => answer(status, &[], quoted.to_string()),
                        "code" => answer(status, &[], format!("{{\"__type\":\"{ACCESS_TOKEN}\"}}")),
                        "header" => answer(
                            status,
                            &[
                                ("x-amzn-errortype", ACCESS_TOKEN),
                                ("x-amzn-requestid", ACCESS_TOKEN),
                                ("content-type", ACCESS_TOKEN),
                                ("location", &format!("https://{ACCESS_TOKEN}/")),
                            ],
                            "{}",
                        ),
                        _ => answer(
                            status,
                            &[],
                            format!("{{\"Username\":[\"{ACCESS_TOKEN}\"]}}"),
                        ),
                    })
                })
                .await?;
                let request = GetUserRequest::new(ACCESS_TOKEN);
                let error = transport
                    .client(&server.url())?
                    .send(&request)
                    .await
                    .expect_err("no user in it");
                let shown = shown(&error);
                assert!(!shown.contains("marker"), "{status} {place}: {shown}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_over_http_1_0_is_taken() -> Outcome {
    for transport in transports() {
        let bytes = format!("HTTP/1.0 200 OK\r\n\r\n{SIGNED_UP}").into_bytes();
        let server = FaultServer::always(Action::Write(bytes)).await?;
        let response = transport.client(&server.url())?.send(&sign_up()).await?;
        assert_eq!(response.user_sub, "sub-1");
    }
    Ok(())
}

#[tokio::test]
async fn a_second_answer_to_one_request_is_not_taken_for_the_next() -> Outcome {
    for transport in transports() {
        let answer_to = |number: usize| {
            let body = format!("{{\"UserConfirmed\":true,\"UserSub\":\"sub-{number}\"}}");
            ok(&body)
        };
        let server = FaultServer::scripted(move |number, _| {
            let planted = ok(r#"{"UserConfirmed":true,"UserSub":"planted"}"#);
            Action::WriteAndKeep([answer_to(number), planted].concat())
        })
        .await?;
        let client = transport.client(&server.url())?;
        for number in 0..20 {
            let response = client.send(&sign_up()).await?;
            assert_eq!(response.user_sub, format!("sub-{number}"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_was_pooled_and_closed_meanwhile_is_not_used() -> Outcome {
    for transport in transports() {
        let server = FaultServer::scripted(|_, _| Action::Write(ok(SIGNED_UP))).await?;
        let client = transport.client(&server.url())?;
        for _ in 0..5 {
            client.send(&sign_up()).await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(server.requests().len(), 5);
    }
    Ok(())
}

#[tokio::test]
async fn a_call_given_up_is_not_finished_behind_the_callers_back() -> Outcome {
    for transport in transports() {
        let server = FaultServer::always(Action::Stall(Vec::new())).await?;
        let client = transport.patient_client(&server.url(), Duration::from_millis(300))?;
        let request = GetUserRequest::new(ACCESS_TOKEN);
        let call = tokio::time::timeout(Duration::from_millis(100), client.send(&request));
        assert!(call.await.is_err());
        tokio::time::sleep(Duration::from_millis(600)).await;
        // No second attempt came after the first was dropped.
        assert!(server.requests().len() <= 1);
    }
    Ok(())
}

#[tokio::test]
async fn an_error_page_of_the_largest_size_does_not_grow_the_error() -> Outcome {
    for transport in transports() {
        let page = format!("{{\"message\":\"{}\"}}", "x".repeat(LIMIT - 100));
        let server =
            FaultServer::always(Action::Write(answer("400 Bad Request", &[], page))).await?;
        let error = transport
            .client(&server.url())?
            .send(&sign_up())
            .await
            .expect_err("an error");
        assert!(
            error.to_string().len() < 8 * 1024,
            "{}",
            error.to_string().len()
        );
    }
    Ok(())
}
