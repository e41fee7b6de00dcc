//! Remembered devices.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use serde::{Deserialize, Serialize};

use super::{SignIn, Tokens};
#[cfg(feature = "srp")]
use crate::{
    auth::srp::{DEVICE_PASSWORD_LEN, DEVICE_SALT_LEN, DeviceVerifier},
    error::InvalidInput,
    operation::{
        auth::NewDeviceMetadataType,
        devices::{ConfirmDeviceRequest, ConfirmDeviceResponse, DeviceSecretVerifierConfigType},
    },
};
use crate::{
    error::{Error, ErrorCode},
    sensitive::Sensitive,
};

/// A device that Cognito remembers, with the password that it proves itself with.
///
/// Store it on the device and keep it as safe as a password. Later sign-ins take it with
/// [`SignIn::with_device`](super::SignIn::with_device).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RememberedDevice {
    /// Key of the device.
    pub key: String,
    /// Key of the device's group; empty if only the key is known.
    pub group_key: String,
    /// Password that was made up when the device was confirmed; it is never sent. Empty if only the
    /// key is known.
    pub password: Sensitive<String>,
}

impl RememberedDevice {
    /// Puts a device together from what another library has stored.
    #[must_use]
    pub fn new(
        key: impl Into<String>,
        group_key: impl Into<String>,
        password: impl Into<Sensitive<String>>,
    ) -> Self {
        Self {
            key: key.into(),
            group_key: group_key.into(),
            password: password.into(),
        }
    }

    /// Names a device of which only the key is known.
    ///
    /// That is enough to refresh tokens in a pool that tracks devices. It does not prove the device
    /// at a sign-in: [`DeviceSrpAuth`](super::Challenge::DeviceSrpAuth) is then handed to you.
    ///
    /// ```
    /// use cognito_idp::auth::{RememberedDevice, SignIn};
    ///
    /// # async fn example(sign_in: SignIn, refresh_token: &str) -> Result<(), cognito_idp::Error> {
    /// let device = RememberedDevice::key_only("eu-central-1_aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
    /// let tokens = sign_in.with_device(device).refresh(refresh_token).await?;
    /// # let _ = tokens;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn key_only(key: impl Into<String>) -> Self {
        Self::new(key, "", "")
    }

    /// Whether the device has what it takes to answer Cognito's challenge.
    #[cfg(feature = "srp")]
    pub(super) fn can_prove_itself(&self) -> bool {
        !self.group_key.is_empty() && !self.password.expose().is_empty()
    }
}

#[cfg(feature = "srp")]
impl SignIn {
    /// Has Cognito remember the device, with a password made up for it.
    ///
    /// `metadata` is the [`new_device_metadata`](super::Tokens::new_device_metadata) of a sign-in.
    /// Where [`user_confirmation_necessary`](ConfirmDeviceResponse::user_confirmation_necessary) is
    /// set, ask the user and send `UpdateDeviceStatus`. In a pool that tracks devices, tokens of an
    /// unconfirmed device cannot be refreshed.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the metadata lacks a key, and those of [`ConfirmDeviceRequest`].
    pub async fn confirm_device(
        &self,
        access_token: impl Into<Sensitive<String>>,
        metadata: &NewDeviceMetadataType,
        device_name: Option<&str>,
    ) -> Result<(RememberedDevice, ConfirmDeviceResponse), Error> {
        let (Some(group_key), Some(key)) = (&metadata.device_group_key, &metadata.device_key)
        else {
            let rule = "must hold the keys of the device and of its group";
            return Err(InvalidInput::new("metadata", rule).into());
        };
        let verifier = self.device_verifier(group_key, key)?;
        let mut request = ConfirmDeviceRequest::new(access_token, key)
            .device_secret_verifier_config(
                DeviceSecretVerifierConfigType::new()
                    .password_verifier(verifier.verifier)
                    .salt(verifier.salt),
            );
        request.device_name = device_name.map(str::to_owned);
        let response = self.client().send(&request).await?;
        let device = RememberedDevice::new(key, group_key, verifier.password);
        Ok((device, response))
    }

