//! Signing in and out, and tokens.

use crate::{
    primitives::Timestamp,
    sensitive::Sensitive,
    types::{
        AnalyticsMetadataType, AuthFactorType, RevokeAssociatedSessionsType, UserContextDataType,
    },
};

operation! {
    /// Starts a sign-in, or refreshes tokens, with an app client.
    ///
    /// Answers with tokens or with a challenge for `RespondToAuthChallenge`. Needs no AWS
    /// credentials.
    InitiateAuth: NoAuth, Once unless is_repeatable;
    errors {
        FeatureUnavailableInTier Forbidden InternalError InvalidEmailRoleAccessPolicy
        InvalidLambdaResponse InvalidParameter InvalidSmsRoleAccessPolicy
        InvalidSmsRoleTrustRelationship InvalidUserPoolConfiguration NotAuthorized
        OperationNotEnabled PasswordResetRequired ResourceNotFound TooManyRequests
        UnexpectedLambda UnsupportedOperation UserLambdaValidation UserNotConfirmed UserNotFound
    }
    request InitiateAuthRequest {
        required {
            /// ID of the app client the user signs in with.
            client_id: Sensitive<String>,
            /// Authentication flow to start; the app client must allow it.
            ///
            /// The `ADMIN_` flows are for `AdminInitiateAuth` only.
            auth_flow: AuthFlowType,
        }
        optional {
            /// Amazon Pinpoint endpoint that the call counts for in analytics.
            analytics_metadata: AnalyticsMetadataType,
            /// Session from `ConfirmSignUp`, to sign in right after it.
            ///
            /// Only with `USER_AUTH`; the sign-up code then counts as the first factor.
            session: Sensitive<String>,
            /// What is known about the end user's device and address, for threat protection.
            ///
            /// From a server, at least pass the end user's IP address; otherwise every user seems
            /// to sign in from that server.
            user_context_data: UserContextDataType,
        }
        maps {
            /// Inputs of the flow, by name: `USERNAME` with `PASSWORD` or `SRP_A`, or
            /// `REFRESH_TOKEN`.
            ///
            /// A client with a secret also needs `SECRET_HASH`, computed over the `USERNAME` of
            /// this request; for a refresh, over the user's real username, not an alias. Add
            /// `DEVICE_KEY` for a remembered device; `USER_AUTH` takes `PREFERRED_CHALLENGE`.
            auth_parameters: Sensitive<String>,
            /// Key-value pairs handed to the pre sign-up, pre authentication and user migration
            /// Lambda triggers.
            ///
            /// They arrive there as `validationData`; later triggers of the sign-in do not see
            /// them. Put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response InitiateAuthResponse {
        optional {
            /// Tokens of the user, once no challenge is left.
            authentication_result: AuthenticationResultType,
            /// Challenge to answer next; absent when the sign-in is complete.
            challenge_name: ChallengeNameType,
            /// Session to send with the answer to this challenge.
            ///
            /// Good for one use and 3 to 15 minutes (`auth_session_validity` of the app client, 3
            /// by default). May be absent, as with `PASSWORD_VERIFIER`.
            session: Sensitive<String>,
        }
        lists {
            /// Challenges the user can choose from after `SELECT_CHALLENGE`.
            available_challenges: ChallengeNameType,
        }
        maps {
            /// Data of the challenge, by name.
            ///
            /// Some values are JSON in a string, for instance `requiredAttributes`,
            /// `MFAS_CAN_SETUP` and `CREDENTIAL_REQUEST_OPTIONS`.
            challenge_parameters: Sensitive<String>,
        }
    }
}

operation! {
    /// Answers a challenge of a sign-in begun with `InitiateAuth`.
    ///
    /// The reply holds the tokens or the next challenge. Needs no AWS credentials.
    RespondToAuthChallenge: NoAuth, Once;
    errors {
        AliasExists CodeMismatch ExpiredCode Forbidden InternalError InvalidEmailRoleAccessPolicy
        InvalidLambdaResponse InvalidParameter InvalidPassword InvalidSmsRoleAccessPolicy
        InvalidSmsRoleTrustRelationship InvalidUserPoolConfiguration MfaMethodNotFound
        NotAuthorized OperationNotEnabled PasswordHistoryPolicyViolation PasswordResetRequired
        ResourceNotFound SoftwareTokenMfaNotFound TooManyRequests UnexpectedLambda
        UserLambdaValidation UserNotConfirmed UserNotFound
    }
    request RespondToAuthChallengeRequest {
        required {
            /// ID of the app client the sign-in was begun with.
            client_id: Sensitive<String>,
            /// Challenge being answered.
            challenge_name: ChallengeNameType,
        }
        optional {
            /// Amazon Pinpoint endpoint that the call counts for in analytics.
            analytics_metadata: AnalyticsMetadataType,
            /// Session from the answer that posed this challenge.
            ///
            /// Good for one use. For `MFA_SETUP`, send the session that `VerifySoftwareToken`
            /// returned.
            session: Sensitive<String>,
            /// What is known about the end user's device and address, for threat protection.
            ///
            /// From a server, at least pass the end user's IP address; otherwise every user seems
            /// to sign in from that server.
            user_context_data: UserContextDataType,
        }
        maps {
            /// Answers to the challenge, by name; `USERNAME` is always one of them.
            ///
            /// A client with a secret also needs `SECRET_HASH`, computed over the `USERNAME` of
            /// this request. After an SRP challenge, send the `USER_ID_FOR_SRP` from the
            /// challenge parameters as `USERNAME`, not the alias.
            challenge_responses: Sensitive<String>,
            /// Key-value pairs handed to the Lambda triggers that this answer sets off.
            ///
            /// For instance pre token generation or the custom challenge triggers. Cognito
            /// neither checks nor keeps them; put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response RespondToAuthChallengeResponse {
        optional {
            /// Tokens of the user, once no challenge is left.
            authentication_result: AuthenticationResultType,
            /// Challenge to answer next; absent when the sign-in is complete.
            challenge_name: ChallengeNameType,
            /// Session to send with the answer to this challenge.
            ///
            /// Good for one use and 3 to 15 minutes (`auth_session_validity` of the app client, 3
            /// by default). May be absent, as with `PASSWORD_VERIFIER`.
            session: Sensitive<String>,
        }
        lists {
            /// Challenges the user can choose from after `SELECT_CHALLENGE`.
            available_challenges: ChallengeNameType,
        }
        maps {
            /// Data of the challenge, by name.
            ///
            /// Some values are JSON in a string, for instance `requiredAttributes`,
            /// `MFAS_CAN_SETUP` and `CREDENTIAL_REQUEST_OPTIONS`.
            challenge_parameters: Sensitive<String>,
        }
    }
}

operation! {
    /// Starts a sign-in, or refreshes tokens, from a trusted server.
    ///
    /// Answers with tokens or with a challenge for `AdminRespondToAuthChallenge`.
    AdminInitiateAuth: SigV4, Once unless is_repeatable;
    errors {
        FeatureUnavailableInTier InternalError InvalidEmailRoleAccessPolicy InvalidLambdaResponse
        InvalidParameter InvalidSmsRoleAccessPolicy InvalidSmsRoleTrustRelationship
        InvalidUserPoolConfiguration MfaMethodNotFound NotAuthorized OperationNotEnabled
        PasswordResetRequired ResourceNotFound TooManyRequests UnexpectedLambda
        UnsupportedOperation UserLambdaValidation UserNotConfirmed UserNotFound
    }
    request AdminInitiateAuthRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// ID of the app client the user signs in with.
            client_id: Sensitive<String>,
            /// Authentication flow to start; the app client must allow it.
            ///
            /// For username and password take `ADMIN_USER_PASSWORD_AUTH`; `USER_PASSWORD_AUTH` is
            /// for `InitiateAuth` only.
            auth_flow: AuthFlowType,
        }
        optional {
            /// Amazon Pinpoint endpoint that the call counts for in analytics.
            analytics_metadata: AnalyticsMetadataType,
            /// Address and HTTP headers of the end user's request, for threat protection.
            context_data: ContextDataType,
            /// Session from `ConfirmSignUp`, to sign in right after it.
            ///
            /// Only with `USER_AUTH`.
            session: Sensitive<String>,
        }
        maps {
            /// Inputs of the flow, by name: `USERNAME` with `PASSWORD` or `SRP_A`, or
            /// `REFRESH_TOKEN`.
            ///
            /// A client with a secret also needs `SECRET_HASH`, computed over the `USERNAME` of
            /// this request; for a refresh, over the user's real username, not an alias. Add
            /// `DEVICE_KEY` for a remembered device; `USER_AUTH` takes `PREFERRED_CHALLENGE`.
            auth_parameters: Sensitive<String>,
            /// Key-value pairs handed to the pre sign-up, pre authentication and user migration
            /// Lambda triggers.
            ///
            /// They arrive there as `validationData`; later triggers of the sign-in do not see
            /// them. Put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response AdminInitiateAuthResponse {
        optional {
            /// Tokens of the user, once no challenge is left.
            authentication_result: AuthenticationResultType,
            /// Challenge to answer next; absent when the sign-in is complete.
            challenge_name: ChallengeNameType,
            /// Session to send with the answer to this challenge.
            ///
            /// Good for one use and 3 to 15 minutes (`auth_session_validity` of the app client, 3
            /// by default). May be absent, as with `PASSWORD_VERIFIER`.
            session: Sensitive<String>,
        }
        lists {
            /// Challenges the user can choose from after `SELECT_CHALLENGE`.
            available_challenges: ChallengeNameType,
        }
        maps {
            /// Data of the challenge, by name.
            ///
            /// Some values are JSON in a string, for instance `requiredAttributes`,
            /// `MFAS_CAN_SETUP` and `CREDENTIAL_REQUEST_OPTIONS`.
            challenge_parameters: Sensitive<String>,
        }
    }
}

operation! {
    /// Answers a challenge of a sign-in begun with `AdminInitiateAuth`.
    ///
    /// The reply holds the tokens or the next challenge.
    AdminRespondToAuthChallenge: SigV4, Once;
    errors {
        AliasExists CodeMismatch ExpiredCode InternalError InvalidEmailRoleAccessPolicy
        InvalidLambdaResponse InvalidParameter InvalidPassword InvalidSmsRoleAccessPolicy
        InvalidSmsRoleTrustRelationship InvalidUserPoolConfiguration MfaMethodNotFound
        NotAuthorized OperationNotEnabled PasswordHistoryPolicyViolation PasswordResetRequired
        ResourceNotFound SoftwareTokenMfaNotFound TooManyRequests UnexpectedLambda
        UserLambdaValidation UserNotConfirmed UserNotFound
    }
    request AdminRespondToAuthChallengeRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// ID of the app client the sign-in was begun with.
            client_id: Sensitive<String>,
            /// Challenge being answered.
            challenge_name: ChallengeNameType,
        }
        optional {
            /// Amazon Pinpoint endpoint that the call counts for in analytics.
            analytics_metadata: AnalyticsMetadataType,
            /// Address and HTTP headers of the end user's request, for threat protection.
            context_data: ContextDataType,
            /// Session from the answer that posed this challenge.
            ///
            /// Good for one use. For `MFA_SETUP`, send the session that `VerifySoftwareToken`
            /// returned.
            session: Sensitive<String>,
        }
        maps {
            /// Answers to the challenge, by name; `USERNAME` is always one of them.
            ///
            /// A client with a secret also needs `SECRET_HASH`, computed over the `USERNAME` of
            /// this request. After an SRP challenge, send the `USER_ID_FOR_SRP` from the
            /// challenge parameters as `USERNAME`, not the alias.
            challenge_responses: Sensitive<String>,
            /// Key-value pairs handed to the Lambda triggers that this answer sets off.
            ///
            /// For instance pre token generation or the custom challenge triggers. Cognito
            /// neither checks nor keeps them; put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response AdminRespondToAuthChallengeResponse {
        optional {
            /// Tokens of the user, once no challenge is left.
            authentication_result: AuthenticationResultType,
            /// Challenge to answer next; absent when the sign-in is complete.
            challenge_name: ChallengeNameType,
            /// Session to send with the answer to this challenge.
            ///
            /// Good for one use and 3 to 15 minutes (`auth_session_validity` of the app client, 3
            /// by default). May be absent, as with `PASSWORD_VERIFIER`.
            session: Sensitive<String>,
        }
        lists {
            /// Challenges the user can choose from after `SELECT_CHALLENGE`.
            available_challenges: ChallengeNameType,
        }
        maps {
            /// Data of the challenge, by name.
            ///
            /// Some values are JSON in a string, for instance `requiredAttributes`,
            /// `MFAS_CAN_SETUP` and `CREDENTIAL_REQUEST_OPTIONS`.
            challenge_parameters: Sensitive<String>,
        }
    }
}

