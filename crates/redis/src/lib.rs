//! What many processes share of Cognito, through Redis.

mod quota;

pub use quota::RedisQuota;
