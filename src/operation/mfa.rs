//! Multi-factor authentication.

use crate::{
    sensitive::Sensitive,
    types::{SmsConfigurationType, UserPoolMfaType},
};

operation! {
    /// Starts setting up a TOTP authenticator app and returns its secret.
    ///
    /// Send either an access token (user signed in) or the session of an `MFA_SETUP` challenge.
    /// Each call issues a new secret; a token verified earlier stays valid until
    /// `VerifySoftwareToken` confirms the new one.
    AssociateSoftwareToken: NoAuth, Once;
    errors {
        ConcurrentModification Forbidden InternalError InvalidParameter NotAuthorized
        OperationNotEnabled ResourceNotFound SoftwareTokenMfaNotFound
    }
    request AssociateSoftwareTokenRequest {
        optional {
            /// Access token of the signed-in user; not together with `session`.
            ///
            /// It must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
            /// Session of the `MFA_SETUP` challenge, when the user is still signing in.
            ///
            /// A session can be used once; go on with the one in the answer.
            session: Sensitive<String>,
        }
    }
    response AssociateSoftwareTokenResponse {
        optional {
            /// Secret shared with the authenticator app, in Base32.
            ///
            /// Show it to the user as text or in a QR code of an `otpauth://totp/` address; treat
            /// it like a password.
            secret_code: Sensitive<String>,
            /// Session to pass to `VerifySoftwareToken`, present when the request carried one.
            session: Sensitive<String>,
        }
    }
}

operation! {
    /// Confirms the authenticator app with a code from it.
    ///
    /// Within an `MFA_SETUP` challenge, answer the challenge afterwards with the session returned
    /// here. For a signed-in user, turn TOTP on with `SetUserMFAPreference` afterwards.
    VerifySoftwareToken: NoAuth, Once;
    errors {
        CodeMismatch EnableSoftwareTokenMfa Forbidden InternalError InvalidParameter
        InvalidUserPoolConfiguration NotAuthorized OperationNotEnabled PasswordResetRequired
        ResourceNotFound SoftwareTokenMfaNotFound TooManyRequests UserNotConfirmed UserNotFound
    }
    request VerifySoftwareTokenRequest {
        required {
            /// Current code of the authenticator app, six digits.
            user_code: Sensitive<String>,
        }
        optional {
            /// Access token of the signed-in user; not together with `session`.
            ///
            /// It must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
            /// Name of the authenticator app's device, to show to the user later.
            friendly_device_name: String,
            /// Session returned by `AssociateSoftwareToken`.
            ///
            /// Not the session of the challenge itself, which is used up by then.
            session: Sensitive<String>,
        }
    }
    response VerifySoftwareTokenResponse {
        optional {
            /// Session to answer the `MFA_SETUP` challenge with, present when the request carried
            /// one.
            session: Sensitive<String>,
            /// Whether the code was right.
            ///
            /// Check it: a call that succeeds can still report `ERROR`.
            status: VerifySoftwareTokenResponseType,
        }
    }
}

operation! {
    /// Removes a user's TOTP authenticator app as an administrator.
    ///
    /// For users who have lost the device: the preference for TOTP goes too, other factors stay.
    /// If the pool requires MFA and no factor is left, the next sign-in answers with an
    /// `MFA_SETUP` challenge.
    AdminDeleteSoftwareToken: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotConfirmed UserNotFound
    }
    request AdminDeleteSoftwareTokenRequest {
        required {
            /// ID of the user pool the user belongs to.
            user_pool_id: String,
            /// Username of the user, or one of the user's alias values where the pool allows
            /// aliases.
            username: Sensitive<String>,
        }
    }
    response AdminDeleteSoftwareTokenResponse {}
}

operation! {
    /// Sets which MFA factors the signed-in user uses and which one is preferred.
    ///
    /// Factors left out of the request keep their settings. With several enabled factors and none
    /// preferred, sign-in asks the user to choose with `SELECT_MFA_TYPE`.
    SetUserMFAPreference: NoAuth, Repeatable;
    errors {
        Forbidden InternalError InvalidParameter NotAuthorized OperationNotEnabled
        PasswordResetRequired ResourceNotFound UserNotConfirmed UserNotFound
    }
    request SetUserMfaPreferenceRequest {
        required {
            /// Access token of the signed-in user.
            ///
            /// It must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
        }
        optional {
            /// Email MFA of the user: whether it is on, and whether it is preferred.
            ///
            /// Needs the Essentials tier or higher.
            email_mfa_settings: EmailMfaSettingsType,
            /// SMS MFA of the user: whether it is on, and whether it is preferred.
            sms_mfa_settings: SmsMfaSettingsType = "SMSMfaSettings",
            /// TOTP MFA of the user: whether it is on, and whether it is preferred.
            ///
            /// It can be turned on only after `VerifySoftwareToken` has succeeded for the user.
            software_token_mfa_settings: SoftwareTokenMfaSettingsType,
            /// Passkey MFA of the user: whether it is on.
            ///
            /// Usable only in a pool whose passkeys count as multi-factor.
            web_authn_mfa_settings: WebAuthnMfaSettingsType,
        }
    }
    response SetUserMfaPreferenceResponse {}
}

