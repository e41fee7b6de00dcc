//! Client ID metadata documents (CIMD): OAuth clients whose ID is the HTTPS address of a document.
//!
//! A policy of an app client says which addresses it accepts; Cognito fetches the document and
//! keeps it for a while. Such a client is named by its address where others have an app client's
//! ID.

use crate::{primitives::Timestamp, sensitive::Sensitive};

operation! {
    /// Creates a policy that lets OAuth clients identify themselves by a metadata document.
    CreateCIMDPolicy: SigV4, Once;
    errors {
        ConcurrentModification FeatureUnavailableInTier InternalError InvalidParameter LimitExceeded
        NotAuthorized OperationNotEnabled ResourceNotFound TooManyRequests
    }
    request CreateCimdPolicyRequest {
        required {
            /// ID of the user pool to create the policy in.
            user_pool_id: String,
            /// ID of the app client that the policy is for.
            client_id: Sensitive<String>,
            /// Name of the policy, 1 to 32 characters.
            policy_name: String,
            /// Patterns of the documents' addresses, 1 to 5.
            ///
            /// Each begins with `https://`; `*` stands for anything, as in
            /// `https://clients.example.com/*`.
            url_patterns: String as list = "URLPatterns",
        }
        optional {
            /// Seconds that Cognito keeps a document, from a day (86,400) to a year (31,556,952).
            cache_duration: i32,
        }
    }
    response CreateCimdPolicyResponse {
        required {
            /// The new policy.
            cimd_policy: CimdPolicyType = "CIMDPolicy",
        }
    }
}

operation! {
    /// Describes a policy for metadata documents.
    DescribeCIMDPolicy: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized ResourceNotFound TooManyRequests
    }
    request DescribeCimdPolicyRequest {
        required {
            /// ID of the user pool that the policy belongs to.
            user_pool_id: String,
            /// ID of the policy.
            cimd_policy_id: String = "CIMDPolicyId",
        }
    }
    response DescribeCimdPolicyResponse {
        required {
            /// The policy.
            cimd_policy: CimdPolicyType = "CIMDPolicy",
        }
    }
}

operation! {
    /// Updates a policy for metadata documents.
    ///
    /// The app client and the patterns are always replaced.
    UpdateCIMDPolicy: SigV4, Repeatable;
    errors {
        ConcurrentModification FeatureUnavailableInTier InternalError InvalidParameter LimitExceeded
        NotAuthorized OperationNotEnabled ResourceNotFound TooManyRequests
    }
    request UpdateCimdPolicyRequest {
        required {
            /// ID of the user pool that the policy belongs to.
            user_pool_id: String,
            /// ID of the app client that the policy is for.
            client_id: Sensitive<String>,
            /// ID of the policy.
            cimd_policy_id: String = "CIMDPolicyId",
            /// Patterns of the documents' addresses, 1 to 5.
            ///
            /// Each begins with `https://`; `*` stands for anything, as in
            /// `https://clients.example.com/*`.
            url_patterns: String as list = "URLPatterns",
        }
        optional {
            /// Name of the policy, 1 to 32 characters.
            policy_name: String,
            /// Seconds that Cognito keeps a document, from a day (86,400) to a year (31,556,952).
            cache_duration: i32,
        }
    }
    response UpdateCimdPolicyResponse {
        required {
            /// The policy after the update.
            cimd_policy: CimdPolicyType = "CIMDPolicy",
        }
    }
}

operation! {
    /// Deletes a policy for metadata documents.
    DeleteCIMDPolicy: SigV4, Once;
    errors {
        ConcurrentModification InternalError InvalidParameter NotAuthorized OperationNotEnabled
        ResourceNotFound TooManyRequests
    }
    request DeleteCimdPolicyRequest {
        required {
            /// ID of the user pool that the policy belongs to.
            user_pool_id: String,
            /// ID of the policy.
            cimd_policy_id: String = "CIMDPolicyId",
        }
    }
    response DeleteCimdPolicyResponse {}
}

