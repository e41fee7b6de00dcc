//! What the tests of this package share.

#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod cognito;
pub(crate) mod contract;
pub(crate) mod fake_server;
pub(crate) mod redis_cluster;
pub(crate) mod redis_server;