operation! {
    /// Trades a refresh token for fresh access and ID tokens.
    ///
    /// With refresh token rotation on, a new refresh token comes along and the old one dies after
    /// a grace period of up to 60 seconds; using it later fails with
    /// `RefreshTokenReuseException`.
    GetTokensFromRefreshToken: NoAuth, Once;
    errors {
        Forbidden InternalError InvalidLambdaResponse InvalidParameter NotAuthorized
        OperationNotEnabled RefreshTokenReuse ResourceNotFound TooManyRequests UnexpectedLambda
        UserLambdaValidation UserNotFound
    }
    request GetTokensFromRefreshTokenRequest {
        required {
            /// ID of the app client the refresh token belongs to.
            client_id: Sensitive<String>,
            /// Refresh token to trade in.
            refresh_token: Sensitive<String>,
        }
        optional {
            /// Secret of the app client itself, not a hash; required if the client has one.
            ///
            /// 24 to 64 characters.
            client_secret: Sensitive<String>,
            /// Key of the remembered device; required where the pool tracks devices.
            ///
            /// The device must have been confirmed with `ConfirmDevice`.
            device_key: String,
        }
        maps {
            /// Key-value pairs handed to the Lambda triggers of this call, such as pre token
            /// generation.
            ///
            /// Cognito neither checks nor keeps them; put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response GetTokensFromRefreshTokenResponse {
        optional {
            /// Fresh tokens of the user.
            ///
            /// `refresh_token` is only set with rotation on; otherwise keep the old one.
            authentication_result: AuthenticationResultType,
        }
    }
}

operation! {
    /// Revokes a refresh token and every access token issued from it.
    ///
    /// Token revocation must be on for the app client. Access tokens that are only checked
    /// offline stay good until they expire.
    RevokeToken: NoAuth, Repeatable;
    errors {
        Forbidden InternalError InvalidParameter OperationNotEnabled TooManyRequests Unauthorized
        UnsupportedOperation UnsupportedTokenType
    }
    request RevokeTokenRequest {
        required {
            /// ID of the app client that issued the token.
            client_id: Sensitive<String>,
            /// Refresh token to revoke; other kinds of token are refused.
            token: Sensitive<String>,
        }
        optional {
            /// Secret of the app client itself, not a hash; required if the client has one.
            ///
            /// 24 to 64 characters.
            client_secret: Sensitive<String>,
            /// Whether the SSO session behind the token's session goes too.
            ///
            /// `NONE` by default. Other token sessions of that SSO session stay; without session
            /// tracking it has no effect.
            revoke_associated_sessions: RevokeAssociatedSessionsType,
        }
    }
    response RevokeTokenResponse {}
}

operation! {
    /// Signs the user out everywhere by revoking all of their tokens.
    ///
    /// Tokens that are only checked offline stay good until they expire, and the session cookie
    /// of managed login stays.
    GlobalSignOut: NoAuth, Repeatable;
    errors {
        Forbidden InternalError InvalidParameter NotAuthorized OperationNotEnabled
        PasswordResetRequired ResourceNotFound TooManyRequests UserNotConfirmed
    }
    request GlobalSignOutRequest {
        required {
            /// Access token of the signed-in user.
            ///
            /// Must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
        }
    }
    response GlobalSignOutResponse {}
}

operation! {
    /// Signs a user out everywhere as an administrator, by revoking all of their tokens.
    ///
    /// Tokens that are only checked offline stay good until they expire, and the session cookie
    /// of managed login stays.
    AdminUserGlobalSignOut: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotFound
    }
    request AdminUserGlobalSignOutRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user to sign out, or one of their sign-in aliases.
            username: Sensitive<String>,
        }
    }
    response AdminUserGlobalSignOutResponse {}
}

