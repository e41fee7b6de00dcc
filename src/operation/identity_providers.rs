//! Third-party identity providers.

use crate::{primitives::Timestamp, sensitive::Sensitive};

operation! {
    /// Adds an external identity provider to a user pool.
    ///
    /// To offer it to users, also list it in `supported_identity_providers` of an app client.
    CreateIdentityProvider: SigV4, Once;
    errors {
        DuplicateProvider InternalError InvalidParameter LimitExceeded NotAuthorized
        ResourceNotFound TooManyRequests
    }
    request CreateIdentityProviderRequest {
        required {
            /// ID of the user pool to add the provider to.
            user_pool_id: String,
            /// Name of the new provider, 3 to 32 characters, not starting with an underscore.
            ///
            /// For a social provider it must equal the type, for example `Google`.
            provider_name: String,
            /// Kind of provider: SAML, OIDC or one of the social providers.
            ///
            /// It cannot be changed later.
            provider_type: IdentityProviderTypeType,
            /// Connection settings of the provider, whose keys depend on its type.
            ///
            /// SAML: `MetadataURL` or `MetadataFile`, and optionally `IDPSignout`, `IDPInit`,
            /// `EncryptedResponses`, `RequestSigningAlgorithm`. OIDC: `client_id`,
            /// `client_secret`, `attributes_request_method`, `oidc_issuer`, `authorize_scopes`,
            /// and the endpoint URLs if they cannot be discovered. Google, Facebook and Login
            /// with Amazon: `client_id`, `client_secret`, `authorize_scopes`. Sign in with Apple:
            /// `client_id`, `team_id`, `key_id`, `private_key`, `authorize_scopes`.
            provider_details: Sensitive<String> as map,
        }
        lists {
            /// Other names of the provider for routing users to it, such as email domains, at
            /// most 50 of up to 40 characters each.
            idp_identifiers: String,
        }
        maps {
            /// Authentication levels of the user pool and the provider's ACR values for them, at
            /// most 4.
            ///
            /// Keys are `Level1` to `Level4`; for OIDC providers.
            acr_mapping: String,
            /// User pool attributes and the provider's attributes or claims that fill them.
            ///
            /// The key is the pool's attribute, the value the provider's name, for example
            /// `email` to `email` or `custom:dept` to `department`.
            attribute_mapping: String,
        }
    }
    response CreateIdentityProviderResponse {
        required {
            /// The new provider.
            identity_provider: IdentityProviderType,
        }
    }
}

operation! {
    /// Reads the settings of an identity provider.
    DescribeIdentityProvider: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized ResourceNotFound TooManyRequests
    }
    request DescribeIdentityProviderRequest {
        required {
            /// ID of the user pool the provider belongs to.
            user_pool_id: String,
            /// Name of the provider.
            provider_name: String,
        }
    }
    response DescribeIdentityProviderResponse {
        required {
            /// The provider.
            identity_provider: IdentityProviderType,
        }
    }
}

operation! {
    /// Changes the settings of an identity provider.
    ///
    /// Name and type stay. Send each map or list in full: entries left out of one are not sure to
    /// be kept.
    UpdateIdentityProvider: SigV4, Repeatable;
    errors {
        ConcurrentModification InternalError InvalidParameter NotAuthorized ResourceNotFound
        TooManyRequests UnsupportedIdentityProvider
    }
    request UpdateIdentityProviderRequest {
        required {
            /// ID of the user pool the provider belongs to.
            user_pool_id: String,
            /// Name of the provider to change.
            provider_name: String,
        }
        lists {
            /// Other names of the provider for routing users to it, such as email domains, at
            /// most 50 of up to 40 characters each.
            idp_identifiers: String,
        }
        maps {
            /// Authentication levels of the user pool and the provider's ACR values for them, at
            /// most 4.
            ///
            /// Keys are `Level1` to `Level4`; for OIDC providers.
            acr_mapping: String,
            /// User pool attributes and the provider's attributes or claims that fill them.
            ///
            /// The key is the pool's attribute, the value the provider's name, for example
            /// `email` to `email` or `custom:dept` to `department`.
            attribute_mapping: String,
            /// Connection settings of the provider, whose keys depend on its type.
            ///
            /// The keys are those of `CreateIdentityProvider`; send all of them, not only the
            /// changed ones.
            provider_details: Sensitive<String>,
        }
    }
    response UpdateIdentityProviderResponse {
        required {
            /// The provider as it stands after the change.
            identity_provider: IdentityProviderType,
        }
    }
}

