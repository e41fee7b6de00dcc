//! Any body of a success is decoded or refused, and what is decoded says the same when it is encoded
//! and decoded again.
#![no_main]

use bytes::Bytes;
use cognito_idp::{
    operation::{
        auth::InitiateAuthRequest,
        user_pools::DescribeUserPoolRequest,
        users::{AdminGetUserRequest, ListUsersRequest},
    },
    protocol::http_response,
};
use libfuzzer_sys::fuzz_target;

macro_rules! decode {
    ($body:expr, $($operation:ty),*) => {
        $(
            let response = http::Response::new(Bytes::copy_from_slice($body));
            if let Ok(first) = http_response::<$operation>(response) {
                let Ok(json) = serde_json::to_vec(&first) else {
                    panic!("what was decoded can be encoded");
                };
                let response = http::Response::new(Bytes::from(json));
                let Ok(second) = http_response::<$operation>(response) else {
                    panic!("what was encoded can be decoded");
                };
                assert_eq!(first, second);
            }
        )*
    };
}

fuzz_target!(|body: &[u8]| {
    decode!(
        body,
        AdminGetUserRequest,
        DescribeUserPoolRequest,
        InitiateAuthRequest,
        ListUsersRequest
    );
});