operation! {
    /// Issues an access token to an app client itself, for machine-to-machine calls.
    ///
    /// The API twin of the OAuth client credentials grant. `ALLOW_CLIENT_TOKEN_AUTH` must be the
    /// only flow of the app client; AWS credentials play no part.
    GetClientToken: Optional, Repeatable;
    errors {
        Forbidden InternalError InvalidParameter NotAuthorized OperationNotEnabled
        ResourceNotFound TooManyRequests
    }
    request GetClientTokenRequest {
        required {
            /// ID of the app client that asks for the token; it must have a secret.
            client_id: Sensitive<String>,
            /// Active secret of the app client itself, not a hash; 24 to 64 characters.
            secret: Sensitive<String>,
        }
        lists {
            /// Scopes to grant, each as resource server identifier, slash and scope name; at most
            /// 50.
            ///
            /// Without any, the token gets all scopes configured for the client.
            scopes: String,
        }
        maps {
            /// Key-value pairs handed to the Lambda triggers of this call.
            ///
            /// Cognito neither checks nor keeps them; put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response GetClientTokenResponse {
        optional {
            /// Access token of the app client.
            client_authentication_result: ClientAuthenticationResultType,
        }
    }
}

operation! {
    /// Exchanges a token for one bound to a downstream service (RFC 8693).
    ///
    /// The app client must allow `ALLOW_TOKEN_EXCHANGE_DELEGATION` when an actor token is sent,
    /// else `ALLOW_TOKEN_EXCHANGE_IMPERSONATION`. Works with AWS credentials or with client ID
    /// and secret alone.
    GetDerivedToken: Optional, Repeatable;
    errors {
        Forbidden InternalError InvalidLambdaResponse InvalidParameter NotAuthorized
        OperationNotEnabled ResourceNotFound TooManyRequests UnexpectedLambda
        UserLambdaValidation UserNotFound
    }
    request GetDerivedTokenRequest {
        required {
            /// ID of the app client that asks for the exchange.
            client_id: Sensitive<String>,
            /// Token to exchange; it tells on whose behalf the call is made.
            subject_token: Sensitive<String>,
            /// Kind of the subject token.
            subject_token_type: TokenTypeIdentifierType,
        }
        optional {
            /// Token of the service that acts on the user's behalf.
            ///
            /// With it, the issued token names that service in its `act` claim; without it, the
            /// user seems to act directly.
            actor_token: Sensitive<String>,
            /// Name of the identity provider of the pool that issued the actor token.
            ///
            /// Leave unset for a token issued by Cognito.
            actor_token_provider_name: String,
            /// Kind of the actor token; required with `actor_token`.
            actor_token_type: TokenTypeIdentifierType,
            /// Secret of the app client itself, not a hash; required if the client has one.
            ///
            /// 24 to 64 characters.
            client_secret: Sensitive<String>,
            /// Kind of token to issue: an access or an ID token, never SAML.
            requested_token_type: IssuedTokenTypeIdentifierType,
            /// Name of the identity provider of the pool that issued the subject token.
            ///
            /// Leave unset for a token issued by Cognito.
            subject_token_provider_name: String,
        }
        lists {
            /// Logical name of the service the token is for; at most one.
            ///
            /// Cannot be combined with `resources`.
            audiences: String,
            /// Identifier of the resource server of the pool the token is for; at most one.
            ///
            /// Cannot be combined with `audiences`.
            resources: String,
            /// Scopes wanted in the new token, at most 50.
            ///
            /// Only those that the subject token has and the client may use are granted; without
            /// any, the token keeps those of the subject token.
            scopes: String,
        }
    }
    response GetDerivedTokenResponse {
        required {
            /// Token that was issued.
            issued_token: Sensitive<String>,
            /// Kind of the issued token.
            issued_token_type: IssuedTokenTypeIdentifierType,
            /// How to present the issued token, for instance as a bearer token.
            token_type: OAuthTokenTypeType,
        }
        optional {
            /// Lifetime of the issued token in seconds.
            expires_in: i32,
        }
        lists {
            /// Scopes granted in the issued token.
            scopes: String,
        }
    }
}

operation! {
    /// Lists the factors the signed-in user can authenticate with.
    GetUserAuthFactors: NoAuth, Repeatable;
    errors {
        Forbidden InternalError InvalidParameter NotAuthorized OperationNotEnabled
        PasswordResetRequired ResourceNotFound TooManyRequests UserNotConfirmed UserNotFound
    }
    request GetUserAuthFactorsRequest {
        required {
            /// Access token of the signed-in user.
            ///
            /// Must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
        }
    }
    response GetUserAuthFactorsResponse {
        required {
            /// Username of the user.
            username: Sensitive<String>,
        }
        optional {
            /// MFA method the user is asked for first, if they set one: `SMS_MFA`, `EMAIL_OTP` or
            /// `SOFTWARE_TOKEN_MFA`.
            preferred_mfa_setting: String,
        }
        lists {
            /// Factors the user can sign in with; at most 8.
            ///
            /// `PASSWORD` only serves as first factor and `SOFTWARE_TOKEN` only as second; the
            /// others can be either.
            configured_user_auth_factors: AuthFactorType,
            /// MFA methods turned on for the user: `SMS_MFA`, `EMAIL_OTP` or
            /// `SOFTWARE_TOKEN_MFA`.
            user_mfa_setting_list: String = "UserMFASettingList",
        }
    }
}

operation! {
    /// Lists, as an administrator, the factors a user can authenticate with.
    AdminGetUserAuthFactors: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotFound
    }
    request AdminGetUserAuthFactorsRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user to look up, or one of their sign-in aliases.
            username: Sensitive<String>,
        }
    }
    response AdminGetUserAuthFactorsResponse {
        required {
            /// Username of the user.
            username: Sensitive<String>,
        }
        optional {
            /// MFA method the user is asked for first, if they set one: `SMS_MFA`, `EMAIL_OTP` or
            /// `SOFTWARE_TOKEN_MFA`.
            preferred_mfa_setting: String,
        }
        lists {
            /// Factors the user can sign in with; at most 8.
            ///
            /// `PASSWORD` only serves as first factor and `SOFTWARE_TOKEN` only as second; the
            /// others can be either.
            configured_user_auth_factors: AuthFactorType,
            /// MFA methods turned on for the user: `SMS_MFA`, `EMAIL_OTP` or
            /// `SOFTWARE_TOKEN_MFA`.
            user_mfa_setting_list: String = "UserMFASettingList",
        }
    }
}

