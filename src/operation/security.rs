//! Risk configuration, log delivery and request-rate limits.

use crate::{primitives::Timestamp, sensitive::Sensitive};

operation! {
    /// Sets how a user pool or app client responds to risky sign-ins.
    ///
    /// The pool must have threat protection on. Leaving out all three sections deletes the
    /// configuration.
    SetRiskConfiguration: SigV4, Repeatable;
    errors {
        CodeDeliveryFailure InternalError InvalidEmailRoleAccessPolicy InvalidParameter
        NotAuthorized OperationNotEnabled ResourceNotFound TooManyRequests
        UserPoolAddOnNotEnabled
    }
    request SetRiskConfigurationRequest {
        required {
            /// ID of the user pool to configure.
            user_pool_id: String,
        }
        optional {
            /// Responses to sign-ins that look like account takeover.
            account_takeover_risk_configuration: AccountTakeoverRiskConfigurationType,
            /// ID of the app client to configure.
            ///
            /// Leave it out to set the default of the whole pool.
            client_id: Sensitive<String>,
            /// Response to passwords that are known to be compromised.
            compromised_credentials_risk_configuration: CompromisedCredentialsRiskConfigurationType,
            /// Addresses that are always blocked or never assessed.
            risk_exception_configuration: RiskExceptionConfigurationType,
        }
    }
    response SetRiskConfigurationResponse {
        required {
            /// Risk configuration as stored.
            risk_configuration: RiskConfigurationType,
        }
    }
}

operation! {
    /// Returns how a user pool or app client responds to risky sign-ins.
    DescribeRiskConfiguration: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserPoolAddOnNotEnabled
    }
    request DescribeRiskConfigurationRequest {
        required {
            /// ID of the user pool whose configuration to return.
            user_pool_id: String,
        }
        optional {
            /// ID of the app client whose configuration to return.
            ///
            /// Leave it out for the default of the whole pool.
            client_id: Sensitive<String>,
        }
    }
    response DescribeRiskConfigurationResponse {
        required {
            /// Risk configuration of the pool or app client.
            risk_configuration: RiskConfigurationType,
        }
    }
}

operation! {
    /// Sets which user activity a user pool logs, and where to.
    ///
    /// Replaces the stored configuration as a whole.
    SetLogDeliveryConfiguration: SigV4, Repeatable;
    errors {
        FeatureUnavailableInTier InternalError InvalidParameter NotAuthorized ResourceNotFound
        TooManyRequests
    }
    request SetLogDeliveryConfigurationRequest {
        required {
            /// ID of the user pool to configure.
            user_pool_id: String,
            /// Log deliveries that the pool shall have, at most two.
            ///
            /// An empty list turns logging off.
            log_configurations: Vec<LogConfigurationType>,
        }
    }
    response SetLogDeliveryConfigurationResponse {
        optional {
            /// Log configuration as stored.
            log_delivery_configuration: LogDeliveryConfigurationType,
        }
    }
}

operation! {
    /// Returns which user activity a user pool logs, and where to.
    GetLogDeliveryConfiguration: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized ResourceNotFound TooManyRequests
    }
    request GetLogDeliveryConfigurationRequest {
        required {
            /// ID of the user pool whose log configuration to return.
            user_pool_id: String,
        }
    }
    response GetLogDeliveryConfigurationResponse {
        optional {
            /// Log configuration of the user pool.
            log_delivery_configuration: LogDeliveryConfigurationType,
        }
    }
}

operation! {
    /// Returns the request rate in force for a category of operations.
    ///
    /// The limit is per account and region. Reading and setting limits is itself limited to one
    /// request a second.
    GetProvisionedLimit: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized ResourceNotFound TooManyRequests
    }
    request GetProvisionedLimitRequest {
        required {
            /// Which limit to return.
            limit_definition: LimitDefinitionType,
        }
    }
    response GetProvisionedLimitResponse {
        required {
            /// The limit with its current values.
            limit: LimitType,
        }
    }
}

operation! {
    /// Sets the request rate for a category of operations, effective at once.
    ///
    /// Rates above the default are billed. Reading and setting limits is itself limited to one
    /// request a second.
    UpdateProvisionedLimit: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized ResourceNotFound ServiceQuotaExceeded
        TooManyRequests
    }
    request UpdateProvisionedLimitRequest {
        required {
            /// Which limit to set.
            limit_definition: LimitDefinitionType,
            /// Rate to set, in requests per second.
            ///
            /// From the default up to the maximum granted to the account by Service Quotas.
            requested_limit_value: i32,
        }
    }
    response UpdateProvisionedLimitResponse {
        required {
            /// The limit after the change.
            limit: LimitType,
        }
    }
}

