//! What a server answers its own end users when a call to Cognito failed.

use std::time::Duration;

use http::StatusCode;

use super::{Error, ErrorCode, NotAuthorizedReason, ServiceError, TransportErrorKind};

impl Error {
    /// The HTTP status that a server can answer its end user with.
    ///
    /// Not that of Cognito's answer, which is 400 for nearly everything ([`status`](Self::status)).
    ///
    /// | | what it says | error codes |
    /// |---|---|---|
    /// | 400 | what was entered is wrong or too old | `CodeMismatch` `EnableSoftwareTokenMfa` `ExpiredCode` `InvalidParameter` `ScopeDoesNotExist` `UnsupportedIdentityProvider` `UnsupportedTokenType` `Validation` `WebAuthnChallengeNotFound` `WebAuthnClientMismatch` `WebAuthnCredentialNotSupported` `WebAuthnOriginNotAllowed` `WebAuthnRelyingPartyMismatch`; also [`InvalidInput`](Self::InvalidInput) |
    /// | 401 | name, password, session or token do not count | `NotAuthorized` `RefreshTokenReuse` `Unauthorized` `UserNotFound` `InvalidGrant` `InvalidToken` `InteractionRequired` `LoginRequired` |
    /// | 403 | the user is not allowed this, or not yet | `Forbidden` `PasswordResetRequired` `UserLambdaValidation` `UserNotConfirmed` `AuthorizationDenied` |
    /// | 404 | there is no such thing | `CachedCimdUrlDoesNotExist` `ResourceNotFound` |
    /// | 409 | it exists already, or its state does not allow this | `AliasExists` `ConcurrentModification` `DeviceKeyExists` `DuplicateProvider` `GroupExists` `ManagedLoginBrandingExists` `MfaMethodNotFound` `PreconditionNotMet` `SoftwareTokenMfaNotFound` `TermsExists` `UnsupportedUserState` `UserImportInProgress` `UsernameExists`; also [`Changed`](Self::Changed) |
    /// | 422 | the new password breaks the pool's rules | `InvalidPassword` `PasswordHistoryPolicyViolation` |
    /// | 429 | too often; see [`retry_after`](Self::retry_after) | `LimitExceeded` `Throttling` `TooManyFailedAttempts` `TooManyRequests`; also [`Pacing`](Self::Pacing) and an answer with status 429 without a known code |
    /// | 500 | the operator must mend the settings, or the program | `AccessDenied` `ExpiredToken` `FeatureUnavailableInTier` `IncompleteSignature` `InvalidClientTokenId` `InvalidEmailRoleAccessPolicy` `InvalidOAuthFlow` `InvalidSignature` `InvalidSmsRoleAccessPolicy` `InvalidSmsRoleTrustRelationship` `InvalidUserPoolConfiguration` `MissingAuthenticationToken` `OperationNotEnabled` `OptInRequired` `RequestExpired` `RequestTimeTooSkewed` `Serialization` `SignatureDoesNotMatch` `TierChangeNotAllowed` `UnknownOperation` `UnrecognizedClient` `UnsupportedOperation` `UserPoolAddOnNotEnabled` `UserPoolTagging` `WebAuthnConfigurationMissing` `WebAuthnNotEnabled` `InvalidClient` `InvalidRequest` `InvalidScope` `UnauthorizedClient` `UnsupportedGrantType` `UnsupportedResponseType` `UnsupportedToken`; also [`Credentials`](Self::Credentials), [`ClientSecret`](Self::ClientSecret), and `NotAuthorized` for a wrong or missing secret hash |
    /// | 502 | Cognito, or a trigger of the pool, failed; what was asked for may have happened | `CodeDeliveryFailure` `InternalError` `InternalFailure` `InternalServer` `InvalidLambdaResponse` `UnexpectedLambda` `ServerError`; also codes that this version does not know, an answer that is none ([`Decode`](Self::Decode)) and a connection that broke |
    /// | 503 | Cognito cannot be had now; nothing happened | `RequestTimeout` `ServiceQuotaExceeded` `ServiceUnavailable` `TemporarilyUnavailable`; also no connection |
    /// | 504 | no answer in time; what was asked for may have happened | none; [`TransportErrorKind::Timeout`] |
    ///
    /// Whether it happened all the same, [`outcome_unknown`](Self::outcome_unknown) says for every
    /// error.
    ///
    /// # What it does not tell
    /// A wrong password and an unknown user are both 401, so a sign-in tells nobody which names
    /// exist. Keep it so in the body: send a text of your own, never
    /// [`message`](ServiceError::message), which names the difference in app clients that do not
    /// hide it (`PreventUserExistenceErrors`). Two kinds of handlers need more than a status:
    /// - one that sends a code to a name that anybody can enter, such as for a forgotten password,
    ///   answers 401 and 400 (the user has no verified address) as it answers success;
    /// - one for administrators, who may know, answers `UserNotFound` with 404.
    ///
    /// A sign-up tells by its nature that a name is taken: 409.
    ///
    /// ```
    /// use cognito_idp::{Error, ErrorCode};
    /// use http::{HeaderValue, Response, StatusCode, header::RETRY_AFTER};
    ///
    /// fn refuse(error: &Error) -> Response<&'static str> {
    ///     let mut response = Response::new(match error.suggested_status() {
    ///         StatusCode::UNAUTHORIZED => "Name or password are wrong.",
    ///         StatusCode::CONFLICT => "This name is taken.",
    ///         StatusCode::TOO_MANY_REQUESTS => "Please try again later.",
    ///         _ => "This did not work.",
    ///     });
    ///     *response.status_mut() = error.suggested_status();
    ///     if let Some(wait) = error.retry_after() {
    ///         response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    ///     }
    ///     response
    /// }
    /// # let _ = refuse;
    /// ```
    #[must_use]
    pub fn suggested_status(&self) -> StatusCode {
        match self {
            Self::Pacing { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Changed { .. } => StatusCode::CONFLICT,
            Self::Service(_) if self.is_throttled() => StatusCode::TOO_MANY_REQUESTS,
            Self::Service(error) => of_service(error),
            Self::Transport { error, .. } => match error.kind() {
                TransportErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
                TransportErrorKind::Connect if !self.outcome_unknown() => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
                _ => StatusCode::BAD_GATEWAY,
            },
            Self::Credentials { .. } | Self::ClientSecret { .. } => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Decode(_) => StatusCode::BAD_GATEWAY,
            Self::InvalidInput(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// How long the server asks to wait before the next attempt, if it said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Service(error) => error.retry_after(),
            _ => None,
        }
    }

    /// Whether the service answered with this code.
    ///
    /// ```
    /// use cognito_idp::{Error, ErrorCode};
    ///
    /// fn is_taken(error: &Error) -> bool {
    ///     error.is(ErrorCode::UsernameExists) || error.is(ErrorCode::AliasExists)
    /// }
    /// # let _ = is_taken;
    /// ```
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it reads better where it is called"
    )]
    pub fn is(&self, code: ErrorCode) -> bool {
        // By text, so that a code without a variant of its own stays equal once it has one.
        self.code().is_some_and(|own| own.as_str() == code.as_str())
    }
}