operation! {
    /// Removes an identity provider from a user pool.
    ///
    /// Users who came through it can no longer sign in with it; their profiles stay.
    DeleteIdentityProvider: SigV4, Once;
    errors {
        ConcurrentModification InternalError InvalidParameter NotAuthorized ResourceNotFound
        TooManyRequests UnsupportedIdentityProvider
    }
    request DeleteIdentityProviderRequest {
        required {
            /// ID of the user pool the provider belongs to.
            user_pool_id: String,
            /// Name of the provider to remove.
            provider_name: String,
        }
    }
    response DeleteIdentityProviderResponse {}
}

operation! {
    /// Lists the identity providers of a user pool, by name and type only.
    ListIdentityProviders: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized ResourceNotFound TooManyRequests
    }
    pages { providers: ProviderDescription, next_token }
    request ListIdentityProvidersRequest {
        required {
            /// ID of the user pool whose providers to list.
            user_pool_id: String,
        }
        optional {
            /// Largest number of providers per page, 0 to 60.
            max_results: i32,
            /// Token of the previous page, to fetch the page after it.
            ///
            /// Leave it out for the first page.
            next_token: String,
        }
    }
    response ListIdentityProvidersResponse {
        optional {
            /// Token to fetch the next page with, absent on the last page.
            next_token: String,
        }
        lists {
            /// Providers on this page, at most 50.
            providers: ProviderDescription,
        }
    }
}

operation! {
    /// Finds an identity provider by one of its identifiers, such as an email domain.
    GetIdentityProviderByIdentifier: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized ResourceNotFound TooManyRequests
    }
    request GetIdentityProviderByIdentifierRequest {
        required {
            /// ID of the user pool to search.
            user_pool_id: String,
            /// Identifier to look for, as set in `idp_identifiers`, 1 to 40 characters.
            idp_identifier: String,
        }
    }
    response GetIdentityProviderByIdentifierResponse {
        required {
            /// The provider with this identifier.
            identity_provider: IdentityProviderType,
        }
    }
}

structure! {
    /// An external identity provider with all its settings.
    IdentityProviderType {
        optional {
            /// Time the provider was added.
            creation_date: Timestamp,
            /// Time of the last change to the provider.
            last_modified_date: Timestamp,
            /// Name of the provider.
            provider_name: String,
            /// Kind of provider.
            provider_type: IdentityProviderTypeType,
            /// ID of the user pool the provider belongs to.
            user_pool_id: String,
        }
        lists {
            /// Other names of the provider for routing users to it, such as email domains.
            idp_identifiers: String,
        }
        maps {
            /// Authentication levels of the user pool, `Level1` to `Level4`, and the provider's
            /// ACR values for them.
            acr_mapping: String,
            /// User pool attributes and the provider's attributes or claims that fill them.
            ///
            /// The key is the pool's attribute, the value the provider's name.
            attribute_mapping: String,
            /// Connection settings of the provider, whose keys depend on its type.
            ///
            /// May hold secrets, such as `client_secret` or `private_key`.
            provider_details: Sensitive<String>,
        }
    }
}

string_enum! {
    /// Kind of an external identity provider.
    IdentityProviderTypeType {
        /// The provider speaks SAML 2.0.
        Saml = "SAML",
        /// The provider is Facebook.
        Facebook = "Facebook",
        /// The provider is Google.
        Google = "Google",
        /// The provider is Login with Amazon.
        LoginWithAmazon = "LoginWithAmazon",
        /// The provider is Sign in with Apple.
        SignInWithApple = "SignInWithApple",
        /// The provider speaks OIDC.
        Oidc = "OIDC",
    }
}

structure! {
    /// An identity provider in a list: its name and type.
    ///
    /// `DescribeIdentityProvider` returns the settings.
    ProviderDescription {
        optional {
            /// Time the provider was added.
            creation_date: Timestamp,
            /// Time of the last change to the provider.
            last_modified_date: Timestamp,
            /// Name of the provider.
            provider_name: String,
            /// Kind of provider.
            provider_type: IdentityProviderTypeType,
        }
    }
}
