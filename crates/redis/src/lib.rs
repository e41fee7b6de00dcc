#![doc = include_str!("../README.md")]

mod connection;
mod error;
mod quota;
mod store;

pub use error::RedisStoreError;
pub use quota::RedisQuota;
/// The client of Redis whose connections the stores and quotas take.
pub use redis;
pub use store::RedisStore;

/// The guide's program, which must compile.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/fleet.md")]
mod guide {}