structure! {
    /// Response to one level of takeover risk.
    AccountTakeoverActionType {
        required {
            /// Whether the user is told by email.
            ///
            /// The email is configured in `notify_configuration`.
            notify: bool,
            /// What happens to the sign-in.
            event_action: AccountTakeoverEventActionType,
        }
    }
}

structure! {
    /// Responses to takeover risk, by level.
    AccountTakeoverActionsType {
        optional {
            /// Response to a high risk.
            high_action: AccountTakeoverActionType,
            /// Response to a low risk.
            low_action: AccountTakeoverActionType,
            /// Response to a medium risk.
            medium_action: AccountTakeoverActionType,
        }
    }
}

string_enum! {
    /// What happens to a sign-in that looks like account takeover.
    AccountTakeoverEventActionType {
        /// The sign-in is refused.
        Block = "BLOCK",
        /// Users who have a second factor must use it; others may sign in.
        MfaIfConfigured = "MFA_IF_CONFIGURED",
        /// Users who have a second factor must use it; others are refused.
        MfaRequired = "MFA_REQUIRED",
        /// The sign-in goes ahead.
        NoAction = "NO_ACTION",
    }
}

structure! {
    /// Responses to sign-ins that look like account takeover.
    AccountTakeoverRiskConfigurationType {
        required {
            /// Responses, by level of risk.
            actions: AccountTakeoverActionsType,
        }
        optional {
            /// Email that tells users about a risky sign-in.
            notify_configuration: NotifyConfigurationType,
        }
    }
}

structure! {
    /// Log group in Amazon `CloudWatch` Logs that receives logs.
    CloudWatchLogsConfigurationType {
        optional {
            /// ARN of the log group, in the same account as the user pool.
            log_group_arn: String,
        }
    }
}

structure! {
    /// Response to a password that is known to be compromised.
    CompromisedCredentialsActionsType {
        required {
            /// What happens to the request.
            event_action: CompromisedCredentialsEventActionType,
        }
    }
}

string_enum! {
    /// What happens to a request with a password that is known to be compromised.
    CompromisedCredentialsEventActionType {
        /// The request is refused.
        Block = "BLOCK",
        /// The request goes ahead.
        NoAction = "NO_ACTION",
    }
}

structure! {
    /// When to look for compromised passwords, and how to respond.
    CompromisedCredentialsRiskConfigurationType {
        required {
            /// Response to a compromised password.
            actions: CompromisedCredentialsActionsType,
        }
        lists {
            /// Events at which passwords are checked.
            ///
            /// All of them when left out.
            event_filter: EventFilterType,
        }
    }
}

string_enum! {
    /// Event at which a password is checked.
    EventFilterType {
        /// A user signs in.
        SignIn = "SIGN_IN",
        /// A user changes or resets a password.
        PasswordChange = "PASSWORD_CHANGE",
        /// A user signs up.
        SignUp = "SIGN_UP",
    }
}

string_enum! {
    /// Source of logged events.
    EventSourceName {
        /// Delivery of email and SMS messages; logged at level `ERROR`.
        UserNotification = "userNotification",
        /// Sign-ins and other authentication as seen by threat protection; logged at level
        /// `INFO`.
        ///
        /// Needs the Plus tier.
        UserAuthEvents = "userAuthEvents",
    }
}

structure! {
    /// Amazon Data Firehose stream that receives logs.
    FirehoseConfigurationType {
        optional {
            /// ARN of the stream.
            stream_arn: String,
        }
    }
}

string_enum! {
    /// Class of a limit.
    LimitClass {
        /// Request rate of a category of operations.
        ApiCategory = "API_CATEGORY",
    }
}

structure! {
    /// Names one limit of the account.
    LimitDefinitionType {
        required {
            /// Class of the limit.
            limit_class: LimitClass,
            /// Attributes that single out the limit within its class.
            ///
            /// For `API_CATEGORY` the key `category`, with a value such as `UserAuthentication`
            /// or `UserCreation`.
            attributes: String as map,
        }
    }
}