operation! {
    /// Lists sign-ins and other authentication events of a user, with their risk.
    ///
    /// Events are recorded only in pools with threat protection on.
    AdminListUserAuthEvents: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotFound UserPoolAddOnNotEnabled
    }
    pages { auth_events: AuthEventType, next_token }
    request AdminListUserAuthEventsRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user whose events to list, or one of their sign-in aliases.
            username: Sensitive<String>,
        }
        optional {
            /// Number of events a page may hold, 0 to 60; unset or 0 means 60.
            max_results: i32,
            /// Token from the previous page; leave unset for the first page.
            ///
            /// Keep the other fields of the request the same from page to page.
            next_token: String,
        }
    }
    response AdminListUserAuthEventsResponse {
        optional {
            /// Token of the next page; absent on the last page.
            next_token: String,
        }
        lists {
            /// Events of this page.
            auth_events: AuthEventType,
        }
    }
}

operation! {
    /// Records a user's verdict on a suspicious authentication event.
    ///
    /// Serves the links of threat protection's notification emails; needs a pool on the Plus
    /// tier, but no AWS credentials.
    UpdateAuthEventFeedback: NoAuth, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotFound UserPoolAddOnNotEnabled
    }
    request UpdateAuthEventFeedbackRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user the event belongs to, or one of their sign-in aliases.
            username: Sensitive<String>,
            /// ID of the event to judge; at most 50 characters.
            event_id: String,
            /// Token that came with the notification email.
            feedback_token: Sensitive<String>,
            /// Verdict on the event: `Valid` if it was the user, `Invalid` if not.
            feedback_value: FeedbackValueType,
        }
    }
    response UpdateAuthEventFeedbackResponse {}
}

