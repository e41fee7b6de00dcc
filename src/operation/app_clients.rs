//! App clients and their secrets.

use crate::{primitives::Timestamp, sensitive::Sensitive, types::OAuthFlowType};

operation! {
    /// Creates an app client in a user pool.
    ///
    /// Names need not be unique: repeating the call after an unclear outcome can create a second
    /// client.
    CreateUserPoolClient: SigV4, Once;
    errors {
        FeatureUnavailableInTier InternalError InvalidOAuthFlow InvalidParameter LimitExceeded
        NotAuthorized OperationNotEnabled ResourceNotFound ScopeDoesNotExist TooManyRequests
    }
    request CreateUserPoolClientRequest {
        required {
            /// ID of the user pool to create the app client in.
            user_pool_id: String,
            /// Display name of the app client, 1 to 128 characters.
            client_name: String,
        }
        optional {
            /// Lifetime of access tokens, in the unit of `token_validity_units`.
            ///
            /// The unit is hours by default. From 5 minutes to 1 day; left out, 1 hour.
            access_token_validity: i32,
            /// Whether the client may use the OAuth features of the pool's domain.
            ///
            /// Must be `true` for OAuth flows and scopes, callback and logout URLs to work;
            /// `false` by default.
            allowed_oauth_flows_user_pool_client: bool = "AllowedOAuthFlowsUserPoolClient",
            /// Amazon Pinpoint project that the client's activity is reported to.
            analytics_configuration: AnalyticsConfigurationType,
            /// Lifetime in minutes of the session between the steps of a sign-in, 3 to 15.
            ///
            /// Defaults to 3.
            auth_session_validity: i32,
            /// Secret of your own choice, 24 to 64 characters of letters, digits, `_` and `+`.
            ///
            /// Give either this or `generate_secret`.
            client_secret: Sensitive<String>,
            /// Address used when a request to the sign-in pages names no `redirect_uri`.
            ///
            /// Must be one of `callback_urls`.
            default_redirect_uri: String = "DefaultRedirectURI",
            /// Whether calls without AWS credentials may pass the user's IP address in
            /// `user_context_data`.
            ///
            /// Works only for a client with a secret; used by threat protection.
            enable_propagate_additional_user_context_data: bool,
            /// Whether refresh tokens of the client can be revoked.
            ///
            /// On by default for a new client; adds the claims `origin_jti` and `jti` to tokens.
            enable_token_revocation: bool,
            /// Whether Cognito generates a client secret; it does not by default.
            ///
            /// A client made without a secret cannot be given one by `UpdateUserPoolClient`.
            generate_secret: bool,
            /// Lifetime of ID tokens, in the unit of `token_validity_units`.
            ///
            /// The unit is hours by default. From 5 minutes to 1 day; left out, 1 hour.
            id_token_validity: i32,
            /// Whether answers hide that a user does not exist.
            ///
            /// Left out in the API it is `LEGACY`, which tells callers which users exist. With
            /// `ENABLED`, `ForgotPassword` for an unknown user succeeds and reports a made-up
            /// destination.
            prevent_user_existence_errors: PreventUserExistenceErrorTypes,
            /// Whether AWS Secrets Manager keeps the generated secret and rotates it.
            ///
            /// The answer then holds `client_secret_arn` instead of `client_secret`. The first
            /// rotation comes right away, the next ones every 7 days unless you set another
            /// schedule there; a program that holds a fixed secret stops signing users in. The
            /// API's default is `false`, but Cognito's console turns it on.
            publish_secrets_in_aws_secrets_manager: bool = "PublishSecretsInAWSSecretsManager",
            /// Whether each refresh replaces the refresh token.
            ///
            /// With rotation on, refresh with `GetTokensFromRefreshToken`; leave
            /// `ALLOW_REFRESH_TOKEN_AUTH` out of `explicit_auth_flows`.
            refresh_token_rotation: RefreshTokenRotationType,
            /// Lifetime of refresh tokens, in the unit of `token_validity_units`.
            ///
            /// The unit is days by default. From 60 minutes to 10 years; left out or 0, 30 days.
            /// ID and access tokens cannot outlive it.
            refresh_token_validity: i32,
            /// Units of the token lifetimes.
            ///
            /// Left out: hours for ID and access tokens, days for refresh tokens. Always set
            /// units and lifetimes together.
            token_validity_units: TokenValidityUnitsType,
        }
        lists {
            /// OAuth grants that the client may use: `code`, `implicit`, `client_credentials`.
            ///
            /// `client_credentials` needs a client secret and cannot be combined with the other
            /// two. Takes effect only if `allowed_oauth_flows_user_pool_client` is `true`.
            allowed_oauth_flows: OAuthFlowType = "AllowedOAuthFlows",
            /// OAuth scopes that the client may request, at most 50.
            ///
            /// Besides `openid`, `email`, `phone`, `profile` and `aws.cognito.signin.user.admin`,
            /// scopes of resource servers as `identifier/scope`.
            allowed_oauth_scopes: String = "AllowedOAuthScopes",
            /// Addresses to which users may be sent back after sign-in, at most 100.
            ///
            /// Absolute, without a fragment, compared exactly. HTTPS is required, but for
            /// `http://localhost` and app schemes such as `myapp://home`.
            callback_urls: String = "CallbackURLs",
            /// Ways of signing in that the client may use.
            ///
            /// Left out: `ALLOW_REFRESH_TOKEN_AUTH`, `ALLOW_USER_SRP_AUTH` and
            /// `ALLOW_CUSTOM_AUTH`. Older values without `ALLOW_` cannot be mixed with the newer
            /// ones.
            explicit_auth_flows: ExplicitAuthFlowsType,
            /// Addresses to which users may be sent after signing out, at most 100.
            logout_urls: String = "LogoutURLs",
            /// User attributes that the client may read, custom ones as `custom:name`.
            ///
            /// Left out, the standard attributes; custom attributes must then be listed to be
            /// read.
            read_attributes: String,
            /// Names of the identity providers that users of the client may sign in with.
            ///
            /// `COGNITO` stands for the pool's own users; `Facebook`, `Google`, `LoginWithAmazon`
            /// and `SignInWithApple` for the social ones; SAML and OIDC providers go by the name
            /// given to them.
            supported_identity_providers: String,
            /// User attributes that the client may write, custom ones as `custom:name`.
            ///
            /// Left out, the standard attributes. Must include the attributes required at sign-up
            /// and those mapped from identity providers, or sign-up and federated sign-in fail.
            write_attributes: String,
        }
    }
    response CreateUserPoolClientResponse {
        optional {
            /// The new app client, with its ID and, if it has one, its secret.
            user_pool_client: UserPoolClientType,
        }
    }
}

