//! A user pool's domain: sign-in on its pages (managed login), and its OAuth 2.0 endpoints.

mod client_tokens;
mod domain;
mod endpoints;
mod form;

pub use self::domain::Domain;
