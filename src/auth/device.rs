//! Remembered devices.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use serde::{Deserialize, Serialize};

use crate::sensitive::Sensitive;
#[cfg(feature = "srp")]
use crate::{
    auth::{
        SignIn,
        srp::{DEVICE_PASSWORD_LEN, DEVICE_SALT_LEN, DeviceVerifier},
    },
    error::{Error, InvalidInput},
    operation::{
        auth::NewDeviceMetadataType,
        devices::{ConfirmDeviceRequest, ConfirmDeviceResponse, DeviceSecretVerifierConfigType},
    },
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
    /// Key of the device's group.
    pub group_key: String,
    /// Password that was made up when the device was confirmed; it is never sent.
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

/// The device of a sign-in, until Cognito says that it does not know it.
#[derive(Clone, Debug)]
pub(super) struct DeviceSlot {
    shared: Arc<(RememberedDevice, AtomicBool)>,
}

impl DeviceSlot {
    pub(super) fn new(device: RememberedDevice) -> Self {
        Self {
            shared: Arc::new((device, AtomicBool::new(false))),
        }
    }

    pub(super) fn device(&self) -> Option<&RememberedDevice> {
        let (device, forgotten) = &*self.shared;
        (!forgotten.load(Relaxed)).then_some(device)
    }

    pub(super) fn forget(&self) {
        self.shared.1.store(true, Relaxed);
    }
}