operation! {
    /// Reads the settings of an app client, its secret included.
    DescribeUserPoolClient: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request DescribeUserPoolClientRequest {
        required {
            /// ID of the user pool the app client belongs to.
            user_pool_id: String,
            /// ID of the app client.
            client_id: Sensitive<String>,
        }
    }
    response DescribeUserPoolClientResponse {
        optional {
            /// The app client.
            user_pool_client: UserPoolClientType,
        }
    }
}

operation! {
    /// Replaces the settings of an app client.
    ///
    /// Every setting left out is reset to its default: read the client with
    /// `DescribeUserPoolClient` first and send everything that is to stay, or let
    /// `Client::edit_user_pool_client` do that.
    UpdateUserPoolClient: SigV4, Repeatable;
    errors {
        ConcurrentModification FeatureUnavailableInTier InternalError InvalidOAuthFlow
        InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound ScopeDoesNotExist
        TooManyRequests
    }
    request UpdateUserPoolClientRequest {
        required {
            /// ID of the user pool the app client belongs to.
            user_pool_id: String,
            /// ID of the app client to change.
            client_id: Sensitive<String>,
        }
        optional {
            /// Lifetime of access tokens, in the unit of `token_validity_units`.
            ///
            /// The unit is hours by default. From 5 minutes to 1 day; left out, 1 hour.
            access_token_validity: i32,
            /// Whether the client may use the OAuth features of the pool's domain.
            ///
            /// Must be `true` for OAuth flows and scopes, callback and logout URLs to work;
            /// `false` by default.
            allowed_oauth_flows_user_pool_client: bool = "AllowedOAuthFlowsUserPoolClient",
            /// Amazon Pinpoint project that the client's activity is reported to.
            analytics_configuration: AnalyticsConfigurationType,
            /// Lifetime in minutes of the session between the steps of a sign-in, 3 to 15.
            ///
            /// Defaults to 3.
            auth_session_validity: i32,
            /// Display name of the app client, 1 to 128 characters.
            client_name: String,
            /// Address used when a request to the sign-in pages names no `redirect_uri`.
            ///
            /// Must be one of `callback_urls`.
            default_redirect_uri: String = "DefaultRedirectURI",
            /// Whether calls without AWS credentials may pass the user's IP address in
            /// `user_context_data`.
            ///
            /// Works only for a client with a secret; used by threat protection.
            enable_propagate_additional_user_context_data: bool,
            /// Whether refresh tokens of the client can be revoked.
            ///
            /// Turning it on adds the claims `origin_jti` and `jti` to tokens; tokens issued
            /// before cannot be revoked.
            enable_token_revocation: bool,
            /// Lifetime of ID tokens, in the unit of `token_validity_units`.
            ///
            /// The unit is hours by default. From 5 minutes to 1 day; left out, 1 hour.
            id_token_validity: i32,
            /// Whether answers hide that a user does not exist.
            ///
            /// Left out, it falls back to `LEGACY`, which tells callers which users exist.
            prevent_user_existence_errors: PreventUserExistenceErrorTypes,
            /// Whether AWS Secrets Manager keeps the generated secret and rotates it.
            ///
            /// Left out, it stays as it is, unlike the other settings. `true` rotates the secret
            /// right away and, where there are two, deletes the older. **`false` deletes the
            /// secret in Secrets Manager at once and for good**, for whoever reads it there.
            publish_secrets_in_aws_secrets_manager: bool = "PublishSecretsInAWSSecretsManager",
            /// Whether each refresh replaces the refresh token.
            ///
            /// With rotation on, refresh with `GetTokensFromRefreshToken`; take
            /// `ALLOW_REFRESH_TOKEN_AUTH` out of `explicit_auth_flows`.
            refresh_token_rotation: RefreshTokenRotationType,
            /// Lifetime of refresh tokens, in the unit of `token_validity_units`.
            ///
            /// The unit is days by default. From 60 minutes to 10 years; left out or 0, 30 days.
            /// ID and access tokens cannot outlive it.
            refresh_token_validity: i32,
            /// Units of the token lifetimes.
            ///
            /// Left out: hours for ID and access tokens, days for refresh tokens. Always set
            /// units and lifetimes together.
            token_validity_units: TokenValidityUnitsType,
        }
        lists {
            /// OAuth grants that the client may use: `code`, `implicit`, `client_credentials`.
            ///
            /// `client_credentials` needs a client secret and cannot be combined with the other
            /// two. Takes effect only if `allowed_oauth_flows_user_pool_client` is `true`.
            allowed_oauth_flows: OAuthFlowType = "AllowedOAuthFlows",
            /// OAuth scopes that the client may request, at most 50.
            ///
            /// Besides `openid`, `email`, `phone`, `profile` and `aws.cognito.signin.user.admin`,
            /// scopes of resource servers as `identifier/scope`.
            allowed_oauth_scopes: String = "AllowedOAuthScopes",
            /// Addresses to which users may be sent back after sign-in, at most 100.
            ///
            /// Absolute, without a fragment, compared exactly. HTTPS is required, but for
            /// `http://localhost` and app schemes such as `myapp://home`.
            callback_urls: String = "CallbackURLs",
            /// Ways of signing in that the client may use.
            ///
            /// Left out: `ALLOW_REFRESH_TOKEN_AUTH`, `ALLOW_USER_SRP_AUTH` and
            /// `ALLOW_CUSTOM_AUTH`. Older values without `ALLOW_` cannot be mixed with the newer
            /// ones.
            explicit_auth_flows: ExplicitAuthFlowsType,
            /// Addresses to which users may be sent after signing out, at most 100.
            logout_urls: String = "LogoutURLs",
            /// User attributes that the client may read, custom ones as `custom:name`.
            ///
            /// Left out, the standard attributes; custom attributes must then be listed to be
            /// read.
            read_attributes: String,
            /// Names of the identity providers that users of the client may sign in with.
            ///
            /// `COGNITO` stands for the pool's own users; `Facebook`, `Google`, `LoginWithAmazon`
            /// and `SignInWithApple` for the social ones; SAML and OIDC providers go by the name
            /// given to them.
            supported_identity_providers: String,
            /// User attributes that the client may write, custom ones as `custom:name`.
            ///
            /// Left out, the standard attributes. Must include the attributes required at sign-up
            /// and those mapped from identity providers, or sign-up and federated sign-in fail.
            write_attributes: String,
        }
    }
    response UpdateUserPoolClientResponse {
        optional {
            /// The app client as it stands after the change.
            user_pool_client: UserPoolClientType,
        }
    }
}

