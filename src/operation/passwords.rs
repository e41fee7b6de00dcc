//! Forgotten, changed and administered passwords.

use crate::{
    sensitive::Sensitive,
    types::{AnalyticsMetadataType, CodeDeliveryDetailsType, UserContextDataType},
};

operation! {
    /// Sends a user a code to reset a forgotten password.
    ///
    /// Needs no AWS credentials. Where the app client hides whether users exist, an unknown
    /// username succeeds with made-up delivery details. Fails for users who still have a
    /// temporary password.
    ForgotPassword: NoAuth, Once;
    errors {
        CodeDeliveryFailure Forbidden InternalError InvalidEmailRoleAccessPolicy
        InvalidLambdaResponse InvalidParameter InvalidSmsRoleAccessPolicy
        InvalidSmsRoleTrustRelationship LimitExceeded NotAuthorized OperationNotEnabled
        ResourceNotFound TooManyRequests UnexpectedLambda UserLambdaValidation UserNotFound
    }
    request ForgotPasswordRequest {
        required {
            /// ID of the app client the user signs in with.
            client_id: Sensitive<String>,
            /// Username of the user who forgot the password, or one of their sign-in aliases.
            username: Sensitive<String>,
        }
        optional {
            /// Amazon Pinpoint endpoint that the call counts for in analytics.
            analytics_metadata: AnalyticsMetadataType,
            /// Base64 of the HMAC-SHA256 of username and client ID under the client secret.
            ///
            /// Required if the app client has a secret; it must be computed over exactly the
            /// `username` of this request.
            secret_hash: Sensitive<String>,
            /// What is known about the end user's device and address, for threat protection.
            ///
            /// From a server, at least pass the end user's IP address; otherwise every user seems
            /// to sign in from that server.
            user_context_data: UserContextDataType,
        }
        maps {
            /// Key-value pairs handed to the pre sign-up, custom message and user migration
            /// Lambda triggers.
            ///
            /// Cognito neither checks nor keeps them; put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response ForgotPasswordResponse {
        optional {
            /// Where the code went.
            code_delivery_details: CodeDeliveryDetailsType,
        }
    }
}

operation! {
    /// Sets a new password with the code from `ForgotPassword` or `AdminResetUserPassword`.
    ///
    /// Needs no AWS credentials.
    ConfirmForgotPassword: NoAuth, Once;
    errors {
        CodeMismatch ExpiredCode Forbidden InternalError InvalidLambdaResponse InvalidParameter
        InvalidPassword LimitExceeded NotAuthorized OperationNotEnabled
        PasswordHistoryPolicyViolation ResourceNotFound TooManyFailedAttempts TooManyRequests
        UnexpectedLambda UserLambdaValidation UserNotConfirmed UserNotFound
    }
    request ConfirmForgotPasswordRequest {
        required {
            /// ID of the app client the user signs in with.
            client_id: Sensitive<String>,
            /// Username of the user whose password to set, or one of their sign-in aliases.
            username: Sensitive<String>,
            /// Code the user was sent; good once and for one hour.
            confirmation_code: Sensitive<String>,
            /// New password.
            ///
            /// At most 256 characters, no white space, and within the password policy of the
            /// pool.
            password: Sensitive<String>,
        }
        optional {
            /// Amazon Pinpoint endpoint that the call counts for in analytics.
            analytics_metadata: AnalyticsMetadataType,
            /// Base64 of the HMAC-SHA256 of username and client ID under the client secret.
            ///
            /// Required if the app client has a secret; it must be computed over exactly the
            /// `username` of this request.
            secret_hash: Sensitive<String>,
            /// What is known about the end user's device and address, for threat protection.
            ///
            /// From a server, at least pass the end user's IP address; otherwise every user seems
            /// to sign in from that server.
            user_context_data: UserContextDataType,
        }
        maps {
            /// Key-value pairs handed to the post confirmation Lambda trigger.
            ///
            /// Cognito neither checks nor keeps them; put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response ConfirmForgotPasswordResponse {}
}

operation! {
    /// Changes the password of the signed-in user.
    ///
    /// About 5 attempts per user and hour are allowed.
    ChangePassword: NoAuth, Once;
    errors {
        Forbidden InternalError InvalidParameter InvalidPassword LimitExceeded NotAuthorized
        OperationNotEnabled PasswordHistoryPolicyViolation PasswordResetRequired ResourceNotFound
        TooManyRequests UserNotConfirmed UserNotFound
    }
    request ChangePasswordRequest {
        required {
            /// Access token of the signed-in user.
            ///
            /// Must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
            /// New password.
            ///
            /// At most 256 characters, no white space, and within the password policy of the
            /// pool.
            proposed_password: Sensitive<String>,
        }
        optional {
            /// Present password; leave unset only for a user who has none.
            previous_password: Sensitive<String>,
        }
    }
    response ChangePasswordResponse {}
}

operation! {
    /// Voids a user's password as an administrator and sends them a reset code.
    ///
    /// Until the user sets a new password with `ConfirmForgotPassword`, sign-in fails with
    /// `PasswordResetRequiredException`. The pool must allow account recovery.
    AdminResetUserPassword: SigV4, Once;
    errors {
        InternalError InvalidEmailRoleAccessPolicy InvalidLambdaResponse InvalidParameter
        InvalidSmsRoleAccessPolicy InvalidSmsRoleTrustRelationship LimitExceeded NotAuthorized
        OperationNotEnabled ResourceNotFound TooManyRequests UnexpectedLambda
        UserLambdaValidation UserNotFound
    }
    request AdminResetUserPasswordRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user whose password to reset, or one of their sign-in aliases.
            username: Sensitive<String>,
        }
        maps {
            /// Key-value pairs handed to the custom message Lambda trigger.
            ///
            /// Cognito neither checks nor keeps them; put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response AdminResetUserPasswordResponse {}
}

operation! {
    /// Sets a user's password as an administrator, for good or until the next sign-in.
    ///
    /// Sends no message. A permanent password confirms the user, and turns a federated user into
    /// one who can sign in with a password.
    AdminSetUserPassword: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter InvalidPassword NotAuthorized OperationNotEnabled
        PasswordHistoryPolicyViolation ResourceNotFound TooManyRequests UserNotFound
    }
    request AdminSetUserPasswordRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user whose password to set, or one of their sign-in aliases.
            username: Sensitive<String>,
            /// Password to set.
            ///
            /// At most 256 characters, no white space, and within the password policy of the
            /// pool.
            password: Sensitive<String>,
        }
        optional {
            /// Whether the password stays; false by default.
            ///
            /// If false, the user must replace it at the next sign-in (`NEW_PASSWORD_REQUIRED`)
            /// and before it expires.
            permanent: bool,
        }
    }
    response AdminSetUserPasswordResponse {}
}
