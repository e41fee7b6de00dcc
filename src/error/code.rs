//! The codes of service errors.

string_enum! {
    /// The code of a service error.
    ///
    /// First come the codes of the service model, then those that AWS's front door answers before
    /// the request reaches Cognito, then those that the OAuth 2.0 endpoints of a pool's domain answer.
    ///
    /// A code that has only [`Other`](Self::Other) today may get a variant of its own in a later
    /// version; compare such a one by [`as_str`](Self::as_str), which stays true.
    ///
    /// ```
    /// use cognito_idp::{Error, ErrorCode};
    ///
    /// fn advice(error: &Error) -> &'static str {
    ///     match error.code() {
    ///         Some(ErrorCode::CodeMismatch) => "Type the code again.",
    ///         Some(ErrorCode::ExpiredCode) => "Ask for a new code.",
    ///         Some(code) if code.as_str() == "ExceptionOfTomorrow" => "That is new to us.",
    ///         _ => "Try again later.",
    ///     }
    /// }
    /// # let _ = advice;
    /// ```
    ErrorCode {
        /// The caller's credentials or the pool's policy do not allow the operation.
        AccessDenied = "AccessDeniedException",
        /// Another user already has this email address, phone number or preferred username.
        AliasExists = "AliasExistsException",
        /// Cognito keeps no client metadata document of this address.
        CachedCimdUrlDoesNotExist = "CachedCIMDURLDoesNotExistException",
        /// A code could not be delivered; the operation itself may have taken effect.
        CodeDeliveryFailure = "CodeDeliveryFailureException",
        /// The code is not the one that was sent.
        CodeMismatch = "CodeMismatchException",
        /// Two changes met; read again and repeat.
        ConcurrentModification = "ConcurrentModificationException",
        /// The device key is already in use in this pool.
        DeviceKeyExists = "DeviceKeyExistsException",
        /// An identity provider of this name exists.
        DuplicateProvider = "DuplicateProviderException",
        /// The code from the authenticator app is wrong, or the set-up is not complete.
        EnableSoftwareTokenMfa = "EnableSoftwareTokenMFAException",
        /// The code is too old; some flows say so of a wrong code as well.
        ExpiredCode = "ExpiredCodeException",
        /// The pool's feature plan does not include this.
        FeatureUnavailableInTier = "FeatureUnavailableInTierException",
        /// A web ACL of the pool refused the request.
        Forbidden = "ForbiddenException",
        /// A group of this name exists.
        GroupExists = "GroupExistsException",
        /// Cognito failed; the outcome is unknown.
        InternalError = "InternalErrorException",
        /// Cognito failed; the outcome is unknown.
        InternalServer = "InternalServerException",
        /// Cognito may not use the email identity.
        InvalidEmailRoleAccessPolicy = "InvalidEmailRoleAccessPolicyException",
        /// A Lambda trigger answered something that Cognito cannot read.
        InvalidLambdaResponse = "InvalidLambdaResponseException",
        /// The OAuth flow does not fit the app client.
        InvalidOAuthFlow = "InvalidOAuthFlowException",
        /// A parameter breaks a rule; the message names it.
        InvalidParameter = "InvalidParameterException",
        /// The password breaks the pool's policy.
        InvalidPassword = "InvalidPasswordException",
        /// The role for text messages may not publish them.
        InvalidSmsRoleAccessPolicy = "InvalidSmsRoleAccessPolicyException",
        /// The role for text messages does not trust Cognito, or the external ID differs.
        InvalidSmsRoleTrustRelationship = "InvalidSmsRoleTrustRelationshipException",
        /// The pool's settings contradict one another.
        InvalidUserPoolConfiguration = "InvalidUserPoolConfigurationException",
        /// A quota of hours, or of resources, is used up; trying again soon is useless.
        LimitExceeded = "LimitExceededException",
        /// The user has no such MFA method.
        MfaMethodNotFound = "MFAMethodNotFoundException",
        /// The app client already has a branding style.
        ManagedLoginBrandingExists = "ManagedLoginBrandingExistsException",
        /// The request is not allowed: a wrong password, secret hash, session or token, a locked user.
        NotAuthorized = "NotAuthorizedException",
        /// The operation is not enabled, for example in a replica's region.
        OperationNotEnabled = "OperationNotEnabledException",
        /// The password was used before.
        PasswordHistoryPolicyViolation = "PasswordHistoryPolicyViolationException",
        /// The user must set a new password first.
        PasswordResetRequired = "PasswordResetRequiredException",
        /// A condition for the operation does not hold.
        PreconditionNotMet = "PreconditionNotMetException",
        /// A rotated refresh token was used again: a theft, or an answer that got lost.
        RefreshTokenReuse = "RefreshTokenReuseException",
        /// The pool, app client, group, device or other resource does not exist.
        ResourceNotFound = "ResourceNotFoundException",
        /// No resource server defines this scope.
        ScopeDoesNotExist = "ScopeDoesNotExistException",
        /// A quota of the account is used up.
        ServiceQuotaExceeded = "ServiceQuotaExceededException",
        /// The user has no authenticator app set up.
        SoftwareTokenMfaNotFound = "SoftwareTokenMFANotFoundException",
        /// Terms of this name exist for the app client.
        TermsExists = "TermsExistsException",
        /// The pool cannot change to this feature plan.
        TierChangeNotAllowed = "TierChangeNotAllowedException",
        /// Too many wrong attempts.
        TooManyFailedAttempts = "TooManyFailedAttemptsException",
        /// Throttled: too many requests a second.
        TooManyRequests = "TooManyRequestsException",
        /// The token or the client is not authorized.
        Unauthorized = "UnauthorizedException",
        /// A Lambda trigger could not be run.
        UnexpectedLambda = "UnexpectedLambdaException",
        /// The identity provider is not supported.
        UnsupportedIdentityProvider = "UnsupportedIdentityProviderException",
        /// The operation is not supported in this setting.
        UnsupportedOperation = "UnsupportedOperationException",
        /// The token is of a kind that cannot be revoked or used here.
        UnsupportedTokenType = "UnsupportedTokenTypeException",
        /// The user's state does not allow the operation.
        UnsupportedUserState = "UnsupportedUserStateException",
        /// A user import runs in this pool.
        UserImportInProgress = "UserImportInProgressException",
        /// A Lambda trigger refused the request.
        UserLambdaValidation = "UserLambdaValidationException",
        /// The user has not confirmed the account.
        UserNotConfirmed = "UserNotConfirmedException",
        /// The user does not exist.
        UserNotFound = "UserNotFoundException",
        /// Threat protection is not switched on.
        UserPoolAddOnNotEnabled = "UserPoolAddOnNotEnabledException",
        /// The pool's tags cannot be changed.
        UserPoolTagging = "UserPoolTaggingException",
        /// The username is taken.
        UsernameExists = "UsernameExistsException",
        /// The passkey challenge is unknown or too old.
        WebAuthnChallengeNotFound = "WebAuthnChallengeNotFoundException",
        /// The passkey belongs to another app client.
        WebAuthnClientMismatch = "WebAuthnClientMismatchException",
        /// The pool has no relying party for passkeys.
        WebAuthnConfigurationMissing = "WebAuthnConfigurationMissingException",
        /// The passkey's kind is not supported.
        WebAuthnCredentialNotSupported = "WebAuthnCredentialNotSupportedException",
        /// Passkeys are not enabled in this pool.
        WebAuthnNotEnabled = "WebAuthnNotEnabledException",
        /// The passkey comes from a page that is not allowed.
        WebAuthnOriginNotAllowed = "WebAuthnOriginNotAllowedException",
        /// The passkey was made for another relying party.
        WebAuthnRelyingPartyMismatch = "WebAuthnRelyingPartyMismatchException",

        /// The credentials' session token is too old.
        ExpiredToken = "ExpiredTokenException",
        /// The signature is incomplete.
        IncompleteSignature = "IncompleteSignature",
        /// AWS failed before the request reached Cognito.
        InternalFailure = "InternalFailure",
        /// The access key is unknown.
        InvalidClientTokenId = "InvalidClientTokenId",
        /// The signature does not fit the request, the key or the time.
        InvalidSignature = "InvalidSignatureException",
        /// A signed operation came without a signature.
        MissingAuthenticationToken = "MissingAuthenticationTokenException",
        /// The account has not subscribed to the service.
        OptInRequired = "OptInRequired",
        /// The request came too late after it was signed.
        RequestExpired = "RequestExpired",
        /// The request's time is too far from the server's.
        RequestTimeTooSkewed = "RequestTimeTooSkewed",
        /// The server did not receive the request in time.
        RequestTimeout = "RequestTimeoutException",
        /// The body could not be read as the operation's input.
        Serialization = "SerializationException",
        /// The service cannot answer now.
        ServiceUnavailable = "ServiceUnavailable",
        /// The signature does not fit.
        SignatureDoesNotMatch = "SignatureDoesNotMatch",
        /// Throttled: too many requests a second.
        Throttling = "ThrottlingException",
        /// The server knows no such operation.
        UnknownOperation = "UnknownOperationException",
        /// The access key or the session token is unknown.
        UnrecognizedClient = "UnrecognizedClientException",
        /// The input breaks a rule of the front door.
        Validation = "ValidationException",

        /// The user, or what was to sign the user in, refused the authorization.
        AuthorizationDenied = "access_denied",
        /// The user would have to be asked, which the request forbade.
        InteractionRequired = "interaction_required",
        /// The app client is unknown, or did not prove itself: a wrong client secret.
        InvalidClient = "invalid_client",
        /// The code or the refresh token is wrong, used, expired or revoked, or was given to another
        /// app client or redirect URI.
        InvalidGrant = "invalid_grant",
        /// A parameter is missing, malformed or not allowed.
        InvalidRequest = "invalid_request",
        /// A scope does not exist, or the app client does not have it.
        InvalidScope = "invalid_scope",
        /// The access token is malformed, expired or revoked, or lacks the scope `openid`.
        InvalidToken = "invalid_token",
        /// The user would have to sign in, which the request forbade.
        LoginRequired = "login_required",
        /// The domain failed.
        ServerError = "server_error",
        /// The domain cannot answer now.
        TemporarilyUnavailable = "temporarily_unavailable",
        /// The app client may not use this grant, or may not revoke tokens.
        UnauthorizedClient = "unauthorized_client",
        /// The domain knows no such grant.
        UnsupportedGrantType = "unsupported_grant_type",
        /// The app client may not ask for this kind of answer.
        UnsupportedResponseType = "unsupported_response_type",
        /// The token is of a kind that cannot be revoked: only refresh tokens can.
        UnsupportedToken = "unsupported_token_type",
    }
}
