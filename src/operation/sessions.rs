//! Sessions of users, and the settings of sessions.

use crate::{primitives::Timestamp, sensitive::Sensitive, types::RevokeAssociatedSessionsType};

operation! {
    /// Lists the active sessions of the signed-in user, across all app clients of the pool.
    ///
    /// New sessions may take a few seconds to show up. Needs session tracking.
    ListUserSessions: NoAuth, Repeatable;
    errors {
        Forbidden InternalError InvalidParameter NotAuthorized OperationNotEnabled
        PasswordResetRequired ResourceNotFound TooManyRequests UserNotConfirmed UserNotFound
    }
    pages { sessions: SessionDescriptionType, next_token }
    request ListUserSessionsRequest {
        required {
            /// Access token of the signed-in user.
            access_token: Sensitive<String>,
        }
        optional {
            /// Token from the previous page; leave unset for the first page.
            ///
            /// Keep the other fields of the request the same from page to page.
            next_token: String,
        }
    }
    response ListUserSessionsResponse {
        optional {
            /// Token of the next page; absent on the last page.
            next_token: String,
        }
        lists {
            /// Active sessions of the user, at most 125.
            sessions: SessionDescriptionType,
        }
    }
}

operation! {
    /// Ends one of the signed-in user's other sessions and revokes its tokens.
    ///
    /// The session the access token belongs to cannot be ended this way.
    RevokeUserSession: NoAuth, Once;
    errors {
        Forbidden InternalError InvalidParameter NotAuthorized OperationNotEnabled
        PasswordResetRequired ResourceNotFound TooManyRequests UserNotConfirmed UserNotFound
    }
    request RevokeUserSessionRequest {
        required {
            /// Access token of the signed-in user.
            access_token: Sensitive<String>,
            /// ID of the session to revoke.
            ///
            /// 28 characters; `tkn` in front marks a token session, `sso` an SSO session.
            session_id: String,
        }
        optional {
            /// Whether directly linked sessions go too; `NONE` by default.
            ///
            /// `LINKED` takes the parent SSO session along with a token session, or all token
            /// sessions along with an SSO session; this may take a few seconds.
            revoke_associated_sessions: RevokeAssociatedSessionsType,
        }
    }
    response RevokeUserSessionResponse {}
}

operation! {
    /// Lists the active sessions of a user as an administrator.
    ///
    /// New sessions may take a few seconds to show up. Needs session tracking.
    AdminListUserSessions: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotFound
    }
    pages { sessions: SessionDescriptionType, next_token }
    request AdminListUserSessionsRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user whose sessions to list.
            username: Sensitive<String>,
        }
        optional {
            /// Token from the previous page; leave unset for the first page.
            ///
            /// Keep the other fields of the request the same from page to page.
            next_token: String,
        }
    }
    response AdminListUserSessionsResponse {
        optional {
            /// Token of the next page; absent on the last page.
            next_token: String,
        }
        lists {
            /// Active sessions of the user, at most 125.
            sessions: SessionDescriptionType,
        }
    }
}

operation! {
    /// Ends a session of a user as an administrator and revokes its tokens.
    AdminRevokeUserSession: SigV4, Once;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotFound
    }
    request AdminRevokeUserSessionRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the session's user; the call fails if the session is someone else's.
            username: Sensitive<String>,
            /// ID of the session to revoke.
            ///
            /// 28 characters; `tkn` in front marks a token session, `sso` an SSO session.
            session_id: String,
        }
        optional {
            /// Whether directly linked sessions go too; `NONE` by default.
            ///
            /// `LINKED` takes the parent SSO session along with a token session, or all token
            /// sessions along with an SSO session; this may take a few seconds.
            revoke_associated_sessions: RevokeAssociatedSessionsType,
        }
    }
    response AdminRevokeUserSessionResponse {}
}

operation! {
    /// Reads how a user pool tracks sessions.
    ///
    /// A pool never configured reports tracking off and 20 token sessions per user.
    GetUserPoolSessionConfiguration: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request GetUserPoolSessionConfigurationRequest {
        required {
            /// ID of the user pool to read the settings of.
            user_pool_id: String,
        }
    }
    response GetUserPoolSessionConfigurationResponse {
        optional {
            /// Limits on token sessions in the pool.
            token_session: UserPoolTokenSessionConfigType,
            /// ID of the user pool the settings belong to.
            user_pool_id: String,
            /// Whether the pool tracks sessions.
            user_session_tracking: UserSessionTrackingType,
        }
    }
}

operation! {
    /// Turns session tracking of a user pool on or off and limits sessions per user.
    ///
    /// Replaces the earlier settings; needs a pool on the Essentials or Plus tier.
    SetUserPoolSessionConfiguration: SigV4, Repeatable;
    errors {
        ConcurrentModification FeatureUnavailableInTier InternalError InvalidParameter
        NotAuthorized OperationNotEnabled ResourceNotFound TooManyRequests
    }
    request SetUserPoolSessionConfigurationRequest {
        required {
            /// ID of the user pool to configure.
            user_pool_id: String,
            /// Whether the pool tracks sessions.
            ///
            /// Turned off, the settings of app clients are kept and come back when it is turned
            /// on again.
            user_session_tracking: UserSessionTrackingType,
            /// Limits on token sessions in the pool.
            token_session: UserPoolTokenSessionConfigType,
        }
    }
    response SetUserPoolSessionConfigurationResponse {
        optional {
            /// Limits on token sessions now in force.
            token_session: UserPoolTokenSessionConfigType,
            /// ID of the user pool that was configured.
            user_pool_id: String,
            /// Whether the pool now tracks sessions.
            user_session_tracking: UserSessionTrackingType,
        }
    }
}