operation! {
    /// Sets which MFA factors a user uses and which one is preferred, as an administrator.
    ///
    /// Factors left out of the request keep their settings.
    AdminSetUserMFAPreference: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled PasswordResetRequired
        ResourceNotFound UserNotConfirmed UserNotFound
    }
    request AdminSetUserMfaPreferenceRequest {
        required {
            /// ID of the user pool the user belongs to.
            user_pool_id: String,
            /// Username of the user, or one of the user's alias values where the pool allows
            /// aliases.
            username: Sensitive<String>,
        }
        optional {
            /// Email MFA of the user: whether it is on, and whether it is preferred.
            ///
            /// Needs the Essentials tier or higher.
            email_mfa_settings: EmailMfaSettingsType,
            /// SMS MFA of the user: whether it is on, and whether it is preferred.
            sms_mfa_settings: SmsMfaSettingsType = "SMSMfaSettings",
            /// TOTP MFA of the user: whether it is on, and whether it is preferred.
            ///
            /// It can be turned on only after `VerifySoftwareToken` has succeeded for the user.
            software_token_mfa_settings: SoftwareTokenMfaSettingsType,
            /// Passkey MFA of the user: whether it is on.
            ///
            /// Usable only in a pool whose passkeys count as multi-factor.
            web_authn_mfa_settings: WebAuthnMfaSettingsType,
        }
    }
    response AdminSetUserMfaPreferenceResponse {}
}

operation! {
    /// Reads the MFA and passkey settings of a user pool.
    GetUserPoolMfaConfig: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized ResourceNotFound TooManyRequests
    }
    request GetUserPoolMfaConfigRequest {
        required {
            /// ID of the user pool.
            user_pool_id: String,
        }
    }
    response GetUserPoolMfaConfigResponse {
        optional {
            /// Template of the email with the sign-in or MFA code.
            email_mfa_configuration: EmailMfaConfigType,
            /// Whether MFA is `OFF`, `ON` for every user, or `OPTIONAL` for each user to choose.
            mfa_configuration: UserPoolMfaType,
            /// Template of the text message with the code, and how the pool sends text messages.
            sms_mfa_configuration: SmsMfaConfigType,
            /// Whether users of the pool may use TOTP authenticator apps.
            software_token_mfa_configuration: SoftwareTokenMfaConfigType,
            /// Passkey settings of the pool: relying party, user verification and use as MFA.
            web_authn_configuration: WebAuthnConfigurationType,
        }
    }
}

operation! {
    /// Sets the MFA and passkey settings of a user pool.
    ///
    /// Leaving out `mfa_configuration` turns MFA off, so read the settings with
    /// `GetUserPoolMfaConfig` first and send them back whole.
    SetUserPoolMfaConfig: SigV4, Repeatable;
    errors {
        ConcurrentModification FeatureUnavailableInTier InternalError InvalidParameter
        InvalidSmsRoleAccessPolicy InvalidSmsRoleTrustRelationship NotAuthorized
        OperationNotEnabled ResourceNotFound TooManyRequests
    }
    request SetUserPoolMfaConfigRequest {
        required {
            /// ID of the user pool.
            user_pool_id: String,
        }
        optional {
            /// Template of the email with the sign-in or MFA code.
            ///
            /// Needs the Essentials tier or higher and a pool that sends through its own Amazon
            /// SES identity.
            email_mfa_configuration: EmailMfaConfigType,
            /// Whether MFA is `OFF`, `ON` for every user, or `OPTIONAL` for each user to choose.
            ///
            /// Left out, it becomes `OFF`. `ON` and `OPTIONAL` need at least one factor to be
            /// configured.
            mfa_configuration: UserPoolMfaType,
            /// Template of the text message with the code, and how the pool sends text messages.
            ///
            /// Configuring it makes SMS available as a factor.
            sms_mfa_configuration: SmsMfaConfigType,
            /// Whether users of the pool may use TOTP authenticator apps.
            software_token_mfa_configuration: SoftwareTokenMfaConfigType,
            /// Passkey settings of the pool: relying party, user verification and use as MFA.
            web_authn_configuration: WebAuthnConfigurationType,
        }
    }
    response SetUserPoolMfaConfigResponse {
        optional {
            /// Template of the email with the sign-in or MFA code.
            email_mfa_configuration: EmailMfaConfigType,
            /// Whether MFA is `OFF`, `ON` for every user, or `OPTIONAL` for each user to choose.
            mfa_configuration: UserPoolMfaType,
            /// Template of the text message with the code, and how the pool sends text messages.
            sms_mfa_configuration: SmsMfaConfigType,
            /// Whether users of the pool may use TOTP authenticator apps.
            software_token_mfa_configuration: SoftwareTokenMfaConfigType,
            /// Passkey settings of the pool: relying party, user verification and use as MFA.
            web_authn_configuration: WebAuthnConfigurationType,
        }
    }
}

