#![cfg_attr(
    all(feature = "sigv4", feature = "fixtures"),
    doc = include_str!("../README.md")
)]
#![cfg_attr(
    not(all(feature = "sigv4", feature = "fixtures")),
    doc = "A small client for Amazon Cognito user pools."
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[macro_use]
mod macros;

pub mod auth;
#[cfg_attr(
    not(feature = "sigv4"),
    expect(dead_code, reason = "only what is signed is dated")
)]
mod calendar;
pub mod client;
mod clock_skew;
mod collections;
#[cfg(feature = "sigv4")]
mod config;
#[cfg(feature = "sigv4")]
pub mod credentials;
pub mod endpoint;
pub mod error;
#[cfg(test)]
#[path = "../tests/support/fault_server.rs"]
mod fault_server;
#[cfg(feature = "fixtures")]
pub mod fixture;
pub mod operation;
mod option;
pub mod pacing;
mod primitives;
pub mod protocol;
mod random;
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
#[cfg(feature = "verify")]
pub mod verify;

pub use crate::{
    client::{Client, ClientBuilder, ResponseFuture, SendOptions},
    collections::{IntoList, IntoMap, List, Map},
    error::{Error, ErrorCode},
    option::IntoOption,
    primitives::{Blob, Timestamp},
    sensitive::{Sensitive, Wipe},
};
#[cfg(feature = "sigv4")]
pub use crate::{config::CognitoConfig, service::CognitoService};