operation! {
    /// Lists a user pool's policies for metadata documents.
    ListCIMDPolicies: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized ResourceNotFound TooManyRequests
    }
    pages { cimd_policies: CimdPolicySummaryType, next_token }
    request ListCimdPoliciesRequest {
        required {
            /// ID of the user pool whose policies to list.
            user_pool_id: String,
        }
        optional {
            /// Continuation token from the previous page.
            ///
            /// Leave it out to start at the first page.
            next_token: String,
            /// Largest number of policies per page, 1 to 60.
            max_results: i32,
        }
    }
    response ListCimdPoliciesResponse {
        optional {
            /// Continuation token for the next page.
            ///
            /// Absent on the last page.
            next_token: String,
        }
        lists {
            /// Policies on this page.
            cimd_policies: CimdPolicySummaryType = "CIMDPolicies",
        }
    }
}

operation! {
    /// Lists the addresses of documents that Cognito has met under a policy.
    ListClientMetadataURLs: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized ResourceNotFound TooManyRequests
    }
    pages { client_metadata_urls: ClientMetadataUrlType, next_token }
    request ListClientMetadataUrlsRequest {
        required {
            /// ID of the user pool that the policy belongs to.
            user_pool_id: String,
            /// ID of the policy.
            cimd_policy_id: String = "CIMDPolicyId",
        }
        optional {
            /// Continuation token from the previous page.
            ///
            /// Leave it out to start at the first page.
            next_token: String,
            /// Largest number of addresses per page, 1 to 60.
            max_results: i32,
        }
    }
    response ListClientMetadataUrlsResponse {
        optional {
            /// Continuation token for the next page.
            ///
            /// Absent on the last page.
            next_token: String,
        }
        lists {
            /// Addresses on this page.
            client_metadata_urls: ClientMetadataUrlType = "ClientMetadataURLs",
        }
    }
}

operation! {
    /// Makes Cognito fetch a metadata document anew, or forget it.
    UpdateClientMetadataURLState: SigV4, Once unless fetches_anew;
    errors {
        CachedCimdUrlDoesNotExist FeatureUnavailableInTier InternalError InvalidParameter
        NotAuthorized OperationNotEnabled ResourceNotFound TooManyRequests
    }
    request UpdateClientMetadataUrlStateRequest {
        required {
            /// ID of the user pool that the policy belongs to.
            user_pool_id: String,
            /// ID of the policy.
            cimd_policy_id: String = "CIMDPolicyId",
            /// Address of the document.
            url: String = "URL",
            /// What to do with the kept document.
            action: CimdCacheActionType,
        }
    }
    response UpdateClientMetadataUrlStateResponse {}
}

impl UpdateClientMetadataUrlStateRequest {
    fn fetches_anew(&self) -> bool {
        self.action == CimdCacheActionType::Refresh
    }
}

structure! {
    /// Policy of an app client for metadata documents.
    CimdPolicyType {
        required {
            /// ID of the user pool that the policy belongs to.
            user_pool_id: String,
            /// ID of the policy.
            cimd_policy_id: String = "CIMDPolicyId",
            /// Name of the policy.
            policy_name: String,
        }
        optional {
            /// ID of the app client that the policy is for.
            ///
            /// Absent once the app client is deleted.
            client_id: Sensitive<String>,
            /// Seconds that Cognito keeps a document.
            cache_duration: i32,
            /// When the policy was created.
            creation_date: Timestamp,
            /// When the policy was last changed.
            last_modified_date: Timestamp,
        }
        lists {
            /// Patterns of the documents' addresses.
            url_patterns: String = "URLPatterns",
        }
    }
}

structure! {
    /// Policy for metadata documents in a list.
    CimdPolicySummaryType {
        required {
            /// ID of the policy.
            cimd_policy_id: String = "CIMDPolicyId",
            /// Name of the policy.
            policy_name: String,
        }
        optional {
            /// ID of the app client that the policy is for.
            ///
            /// Absent once the app client is deleted.
            client_id: Sensitive<String>,
            /// Seconds that Cognito keeps a document.
            cache_duration: i32,
            /// When the policy was created.
            creation_date: Timestamp,
            /// When the policy was last changed.
            last_modified_date: Timestamp,
        }
    }
}

structure! {
    /// Address of a metadata document that Cognito has met.
    ClientMetadataUrlType {
        required {
            /// Address of the document.
            url: String = "URL",
        }
        optional {
            /// When Cognito fetched the document that it keeps.
            cached_date: Timestamp,
            /// Until when Cognito keeps it.
            expiration_date: Timestamp,
        }
    }
}

string_enum! {
    /// What to do with a kept metadata document.
    CimdCacheActionType {
        /// Fetch it anew.
        Refresh = "REFRESH",
        /// Forget it.
        Invalidate = "INVALIDATE",
    }
}