operation! {
    /// Records an administrator's verdict on an authentication event.
    ///
    /// Trains threat protection; needs a pool on the Plus tier.
    AdminUpdateAuthEventFeedback: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotFound UserPoolAddOnNotEnabled
    }
    request AdminUpdateAuthEventFeedbackRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user the event belongs to, or one of their sign-in aliases.
            username: Sensitive<String>,
            /// ID of the event to judge, from `AdminListUserAuthEvents`; at most 50 characters.
            event_id: String,
            /// Verdict on the event: `Valid` if it was the user, `Invalid` if not.
            feedback_value: FeedbackValueType,
        }
    }
    response AdminUpdateAuthEventFeedbackResponse {}
}

structure! {
    /// Authentication event of a user, as recorded by threat protection.
    AuthEventType {
        optional {
            /// When the event was recorded.
            creation_date: Timestamp,
            /// Device and place the event came from.
            event_context_data: EventContextDataType,
            /// Verdict given on the event, if any.
            event_feedback: EventFeedbackType,
            /// ID of the event.
            event_id: String,
            /// Outcome of the event.
            event_response: EventResponseType,
            /// Risk found in the event, and what was done about it.
            event_risk: EventRiskType,
            /// What the user tried to do.
            event_type: EventType,
        }
        lists {
            /// Challenges the user faced in the event, and how each ended.
            challenge_responses: ChallengeResponseType,
        }
    }
}