    fn device_verifier(&self, group_key: &str, key: &str) -> Result<DeviceVerifier, Error> {
        let mut password = zeroize::Zeroizing::new([0; DEVICE_PASSWORD_LEN]);
        let mut salt = [0; DEVICE_SALT_LEN];
        self.fill_random(&mut *password)?;
        self.fill_random(&mut salt)?;
        Ok(DeviceVerifier::new(group_key, key, &password, &salt))
    }
}

impl SignIn {
    /// The key to refresh with: that of the device which the last tokens belong to.
    pub(super) fn refresh_device_key(&self) -> Option<String> {
        let slot = self.device_slot()?;
        let own = || slot.device().map(|device| device.key.clone());
        slot.new_key().clone().or_else(own)
    }

    /// This sign-in, to refresh with the device that the tokens belong to.
    ///
    /// Cognito makes a new device where it does not take the remembered one, and then refuses to
    /// refresh for any other.
    pub(crate) fn for_tokens(self, tokens: &Tokens) -> Self {
        match &tokens.device_key {
            Some(key) if self.device().is_none_or(|device| device.key != *key) => {
                self.with_device(RememberedDevice::key_only(key))
            }
            _ => self,
        }
    }

    /// Notes which device the tokens of a sign-in belong to.
    pub(super) fn note_device_of(&self, tokens: &mut Tokens) {
        let new = tokens.new_device_metadata.as_ref();
        let new_key = new.and_then(|device| device.device_key.clone());
        if let Some(slot) = self.device_slot() {
            slot.new_key().clone_from(&new_key);
        }
        let own = || self.device().map(|device| device.key.clone());
        tokens.device_key = new_key.or_else(own);
    }

    /// Forgets the device of this key if the same request went better without it.
    pub(super) fn forget_device_after<T>(&self, key: &str, sent_without: &Result<T, Error>) {
        // The code may have meant something else; then it has come again.
        if is_verdict(sent_without) {
            self.forget_device(key);
        }
    }

    /// Forgets the device of this key, because Cognito does not know it.
    pub(super) fn forget_device(&self, key: &str) {
        if let Some(slot) = self.device_slot() {
            slot.forget(key);
        }
    }
}

/// Whether it may be the device that was not found.
///
/// The code is the same for the app client and the pool. Where the message names one of those, the
/// device is not to blame; where it does not, what comes next must tell.
pub(super) fn may_mean_unknown_device<T>(result: &Result<T, Error>) -> bool {
    let Err(Error::Service(error)) = result else {
        return false;
    };
    let message = error.message().unwrap_or_default().to_ascii_lowercase();
    error.code() == Some(&ErrorCode::ResourceNotFound) && !message.starts_with("user pool")
}

/// Whether Cognito has looked at the request, and so knows the pool and the app client.
fn is_verdict<T>(result: &Result<T, Error>) -> bool {
    let Err(error) = result else {
        return true;
    };
    let is_refusal = error
        .status()
        .is_some_and(|status| status.is_client_error());
    is_refusal && !error.is_throttled() && error.code() != Some(&ErrorCode::ResourceNotFound)
}

/// The device of a sign-in, until Cognito says that it does not know it.
#[derive(Clone, Debug)]
pub(super) struct DeviceSlot {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    device: RememberedDevice,
    is_forgotten: AtomicBool,
    /// Key of the device that Cognito made at the last sign-in, although there was one.
    new_key: Mutex<Option<String>>,
}

impl DeviceSlot {
    pub(super) fn new(device: RememberedDevice) -> Self {
        Self {
            shared: Arc::new(Shared {
                device,
                is_forgotten: AtomicBool::new(false),
                new_key: Mutex::default(),
            }),
        }
    }

    pub(super) fn device(&self) -> Option<&RememberedDevice> {
        let is_forgotten = self.shared.is_forgotten.load(Relaxed);
        (!is_forgotten).then_some(&self.shared.device)
    }

    fn forget(&self, key: &str) {
        if self.shared.device.key == key {
            self.shared.is_forgotten.store(true, Relaxed);
        }
        self.new_key().take_if(|new_key| new_key == key);
    }

    fn new_key(&self) -> MutexGuard<'_, Option<String>> {
        let new_key = self.shared.new_key.lock();
        new_key.unwrap_or_else(PoisonError::into_inner)
    }
}
