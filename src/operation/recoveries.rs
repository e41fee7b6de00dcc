//! Recovery of a user pool to a point in time: initiate it, look at its preview, start or cancel it.
//!
//! While a recovery is active, from its initiation until it is cancelled, expired or complete,
//! Cognito refuses everything that writes to the pool: sign-up, creation and change of users,
//! imports. Signing in goes on, but for users whom it asks for a new password, to set up MFA or for
//! the code of an authenticator app. With which error a blocked write is refused, AWS does not say.

use crate::primitives::Timestamp;

operation! {
    /// Initiates the recovery of a user pool to a point in time, without changing its users yet.
    ///
    /// Writes to the pool pause at once, and a preview is made that counts what a recovery would
    /// create, update and delete. It lasts 24 hours: start or cancel the recovery within them. A
    /// pool may have 3 previews in 24 hours and 10 in 30 days, and an account 5 recoveries that are
    /// active. It needs the Essentials tier or higher.
    InitiatePointInTimeRecovery: SigV4, Once;
    errors {
        ConcurrentModification FeatureUnavailableInTier InternalError InvalidParameter LimitExceeded
        NotAuthorized OperationNotEnabled ResourceNotFound TooManyRequests
    }
    request InitiatePointInTimeRecoveryRequest {
        required {
            /// ID of the user pool to recover.
            user_pool_id: String,
            /// Point in time to recover the pool to.
            ///
            /// At least 15 minutes ago, and at most 1 day (Essentials) or 14 days (Plus).
            restore_timestamp: Timestamp,
        }
    }
    response InitiatePointInTimeRecoveryResponse {
        optional {
            /// The new recovery, with its ID.
            restoration: RestorationType,
        }
    }
}

operation! {
    /// Describes a recovery: its status and, once it is generated, its preview.
    DescribePointInTimeRecovery: SigV4, Repeatable;
    errors {
        FeatureUnavailableInTier InternalError InvalidParameter NotAuthorized OperationNotEnabled
        ResourceNotFound TooManyRequests
    }
    request DescribePointInTimeRecoveryRequest {
        required {
            /// ID of the user pool that the recovery belongs to.
            user_pool_id: String,
            /// ID of the recovery, from the answer to [`InitiatePointInTimeRecoveryRequest`].
            restore_id: String,
        }
    }
    response DescribePointInTimeRecoveryResponse {
        optional {
            /// The recovery.
            restoration: RestorationType,
        }
    }
}

operation! {
    /// Starts a recovery whose preview is generated: the pool's users become what they were then.
    ///
    /// **It cannot be cancelled any more**, and a pool can be recovered once in 24 hours.
    StartPointInTimeRecovery: SigV4, Once;
    errors {
        ConcurrentModification FeatureUnavailableInTier InternalError InvalidParameter NotAuthorized
        OperationNotEnabled ResourceNotFound TooManyRequests
    }
    request StartPointInTimeRecoveryRequest {
        required {
            /// ID of the user pool that the recovery belongs to.
            user_pool_id: String,
            /// ID of the recovery, from the answer to [`InitiatePointInTimeRecoveryRequest`].
            restore_id: String,
        }
    }
    response StartPointInTimeRecoveryResponse {
        optional {
            /// The recovery, which now restores.
            restoration: RestorationType,
        }
    }
}

operation! {
    /// Cancels a recovery that is not started yet, so that the pool can be written to again.
    CancelPointInTimeRecovery: SigV4, Once;
    errors {
        ConcurrentModification FeatureUnavailableInTier InternalError InvalidParameter NotAuthorized
        OperationNotEnabled ResourceNotFound TooManyRequests
    }
    request CancelPointInTimeRecoveryRequest {
        required {
            /// ID of the user pool that the recovery belongs to.
            user_pool_id: String,
            /// ID of the recovery, from the answer to [`InitiatePointInTimeRecoveryRequest`].
            restore_id: String,
        }
    }
    response CancelPointInTimeRecoveryResponse {
        optional {
            /// The cancelled recovery.
            restoration: RestorationType,
        }
    }
}

operation! {
    /// Lists the recoveries of a user pool, the most recent first and without their previews.
    ListPointInTimeRecoveries: SigV4, Repeatable;
    errors {
        FeatureUnavailableInTier InternalError InvalidParameter NotAuthorized OperationNotEnabled
        ResourceNotFound TooManyRequests
    }
    pages { restorations: RestorationDescriptionType, next_token }
    request ListPointInTimeRecoveriesRequest {
        required {
            /// ID of the user pool whose recoveries to list.
            user_pool_id: String,
        }
        optional {
            /// Continuation token from the previous page.
            ///
            /// Leave it out to start at the first page.
            next_token: String,
            /// Largest number of recoveries per page, 1 to 60, by default 60.
            max_results: i32,
        }
    }
    response ListPointInTimeRecoveriesResponse {
        optional {
            /// Continuation token for the next page.
            ///
            /// Absent on the last page.
            next_token: String,
        }
        lists {
            /// Recoveries on this page.
            restorations: RestorationDescriptionType,
        }
    }
}

structure! {
    /// Recovery of a user pool to a point in time.
    RestorationType {
        optional {
            /// ID of the recovery.
            restore_id: String,
            /// How far it is.
            restore_status: RestoreStatusType,
            /// Point in time that the pool is recovered to.
            restore_timestamp: Timestamp,
            /// End of the changes that are taken back, shortly after the recovery was initiated.
            trigger_timestamp: Timestamp,
        }
        lists {
            /// What the recovery changes, one entry for each type of entity.
            ///
            /// Absent until it is generated.
            restore_preview: RestorePreviewType,
        }
    }
}

structure! {
    /// Recovery in a list.
    RestorationDescriptionType {
        optional {
            /// ID of the recovery.
            restore_id: String,
            /// How far it is.
            restore_status: RestoreStatusType,
            /// Point in time that the pool is recovered to.
            restore_timestamp: Timestamp,
        }
    }
}

string_enum! {
    /// How far a recovery is.
    RestoreStatusType {
        /// The preview is being made; writes are paused.
        PreviewGenerating = "PREVIEW_GENERATING",
        /// The preview can be looked at, for 24 hours; writes are paused.
        PreviewGenerated = "PREVIEW_GENERATED",
        /// The recovery was cancelled; nothing was changed.
        PreviewCancelled = "PREVIEW_CANCELLED",
        /// The preview could not be made; nothing was changed.
        PreviewGenerationFailed = "PREVIEW_GENERATION_FAILED",
        /// The preview was neither started nor cancelled in time; nothing was changed.
        PreviewExpired = "PREVIEW_EXPIRED",
        /// The recovery changes the users; writes are paused.
        Restoring = "RESTORING",
        /// The recovery is complete.
        RestoreCompleted = "RESTORE_COMPLETED",
        /// Something failed at AWS, which has opened a support case about it.
        TemporaryInternalErrorSeeSupportCase = "TEMPORARY_INTERNAL_ERROR_SEE_SUPPORT_CASE",
        /// AWS has ended the recovery.
        AwsAborted = "AWS_ABORTED",
    }
}

structure! {
    /// What a recovery changes in entities of one type.
    RestorePreviewType {
        optional {
            /// Type of entity: `Users`, `Groups`, `User MFAs` or `Passkeys`.
            entity: String,
            /// Number of those that come back, having been deleted since.
            create_count: i64,
            /// Number of those that become what they were, having been changed since.
            update_count: i64,
            /// Number of those that are deleted, having been created since.
            delete_count: i64,
        }
    }
}