string_enum! {
    /// Flow of a sign-in, as chosen when it starts.
    AuthFlowType {
        /// Username and password, proven with SRP so that the password is never sent.
        UserSrpAuth = "USER_SRP_AUTH",
        /// Refresh token traded for new access and ID tokens.
        ///
        /// Not for clients with refresh token rotation; use `GetTokensFromRefreshToken` there.
        RefreshTokenAuth = "REFRESH_TOKEN_AUTH",
        /// Another name of `REFRESH_TOKEN_AUTH`.
        RefreshToken = "REFRESH_TOKEN",
        /// Challenges defined by the Lambda triggers of the pool, with SRP first if wanted.
        CustomAuth = "CUSTOM_AUTH",
        /// Old name of `ADMIN_USER_PASSWORD_AUTH`.
        AdminNoSrpAuth = "ADMIN_NO_SRP_AUTH",
        /// Username and password sent in the request, for `InitiateAuth`.
        UserPasswordAuth = "USER_PASSWORD_AUTH",
        /// Username and password sent in the request, for `AdminInitiateAuth`.
        AdminUserPasswordAuth = "ADMIN_USER_PASSWORD_AUTH",
        /// Choice of the first factor, by the app or by the user.
        ///
        /// Needs a pool on the Essentials tier or higher.
        UserAuth = "USER_AUTH",
    }
}

structure! {
    /// Tokens from a sign-in or a refresh.
    AuthenticationResultType {
        optional {
            /// Access token, for the calls a user makes for themselves and for your APIs.
            access_token: Sensitive<String>,
            /// Lifetime of the access token in seconds.
            ///
            /// The ID token can live for a different time.
            expires_in: i32,
            /// ID token, with claims about who the user is.
            id_token: Sensitive<String>,
            /// Device to confirm with `ConfirmDevice`, where the pool tracks devices.
            ///
            /// Only set for a device not seen before.
            new_device_metadata: NewDeviceMetadataType,
            /// Refresh token; absent from an answer to `REFRESH_TOKEN_AUTH`, where the old one
            /// stays in use.
            refresh_token: Sensitive<String>,
            /// How to present the access token; `Bearer`.
            token_type: String,
        }
    }
}

string_enum! {
    /// Kind of challenge in an authentication event.
    ChallengeName {
        /// The user was asked for the password.
        Password = "Password",
        /// The user was asked for a second factor.
        Mfa = "Mfa",
    }
}

