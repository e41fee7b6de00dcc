//! Cognito's own import jobs.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Uri, header};

use super::ImportFile;
use crate::{
    client::{Client, Prepared, SendOptions},
    error::{DecodeProblem, Error, InvalidInput},
    operation::{
        RetrySafety,
        user_import::{
            CreateUserImportJobRequest, CreateUserImportJobResponse, DescribeUserImportJobRequest,
            StartUserImportJobRequest, UserImportJobStatusType, UserImportJobType,
        },
    },
    protocol,
    sensitive::{Secrets, Sensitive},
};

/// What errors call the upload.
const UPLOAD: &str = "PUT import file";
/// The address is good for so long; a hundred megabytes take longer than any call of the API.
const UPLOAD_TIME: Duration = Duration::from_mins(15);
const ENCRYPTION: HeaderName = HeaderName::from_static("x-amz-server-side-encryption");
const KMS: HeaderValue = HeaderValue::from_static("aws:kms");

/// An import job that Cognito runs: created, fed with a file, started, and watched.
///
/// Cognito runs one at a time in an account, and writes what became of each line to `CloudWatch` Logs: see
/// [`LineOutcome`]. Users are imported in minutes to hours, and the job goes on without this program.
///
/// ```no_run
/// # use std::time::Duration;
/// # use cognito_idp::{Client, bulk::{ImportFile, ImportJob}};
/// # async fn example(client: Client, file: ImportFile) -> Result<(), cognito_idp::Error> {
/// let role = "arn:aws:iam::123456789012:role/CognitoLogs";
/// let job = ImportJob::create(&client, "eu-central-1_example", "spring", role, &file).await?;
/// println!("{}", job.id()); // to be found again by, whatever happens here
/// job.upload(file).await?;
/// job.start().await?;
/// let ended = job.ended(Duration::from_secs(30)).await?;
/// println!("{:?} imported, {:?} failed", ended.imported_users, ended.failed_users);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ImportJob {
    client: Client,
    user_pool_id: String,
    id: String,
    url: Sensitive<String>,
}

impl ImportJob {
    /// Creates a job for a file, with the algorithm of the file's password hashes.
    ///
    /// Upload the file within fifteen minutes. The role is the one by which Cognito writes its log.
    ///
    /// # Errors
    /// Those of [`CreateUserImportJobRequest`], and [`DecodeProblem::MissingMember`] for a job without
    /// an ID or an address to upload to.
    pub async fn create(
        client: &Client,
        user_pool_id: impl Into<String>,
        job_name: impl Into<String>,
        cloud_watch_logs_role_arn: impl Into<String>,
        file: &ImportFile,
    ) -> Result<Self, Error> {
        let user_pool_id = user_pool_id.into();
        let mut request =
            CreateUserImportJobRequest::new(&user_pool_id, job_name, cloud_watch_logs_role_arn);
        request.password_hashing_algorithm = file.algorithm().cloned();
        let answer = client.answer(&request, SendOptions::new()).await?;
        let job: CreateUserImportJobResponse = answer.decode()?;
        let job = job.user_import_job.unwrap_or_else(UserImportJobType::new);
        let missing = |member| answer.refused(DecodeProblem::MissingMember { member });
        Ok(Self {
            client: client.clone(),
            user_pool_id,
            id: job.job_id.ok_or_else(|| missing("JobId"))?,
            url: job.pre_signed_url.ok_or_else(|| missing("PreSignedUrl"))?,
        })
    }

    /// The job's ID, which starts with `import-`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Uploads the file to the address that Cognito gave, which is S3; it may take fifteen minutes,
    /// whatever the client's time-outs are.
    ///
    /// # Errors
    /// [`Error::Service`] for what S3 refused, such as an address that is too old (403), and
    /// [`Error::Transport`]. The file can be uploaded again.
    pub async fn upload(&self, file: ImportFile) -> Result<(), Error> {
        let request = put(&self.url, file.into_bytes().into())?;
        let prepared = Prepared {
            operation: UPLOAD,
            quota_of: None,
            safety: RetrySafety::Repeatable,
            request,
            check: protocol::check_status,
            secrets: secrets(&self.url),
            timeout: Some(UPLOAD_TIME),
        };
        self.client.send_prepared(prepared).await.map(drop)
    }

    /// Starts the job, whose file is there.
    ///
    /// # Errors
    /// [`PreconditionNotMet`](crate::ErrorCode::PreconditionNotMet) without a file, and others of
    /// [`StartUserImportJobRequest`].
    pub async fn start(&self) -> Result<(), Error> {
        let request = StartUserImportJobRequest::new(&self.user_pool_id, &self.id);
        self.client.send(&request).await.map(drop)
    }