operation! {
    /// Deletes an app client.
    ///
    /// Applications that use it can no longer sign users in.
    DeleteUserPoolClient: SigV4, Once;
    errors {
        ConcurrentModification InternalError InvalidParameter NotAuthorized OperationNotEnabled
        ResourceNotFound TooManyRequests
    }
    request DeleteUserPoolClientRequest {
        required {
            /// ID of the user pool the app client belongs to.
            user_pool_id: String,
            /// ID of the app client.
            client_id: Sensitive<String>,
        }
    }
    response DeleteUserPoolClientResponse {}
}

operation! {
    /// Lists the app clients of a user pool, by ID and name only.
    ListUserPoolClients: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    pages { user_pool_clients: UserPoolClientDescription, next_token }
    request ListUserPoolClientsRequest {
        required {
            /// ID of the user pool the app client belongs to.
            user_pool_id: String,
        }
        optional {
            /// Kind of clients to list: those created through this API or those that registered
            /// themselves.
            client_type: ClientTypeType,
            /// Largest number of app clients per page, 1 to 60.
            max_results: i32,
            /// Token of the previous page, to fetch the page after it.
            ///
            /// Leave it out for the first page.
            next_token: String,
        }
    }
    response ListUserPoolClientsResponse {
        optional {
            /// Token to fetch the next page with, absent on the last page.
            next_token: String,
        }
        lists {
            /// App clients on this page.
            user_pool_clients: UserPoolClientDescription,
        }
    }
}

