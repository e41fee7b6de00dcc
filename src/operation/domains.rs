//! Domains of managed login.

operation! {
    /// Creates the domain that serves a user pool's sign-in pages and OAuth endpoints.
    ///
    /// A prefix domain works within a minute; a custom domain can take up to an hour.
    CreateUserPoolDomain: SigV4, Once;
    errors {
        ConcurrentModification FeatureUnavailableInTier InternalError InvalidParameter
        LimitExceeded NotAuthorized OperationNotEnabled ResourceNotFound
    }
    request CreateUserPoolDomainRequest {
        required {
            /// ID of the user pool that gets the domain.
            user_pool_id: String,
            /// Domain to create.
            ///
            /// For a prefix domain the prefix alone, such as `myapp`; for a custom domain the
            /// full name, such as `auth.example.com`.
            domain: String,
        }
        optional {
            /// Certificate and TLS policy of a custom domain.
            ///
            /// Leave it out for a prefix domain.
            custom_domain_config: CustomDomainConfigType,
            /// Version of the sign-in pages: 1 for the classic hosted UI, 2 for managed login.
            ///
            /// Version 2 is not available in the Lite tier.
            managed_login_version: i32,
            /// Routing of the domain between regions, for a pool with replicas.
            routing: RoutingType,
        }
    }
    response CreateUserPoolDomainResponse {
        optional {
            /// Name of the `CloudFront` distribution behind a custom domain.
            ///
            /// Point an alias record of your domain at it; absent for a prefix domain.
            cloud_front_domain: String,
            /// Version of the sign-in pages: 1 for the classic hosted UI, 2 for managed login.
            managed_login_version: i32,
            /// Routing of the domain between regions.
            routing: RoutingType,
        }
    }
}

operation! {
    /// Looks a user pool domain up by its name.
    ///
    /// A domain that nobody uses is not an error: the description comes back empty.
    DescribeUserPoolDomain: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
    }
    request DescribeUserPoolDomainRequest {
        required {
            /// Domain to look up.
            ///
            /// For a prefix domain the prefix alone, such as `myapp`; for a custom domain the
            /// full name, such as `auth.example.com`.
            domain: String,
        }
    }
    response DescribeUserPoolDomainResponse {
        optional {
            /// The domain, with all fields absent if it does not exist.
            domain_description: DomainDescriptionType,
        }
    }
}

operation! {
    /// Changes the certificate, TLS policy, page version or routing of a domain.
    ///
    /// The name cannot be changed: delete the domain and create another. A new certificate takes
    /// up to an hour to be in use.
    UpdateUserPoolDomain: SigV4, Repeatable;
    errors {
        ConcurrentModification FeatureUnavailableInTier InternalError InvalidParameter
        NotAuthorized OperationNotEnabled ResourceNotFound TooManyRequests
    }
    request UpdateUserPoolDomainRequest {
        required {
            /// ID of the user pool that has the domain.
            user_pool_id: String,
            /// Domain to change.
            ///
            /// For a prefix domain the prefix alone, such as `myapp`; for a custom domain the
            /// full name, such as `auth.example.com`.
            domain: String,
        }
        optional {
            /// Certificate and TLS policy of a custom domain.
            ///
            /// Not needed when a certificate is renewed under the same ARN.
            custom_domain_config: CustomDomainConfigType,
            /// Version of the sign-in pages: 1 for the classic hosted UI, 2 for managed login.
            ///
            /// Version 2 is not available in the Lite tier.
            managed_login_version: i32,
            /// Routing of the domain between regions, for a pool with replicas.
            routing: RoutingType,
        }
    }
    response UpdateUserPoolDomainResponse {
        optional {
            /// Name of the `CloudFront` distribution behind a custom domain.
            ///
            /// Point an alias record of your domain at it; absent for a prefix domain.
            cloud_front_domain: String,
            /// Version of the sign-in pages: 1 for the classic hosted UI, 2 for managed login.
            managed_login_version: i32,
            /// Routing of the domain between regions.
            routing: RoutingType,
        }
    }
}

operation! {
    /// Deletes the domain of a user pool.
    ///
    /// Its sign-in pages and OAuth endpoints stop working; a user pool cannot be deleted while it
    /// has a domain.
    DeleteUserPoolDomain: SigV4, Once;
    errors {
        ConcurrentModification InternalError InvalidParameter NotAuthorized OperationNotEnabled
        ResourceNotFound
    }
    request DeleteUserPoolDomainRequest {
        required {
            /// ID of the user pool that has the domain.
            user_pool_id: String,
            /// Domain to delete.
            ///
            /// For a prefix domain the prefix alone, such as `myapp`; for a custom domain the
            /// full name, such as `auth.example.com`.
            domain: String,
        }
    }
    response DeleteUserPoolDomainResponse {}
}

structure! {
    /// Certificate and TLS policy of a custom domain.
    ///
    /// Cognito describes a domain that is only a prefix with one that has no members.
    CustomDomainConfigType {
        optional {
            /// ARN of the domain's certificate in AWS Certificate Manager.
            ///
            /// Required in requests. The certificate must be in `us-east-1`, whatever the region
            /// of the pool.
            certificate_arn: String,
            /// Lowest TLS version and ciphers that the domain accepts.
            security_policy: SecurityPolicyType,
        }
    }
}

structure! {
    /// A user pool domain.
    DomainDescriptionType {
        optional {
            /// AWS account that owns the user pool, 12 digits.
            aws_account_id: String = "AWSAccountId",
            /// Name of the `CloudFront` distribution that serves the domain.
            cloud_front_distribution: String,
            /// Certificate and TLS policy, for a custom domain.
            custom_domain_config: CustomDomainConfigType,
            /// Name of the domain: the prefix alone, or the full name of a custom domain.
            domain: String,
            /// Version of the sign-in pages: 1 for the classic hosted UI, 2 for managed login.
            managed_login_version: i32,
            /// Routing of the domain between regions.
            routing: RoutingType,
            /// Amazon S3 bucket that holds the domain's static files.
            s3_bucket: String,
            /// State of the domain.
            status: DomainStatusType,
            /// ID of the user pool that has the domain.
            user_pool_id: String,
            /// Version of the domain's deployment.
            version: String,
        }
    }
}

string_enum! {
    /// State of a user pool domain.
    DomainStatusType {
        /// The domain is being created.
        Creating = "CREATING",
        /// The domain is being deleted.
        Deleting = "DELETING",
        /// A change to the domain is under way.
        Updating = "UPDATING",
        /// The domain is in service.
        Active = "ACTIVE",
        /// Creating or changing the domain has failed.
        Failed = "FAILED",
    }
}

structure! {
    /// Where a domain's traffic goes when the primary region is unhealthy.
    FailoverType {
        required {
            /// Region that takes over, such as `us-west-2`.
            secondary_region: String,
            /// ID of the Amazon Route 53 health check that decides.
            ///
            /// While it is healthy, traffic goes to the primary region.
            primary_route53_health_check_id: String,
        }
    }
}

structure! {
    /// Routing of a domain between the regions of a replicated user pool.
    RoutingType {
        optional {
            /// Failover to a second region.
            failover: FailoverType,
        }
    }
}

string_enum! {
    /// TLS policy of a custom domain.
    SecurityPolicyType {
        /// TLS 1.0 and later are accepted, for very old clients only.
        TlsV1 = "TLS_V1",
        /// TLS 1.2 and later are accepted.
        TlsV1_2_2021 = "TLS_V1_2_2021",
        /// Only TLS 1.3 is accepted.
        TlsV1_3_2025 = "TLS_V1_3_2025",
    }
}
