//! Which operations are signed, by name: for code that sees HTTP and no types.

use super::{AuthScheme, Operation, list::for_each_operation};

/// Whether an operation is signed, by the name that stands in `X-Amz-Target`.
///
/// `None` for an operation that this version does not have.
///
/// ```
/// use cognito_idp::operation::{AuthScheme, auth_scheme};
///
/// assert_eq!(auth_scheme("SignUp"), Some(AuthScheme::NoAuth));
/// assert_eq!(auth_scheme("AdminCreateUser"), Some(AuthScheme::SigV4));
/// assert_eq!(auth_scheme("SignDown"), None);
/// ```
#[must_use]
pub fn auth_scheme(operation: &str) -> Option<AuthScheme> {
    let (_, scheme) = SCHEMES.iter().find(|(name, _)| *name == operation)?;
    Some(*scheme)
}

const SCHEMES: &[(&str, AuthScheme)] = {
    macro_rules! schemes {
        ($($module:ident { $($request:ident)* })*) => {
            &[$($(of::<super::$module::$request>()),*),*]
        };
    }
    for_each_operation!(schemes)
};

const fn of<O: Operation>() -> (&'static str, AuthScheme) {
    (O::NAME, O::AUTH)
}
