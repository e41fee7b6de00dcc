//! What many processes share of Cognito, through Redis.
