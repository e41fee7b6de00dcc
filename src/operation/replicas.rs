//! Replicas of a user pool in other regions.

operation! {
    /// Creates a replica of a user pool in another region.
    ///
    /// The pool needs the Essentials tier or higher, a multi-region customer managed key and the
    /// `UPDATED` issuer. A new replica starts inactive.
    CreateUserPoolReplica: SigV4, Once;
    errors {
        FeatureUnavailableInTier InternalError InvalidParameter LimitExceeded NotAuthorized
        OperationNotEnabled ResourceNotFound TooManyRequests UserPoolTagging
    }
    request CreateUserPoolReplicaRequest {
        required {
            /// ID of the user pool to replicate.
            ///
            /// The replica has the same ID.
            user_pool_id: String,
            /// Region to create the replica in, such as `eu-west-1`.
            region_name: String,
        }
        maps {
            /// Tags to assign to the replica, by key.
            ///
            /// Independent of the primary pool's tags.
            user_pool_tags: String,
        }
    }
    response CreateUserPoolReplicaResponse {
        optional {
            /// The new replica.
            user_pool_replica: UserPoolReplicaType,
        }
    }
}

operation! {
    /// Activates or deactivates a replica of a user pool.
    ///
    /// May be sent to the primary or the secondary region.
    UpdateUserPoolReplica: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request UpdateUserPoolReplicaRequest {
        required {
            /// ID of the user pool that the replica belongs to.
            user_pool_id: String,
            /// Region of the replica to update.
            region_name: String,
            /// Whether the replica shall serve requests.
            status: UpdateReplicaStatusType,
        }
    }
    response UpdateUserPoolReplicaResponse {
        optional {
            /// The replica after the update.
            user_pool_replica: UserPoolReplicaType,
        }
    }
}

operation! {
    /// Deletes a replica of a user pool.
    ///
    /// The primary pool stays.
    DeleteUserPoolReplica: SigV4, Once;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request DeleteUserPoolReplicaRequest {
        required {
            /// ID of the user pool that the replica belongs to.
            user_pool_id: String,
            /// Region of the replica to delete.
            region_name: String,
        }
    }
    response DeleteUserPoolReplicaResponse {
        optional {
            /// The replica that is being deleted.
            user_pool_replica: UserPoolReplicaType,
        }
    }
}

operation! {
    /// Lists the replicas of a user pool.
    ListUserPoolReplicas: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    pages { user_pool_replicas: UserPoolReplicaType, next_token }
    request ListUserPoolReplicasRequest {
        required {
            /// ID of the user pool whose replicas to list.
            user_pool_id: String,
        }
        optional {
            /// Continuation token from the previous page.
            ///
            /// Leave it out to start at the first page.
            next_token: String,
        }
    }
    response ListUserPoolReplicasResponse {
        optional {
            /// Continuation token for the next page.
            ///
            /// Absent on the last page.
            next_token: String,
        }
        lists {
            /// Replicas on this page.
            user_pool_replicas: UserPoolReplicaType,
        }
    }
}

string_enum! {
    /// Role of a user pool among its replicas.
    ReplicaRoleType {
        /// The pool that takes configuration changes and writes to users.
        Primary = "PRIMARY",
        /// A copy of the primary, which can sign users in but not create them.
        Secondary = "SECONDARY",
    }
}

string_enum! {
    /// State of a replica.
    ReplicaStatusType {
        /// The replica is being created.
        Creating = "CREATING",
        /// The replica serves requests.
        Active = "ACTIVE",
        /// The replica exists but doesn't serve sign-in requests.
        Inactive = "INACTIVE",
        /// The replica is being deleted.
        Deleting = "DELETING",
    }
}

string_enum! {
    /// State that a replica can be put into.
    UpdateReplicaStatusType {
        /// The replica shall serve requests.
        Active = "ACTIVE",
        /// The replica shall stop serving sign-in requests.
        Inactive = "INACTIVE",
    }
}

structure! {
    /// Replica of a user pool in one region.
    UserPoolReplicaType {
        optional {
            /// Region that the replica is in.
            region_name: String,
            /// Whether it is the primary pool or a copy.
            role: ReplicaRoleType,
            /// State of the replica.
            status: ReplicaStatusType,
            /// ARN of the user pool in that region.
            user_pool_arn: String,
        }
    }
}