string_enum! {
    /// Challenge that a sign-in poses.
    ///
    /// Every answer carries `USERNAME`, and `SECRET_HASH` if the app client has a secret.
    ChallengeNameType {
        /// Second factor by text message; answer with `SMS_MFA_CODE`.
        SmsMfa = "SMS_MFA",
        /// Code sent by email, as first or second factor; answer with `EMAIL_OTP_CODE`.
        EmailOtp = "EMAIL_OTP",
        /// Code of the user's authenticator app; answer with `SOFTWARE_TOKEN_MFA_CODE`.
        SoftwareTokenMfa = "SOFTWARE_TOKEN_MFA",
        /// Choice among several second factors; answer with the chosen one as `ANSWER`.
        ///
        /// The choices are in `MFAS_CAN_CHOOSE`, a JSON array in a string.
        SelectMfaType = "SELECT_MFA_TYPE",
        /// The user must set up a second factor before signing in.
        ///
        /// For an authenticator app call `AssociateSoftwareToken`, then `VerifySoftwareToken`,
        /// and answer with the session the latter returned. The choices are in `MFAS_CAN_SETUP`,
        /// a JSON array in a string.
        MfaSetup = "MFA_SETUP",
        /// Second step of SRP with the password; must be answered within seconds.
        ///
        /// Answer with `PASSWORD_CLAIM_SIGNATURE`, `PASSWORD_CLAIM_SECRET_BLOCK` and `TIMESTAMP`,
        /// and `USER_ID_FOR_SRP` as `USERNAME`.
        PasswordVerifier = "PASSWORD_VERIFIER",
        /// Challenge posed by the Lambda triggers of the pool; answer with `ANSWER`.
        CustomChallenge = "CUSTOM_CHALLENGE",
        /// Choice of the first factor; answer with one of the available challenges as `ANSWER`.
        ///
        /// The inputs of the chosen one, such as `PASSWORD`, may go into the same answer.
        SelectChallenge = "SELECT_CHALLENGE",
        /// First step of SRP with a remembered device; answer with `DEVICE_KEY` and `SRP_A`.
        DeviceSrpAuth = "DEVICE_SRP_AUTH",
        /// Second step of SRP with a remembered device.
        ///
        /// Answer as for `PASSWORD_VERIFIER`, plus `DEVICE_KEY`.
        DevicePasswordVerifier = "DEVICE_PASSWORD_VERIFIER",
        /// Old challenge of the admin flow; answer with `PASSWORD`.
        AdminNoSrpAuth = "ADMIN_NO_SRP_AUTH",
        /// The password is temporary and must be replaced; answer with `NEW_PASSWORD`.
        ///
        /// Add a `userAttributes.` entry for each attribute in `requiredAttributes`, and for none
        /// that already has a value.
        NewPasswordRequired = "NEW_PASSWORD_REQUIRED",
        /// First factor by text message; answer with `SMS_OTP_CODE`.
        SmsOtp = "SMS_OTP",
        /// First factor by password; answer with `PASSWORD`.
        Password = "PASSWORD",
        /// First or second factor by passkey; answer with `CREDENTIAL`, the browser's response as
        /// a JSON string.
        ///
        /// The options for the browser are in `CREDENTIAL_REQUEST_OPTIONS`.
        WebAuthn = "WEB_AUTHN",
        /// First factor by password over SRP; answer with `SRP_A`, and `PASSWORD_VERIFIER`
        /// follows.
        PasswordSrp = "PASSWORD_SRP",
    }
}

string_enum! {
    /// How a challenge in an authentication event ended.
    ChallengeResponse {
        /// The user passed the challenge.
        Success = "Success",
        /// The user failed the challenge.
        Failure = "Failure",
    }
}

structure! {
    /// Challenge of an authentication event, and how it ended.
    ChallengeResponseType {
        optional {
            /// Kind of challenge.
            challenge_name: ChallengeName,
            /// Whether the user passed it.
            challenge_response: ChallengeResponse,
        }
    }
}

structure! {
    /// Access token issued to an app client.
    ClientAuthenticationResultType {
        optional {
            /// Access token to present to resource servers.
            access_token: Sensitive<String>,
            /// Lifetime of the token in seconds.
            expires_in: i32,
            /// How to present the token; `Bearer`.
            token_type: String,
        }
    }
}

structure! {
    /// Context of the end user's request, as passed on by a server for threat protection.
    ///
    /// If sent at all, everything but `encoded_data` is required.
    ContextDataType {
        required {
            /// IP address of the end user, not of the server.
            ip_address: Sensitive<String>,
            /// Host name of your endpoint that the user called.
            server_name: String,
            /// Path of your endpoint that the user called.
            server_path: String,
            /// HTTP headers of the end user's request.
            http_headers: Vec<HttpHeader>,
        }
        optional {
            /// Device fingerprint gathered in the end user's app, in Cognito's encoding.
            encoded_data: Sensitive<String>,
        }
    }
}

