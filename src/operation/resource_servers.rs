//! Resource servers and their scopes.

operation! {
    /// Creates a resource server in a user pool, with the scopes that access tokens can carry for
    /// it.
    CreateResourceServer: SigV4, Once;
    errors {
        InternalError InvalidParameter LimitExceeded NotAuthorized OperationNotEnabled
        ResourceNotFound TooManyRequests
    }
    request CreateResourceServerRequest {
        required {
            /// ID of the user pool to create the resource server in.
            user_pool_id: String,
            /// Unique identifier of the resource server, usually the URL of an API.
            ///
            /// 1 to 256 printable ASCII characters without spaces, `"` and backslash; can't be
            /// changed later.
            identifier: String,
            /// Display name of the resource server, 1 to 256 characters.
            name: String,
        }
        lists {
            /// Scopes that the resource server defines, up to 100.
            scopes: ResourceServerScopeType,
        }
    }
    response CreateResourceServerResponse {
        required {
            /// The new resource server.
            resource_server: ResourceServerType,
        }
    }
}

operation! {
    /// Returns a resource server with its scopes.
    DescribeResourceServer: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request DescribeResourceServerRequest {
        required {
            /// ID of the user pool that the resource server is in.
            user_pool_id: String,
            /// Identifier of the resource server to return.
            identifier: String,
        }
    }
    response DescribeResourceServerResponse {
        required {
            /// The resource server.
            resource_server: ResourceServerType,
        }
    }
}

operation! {
    /// Replaces the name and scopes of a resource server.
    ///
    /// Cognito documents that settings left out go back to their defaults, so send all scopes
    /// that shall stay.
    UpdateResourceServer: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request UpdateResourceServerRequest {
        required {
            /// ID of the user pool that the resource server is in.
            user_pool_id: String,
            /// Identifier of the resource server to update.
            ///
            /// The identifier itself can't be changed.
            identifier: String,
            /// Display name that the resource server shall have, 1 to 256 characters.
            name: String,
        }
        lists {
            /// All scopes that the resource server shall have, up to 100.
            scopes: ResourceServerScopeType,
        }
    }
    response UpdateResourceServerResponse {
        required {
            /// The resource server after the update.
            resource_server: ResourceServerType,
        }
    }
}

operation! {
    /// Deletes a resource server with its scopes.
    DeleteResourceServer: SigV4, Once;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request DeleteResourceServerRequest {
        required {
            /// ID of the user pool that the resource server is in.
            user_pool_id: String,
            /// Identifier of the resource server to delete.
            identifier: String,
        }
    }
    response DeleteResourceServerResponse {}
}

operation! {
    /// Lists the resource servers of a user pool.
    ListResourceServers: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    pages { resource_servers: ResourceServerType, next_token }
    request ListResourceServersRequest {
        required {
            /// ID of the user pool whose resource servers to list.
            user_pool_id: String,
        }
        optional {
            /// Largest number of resource servers to return in one page, 1 to 50.
            max_results: i32,
            /// Continuation token from the previous page.
            ///
            /// Leave it out to start at the first page.
            next_token: String,
        }
    }
    response ListResourceServersResponse {
        optional {
            /// Continuation token for the next page.
            ///
            /// Absent on the last page.
            next_token: String,
        }
        lists {
            /// Resource servers on this page.
            resource_servers: ResourceServerType,
        }
    }
}

string_enum! {
    /// Who manages a resource server.
    ResourceServerManagedByType {
        /// Cognito manages the resource server itself.
        Cognito = "COGNITO",
    }
}

structure! {
    /// Scope that a resource server defines.
    ResourceServerScopeType {
        required {
            /// Name of the scope, such as `read`.
            ///
            /// 1 to 256 printable ASCII characters without spaces, `"`, `/` and backslash.
            /// Clients request it as `identifier/name`.
            scope_name: String,
            /// Description of what the scope allows, 1 to 256 characters.
            scope_description: String,
        }
    }
}

structure! {
    /// API whose access a user pool's tokens can govern through scopes.
    ResourceServerType {
        optional {
            /// Unique identifier of the resource server, usually the URL of an API.
            identifier: String,
            /// Who manages the resource server, if not you.
            managed_by: ResourceServerManagedByType,
            /// Display name of the resource server.
            name: String,
            /// ID of the user pool that the resource server is in.
            user_pool_id: String,
        }
        lists {
            /// Scopes that the resource server defines.
            scopes: ResourceServerScopeType,
        }
    }
}
