//! What is known about the end user's request, for threat protection.

use std::net::IpAddr;

use http::{HeaderMap, header};

use crate::{
    operation::auth::{ContextDataType, HttpHeader},
    types::UserContextDataType,
};

impl ContextDataType {
    /// Describes the end user's request to your server.
    ///
    /// The address must be the end user's, not that of a proxy in between. Headers that carry
    /// secrets (`Authorization`, `Cookie`, `Proxy-Authorization`) are left out.
    #[must_use]
    pub fn from_request(
        ip_address: IpAddr,
        server_name: impl Into<String>,
        server_path: impl Into<String>,
        headers: &HeaderMap,
    ) -> Self {
        const SECRET: [header::HeaderName; 3] = [
            header::AUTHORIZATION,
            header::COOKIE,
            header::PROXY_AUTHORIZATION,
        ];
        let shown = headers.iter().filter(|(name, _)| !SECRET.contains(name));
        let headers: Vec<_> = shown
            .filter_map(|(name, value)| {
                let header = HttpHeader::new().header_name(name.as_str());
                Some(header.header_value(value.to_str().ok()?))
            })
            .collect();
        Self::new(ip_address.to_string(), server_name, server_path, headers)
    }
}

/// What the public side takes of it: address and fingerprint.
impl From<&ContextDataType> for UserContextDataType {
    fn from(context: &ContextDataType) -> Self {
        let mut user_context = Self::new().ip_address(&context.ip_address);
        user_context.encoded_data.clone_from(&context.encoded_data);
        user_context
    }
}