operation! {
    /// Adds a second client secret, to rotate secrets without an interruption.
    ///
    /// A client can have two at a time and either is accepted; move the applications to the new
    /// one, then remove the old one with `DeleteUserPoolClientSecret`.
    AddUserPoolClientSecret: SigV4, Once;
    errors {
        AccessDenied InternalServer InvalidParameter LimitExceeded ResourceNotFound
        TooManyRequests
    }
    request AddUserPoolClientSecretRequest {
        required {
            /// ID of the user pool the app client belongs to.
            user_pool_id: String,
            /// ID of the app client, which must have a secret already.
            client_id: Sensitive<String>,
        }
        optional {
            /// Secret of your own choice, 24 to 64 characters of letters, digits, `_` and `+`.
            ///
            /// Left out, Cognito generates one.
            client_secret: Sensitive<String>,
        }
    }
    response AddUserPoolClientSecretResponse {
        optional {
            /// The new secret.
            ///
            /// Its value is present only if Cognito generated it, and is not shown by the list of
            /// secrets.
            client_secret_descriptor: ClientSecretDescriptorType,
        }
    }
}

operation! {
    /// Lists the secrets of an app client without their values.
    ListUserPoolClientSecrets: SigV4, Repeatable;
    errors {
        InternalServer InvalidParameter LimitExceeded ResourceNotFound TooManyRequests
    }
    pages { client_secrets: ClientSecretDescriptorType, next_token }
    request ListUserPoolClientSecretsRequest {
        required {
            /// ID of the user pool the app client belongs to.
            user_pool_id: String,
            /// ID of the app client.
            client_id: Sensitive<String>,
        }
        optional {
            /// Token of the previous page.
            ///
            /// Not needed in practice, as a client has at most two secrets.
            next_token: String,
        }
    }
    response ListUserPoolClientSecretsResponse {
        optional {
            /// Token to fetch the next page with.
            ///
            /// Not sent in practice, as a client has at most two secrets.
            next_token: String,
        }
        lists {
            /// Secrets of the app client: IDs and creation times, never values.
            client_secrets: ClientSecretDescriptorType,
        }
    }
}

operation! {
    /// Deletes one secret of an app client.
    ///
    /// The last secret of a client cannot be deleted.
    DeleteUserPoolClientSecret: SigV4, Once;
    errors {
        InternalServer InvalidParameter LimitExceeded ResourceNotFound TooManyRequests
    }
    request DeleteUserPoolClientSecretRequest {
        required {
            /// ID of the user pool the app client belongs to.
            user_pool_id: String,
            /// ID of the app client.
            client_id: Sensitive<String>,
            /// ID of the secret, as `ListUserPoolClientSecrets` returns it.
            client_secret_id: String,
        }
    }
    response DeleteUserPoolClientSecretResponse {}
}

