//! What many processes share of Cognito, through Redis.

mod connection;
mod error;
mod quota;
mod store;

pub use error::RedisStoreError;
pub use quota::RedisQuota;
pub use store::RedisStore;