fn of_service(error: &ServiceError) -> StatusCode {
    let Some(code) = error.code() else {
        return of_unknown(error.status());
    };
    match error.not_authorized_reason() {
        Some(NotAuthorizedReason::SecretHashMismatch | NotAuthorizedReason::SecretHashMissing) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        _ => of_code(code).unwrap_or_else(|| of_unknown(error.status())),
    }
}

/// What can be told without a code that is known.
fn of_unknown(status: StatusCode) -> StatusCode {
    match status {
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => status,
        _ => StatusCode::BAD_GATEWAY,
    }
}

fn of_code(code: &ErrorCode) -> Option<StatusCode> {
    use ErrorCode as Code;
    Some(match code {
        Code::CodeMismatch
        | Code::EnableSoftwareTokenMfa
        | Code::ExpiredCode
        | Code::InvalidParameter
        | Code::ScopeDoesNotExist
        | Code::UnsupportedIdentityProvider
        | Code::UnsupportedTokenType
        | Code::Validation
        | Code::WebAuthnChallengeNotFound
        | Code::WebAuthnClientMismatch
        | Code::WebAuthnCredentialNotSupported
        | Code::WebAuthnOriginNotAllowed
        | Code::WebAuthnRelyingPartyMismatch => StatusCode::BAD_REQUEST,

        Code::NotAuthorized
        | Code::RefreshTokenReuse
        | Code::Unauthorized
        | Code::UserNotFound
        | Code::InvalidGrant
        | Code::InvalidToken
        | Code::InteractionRequired
        | Code::LoginRequired => StatusCode::UNAUTHORIZED,

        Code::Forbidden
        | Code::PasswordResetRequired
        | Code::UserLambdaValidation
        | Code::UserNotConfirmed
        | Code::AuthorizationDenied => StatusCode::FORBIDDEN,

        Code::CachedCimdUrlDoesNotExist | Code::ResourceNotFound => StatusCode::NOT_FOUND,

        Code::AliasExists
        | Code::ConcurrentModification
        | Code::DeviceKeyExists
        | Code::DuplicateProvider
        | Code::GroupExists
        | Code::ManagedLoginBrandingExists
        | Code::MfaMethodNotFound
        | Code::PreconditionNotMet
        | Code::SoftwareTokenMfaNotFound
        | Code::TermsExists
        | Code::UnsupportedUserState
        | Code::UserImportInProgress
        | Code::UsernameExists => StatusCode::CONFLICT,

        Code::InvalidPassword | Code::PasswordHistoryPolicyViolation => {
            StatusCode::UNPROCESSABLE_ENTITY
        }

        Code::LimitExceeded
        | Code::Throttling
        | Code::TooManyFailedAttempts
        | Code::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,

        Code::AccessDenied
        | Code::ExpiredToken
        | Code::FeatureUnavailableInTier
        | Code::IncompleteSignature
        | Code::InvalidClientTokenId
        | Code::InvalidEmailRoleAccessPolicy
        | Code::InvalidOAuthFlow
        | Code::InvalidSignature
        | Code::InvalidSmsRoleAccessPolicy
        | Code::InvalidSmsRoleTrustRelationship
        | Code::InvalidUserPoolConfiguration
        | Code::MissingAuthenticationToken
        | Code::OperationNotEnabled
        | Code::OptInRequired
        | Code::RequestExpired
        | Code::RequestTimeTooSkewed
        | Code::Serialization
        | Code::SignatureDoesNotMatch
        | Code::TierChangeNotAllowed
        | Code::UnknownOperation
        | Code::UnrecognizedClient
        | Code::UnsupportedOperation
        | Code::UserPoolAddOnNotEnabled
        | Code::UserPoolTagging
        | Code::WebAuthnConfigurationMissing
        | Code::WebAuthnNotEnabled
        | Code::InvalidClient
        | Code::InvalidRequest
        | Code::InvalidScope
        | Code::UnauthorizedClient
        | Code::UnsupportedGrantType
        | Code::UnsupportedResponseType
        | Code::UnsupportedToken => StatusCode::INTERNAL_SERVER_ERROR,

        Code::CodeDeliveryFailure
        | Code::InternalError
        | Code::InternalFailure
        | Code::InternalServer
        | Code::InvalidLambdaResponse
        | Code::UnexpectedLambda
        | Code::ServerError => StatusCode::BAD_GATEWAY,

        Code::RequestTimeout
        | Code::ServiceQuotaExceeded
        | Code::ServiceUnavailable
        | Code::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,

        Code::Other(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::error::{DecodeError, DecodeProblem, InvalidInput, TransportError};

    fn service(status: u16, code: Option<&str>) -> ServiceError {
        let status = StatusCode::from_u16(status).expect("a status");
        ServiceError::new("SignUp", status, code.map(ErrorCode::from))
    }

    fn suggested(error: impl Into<Error>) -> u16 {
        error.into().suggested_status().as_u16()
    }

    /// The codes of the documented table, with their statuses.
    fn documented() -> BTreeMap<String, u16> {
        let mut codes = BTreeMap::new();
        let rows = include_str!("status.rs").lines();
        for row in rows.filter_map(|line| line.trim().strip_prefix("/// | ")) {
            let mut cells = row.split('|').map(str::trim);
            let Some(Ok(status)) = cells.next().map(str::parse) else {
                continue;
            };
            let named = cells.nth(1).unwrap_or_default();
            let named = named.split(';').next().unwrap_or_default();
            for code in named.split('`').skip(1).step_by(2) {
                assert_eq!(codes.insert(code.to_owned(), status), None, "{code} twice");
            }
        }
        codes
    }

    #[test]
    fn every_code_suggests_the_status_that_the_table_says() {
        let found: BTreeMap<_, _> = ErrorCode::VALUES
            .iter()
            .map(|code| {
                let name = format!("{:?}", ErrorCode::from(*code));
                (name, suggested(service(400, Some(code))))
            })
            .collect();
        assert_eq!(documented(), found);
    }

    #[test]
    fn what_has_no_known_code_is_a_failure_of_cognito_or_a_throttle() {
        for (status, code, expected) in [
            (400, Some("TomorrowException"), 502),
            (400, Some("RequestLimitExceeded"), 429),
            (403, None, 502),
            (429, None, 429),
            (429, Some("TomorrowException"), 429),
            (500, None, 502),
            (503, None, 503),
            (504, None, 504),
        ] {
            let found = suggested(service(status, code));
            assert_eq!(found, expected, "{status} {code:?}");
        }
    }

    #[test]
    fn what_is_wrong_with_the_app_client_is_not_the_users_fault() {
        let refused = |message: &str| {
            suggested(service(400, Some("NotAuthorizedException")).with_message(message))
        };
        assert_eq!(refused("Incorrect username or password."), 401);
        assert_eq!(refused("Password attempts exceeded"), 401);
        assert_eq!(refused("Unable to verify secret hash for client x"), 500);
        assert_eq!(
            refused("Client x is configured with secret but SECRET_HASH was not received"),
            500
        );
        assert_eq!(
            refused("Client x is configured for secret but secret was not received"),
            500
        );
    }

    #[test]
    fn an_unknown_user_and_a_wrong_password_are_not_told_apart() {
        assert_eq!(
            suggested(service(400, Some("UserNotFoundException"))),
            suggested(service(400, Some("NotAuthorizedException")))
        );
    }

    #[test]
    fn an_unknown_outcome_is_never_shown_as_if_nothing_had_happened() {
        let transport = |kind| Error::transport("SignUp", TransportError::new(kind));
        for (kind, expected) in [
            (TransportErrorKind::Connect, 503),
            (TransportErrorKind::Timeout, 504),
            (TransportErrorKind::Interrupted, 502),
            (TransportErrorKind::ResponseTooLarge, 502),
            (TransportErrorKind::InvalidResponse, 502),
        ] {
            assert_eq!(suggested(transport(kind)), expected, "{kind:?}");
        }
        let mut again = transport(TransportErrorKind::Connect);
        again.follows_unknown_outcome();
        assert_eq!(suggested(again), 502);
    }

    #[test]
    fn what_was_never_sent_has_its_status_too() {
        let problem = DecodeProblem::UnexpectedStatus;
        assert_eq!(
            suggested(DecodeError::new("X", StatusCode::OK, problem)),
            502
        );
        assert_eq!(suggested(InvalidInput::new("username", "must be set")), 400);
        assert_eq!(suggested(Error::credentials("X", "none")), 500);
        assert_eq!(suggested(Error::client_secret("X", "none")), 500);
    }

    #[test]
    fn the_wait_that_the_server_asks_for_can_be_handed_on() {
        let wait = Duration::from_secs(7);
        let throttled = service(400, Some("TooManyRequestsException")).with_retry_after(wait);
        assert_eq!(Error::from(throttled).retry_after(), Some(wait));
        assert_eq!(Error::credentials("X", "none").retry_after(), None);
    }

    #[test]
    fn an_error_is_of_one_code() {
        let taken = Error::from(service(400, Some("UsernameExistsException")));
        assert!(taken.is(ErrorCode::UsernameExists));
        assert!(taken.is(ErrorCode::Other("UsernameExistsException".to_owned())));
        assert!(!taken.is(ErrorCode::AliasExists));
        assert!(!Error::from(service(400, None)).is(ErrorCode::UsernameExists));
    }
}
