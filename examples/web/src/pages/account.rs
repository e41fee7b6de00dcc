//! What users do with their own account.

use askama::Template;
use axum::{
    Router,
    extract::Query,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use cognito_idp::{
    Sensitive,
    auth::{SignedInUser, UserCallError},
    types::AttributeType,
};
use serde_json::Value;

use super::{Page, challenge::set_up_page, redirect, shown, sign_up::Done};
use crate::{
    app::App,
    failure::Failure,
    session::{Fields, SignedIn, Visit},
};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/account", get(show))
        .route("/account/attribute", post(set_attribute))
        .route("/account/send-code", post(send_code))
        .route("/account/verify", post(verify))
        .route("/account/password", post(change_password))
        .route("/account/totp", get(show_totp).post(finish_totp))
        .route("/account/totp/start", post(start_totp))
        .route("/account/totp/drop", post(drop_totp))
        .route("/account/passkey", get(start_passkey).post(finish_passkey))
        .route("/account/passkey/delete", post(delete_passkey))
        .route("/account/device/forget", post(forget_device))
        .route("/account/session/end", post(end_session))
        .route("/account/delete", get(ask_to_delete).post(delete))
        .route("/sign-out", post(sign_out))
        .route("/sign-out-everywhere", post(sign_out_everywhere))
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    title: &'static str,
    error: &'static str,
    notice: &'static str,
    csrf: String,
    username: String,
    attributes: Vec<Attribute>,
    has_totp: bool,
    /// Each is `None` where the pool does not have it.
    passkeys: Option<Vec<Item>>,
    devices: Option<Vec<Item>>,
    sessions: Option<Vec<Item>>,
}

struct Attribute {
    name: String,
    value: String,
    /// `None` for those that nobody verifies.
    is_verified: Option<bool>,
    is_fixed: bool,
}

/// What is listed with a button to remove it.
struct Item {
    id: String,
    says: String,
    is_current: bool,
}

async fn show(visit: Visit, Query(query): Query<Done>) -> Result<Response, Failure> {
    let mut page = page(&visit).await?;
    page.notice = match query.done.as_deref() {
        Some("saved") => "Saved.",
        Some("verified") => "Your address is confirmed.",
        Some("sent") => "We have sent a code.",
        Some("password") => "Your password is changed.",
        Some("removed") => "Removed.",
        _ => "",
    };
    Ok(shown(&page))
}

/// Or back to the account with what went wrong.
async fn done(
    visit: &Visit,
    result: Result<(), impl Into<Failure>>,
    to: &str,
) -> Result<Response, Failure> {
    let failure = match result.map_err(Into::into) {
        Ok(()) => return Ok(redirect(to)),
        Err(Failure::SignedOut) => return Err(Failure::SignedOut),
        Err(failure) => failure,
    };
    let mut page = page(visit).await?;
    page.error = failure.message();
    Ok((failure.status(), shown(&page)).into_response())
}

