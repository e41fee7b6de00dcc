//! Proof Key for Code Exchange (RFC 7636), method S256, which is the only one that Cognito knows.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::sensitive::Sensitive;

/// As many random bytes as the RFC recommends for a verifier; more than enough for any other secret.
pub(super) const RANDOM_LEN: usize = 32;

/// A text of 43 characters that can stand in a URL as it is.
pub(super) fn text_of(random: &[u8; RANDOM_LEN]) -> Sensitive<String> {
    URL_SAFE_NO_PAD.encode(random).into()
}

/// What is sent first; it does not tell the verifier, which is sent with the code.
pub(super) fn code_challenge(code_verifier: &Sensitive<String>) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(code_verifier.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let random = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212,
            37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        let verifier = text_of(&random);
        assert_eq!(
            verifier.expose(),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        );
        assert_eq!(
            code_challenge(&verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