structure! {
    /// Amazon Pinpoint project that an app client's activity is reported to.
    ///
    /// Name the project either by `application_arn` or by `application_id` with `role_arn` and
    /// `external_id`.
    AnalyticsConfigurationType {
        optional {
            /// ARN of the Pinpoint project.
            application_arn: String,
            /// ID of the Pinpoint project, in hexadecimal digits.
            application_id: String,
            /// External ID that the role's trust policy asks for.
            external_id: String,
            /// ARN of the IAM role with which Cognito writes to Pinpoint.
            role_arn: String,
            /// Whether user data goes to Pinpoint along with the events.
            user_data_shared: bool,
        }
    }
}

structure! {
    /// One of an app client's secrets.
    ClientSecretDescriptorType {
        optional {
            /// Time the secret was created.
            client_secret_create_date: Timestamp,
            /// ID of the secret, to delete it by.
            client_secret_id: String,
            /// The secret itself.
            ///
            /// Present only in the answer to the call that had Cognito generate it: keep it then.
            client_secret_value: Sensitive<String>,
        }
    }
}

string_enum! {
    /// How an app client came to be.
    ClientTypeType {
        /// The client was created through the API or the console.
        Regular = "REGULAR",
        /// The client registered itself by OAuth dynamic client registration.
        Dcr = "DCR",
    }
}

string_enum! {
    /// A way of signing in that an app client may use.
    ExplicitAuthFlowsType {
        /// Older name of the password sign-in through admin calls.
        ///
        /// Cannot be mixed with values that start with `ALLOW_`.
        AdminNoSrpAuth = "ADMIN_NO_SRP_AUTH",
        /// Older name of the sign-in driven by Lambda triggers.
        ///
        /// Cannot be mixed with values that start with `ALLOW_`.
        CustomAuthFlowOnly = "CUSTOM_AUTH_FLOW_ONLY",
        /// Older name of the plain password sign-in.
        ///
        /// Cannot be mixed with values that start with `ALLOW_`.
        UserPasswordAuth = "USER_PASSWORD_AUTH",
        /// Password sign-in through `AdminInitiateAuth`, for servers with AWS credentials.
        AllowAdminUserPasswordAuth = "ALLOW_ADMIN_USER_PASSWORD_AUTH",
        /// Sign-in driven by the pool's Lambda triggers.
        AllowCustomAuth = "ALLOW_CUSTOM_AUTH",
        /// Password sign-in that sends the password itself, over TLS.
        AllowUserPasswordAuth = "ALLOW_USER_PASSWORD_AUTH",
        /// Password sign-in with SRP, which never sends the password.
        AllowUserSrpAuth = "ALLOW_USER_SRP_AUTH",
        /// Refreshing tokens.
        ///
        /// Not to be combined with refresh token rotation.
        AllowRefreshTokenAuth = "ALLOW_REFRESH_TOKEN_AUTH",
        /// Sign-in in which the user chooses among first factors, such as passkeys and one-time
        /// codes.
        AllowUserAuth = "ALLOW_USER_AUTH",
        /// Token exchange with an actor token, so that the new token names who acts for the user.
        AllowTokenExchangeDelegation = "ALLOW_TOKEN_EXCHANGE_DELEGATION",
        /// Token exchange without an actor token, so that the new token looks as if the user
        /// acted directly.
        AllowTokenExchangeImpersonation = "ALLOW_TOKEN_EXCHANGE_IMPERSONATION",
    }
}

string_enum! {
    /// Whether a feature is on.
    FeatureType {
        /// The feature is on.
        Enabled = "ENABLED",
        /// The feature is off.
        Disabled = "DISABLED",
    }
}

string_enum! {
    /// What answers reveal about users that do not exist.
    PreventUserExistenceErrorTypes {
        /// A missing user is reported with `UserNotFoundException`.
        Legacy = "LEGACY",
        /// A missing user gets the same kind of answer as an existing one.
        Enabled = "ENABLED",
    }
}

structure! {
    /// Settings for replacing the refresh token at each refresh.
    RefreshTokenRotationType {
        required {
            /// Whether rotation is on.
            feature: FeatureType,
        }
        optional {
            /// Seconds for which the replaced refresh token still works, 0 to 60.
            ///
            /// With 0 it ends at once, and a refresh whose answer was lost cannot be repeated.
            retry_grace_period_seconds: i32,
        }
    }
}

string_enum! {
    /// Unit of a token lifetime.
    TimeUnitsType {
        /// The lifetime counts seconds.
        Seconds = "seconds",
        /// The lifetime counts minutes.
        Minutes = "minutes",
        /// The lifetime counts hours.
        Hours = "hours",
        /// The lifetime counts days.
        Days = "days",
    }
}