async fn page(visit: &Visit) -> Result<AccountPage, Failure> {
    let (user, _) = visit.user().await?;
    let profile = user.profile().await?;
    // Asked at once; what the pool does not have, its page does not show.
    let (passkeys, devices, sessions) =
        tokio::join!(user.passkeys(), user.devices(), user.sessions());
    let attributes = profile.user_attributes.iter();
    let text = |name: &str| {
        let mut all = profile.user_attributes.iter();
        let found = all.find(|attribute| attribute.name == name)?;
        Some(found.value.as_ref()?.expose().clone())
    };
    let listed = attributes.filter(|attribute| !attribute.name.ends_with("_verified"));
    let attributes = listed.map(|attribute| {
        let name = &attribute.name;
        let verified = matches!(name.as_str(), "email" | "phone_number");
        Attribute {
            is_verified: verified
                .then(|| text(&format!("{name}_verified")).as_deref() == Some("true")),
            is_fixed: matches!(name.as_str(), "sub" | "identities") || name.starts_with("cognito:"),
            value: text(name).unwrap_or_default(),
            name: name.clone(),
        }
    });
    let totp = profile.user_mfa_setting_list.iter();
    Ok(AccountPage {
        title: "Your account",
        error: "",
        notice: "",
        csrf: visit.csrf(),
        username: text("email").unwrap_or_else(|| profile.username.expose().clone()),
        attributes: attributes.collect(),
        has_totp: totp.into_iter().any(|mfa| mfa == "SOFTWARE_TOKEN_MFA"),
        passkeys: items(passkeys, |passkey| Item {
            says: passkey.friendly_credential_name.clone(),
            id: passkey.credential_id.clone(),
            is_current: false,
        })?,
        devices: items(devices, |device| {
            let mut attributes = device.device_attributes.iter();
            let name = attributes.find(|attribute| attribute.name == "device_name");
            let name = name.and_then(|name| name.value.as_ref());
            Item {
                says: name.map_or("A device", |name| name.expose()).to_owned(),
                id: device.device_key.clone().unwrap_or_default(),
                is_current: false,
            }
        })?,
        sessions: items(sessions, |session| Item {
            says: session
                .device_type
                .clone()
                .unwrap_or_else(|| "A browser or app".to_owned()),
            id: session.session_id.clone().unwrap_or_default(),
            is_current: session.is_current_session == Some(true),
        })?,
    })
}

fn items<T>(
    listed: Result<Vec<T>, UserCallError>,
    item: impl Fn(&T) -> Item,
) -> Result<Option<Vec<Item>>, Failure> {
    match listed {
        Ok(listed) => Ok(Some(listed.iter().map(item).collect())),
        Err(error) if error.is_signed_out() => Err(Failure::SignedOut),
        Err(error) => {
            tracing::debug!(%error, "not listed");
            Ok(None)
        }
    }
}

async fn set_attribute(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let (user, _) = visit.user().await?;
    let attribute = AttributeType::new(fields.text("name")).value(fields.secret("value"));
    let updated = user.update_attributes([attribute]).await;
    done(&visit, updated.map(drop), "/account?done=saved").await
}

async fn send_code(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let (user, _) = visit.user().await?;
    let sent = user.send_attribute_code(fields.text("name")).await;
    done(&visit, sent.map(drop), "/account?done=sent").await
}

async fn verify(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let (user, _) = visit.user().await?;
    let verified = user
        .verify_attribute(fields.text("name"), fields.secret("code"))
        .await;
    done(&visit, verified, "/account?done=verified").await
}

async fn change_password(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let (user, _) = visit.user().await?;
    let name = visit
        .app
        .limits
        .allows_name(&format!("password of {}", name(&user)?.expose()));
    if !name {
        return Err(Failure::TooMany);
    }
    let changed = user
        .change_password(fields.secret("old"), fields.secret("new"))
        .await
        .map_err(|error| match error.into() {
            Failure::Cognito(StatusCode::UNAUTHORIZED, _) => Failure::WrongPassword,
            failure => failure,
        });
    done(&visit, changed, "/account?done=password").await
}

fn name(user: &SignedInUser) -> Result<Sensitive<String>, Failure> {
    let tokens = user.source().current().map_err(|_| Failure::SignedOut)?;
    tokens.username().ok_or(Failure::Ours)
}

async fn start_totp(visit: Visit, _fields: Fields) -> Result<Response, Failure> {
    let (user, _) = visit.user().await?;
    let totp = match user.set_up_totp().await {
        Ok(totp) => totp.secret,
        Err(error) => return done(&visit, Err(error), "").await,
    };
    visit
        .update(|signed_in| signed_in.totp = Some(totp.clone()))
        .await?;
    Ok(redirect("/account/totp"))
}

async fn show_totp(visit: Visit) -> Result<Response, Failure> {
    let (_, signed_in) = visit.user().await?;
    let page = totp_page(&visit, &signed_in)?;
    Ok(page.map_or_else(|| redirect("/account"), IntoResponse::into_response))
}

