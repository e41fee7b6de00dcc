//! Import of users from CSV files.

use crate::{primitives::Timestamp, sensitive::Sensitive};

operation! {
    /// Creates a job that imports users from a CSV file.
    ///
    /// Then upload the file to the job's `pre_signed_url` and call `StartUserImportJob`. A job that
    /// is not started within a day or two expires.
    CreateUserImportJob: SigV4, Once;
    errors {
        InternalError InvalidParameter LimitExceeded NotAuthorized OperationNotEnabled
        PreconditionNotMet ResourceNotFound TooManyRequests
    }
    request CreateUserImportJobRequest {
        required {
            /// ID of the user pool to import users into.
            user_pool_id: String,
            /// Display name of the job, 1 to 128 characters.
            job_name: String,
            /// ARN of the IAM role with which Cognito writes the job's log to `CloudWatch` Logs.
            cloud_watch_logs_role_arn: String,
        }
        optional {
            /// Algorithm of the password hashes in the file.
            ///
            /// Leave it out for a file without them; users then have to set a new password.
            password_hashing_algorithm: PasswordHashingAlgorithmType,
        }
    }
    response CreateUserImportJobResponse {
        optional {
            /// The new job, with the address to upload the file to.
            user_import_job: UserImportJobType,
        }
    }
}

operation! {
    /// Reads the state of an import job.
    DescribeUserImportJob: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request DescribeUserImportJobRequest {
        required {
            /// ID of the user pool the job belongs to.
            user_pool_id: String,
            /// ID of the job, which starts with `import-`.
            job_id: String,
        }
    }
    response DescribeUserImportJobResponse {
        optional {
            /// The job.
            user_import_job: UserImportJobType,
        }
    }
}

operation! {
    /// Lists the import jobs of a user pool.
    ListUserImportJobs: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    pages { user_import_jobs: UserImportJobType, pagination_token }
    request ListUserImportJobsRequest {
        required {
            /// ID of the user pool whose jobs to list.
            user_pool_id: String,
            /// Largest number of jobs per page, 1 to 60.
            max_results: i32,
        }
        optional {
            /// Token of the previous page, to fetch the page after it.
            ///
            /// Leave it out for the first page.
            pagination_token: String,
        }
    }
    response ListUserImportJobsResponse {
        optional {
            /// Token to fetch the next page with, absent on the last page.
            pagination_token: String,
        }
        lists {
            /// Jobs on this page, at most 50.
            user_import_jobs: UserImportJobType,
        }
    }
}

operation! {
    /// Starts an import job whose file has been uploaded.
    ///
    /// The call returns at once; follow the job with `DescribeUserImportJob`.
    StartUserImportJob: SigV4, Once;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled PreconditionNotMet
        ResourceNotFound TooManyRequests
    }
    request StartUserImportJobRequest {
        required {
            /// ID of the user pool the job belongs to.
            user_pool_id: String,
            /// ID of the job to start.
            job_id: String,
        }
    }
    response StartUserImportJobResponse {
        optional {
            /// The job, now waiting or running.
            user_import_job: UserImportJobType,
        }
    }
}

operation! {
    /// Stops a running import job.
    ///
    /// Users imported so far stay in the pool.
    StopUserImportJob: SigV4, Once;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled PreconditionNotMet
        ResourceNotFound TooManyRequests
    }
    request StopUserImportJobRequest {
        required {
            /// ID of the user pool the job belongs to.
            user_pool_id: String,
            /// ID of the job to stop.
            job_id: String,
        }
    }
    response StopUserImportJobResponse {
        optional {
            /// The job, now stopping.
            user_import_job: UserImportJobType,
        }
    }
}

operation! {
    /// Returns the columns that an import file for the user pool must have.
    GetCSVHeader: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request GetCsvHeaderRequest {
        required {
            /// ID of the user pool to import users into.
            user_pool_id: String,
        }
    }
    response GetCsvHeaderResponse {
        optional {
            /// ID of the user pool that the columns are for.
            user_pool_id: String,
        }
        lists {
            /// Column names, in order, for the first line of the file.
            csv_header: String = "CSVHeader",
        }
    }
}

string_enum! {
    /// Algorithm of the password hashes in an import file.
    PasswordHashingAlgorithmType {
        /// The passwords are hashed with bcrypt.
        Bcrypt = "BCRYPT",
        /// The passwords are hashed with scrypt.
        Scrypt = "SCRYPT",
        /// The passwords are hashed with Argon2id.
        Argon2id = "ARGON2ID",
        /// The passwords are hashed with PBKDF2 over SHA-256.
        Pbkdf2Sha256 = "PBKDF2_SHA256",
    }
}

string_enum! {
    /// State of an import job.
    UserImportJobStatusType {
        /// The job has been created and not yet started.
        Created = "Created",
        /// The job has been started but imports no users yet.
        Pending = "Pending",
        /// The job is importing users.
        InProgress = "InProgress",
        /// The job has been told to stop and is finishing.
        Stopping = "Stopping",
        /// The job was not started in time and can no longer be.
        Expired = "Expired",
        /// The job was stopped before its end.
        Stopped = "Stopped",
        /// The job ended because of an error.
        Failed = "Failed",
        /// The job has run to its end.
        ///
        /// Single lines may have failed nevertheless: see `failed_users`.
        Succeeded = "Succeeded",
    }
}

structure! {
    /// A job that imports users from a CSV file.
    UserImportJobType {
        optional {
            /// ARN of the IAM role with which Cognito writes the job's log to `CloudWatch` Logs.
            cloud_watch_logs_role_arn: String,
            /// Time the job ended.
            completion_date: Timestamp,
            /// Message about how the job ended.
            completion_message: String,
            /// Time the job was created.
            creation_date: Timestamp,
            /// Number of users that could not be imported.
            failed_users: i64,
            /// Number of users that were imported.
            imported_users: i64,
            /// ID of the job, which starts with `import-`.
            job_id: String,
            /// Display name of the job.
            job_name: String,
            /// Algorithm of the password hashes in the file, if it has any.
            password_hashing_algorithm: PasswordHashingAlgorithmType,
            /// Address to upload the CSV file to with an HTTP PUT, valid for 15 minutes.
            ///
            /// Send the header `x-amz-server-side-encryption: aws:kms` along. Whoever knows the
            /// address can upload, so keep it secret.
            pre_signed_url: Sensitive<String>,
            /// Number of users that were skipped, for example because they exist already.
            skipped_users: i64,
            /// Time the job was started.
            start_date: Timestamp,
            /// State of the job.
            status: UserImportJobStatusType,
            /// ID of the user pool the job imports into.
            user_pool_id: String,
        }
    }
}