operation! {
    /// Reads how an app client reuses SSO sessions.
    ///
    /// A client never configured reports 60 minutes.
    GetUserPoolClientSessionConfiguration: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request GetUserPoolClientSessionConfigurationRequest {
        required {
            /// ID of the user pool of the app client.
            user_pool_id: String,
            /// ID of the app client to read the settings of.
            client_id: Sensitive<String>,
        }
    }
    response GetUserPoolClientSessionConfigurationResponse {
        optional {
            /// ID of the app client the settings belong to.
            client_id: Sensitive<String>,
            /// How long the client reuses SSO sessions.
            sso_session: ClientSsoSessionConfigType = "SSOSession",
            /// ID of the user pool of the app client.
            user_pool_id: String,
        }
    }
}

operation! {
    /// Sets how long an app client reuses SSO sessions.
    ///
    /// Replaces the earlier settings; session tracking must be on, which needs the Essentials or
    /// Plus tier.
    SetUserPoolClientSessionConfiguration: SigV4, Repeatable;
    errors {
        ConcurrentModification FeatureUnavailableInTier InternalError InvalidParameter
        NotAuthorized OperationNotEnabled ResourceNotFound TooManyRequests
    }
    request SetUserPoolClientSessionConfigurationRequest {
        required {
            /// ID of the user pool of the app client.
            user_pool_id: String,
            /// ID of the app client to configure.
            client_id: Sensitive<String>,
            /// How long the client reuses SSO sessions.
            sso_session: ClientSsoSessionConfigType = "SSOSession",
        }
    }
    response SetUserPoolClientSessionConfigurationResponse {
        optional {
            /// ID of the app client that was configured.
            client_id: Sensitive<String>,
            /// Reuse of SSO sessions now in force.
            sso_session: ClientSsoSessionConfigType = "SSOSession",
            /// ID of the user pool of the app client.
            user_pool_id: String,
        }
    }
}

structure! {
    /// How an app client reuses SSO sessions of managed login.
    ClientSsoSessionConfigType {
        required {
            /// Minutes since the last real sign-in for which the client accepts an SSO session.
            ///
            /// 0 to 129600 (90 days), 60 by default; 0 makes this client always ask the user to
            /// sign in.
            max_validity_minutes: i32,
        }
    }
}

structure! {
    /// Active session of a user.
    SessionDescriptionType {
        optional {
            /// ID of the app client the session belongs to.
            client_id: Sensitive<String>,
            /// When the session began.
            create_date: Timestamp,
            /// System and browser or app seen last, from the user agent.
            ///
            /// At most 1024 characters; may be `unknown`.
            device_type: String,
            /// Whether the access token of the request belongs to this session.
            ///
            /// Always false in answers to `AdminListUserSessions`.
            is_current_session: bool,
            /// When the session was last used to get tokens.
            ///
            /// A new sign-in makes a new token session and does not touch the old one.
            last_active_date: Timestamp,
            /// IP address seen last.
            last_ip_address: Sensitive<String> = "LastIPAddress",
            /// Place of the address seen last.
            last_location: SessionLocationType,
            /// ID of the SSO session that a token session came from.
            ///
            /// Absent for SSO sessions and for sign-ins through the API.
            origin_session_id: String,
            /// ID of the session.
            ///
            /// 28 characters; `tkn` in front marks a token session, `sso` an SSO session.
            session_id: String,
            /// Kind of session.
            session_type: SessionTypeType,
        }
    }
}

structure! {
    /// Place of a session, guessed from the IP address.
    SessionLocationType {
        optional {
            /// City; absent if it could not be found.
            city: String,
            /// English name of the country, not a code; may be `unknown`.
            country: String,
        }
    }
}

string_enum! {
    /// Kind of session.
    SessionTypeType {
        /// A session of one app client that lives with its refresh token.
        Token = "TOKEN",
        /// A browser session of managed login, shared by the app clients of the pool.
        Sso = "SSO",
    }
}

structure! {
    /// Limits on token sessions in a user pool.
    UserPoolTokenSessionConfigType {
        required {
            /// Number of token sessions a user can have at once, 1 to 100; 20 by default.
            ///
            /// A sign-in beyond it ends the session unused for longest.
            max_per_user: i32,
        }
    }
}

string_enum! {
    /// Whether a user pool tracks sessions.
    UserSessionTrackingType {
        /// Sessions are tracked and can be listed and revoked.
        Enabled = "ENABLED",
        /// Sessions are not tracked.
        Disabled = "DISABLED",
    }
}
