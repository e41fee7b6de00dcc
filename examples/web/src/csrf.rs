//! Tokens that prove a form to be from our own page.
//!
//! The token is a hash of the session's ID: who does not have the cookie cannot make it, nothing needs
//! to be kept for it, every replica knows it, and it ends with the session's ID.

use axum::http::HeaderMap;
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq;

use crate::session::hex;

pub(crate) fn token(session_id: &str) -> String {
    hex(digest(&SHA256, format!("csrf {session_id}").as_bytes()).as_ref())
}

/// Whether a form with this token, sent with these headers, came from a page of this session.
pub(crate) fn is_good(session_id: &str, given: &str, headers: &HeaderMap) -> bool {
    // Browsers say where a request comes from. Those that do not still need the token.
    let from = headers.get("sec-fetch-site");
    if from.is_some_and(|site| site != "same-origin") {
        return false;
    }
    token(session_id).as_bytes().ct_eq(given.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_session_alone() {
        let headers = HeaderMap::new();
        assert!(is_good("one", &token("one"), &headers));
        assert!(!is_good("one", &token("two"), &headers));
        assert!(!is_good("one", "", &headers));
    }

    #[test]
    fn a_request_from_another_site_is_refused_even_with_the_token() {
        let mut headers = HeaderMap::new();
        for (site, good) in [
            ("same-origin", true),
            ("same-site", false),
            ("cross-site", false),
        ] {
            headers.insert("sec-fetch-site", site.parse().unwrap());
            assert_eq!(is_good("one", &token("one"), &headers), good, "{site}");
        }
    }
}
