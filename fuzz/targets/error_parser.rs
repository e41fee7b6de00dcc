//! Any status, headers and body make a result that can be shown and classified.
#![no_main]

use bytes::Bytes;
use cognito_idp::{operation::users::GetUserRequest, protocol::http_response};
use libfuzzer_sys::fuzz_target;

const HEADERS: [&str; 8] = [
    "x-amzn-errortype",
    "x-amzn-errormessage",
    "x-amzn-requestid",
    "x-amz-retry-after",
    "retry-after",
    "date",
    "location",
    "content-type",
];

fuzz_target!(|input: (u16, [Option<Vec<u8>>; 8], Vec<u8>)| {
    let (status, headers, body) = input;
    let mut response = http::Response::new(Bytes::from(body));
    *response.status_mut() = http::StatusCode::from_u16(status % 900 + 100).unwrap_or_default();
    for (name, value) in HEADERS.into_iter().zip(headers) {
        let value = value.and_then(|value| http::HeaderValue::from_bytes(&value).ok());
        if let Some(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    let succeeded = response.status().is_success();
    match http_response::<GetUserRequest>(response) {
        Ok(_) => assert!(succeeded),
        Err(error) => {
            let shown = format!("{error} {error:?}");
            assert!(shown.starts_with("GetUser"));
            let _ = (error.code(), error.not_authorized_reason());
            assert!(!error.is_throttled() || error.is_retryable());
            if succeeded {
                assert!(error.outcome_unknown());
            }
        }
    }
});