/// `None` if no set-up has begun.
fn totp_page(visit: &Visit, signed_in: &SignedIn) -> Result<Option<Page>, Failure> {
    let Some(secret) = &signed_in.totp else {
        return Ok(None);
    };
    let page = set_up_page("/account/totp", visit, &signed_in.name, secret)?;
    Ok(Some(page.link("/account", "Back to your account")))
}

async fn finish_totp(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let (user, signed_in) = visit.user().await?;
    let Some(page) = totp_page(&visit, &signed_in)? else {
        return Ok(redirect("/account"));
    };
    let finished = user.finish_totp(fields.secret("code"), None).await;
    match finished.map_err(Failure::from) {
        Ok(()) => {
            visit.update(|signed_in| signed_in.totp = None).await?;
            Ok(redirect("/account?done=saved"))
        }
        Err(Failure::SignedOut) => Err(Failure::SignedOut),
        Err(failure) => Ok(page.failed(&failure)),
    }
}

async fn drop_totp(visit: Visit, _fields: Fields) -> Result<Response, Failure> {
    let (user, _) = visit.user().await?;
    done(&visit, user.drop_totp().await, "/account?done=removed").await
}

async fn start_passkey(visit: Visit) -> Result<Response, Failure> {
    let (user, _) = visit.user().await?;
    let options = match user.start_passkey().await {
        Ok(options) => options,
        Err(error) => return done(&visit, Err(error), "").await,
    };
    let mut page = Page::new("Add a passkey")
        .posts_to("/account/passkey", visit.csrf())
        .text("Your device will ask you to confirm.")
        .button("", "Add passkey")
        .link("/account", "Back to your account");
    page.passkey = Some(("create", options.to_string()));
    Ok(page.into_response())
}

async fn finish_passkey(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let (user, _) = visit.user().await?;
    let credential: Value =
        serde_json::from_str(fields.text("credential")).map_err(|_| Failure::Malformed)?;
    done(
        &visit,
        user.finish_passkey(credential).await,
        "/account?done=saved",
    )
    .await
}

async fn delete_passkey(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let (user, _) = visit.user().await?;
    let deleted = user.delete_passkey(fields.text("id")).await;
    done(&visit, deleted, "/account?done=removed").await
}

async fn forget_device(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let (user, _) = visit.user().await?;
    let forgotten = user.forget_device(fields.text("id")).await;
    done(&visit, forgotten, "/account?done=removed").await
}

async fn end_session(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let (user, _) = visit.user().await?;
    let ended = user.end_session(fields.text("id")).await;
    done(&visit, ended, "/account?done=removed").await
}

async fn ask_to_delete(visit: Visit) -> Result<Page, Failure> {
    visit.user().await?;
    Ok(Page::new("Delete your account")
        .posts_to("/account/delete", visit.csrf())
        .text("Your account and all that belongs to it will be gone. This cannot be undone.")
        .button("", "Delete for good")
        .link("/account", "Keep it"))
}

async fn delete(visit: Visit, _fields: Fields) -> Result<Response, Failure> {
    let (user, _) = visit.user().await?;
    match user.delete_user().await {
        Ok(()) => visit.end("/sign-in?done=deleted").await,
        Err(error) => done(&visit, Err(error), "").await,
    }
}

/// In this browser. The session here ends whatever Cognito says.
async fn sign_out(visit: Visit, _fields: Fields) -> Result<Response, Failure> {
    if let Ok((user, _)) = visit.user().await
        && let Err(error) = user.sign_out().await
    {
        tracing::warn!(%error, "the refresh token was not revoked");
    }
    visit.end("/sign-in?done=out").await
}

async fn sign_out_everywhere(visit: Visit, _fields: Fields) -> Result<Response, Failure> {
    let (user, _) = visit.user().await?;
    match user.sign_out_everywhere().await {
        Ok(()) => visit.end("/sign-in?done=out").await,
        Err(error) => done(&visit, Err(error), "").await,
    }
}
