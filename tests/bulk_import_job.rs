//! Cognito's own import jobs: what is sent, in which order, and what may be shown.

#![cfg(feature = "bulk")]

#[path = "support/scripted.rs"]
mod scripted;

use std::time::Duration;

use cognito_idp::{
    Error, ErrorCode,
    bulk::{ImportFile, ImportJob, UserRecord},
    operation::user_import::{PasswordHashingAlgorithmType, UserImportJobStatusType},
    retry::RetryPolicy,
    types::AttributeType,
};
use scripted::{Scripted, answer, failure};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

const POOL_ID: &str = "eu-central-1_Bulk";
const ROLE: &str = "arn:aws:iam::123456789012:role/Logs";
const HASH: &str = "$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234";

fn file() -> Outcome<ImportFile> {
    let pool = serde_json::from_str(r#"{"AutoVerifiedAttributes": ["email"]}"#)?;
    let header = [
        "email",
        "email_verified",
        "cognito:mfa_enabled",
        "cognito:username",
    ];
    let file = ImportFile::new(header, &pool)?;
    let mut file = file.password_hashes(PasswordHashingAlgorithmType::Bcrypt);
    let mut user = UserRecord::new("alice");
    let attributes = [("email", "a@example.com"), ("email_verified", "true")];
    user.attributes = attributes
        .map(|(name, value)| AttributeType::new(name).value(value))
        .to_vec()
        .into();
    assert!(file.add(&user, Some(HASH))?);
    Ok(file)
}

fn created() -> scripted::Step {
    answer(
        200,
        r#"{"UserImportJob": {"JobId": "import-1", "Status": "Created",
            "PreSignedUrl": "https://bucket.example.com/key?X-Amz-Signature=marker-signature"}}"#,
    )
}

fn status(status: &str) -> scripted::Step {
    let job = format!(r#"{{"UserImportJob": {{"Status": "{status}", "ImportedUsers": 1}}}}"#);
    answer(200, &job)
}

#[tokio::test(start_paused = true)]
async fn a_job_is_created_fed_started_and_watched() -> Outcome {
    let script = Scripted::new([
        created(),
        // A large file takes longer than a call may.
        answer(200, "").after(Duration::from_mins(3)),
        answer(200, "{}"),
        status("Pending"),
        status("InProgress"),
        status("Succeeded"),
    ]);
    let client = script.client(|builder| builder)?;
    let file = file()?;
    let job = ImportJob::create(&client, POOL_ID, "spring", ROLE, &file).await?;
    assert_eq!(job.id(), "import-1");
    job.upload(file).await?;
    job.start().await?;
    let ended = job.ended(Duration::from_secs(30)).await?;
    assert_eq!(ended.status, Some(UserImportJobStatusType::Succeeded));
    assert_eq!(ended.imported_users, Some(1));

    let sent = script.sent();
    let body = String::from_utf8_lossy(sent[0].request.body());
    assert!(
        body.contains(r#""PasswordHashingAlgorithm":"BCRYPT""#),
        "{body}"
    );
    let upload = &sent[1];
    assert_eq!(upload.request.method(), http::Method::PUT);
    assert_eq!(upload.request.uri().host(), Some("bucket.example.com"));
    assert_eq!(upload.header("x-amz-server-side-encryption"), "aws:kms");
    assert_eq!(upload.header("host"), "bucket.example.com");
    // The address is the signature; ours would make S3 refuse it.
    assert_eq!(upload.header("authorization"), "");
    assert_eq!(upload.header("x-amz-target"), "");
    let text = String::from_utf8_lossy(upload.request.body());
    assert!(
        text.ends_with(&format!("\na@example.com,TRUE,FALSE,alice,{HASH}\n")),
        "{text}"
    );
    let times: Vec<_> = sent[3..].iter().map(|sent| sent.at.as_secs()).collect();
    assert_eq!(times, [180, 210, 240]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_upload_is_tried_again_and_what_refuses_it_shows_no_secret() -> Outcome {
    let script = Scripted::new([
        created(),
        failure(cognito_idp::error::TransportErrorKind::Interrupted),
        answer(503, "slow down"),
        answer(200, ""),
    ]);
    let client = script.client(|builder| builder)?;
    let job = ImportJob::create(&client, POOL_ID, "spring", ROLE, &file()?).await?;
    assert!(!format!("{job:?}").contains("marker"));
    job.upload(file()?).await?;

    let refusal = "<Error><Code>AccessDenied</Code><Message>marker-signature</Message></Error>";
    let script = Scripted::new([created(), answer(403, refusal)]);
    let client = script.client(|builder| builder.retry_policy(RetryPolicy::never()))?;
    let job = ImportJob::create(&client, POOL_ID, "spring", ROLE, &file()?).await?;
    let error = job.upload(file()?).await.err().ok_or("uploaded")?;
    assert_eq!(error.status().map(|status| status.as_u16()), Some(403));
    assert!(
        !format!("{error} {error:?}").contains("marker"),
        "{error:?}"
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_job_without_an_address_is_an_answer_that_lacks_it() -> Outcome {
    let script = Scripted::new([answer(200, r#"{"UserImportJob": {"JobId": "import-1"}}"#)]);
    let client = script.client(|builder| builder)?;
    let job = ImportJob::create(&client, POOL_ID, "spring", ROLE, &file()?).await;
    let error = job.err().ok_or("created")?;
    assert!(matches!(&error, Error::Decode(_)), "{error}");
    assert!(error.to_string().contains("PreSignedUrl"), "{error}");

    let refused = scripted::refusal(400, "LimitExceededException");
    let client = Scripted::new([refused]).client(|builder| builder)?;
    let job = ImportJob::create(&client, POOL_ID, "spring", ROLE, &file()?).await;
    assert_eq!(
        job.err().and_then(|error| error.code().cloned()),
        Some(ErrorCode::LimitExceeded)
    );
    Ok(())
}