structure! {
    /// Device and place an authentication event came from.
    EventContextDataType {
        optional {
            /// City of the user.
            city: String,
            /// Country of the user.
            country: String,
            /// Name of the user's device.
            device_name: String,
            /// IP address of the user's device.
            ip_address: Sensitive<String>,
            /// Time zone of the user.
            timezone: String,
        }
    }
}

structure! {
    /// Verdict given on an authentication event.
    EventFeedbackType {
        required {
            /// Verdict: whether it was the user.
            feedback_value: FeedbackValueType,
            /// Who gave the verdict, for instance `Admin`.
            provider: String,
        }
        optional {
            /// When the verdict was given.
            feedback_date: Timestamp,
        }
    }
}

string_enum! {
    /// Outcome of an authentication event.
    EventResponseType {
        /// The event succeeded.
        Pass = "Pass",
        /// The event failed.
        Fail = "Fail",
        /// The event has not ended yet.
        InProgress = "InProgress",
    }
}

structure! {
    /// Risk that threat protection found in an authentication event.
    EventRiskType {
        optional {
            /// Whether the password is known to have leaked elsewhere.
            compromised_credentials_detected: bool,
            /// What was done about the risk.
            risk_decision: RiskDecisionType,
            /// How high the risk was judged.
            risk_level: RiskLevelType,
        }
    }
}

string_enum! {
    /// Kind of authentication event.
    EventType {
        /// The user signed in or tried to.
        SignIn = "SignIn",
        /// The user signed up.
        SignUp = "SignUp",
        /// The user asked to reset a forgotten password.
        ForgotPassword = "ForgotPassword",
        /// The user changed the password.
        PasswordChange = "PasswordChange",
        /// The user asked for another confirmation code.
        ResendCode = "ResendCode",
    }
}

string_enum! {
    /// Verdict on an authentication event.
    FeedbackValueType {
        /// The event came from the user and can be trusted.
        Valid = "Valid",
        /// The event did not come from the user or is suspicious.
        Invalid = "Invalid",
    }
}

structure! {
    /// Header of the end user's HTTP request.
    HttpHeader {
        optional {
            /// Name of the header.
            header_name: String = "headerName",
            /// Value of the header.
            header_value: Sensitive<String> = "headerValue",
        }
    }
}

string_enum! {
    /// Kind of token that a token exchange can issue.
    IssuedTokenTypeIdentifierType {
        /// An access token.
        AccessToken = "ACCESS_TOKEN",
        /// An ID token.
        IdToken = "ID_TOKEN",
    }
}

structure! {
    /// Identity given to a device at its first sign-in.
    ///
    /// Both keys are needed to confirm the device and to sign in with it later.
    NewDeviceMetadataType {
        optional {
            /// Key of the device group; stands in for the pool in SRP with the device.
            device_group_key: String,
            /// Key of the device, sent as `DEVICE_KEY` in later sign-ins.
            device_key: String,
        }
    }
}

string_enum! {
    /// How an issued token is presented.
    OAuthTokenTypeType {
        /// As a bearer token: whoever holds it may use it.
        Bearer = "Bearer",
        /// Not applicable: the token is not an access token.
        NotApplicable = "N_A",
    }
}

string_enum! {
    /// What threat protection did about an event.
    RiskDecisionType {
        /// Nothing, as no risk was found.
        NoRisk = "NoRisk",
        /// The response configured for account takeover was applied.
        AccountTakeover = "AccountTakeover",
        /// The attempt was blocked.
        Block = "Block",
    }
}

string_enum! {
    /// Level of risk that threat protection assigned.
    RiskLevelType {
        /// The risk is low.
        Low = "Low",
        /// The risk is medium.
        Medium = "Medium",
        /// The risk is high.
        High = "High",
    }
}

string_enum! {
    /// Kind of token handed in for a token exchange.
    TokenTypeIdentifierType {
        /// An access token.
        AccessToken = "ACCESS_TOKEN",
        /// An ID token.
        IdToken = "ID_TOKEN",
        /// A SAML 2.0 assertion; never a kind to ask for.
        Saml2 = "SAML2",
    }
}

impl InitiateAuthRequest {
    /// Whether the flow neither sends a code, nor runs triggers, nor counts a failed attempt.
    fn is_repeatable(&self) -> bool {
        is_repeatable(&self.auth_flow)
    }
}

impl AdminInitiateAuthRequest {
    /// Whether the flow neither sends a code, nor runs triggers, nor counts a failed attempt.
    fn is_repeatable(&self) -> bool {
        is_repeatable(&self.auth_flow)
    }
}

fn is_repeatable(flow: &AuthFlowType) -> bool {
    matches!(
        flow,
        AuthFlowType::UserSrpAuth | AuthFlowType::RefreshTokenAuth | AuthFlowType::RefreshToken
    )
}