structure! {
    /// Units of an app client's token lifetimes.
    TokenValidityUnitsType {
        optional {
            /// Unit of `access_token_validity`, hours by default.
            access_token: TimeUnitsType,
            /// Unit of `id_token_validity`, hours by default.
            id_token: TimeUnitsType,
            /// Unit of `refresh_token_validity`, days by default.
            refresh_token: TimeUnitsType,
        }
    }
}

structure! {
    /// An app client in a list: its ID and name.
    ///
    /// `DescribeUserPoolClient` returns the settings.
    UserPoolClientDescription {
        optional {
            /// ID of the app client.
            client_id: Sensitive<String>,
            /// Display name of the app client.
            client_name: String,
            /// ID of the user pool the app client belongs to.
            user_pool_id: String,
        }
    }
}

structure! {
    /// An app client with all its settings.
    UserPoolClientType {
        optional {
            /// Lifetime of access tokens, in the unit of `token_validity_units`, or hours if there
            /// is none.
            access_token_validity: i32,
            /// Whether the client may use the OAuth features of the pool's domain.
            allowed_oauth_flows_user_pool_client: bool = "AllowedOAuthFlowsUserPoolClient",
            /// Amazon Pinpoint project that the client's activity is reported to.
            analytics_configuration: AnalyticsConfigurationType,
            /// Lifetime in minutes of the session between the steps of a sign-in.
            auth_session_validity: i32,
            /// ID of the app client.
            client_id: Sensitive<String>,
            /// Display name of the app client.
            client_name: String,
            /// Client secret, absent for a public client.
            ///
            /// Calls for a client with a secret must prove that they know it, mostly with a
            /// `SECRET_HASH`.
            client_secret: Sensitive<String>,
            /// ARN of the secret in AWS Secrets Manager, in place of `client_secret`.
            ///
            /// Its `SecretString` is JSON with `userPoolId`, `userPoolClientId` and
            /// `clientSecretValue`.
            client_secret_arn: String,
            /// Whether the client was created through this API or by dynamic client registration.
            client_type: ClientTypeType,
            /// Time the app client was created.
            creation_date: Timestamp,
            /// Address used when a request to the sign-in pages names no `redirect_uri`.
            default_redirect_uri: String = "DefaultRedirectURI",
            /// Whether calls without AWS credentials may pass the user's IP address in
            /// `user_context_data`.
            enable_propagate_additional_user_context_data: bool,
            /// Whether refresh tokens of the client can be revoked.
            enable_token_revocation: bool,
            /// Lifetime of ID tokens, in the unit of `token_validity_units`, or hours if there is
            /// none.
            id_token_validity: i32,
            /// Time of the last change to the app client.
            last_modified_date: Timestamp,
            /// Whether answers hide that a user does not exist.
            prevent_user_existence_errors: PreventUserExistenceErrorTypes,
            /// Whether each refresh replaces the refresh token.
            refresh_token_rotation: RefreshTokenRotationType,
            /// Lifetime of refresh tokens, in the unit of `token_validity_units`, or days if there
            /// is none.
            refresh_token_validity: i32,
            /// Units of the token lifetimes.
            ///
            /// Absent, the units are hours for ID and access tokens and days for refresh tokens.
            token_validity_units: TokenValidityUnitsType,
            /// ID of the user pool the app client belongs to.
            user_pool_id: String,
        }
        lists {
            /// OAuth grants that the client may use: `code`, `implicit`, `client_credentials`.
            allowed_oauth_flows: OAuthFlowType = "AllowedOAuthFlows",
            /// OAuth scopes that the client may request.
            allowed_oauth_scopes: String = "AllowedOAuthScopes",
            /// Addresses to which users may be sent back after sign-in.
            callback_urls: String = "CallbackURLs",
            /// Ways of signing in that the client may use.
            explicit_auth_flows: ExplicitAuthFlowsType,
            /// Addresses to which users may be sent after signing out.
            logout_urls: String = "LogoutURLs",
            /// User attributes that the client may read.
            ///
            /// Absent if the client was left with the default set.
            read_attributes: String,
            /// Names of the identity providers that users of the client may sign in with.
            supported_identity_providers: String,
            /// User attributes that the client may write.
            ///
            /// Absent if the client was left with the default set.
            write_attributes: String,
        }
    }
}