    /// How the job stands now.
    ///
    /// # Errors
    /// Those of [`DescribeUserImportJobRequest`].
    pub async fn status(&self) -> Result<UserImportJobType, Error> {
        let request = DescribeUserImportJobRequest::new(&self.user_pool_id, &self.id);
        let job = self.client.send(&request).await?.user_import_job;
        Ok(job.unwrap_or_else(UserImportJobType::new))
    }

    /// Waits until the job has ended, one way or another, and asks so often whether it has.
    ///
    /// # Errors
    /// Those of [`status`](Self::status); ask again, the job goes on.
    pub async fn ended(&self, every: Duration) -> Result<UserImportJobType, Error> {
        loop {
            let job = self.status().await?;
            if job.status.as_ref().is_some_and(has_ended) {
                return Ok(job);
            }
            tokio::time::sleep(every).await;
        }
    }
}

fn has_ended(status: &UserImportJobStatusType) -> bool {
    matches!(
        status,
        UserImportJobStatusType::Expired
            | UserImportJobStatusType::Failed
            | UserImportJobStatusType::Stopped
            | UserImportJobStatusType::Succeeded
    )
}

fn put(url: &Sensitive<String>, body: Bytes) -> Result<http::Request<Bytes>, InvalidInput> {
    let refused = || InvalidInput::new("PreSignedUrl", "must be a URL that a file can be sent to");
    let uri = url.expose().parse::<Uri>().map_err(|_| refused())?;
    let authority = uri.authority().filter(|_| uri.scheme().is_some());
    let authority = authority.ok_or_else(refused)?;
    let host = HeaderValue::from_str(authority.as_str()).map_err(|_| refused())?;
    let mut request = http::Request::new(body);
    *request.method_mut() = Method::PUT;
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    headers.insert(header::HOST, host);
    headers.insert(header::USER_AGENT, protocol::USER_AGENT);
    headers.insert(ENCRYPTION, KMS);
    Ok(request)
}

/// The address, and each value in it: who knows them can upload another file.
fn secrets(url: &Sensitive<String>) -> Secrets {
    let query = url.expose().split_once('?').map_or("", |(_, query)| query);
    let values = query.split('&').filter_map(|field| field.split_once('='));
    let values = values.map(|(_, value)| Sensitive::from(value));
    Secrets::new([url.clone()].into_iter().chain(values).collect())
}

/// What became of a line of the file, as the log of the job in `CloudWatch` Logs tells.
///
/// ```
/// use cognito_idp::bulk::LineOutcome;
///
/// let message = "[FAILED] Line Number 7 - The user exists already";
/// assert_eq!(LineOutcome::parse(message), Some((LineOutcome::Failed, 7, "The user exists already")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineOutcome {
    /// The user was imported.
    Succeeded,
    /// The user was skipped, for example because there is one of this name.
    Skipped,
    /// The user could not be imported.
    Failed,
}

impl LineOutcome {
    /// Reads a message of the log, such as `[FAILED] Line Number 7 - …`: the outcome, the line from 1,
    /// and what else it says; `None` for a message about something else.
    #[must_use]
    pub fn parse(message: &str) -> Option<(Self, u64, &str)> {
        let (_, rest) = message.split_once('[')?;
        let (outcome, rest) = rest.split_once(']')?;
        let outcome = match outcome {
            "SUCCEEDED" => Self::Succeeded,
            "SKIPPED" => Self::Skipped,
            "FAILED" => Self::Failed,
            _ => return None,
        };
        let rest = rest.trim_start().strip_prefix("Line Number")?.trim_start();
        let end = rest.find(|letter: char| !letter.is_ascii_digit());
        let (line, rest) = rest.split_at(end.unwrap_or(rest.len()));
        let rest = rest.trim_start_matches([' ', '-', ':']).trim_end();
        Some((outcome, line.parse().ok()?, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_is_read() {
        let parse = LineOutcome::parse;
        let message = "[FAILED] Line Number 7 - The header in the CSV file";
        let said = "The header in the CSV file";
        assert_eq!(parse(message), Some((LineOutcome::Failed, 7, said)));
        let message = "2026-01-01 [SUCCEEDED] Line Number 12\n";
        assert_eq!(parse(message), Some((LineOutcome::Succeeded, 12, "")));
        assert_eq!(
            parse("[SKIPPED] Line Number 1: x"),
            Some((LineOutcome::Skipped, 1, "x"))
        );
        for other in [
            "",
            "[",
            "[FAILED]",
            "[FAILED] Line Number",
            "[OTHER] Line Number 1",
            "Line Number 1",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn what_the_address_holds_is_cut_out_of_errors() {
        let url = "https://bucket.s3.amazonaws.com/key?X-Amz-Signature=abcdef&X-Amz-Date=20260101";
        let cut = secrets(&url.into()).cut(&format!("no {url}, no abcdef"));
        assert_eq!(cut, "no **, no **");
        for bad in ["", "/path", "not a url", "bucket"] {
            assert!(put(&bad.into(), Bytes::new()).is_err(), "{bad}");
        }
    }
}
