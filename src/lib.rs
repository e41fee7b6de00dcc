// Its programs need what they show.
#![cfg_attr(any(not(doctest), feature = "full"), doc = include_str!("../README.md"))]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[macro_use]
mod macros;

pub mod auth;
#[cfg(feature = "bulk")]
pub mod bulk;
#[cfg_attr(
    all(not(feature = "sigv4"), not(test)),
    expect(dead_code, reason = "only what is signed is dated")
)]
mod calendar;
pub mod client;
mod clock_skew;
mod collections;
mod config;
#[cfg(feature = "sigv4")]
pub mod credentials;
#[cfg(feature = "sigv4")]
pub mod edit;
pub mod endpoint;
pub mod error;
#[cfg(test)]
#[path = "../tests/support/fault_server.rs"]
mod fault_server;
#[cfg(feature = "fixtures")]
pub mod fixture;
#[cfg(feature = "fleet")]
pub mod fleet;
#[cfg(any(feature = "fixtures", feature = "managed-login"))]
mod form;
#[cfg(feature = "managed-login")]
pub mod managed_login;
pub mod operation;
mod option;
pub mod pacing;
mod primitives;
pub mod protocol;
mod random;
#[cfg(any(feature = "srp", feature = "managed-login"))]
mod random_bytes;
pub mod retry;
mod sensitive;
#[cfg(feature = "sigv4")]
pub mod service;
mod shape;
#[cfg(feature = "sigv4")]
pub mod sigv4;
mod single_flight;
mod trace;
pub mod transport;
pub mod types;
pub mod user_service;
#[cfg(feature = "verify")]
pub mod verify;

#[cfg(feature = "sigv4")]
pub use crate::service::CognitoService;
pub use crate::{
    client::{Client, ClientBuilder, ResponseFuture, SendOptions},
    collections::{IntoList, IntoMap, List, Map},
    config::CognitoConfig,
    error::{Error, ErrorCode},
    option::IntoOption,
    primitives::{Blob, Timestamp},
    sensitive::{Sensitive, Wipe},
    user_service::CognitoUserService,
};

/// The programs of the guides, which must compile.
#[cfg(all(doctest, feature = "full"))]
mod guides {
    #[doc = include_str!("../docs/from-the-aws-sdk.md")]
    pub mod from_the_aws_sdk {}
    #[doc = include_str!("../docs/lambda.md")]
    pub mod lambda {}
    #[doc = include_str!("../docs/offline-tests.md")]
    pub mod offline_tests {}
    #[doc = include_str!("../docs/server-sign-in.md")]
    pub mod server_sign_in {}
}
