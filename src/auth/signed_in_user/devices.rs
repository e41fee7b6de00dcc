//! The devices that a user signed in from.

use super::{SignedInUser, UserCallError};
#[cfg(feature = "srp")]
use crate::{
    auth::RememberedDevice,
    error::{Error, InvalidInput},
    operation::devices::ConfirmDeviceResponse,
};
use crate::{
    operation::devices::{
        DeviceRememberedStatusType, DeviceType, ForgetDeviceRequest, GetDeviceRequest,
        ListDevicesRequest, UpdateDeviceStatusRequest,
    },
    sensitive::Sensitive,
};

#[cfg(feature = "srp")]
impl SignedInUser {
    /// Has Cognito remember the device that the sign-in made known, with a password made up for it.
    ///
    /// Store the device for later sign-ins. Where
    /// [`user_confirmation_necessary`](ConfirmDeviceResponse::user_confirmation_necessary) is set,
    /// ask the user and [remember](Self::remember_device) it then. In a pool that tracks devices,
    /// tokens of an unconfirmed device cannot be refreshed.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] unless the tokens came with
    /// [a new device](crate::auth::Tokens::new_device_metadata), and those of
    /// [`SignIn::confirm_device`](crate::auth::SignIn::confirm_device).
    pub async fn confirm_device(
        &self,
        device_name: Option<&str>,
    ) -> Result<(RememberedDevice, ConfirmDeviceResponse), UserCallError> {
        let Some(metadata) = &self.new_device else {
            let missing =
                InvalidInput::new("new_device_metadata", "must have come with the tokens");
            return Err(Error::from(missing).into());
        };
        let confirm = |token| self.sign_in.confirm_device(token, metadata, device_name);
        let token = self.source.access_token().await?;
        match confirm(token.clone()).await {
            Ok(confirmed) => Ok(confirmed),
            Err(error) => Ok(confirm(self.token_after(error, &token).await?).await?),
        }
    }
}

impl SignedInUser {
    /// Lists the devices that the user signed in from.
    ///
    /// # Errors
    /// Those of [`ListDevicesRequest`]; see [`send`](Self::send).
    pub async fn devices(&self) -> Result<Vec<DeviceType>, UserCallError> {
        self.list(ListDevicesRequest::new).await
    }

    /// Reads a device by its key.
    ///
    /// # Errors
    /// Those of [`GetDeviceRequest`]; see [`send`](Self::send).
    pub async fn device(&self, key: &str) -> Result<DeviceType, UserCallError> {
        let request = |token: Sensitive<_>| GetDeviceRequest::new(key).access_token(token);
        Ok(self.send(request).await?.device)
    }

    /// Remembers a device, which can then take the place of MFA if the pool is set up for that.
    ///
    /// # Errors
    /// Those of [`UpdateDeviceStatusRequest`]; see [`send`](Self::send).
    pub async fn remember_device(&self, key: &str) -> Result<(), UserCallError> {
        self.set_device_status(key, DeviceRememberedStatusType::Remembered)
            .await
    }

    /// Stops remembering a device, which stays in the list.
    ///
    /// # Errors
    /// Those of [`UpdateDeviceStatusRequest`]; see [`send`](Self::send).
    pub async fn stop_remembering_device(&self, key: &str) -> Result<(), UserCallError> {
        self.set_device_status(key, DeviceRememberedStatusType::NotRemembered)
            .await
    }

    /// Removes a device, as one that was lost.
    ///
    /// # Errors
    /// Those of [`ForgetDeviceRequest`]; see [`send`](Self::send).
    pub async fn forget_device(&self, key: &str) -> Result<(), UserCallError> {
        let request = |token: Sensitive<_>| ForgetDeviceRequest::new(key).access_token(token);
        self.answer(request).await?;
        Ok(())
    }

    async fn set_device_status(
        &self,
        key: &str,
        status: DeviceRememberedStatusType,
    ) -> Result<(), UserCallError> {
        let request = |token| {
            UpdateDeviceStatusRequest::new(token, key).device_remembered_status(status.clone())
        };
        self.answer(request).await?;
        Ok(())
    }
}
