//! Devices that Cognito remembers, in place of a second factor if the pool is set up so.

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use cognito_idp::auth::SignedInUser;

use super::{Page, redirect};
use crate::{
    app::App,
    failure::Failure,
    session::{Fields, NewDevice, Visit},
};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/remember", get(show).post(answer))
}

/// Confirms the device that came with the tokens: in a pool that tracks devices the tokens
/// of one that is not confirmed cannot be refreshed.
pub(crate) async fn confirm(user: &SignedInUser) -> Option<NewDevice> {
    match user.confirm_device(Some("A browser")).await {
        Ok((device, answer)) => Some(NewDevice {
            device,
            is_users_choice: answer.user_confirmation_necessary == Some(true),
        }),
        Err(error) => {
            tracing::warn!(%error, "the device was not confirmed");
            None
        }
    }
}

async fn show(visit: Visit) -> Result<Response, Failure> {
    if visit.user().await?.1.new_device.is_none() {
        return Ok(redirect("/account"));
    }
    Ok(Page::new("Remember this device?")
        .posts_to("/remember", visit.csrf())
        .text("On a remembered device you may not be asked for a second proof. Choose it only where the device is yours.")
        .button("yes", "Remember it")
        .button("no", "Not this one")
        .into_response())
}

async fn answer(visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let (user, signed_in) = visit.user().await?;
    visit
        .update(|signed_in| signed_in.new_device = None)
        .await?;
    let mut response = redirect("/account");
    let Some(new) = signed_in
        .new_device
        .filter(|_| fields.text("choice") == "yes")
    else {
        return Ok(response);
    };
    if new.is_users_choice {
        user.remember_device(&new.device.key).await?;
    }
    visit.remember(new.device, &mut response).await?;
    Ok(response)
}