structure! {
    /// Template of the email that carries a sign-in or MFA code.
    EmailMfaConfigType {
        optional {
            /// Text of the email, in which `{####}` stands for the code.
            ///
            /// 6 to 20,000 characters.
            message: String,
            /// Subject line of the email.
            subject: String,
        }
    }
}

structure! {
    /// A user's choice for MFA by email.
    EmailMfaSettingsType {
        optional {
            /// Whether the user can be asked for a code sent by email.
            enabled: bool,
            /// Whether Cognito asks for this factor first when the user has several.
            ///
            /// At most one factor can be preferred, and it must be enabled. Send it along with
            /// `enabled`: a factor sent without it can lose the preference.
            preferred_mfa: bool,
        }
    }
}

structure! {
    /// A user's choice for MFA by text message.
    SmsMfaSettingsType {
        optional {
            /// Whether the user can be asked for a code sent by text message.
            ///
            /// The user needs a phone number.
            enabled: bool,
            /// Whether Cognito asks for this factor first when the user has several.
            ///
            /// At most one factor can be preferred, and it must be enabled. Send it along with
            /// `enabled`: a factor sent without it can lose the preference.
            preferred_mfa: bool,
        }
    }
}

structure! {
    /// Template and sending settings of MFA text messages.
    SmsMfaConfigType {
        optional {
            /// Text of the message, in which `{####}` stands for the code.
            ///
            /// 6 to 140 characters.
            sms_authentication_message: String,
            /// IAM role and related settings with which Cognito sends text messages through
            /// Amazon SNS.
            sms_configuration: SmsConfigurationType,
        }
    }
}

structure! {
    /// Whether a user pool offers TOTP authenticator apps as a factor.
    SoftwareTokenMfaConfigType {
        optional {
            /// Whether users may set up a TOTP authenticator app.
            enabled: bool,
        }
    }
}

structure! {
    /// A user's choice for MFA with a TOTP authenticator app.
    SoftwareTokenMfaSettingsType {
        optional {
            /// Whether the user can be asked for a code of the authenticator app.
            enabled: bool,
            /// Whether Cognito asks for this factor first when the user has several.
            ///
            /// At most one factor can be preferred, and it must be enabled. Send it along with
            /// `enabled`: a factor sent without it can lose the preference.
            preferred_mfa: bool,
        }
    }
}

string_enum! {
    /// How strictly a passkey device must check the person using it, by a PIN or a biometric.
    UserVerificationType {
        /// Only passkeys that verify the user are accepted.
        Required = "required",
        /// Passkeys should verify the user, but those that cannot are accepted.
        Preferred = "preferred",
    }
}

string_enum! {
    /// Outcome of checking an authenticator app's code.
    VerifySoftwareTokenResponseType {
        /// The code was right and the authenticator app is set up.
        Success = "SUCCESS",
        /// The code could not be confirmed.
        Error = "ERROR",
    }
}

structure! {
    /// Passkey settings of a user pool.
    ///
    /// Needs the Essentials tier or higher.
    WebAuthnConfigurationType {
        optional {
            /// Whether a passkey alone satisfies MFA.
            ///
            /// Left out, a passkey counts as a single factor.
            factor_configuration: WebAuthnFactorConfigurationType,
            /// Domain that passkeys are bound to, 1 to 127 characters.
            ///
            /// Passkeys registered for one domain do not work with another. A pool that signs
            /// users in on its own custom domain must use that domain.
            relying_party_id: String,
            /// Whether passkeys must verify the user with a PIN or a biometric.
            ///
            /// Defaults to `preferred`.
            user_verification: UserVerificationType,
        }
    }
}

string_enum! {
    /// What a passkey sign-in counts for in terms of MFA.
    WebAuthnFactorConfigurationType {
        /// A passkey is one factor and does not satisfy MFA.
        SingleFactor = "SINGLE_FACTOR",
        /// A passkey with user verification satisfies MFA by itself.
        MultiFactorWithUserVerification = "MULTI_FACTOR_WITH_USER_VERIFICATION",
    }
}

structure! {
    /// A user's choice for passkeys as MFA.
    ///
    /// There is no preference to set, as a passkey counts only as the first factor of a sign-in.
    WebAuthnMfaSettingsType {
        optional {
            /// Whether the user's passkeys satisfy MFA.
            ///
            /// The user needs another enabled factor beside it, so as not to be locked out.
            enabled: bool,
        }
    }
}