structure! {
    /// Limit with its current values.
    LimitType {
        required {
            /// Which limit it is.
            limit_definition: LimitDefinitionType,
            /// Rate in force for the account, in requests per second.
            provisioned_limit_value: i32,
            /// Default rate, included at no extra cost, in requests per second.
            free_limit_value: i32,
        }
    }
}

structure! {
    /// Delivery of one kind of event to one destination.
    ///
    /// Give it one of the three destinations.
    LogConfigurationType {
        required {
            /// Level of the events that are logged.
            ///
            /// `ERROR` goes with `userNotification`, `INFO` with `userAuthEvents`.
            log_level: LogLevel,
            /// Which events are logged.
            event_source: EventSourceName,
        }
        optional {
            /// Log group in Amazon `CloudWatch` Logs to deliver to.
            cloud_watch_logs_configuration: CloudWatchLogsConfigurationType,
            /// Amazon Data Firehose stream to deliver to.
            firehose_configuration: FirehoseConfigurationType,
            /// Amazon S3 bucket to deliver to.
            s3_configuration: S3ConfigurationType,
        }
    }
}

structure! {
    /// Logging of a user pool's activity.
    LogDeliveryConfigurationType {
        required {
            /// ID of the user pool.
            user_pool_id: String,
        }
        lists {
            /// Log deliveries of the pool, at most two.
            log_configurations: LogConfigurationType,
        }
    }
}

string_enum! {
    /// Level of logged events.
    LogLevel {
        /// Errors in message delivery.
        Error = "ERROR",
        /// Authentication activity.
        Info = "INFO",
    }
}

structure! {
    /// Email that tells users about a risky sign-in.
    NotifyConfigurationType {
        required {
            /// ARN of the verified Amazon SES identity to send from.
            source_arn: String,
        }
        optional {
            /// Email for a sign-in that was refused.
            block_email: NotifyEmailType,
            /// Sender address, verified in Amazon SES.
            from: String,
            /// Email for a sign-in that had to use a second factor.
            mfa_email: NotifyEmailType,
            /// Email for a risky sign-in that was let through.
            no_action_email: NotifyEmailType,
            /// Address that replies go to.
            reply_to: String,
        }
    }
}

structure! {
    /// Template of an email about a risky sign-in.
    NotifyEmailType {
        required {
            /// Subject of the email, 1 to 140 characters.
            subject: String,
        }
        optional {
            /// Body as HTML, 6 to 20,000 characters.
            ///
            /// Placeholders such as `{ip-address}`, `{city}`, `{country}`, `{login-time}` and
            /// `{device-name}` are filled in.
            html_body: String,
            /// Body as plain text, 6 to 20,000 characters.
            ///
            /// Placeholders such as `{ip-address}`, `{city}`, `{country}`, `{login-time}` and
            /// `{device-name}` are filled in.
            text_body: String,
        }
    }
}

structure! {
    /// How a user pool or app client responds to risky sign-ins.
    RiskConfigurationType {
        optional {
            /// Responses to sign-ins that look like account takeover.
            account_takeover_risk_configuration: AccountTakeoverRiskConfigurationType,
            /// ID of the app client that the configuration is for.
            ///
            /// Absent for the default of the whole pool.
            client_id: Sensitive<String>,
            /// Response to passwords that are known to be compromised.
            compromised_credentials_risk_configuration: CompromisedCredentialsRiskConfigurationType,
            /// When the configuration was last changed.
            last_modified_date: Timestamp,
            /// Addresses that are always blocked or never assessed.
            risk_exception_configuration: RiskExceptionConfigurationType,
            /// ID of the user pool that the configuration is for.
            user_pool_id: String,
        }
    }
}

structure! {
    /// Addresses that are always blocked or never assessed.
    RiskExceptionConfigurationType {
        lists {
            /// Ranges from which requests are always refused, up to 200.
            ///
            /// In CIDR notation, such as `192.0.2.0/24`.
            blocked_ip_range_list: String = "BlockedIPRangeList",
            /// Ranges from which requests are never assessed for risk, up to 200.
            ///
            /// In CIDR notation, such as `192.0.2.0/24`.
            skipped_ip_range_list: String = "SkippedIPRangeList",
        }
    }
}

structure! {
    /// Amazon S3 bucket that receives logs.
    S3ConfigurationType {
        optional {
            /// ARN of the bucket.
            bucket_arn: String,
        }
    }
}
