//! Terms of use and privacy policies.

use crate::{primitives::Timestamp, sensitive::Sensitive};

operation! {
    /// Links a terms document to an app client for its managed login sign-up page.
    ///
    /// One call sets one kind of document; the page shows links only when both kinds are there.
    CreateTerms: SigV4, Once;
    errors {
        ConcurrentModification InternalError InvalidParameter LimitExceeded NotAuthorized
        OperationNotEnabled ResourceNotFound TermsExists TooManyRequests
    }
    request CreateTermsRequest {
        required {
            /// ID of the user pool.
            user_pool_id: String,
            /// ID of the app client that gets the document.
            client_id: Sensitive<String>,
            /// Kind of document: `terms-of-use` or `privacy-policy`.
            terms_name: String,
            /// Where the document comes from; only `LINK` exists.
            terms_source: TermsSourceType,
            /// How agreement is enforced; only `NONE` exists.
            enforcement: TermsEnforcementType,
        }
        maps {
            /// Addresses of the document by language, 1 to 13 of them.
            ///
            /// Keys are names such as `cognito:english`; `cognito:default` serves all languages
            /// without one of their own.
            links: String,
        }
    }
    response CreateTermsResponse {
        optional {
            /// The new terms document.
            terms: TermsType,
        }
    }
}

operation! {
    /// Reads a terms document by its ID.
    DescribeTerms: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request DescribeTermsRequest {
        required {
            /// ID of the user pool.
            user_pool_id: String,
            /// ID of the terms document, a UUID.
            terms_id: String,
        }
    }
    response DescribeTermsResponse {
        optional {
            /// The terms document.
            terms: TermsType,
        }
    }
}

operation! {
    /// Reads a terms document of an app client by its kind.
    DescribeTermsByClient: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request DescribeTermsByClientRequest {
        required {
            /// ID of the user pool.
            user_pool_id: String,
            /// ID of the app client whose document to read.
            client_id: Sensitive<String>,
            /// Kind of document: `terms-of-use` or `privacy-policy`.
            terms_name: String,
        }
    }
    response DescribeTermsByClientResponse {
        optional {
            /// The terms document.
            terms: TermsType,
        }
    }
}

operation! {
    /// Changes a terms document.
    UpdateTerms: SigV4, Repeatable;
    errors {
        ConcurrentModification InternalError InvalidParameter NotAuthorized OperationNotEnabled
        ResourceNotFound TermsExists TooManyRequests
    }
    request UpdateTermsRequest {
        required {
            /// ID of the user pool.
            user_pool_id: String,
            /// ID of the terms document to change, a UUID.
            terms_id: String,
        }
        optional {
            /// How agreement is enforced; only `NONE` exists.
            enforcement: TermsEnforcementType,
            /// Kind of document: `terms-of-use` or `privacy-policy`.
            terms_name: String,
            /// Where the document comes from; only `LINK` exists.
            terms_source: TermsSourceType,
        }
        maps {
            /// Addresses of the document by language, 1 to 13 of them.
            ///
            /// Keys are names such as `cognito:english`; `cognito:default` serves all languages
            /// without one of their own.
            links: String,
        }
    }
    response UpdateTermsResponse {
        optional {
            /// The terms document as it stands after the change.
            terms: TermsType,
        }
    }
}

operation! {
    /// Deletes a terms document.
    ///
    /// With only one kind left, the sign-up page shows no links.
    DeleteTerms: SigV4, Once;
    errors {
        ConcurrentModification InternalError InvalidParameter NotAuthorized OperationNotEnabled
        ResourceNotFound TooManyRequests
    }
    request DeleteTermsRequest {
        required {
            /// ID of the user pool.
            user_pool_id: String,
            /// ID of the terms document to delete, a UUID.
            terms_id: String,
        }
    }
    response DeleteTermsResponse {}
}

operation! {
    /// Lists the terms documents of a user pool, without their links.
    ListTerms: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    pages { terms: TermsDescriptionType, next_token }
    request ListTermsRequest {
        required {
            /// ID of the user pool.
            user_pool_id: String,
        }
        optional {
            /// Largest number of documents per page, 1 to 60.
            max_results: i32,
            /// Token of the previous page, to fetch the page after it.
            ///
            /// Leave it out for the first page.
            next_token: String,
        }
    }
    response ListTermsResponse {
        optional {
            /// Token to fetch the next page with, absent on the last page.
            next_token: String,
        }
        lists {
            /// Terms documents on this page.
            terms: TermsDescriptionType,
        }
    }
}

structure! {
    /// A terms document in a list.
    ///
    /// `DescribeTerms` returns its links.
    TermsDescriptionType {
        required {
            /// ID of the terms document, a UUID.
            terms_id: String,
            /// Kind of document: `terms-of-use` or `privacy-policy`.
            terms_name: String,
            /// How agreement is enforced; only `NONE` exists.
            enforcement: TermsEnforcementType,
            /// Time the document was created.
            creation_date: Timestamp,
            /// Time of the last change to the document.
            last_modified_date: Timestamp,
        }
    }
}

string_enum! {
    /// How agreement to a terms document is enforced.
    TermsEnforcementType {
        /// The document is only shown.
        None = "NONE",
    }
}

string_enum! {
    /// Where a terms document comes from.
    TermsSourceType {
        /// The document is a web page that is linked to.
        Link = "LINK",
    }
}

structure! {
    /// A terms document of an app client.
    TermsType {
        required {
            /// ID of the user pool the document belongs to.
            user_pool_id: String,
            /// ID of the app client the document belongs to.
            client_id: Sensitive<String>,
            /// ID of the terms document, a UUID.
            terms_id: String,
            /// Kind of document: `terms-of-use` or `privacy-policy`.
            terms_name: String,
            /// Where the document comes from; only `LINK` exists.
            terms_source: TermsSourceType,
            /// How agreement is enforced; only `NONE` exists.
            enforcement: TermsEnforcementType,
            /// Time the document was created.
            creation_date: Timestamp,
            /// Time of the last change to the document.
            last_modified_date: Timestamp,
        }
        maps {
            /// Addresses of the document by language.
            ///
            /// `cognito:default` serves all languages without one of their own.
            links: String,
        }
    }
}
