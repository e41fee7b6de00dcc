//! Self-service registration.

use crate::{
    sensitive::Sensitive,
    types::{AnalyticsMetadataType, AttributeType, CodeDeliveryDetailsType, UserContextDataType},
};

operation! {
    /// Registers a new user with an app client.
    ///
    /// Needs no AWS credentials. The user may exist, unconfirmed, although the call failed with
    /// `LimitExceededException` or `CodeDeliveryFailureException`.
    SignUp: NoAuth, Once;
    errors {
        CodeDeliveryFailure Forbidden InternalError InvalidEmailRoleAccessPolicy
        InvalidLambdaResponse InvalidParameter InvalidPassword InvalidSmsRoleAccessPolicy
        InvalidSmsRoleTrustRelationship LimitExceeded NotAuthorized OperationNotEnabled
        ResourceNotFound TooManyRequests UnexpectedLambda UserLambdaValidation UsernameExists
    }
    request SignUpRequest {
        required {
            /// ID of the app client to sign up with.
            client_id: Sensitive<String>,
            /// Username for the new user, 1 to 128 characters without white space.
            ///
            /// In a pool that signs users in by email or phone, send that here; the real
            /// username is then generated.
            username: Sensitive<String>,
        }
        optional {
            /// Amazon Pinpoint endpoint that the call counts for in analytics.
            analytics_metadata: AnalyticsMetadataType,
            /// Password the user chose.
            ///
            /// At most 256 characters, no white space, and within the password policy of the
            /// pool. Leave unset only where the pool allows sign-in without a password.
            password: Sensitive<String>,
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
        lists {
            /// Attributes of the new user.
            ///
            /// Names of custom attributes begin with `custom:`; the app client must be allowed to
            /// write each attribute.
            user_attributes: AttributeType,
            /// Extra data for the pre sign-up Lambda trigger; not stored with the user.
            validation_data: AttributeType,
        }
        maps {
            /// Key-value pairs handed to the pre sign-up, custom message and post confirmation
            /// Lambda triggers.
            ///
            /// Cognito neither checks nor keeps them; put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response SignUpResponse {
        required {
            /// Whether the user is confirmed already, for instance by the pre sign-up Lambda
            /// trigger.
            user_confirmed: bool,
            /// Unique ID of the new user, the `sub` claim of their tokens.
            user_sub: String,
        }
        optional {
            /// Where the confirmation code went; absent if none was sent.
            code_delivery_details: CodeDeliveryDetailsType,
            /// Session for `ConfirmSignUp`, to sign in right after it with `USER_AUTH`.
            session: Sensitive<String>,
        }
    }
}

operation! {
    /// Confirms a new user with the code they were sent.
    ///
    /// Needs no AWS credentials; about 15 attempts per user and hour are allowed.
    ConfirmSignUp: NoAuth, Once;
    errors {
        AliasExists CodeMismatch ExpiredCode Forbidden InternalError InvalidLambdaResponse
        InvalidParameter LimitExceeded NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyFailedAttempts TooManyRequests UnexpectedLambda UserLambdaValidation UserNotFound
    }
    request ConfirmSignUpRequest {
        required {
            /// ID of the app client the user signed up with.
            client_id: Sensitive<String>,
            /// Username of the user to confirm, or one of their sign-in aliases.
            username: Sensitive<String>,
            /// Code the user was sent; good once and for 24 hours.
            confirmation_code: Sensitive<String>,
        }
        optional {
            /// Amazon Pinpoint endpoint that the call counts for in analytics.
            analytics_metadata: AnalyticsMetadataType,
            /// Whether to take over an alias that another user holds; false by default.
            ///
            /// If true, the other user loses that email address or phone number for sign-in; if
            /// false, the call fails with `AliasExistsException`.
            force_alias_creation: bool,
            /// Base64 of the HMAC-SHA256 of username and client ID under the client secret.
            ///
            /// Required if the app client has a secret; it must be computed over exactly the
            /// `username` of this request.
            secret_hash: Sensitive<String>,
            /// Session from `SignUp`, to sign in right after this call with `USER_AUTH`.
            session: Sensitive<String>,
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
    response ConfirmSignUpResponse {
        optional {
            /// Session for `InitiateAuth` with `USER_AUTH`, to sign in without another code.
            session: Sensitive<String>,
        }
    }
}

operation! {
    /// Sends a new sign-up code to an unconfirmed user.
    ///
    /// Needs no AWS credentials; about 5 codes per user and hour are allowed.
    ResendConfirmationCode: NoAuth, Once;
    errors {
        CodeDeliveryFailure Forbidden InternalError InvalidEmailRoleAccessPolicy
        InvalidLambdaResponse InvalidParameter InvalidSmsRoleAccessPolicy
        InvalidSmsRoleTrustRelationship LimitExceeded NotAuthorized OperationNotEnabled
        ResourceNotFound TooManyRequests UnexpectedLambda UserLambdaValidation UserNotFound
    }
    request ResendConfirmationCodeRequest {
        required {
            /// ID of the app client the user signed up with.
            client_id: Sensitive<String>,
            /// Username of the user to send a code to, or one of their sign-in aliases.
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
            /// Key-value pairs handed to the custom message Lambda trigger.
            ///
            /// Cognito neither checks nor keeps them; put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response ResendConfirmationCodeResponse {
        optional {
            /// Where the new code went.
            code_delivery_details: CodeDeliveryDetailsType,
        }
    }
}

operation! {
    /// Confirms a new user as an administrator, without a code.
    ///
    /// Does not mark the email address or phone number as verified.
    AdminConfirmSignUp: SigV4, Once;
    errors {
        InternalError InvalidLambdaResponse InvalidParameter LimitExceeded NotAuthorized
        OperationNotEnabled ResourceNotFound TooManyFailedAttempts TooManyRequests
        UnexpectedLambda UserLambdaValidation UserNotFound
    }
    request AdminConfirmSignUpRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user to confirm, or one of their sign-in aliases.
            username: Sensitive<String>,
        }
        maps {
            /// Key-value pairs handed to the post confirmation Lambda trigger.
            ///
            /// Cognito neither checks nor keeps them; put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response AdminConfirmSignUpResponse {}
}
