//! Remembered devices.

use crate::{primitives::Timestamp, sensitive::Sensitive, types::AttributeType};

operation! {
    /// Registers the device of the signed-in user so that it can be remembered.
    ///
    /// Call it when a sign-in returns `new_device_metadata`. In a pool that tracks devices, a
    /// refresh fails with "Invalid Refresh Token" if the device was never confirmed.
    ConfirmDevice: NoAuth, Once;
    errors {
        DeviceKeyExists Forbidden InternalError InvalidLambdaResponse InvalidParameter
        InvalidPassword InvalidUserPoolConfiguration NotAuthorized OperationNotEnabled
        PasswordResetRequired ResourceNotFound TooManyRequests UserNotConfirmed UserNotFound
        UsernameExists
    }
    request ConfirmDeviceRequest {
        required {
            /// Access token of the signed-in user.
            ///
            /// It must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
            /// Key of the device, from `new_device_metadata` of the sign-in.
            device_key: String,
        }
        optional {
            /// Display name of the device, 1 to 1,024 characters.
            device_name: String,
            /// Salt and SRP verifier of the password that the device has made up for itself.
            ///
            /// Without it the device cannot answer `DEVICE_SRP_AUTH` later.
            device_secret_verifier_config: DeviceSecretVerifierConfigType,
        }
    }
    response ConfirmDeviceResponse {
        optional {
            /// Whether the user decides about remembering the device.
            ///
            /// If `true`, ask the user and call `UpdateDeviceStatus`; if `false`, the pool has
            /// decided already.
            user_confirmation_necessary: bool,
        }
    }
}

operation! {
    /// Reads a device of the signed-in user.
    GetDevice: NoAuth, Repeatable;
    errors {
        Forbidden InternalError InvalidParameter InvalidUserPoolConfiguration NotAuthorized
        OperationNotEnabled PasswordResetRequired ResourceNotFound TooManyRequests
        UserNotConfirmed UserNotFound
    }
    request GetDeviceRequest {
        required {
            /// Key of the device: the region, an underscore and a UUID.
            device_key: String,
        }
        optional {
            /// Access token of the signed-in user.
            ///
            /// It must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
        }
    }
    response GetDeviceResponse {
        required {
            /// The device.
            device: DeviceType,
        }
    }
}

operation! {
    /// Lists the devices of the signed-in user.
    ListDevices: NoAuth, Repeatable;
    errors {
        Forbidden InternalError InvalidParameter InvalidUserPoolConfiguration NotAuthorized
        OperationNotEnabled PasswordResetRequired ResourceNotFound TooManyRequests
        UserNotConfirmed UserNotFound
    }
    pages { devices: DeviceType, pagination_token }
    request ListDevicesRequest {
        required {
            /// Access token of the signed-in user.
            ///
            /// It must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
        }
        optional {
            /// Largest number of devices per page, 0 to 60.
            limit: i32,
            /// Token of the previous page, to fetch the page after it.
            ///
            /// Leave it out for the first page.
            pagination_token: String,
        }
    }
    response ListDevicesResponse {
        optional {
            /// Token to fetch the next page with, absent on the last page.
            pagination_token: String,
        }
        lists {
            /// Devices on this page.
            devices: DeviceType,
        }
    }
}

operation! {
    /// Remembers or stops remembering a device of the signed-in user.
    ///
    /// A remembered device can take the place of MFA if the pool is set up for it.
    UpdateDeviceStatus: NoAuth, Repeatable;
    errors {
        Forbidden InternalError InvalidParameter InvalidUserPoolConfiguration NotAuthorized
        OperationNotEnabled PasswordResetRequired ResourceNotFound TooManyRequests
        UserNotConfirmed UserNotFound
    }
    request UpdateDeviceStatusRequest {
        required {
            /// Access token of the signed-in user.
            ///
            /// It must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
            /// Key of the device: the region, an underscore and a UUID.
            device_key: String,
        }
        optional {
            /// Whether to remember the device.
            device_remembered_status: DeviceRememberedStatusType,
        }
    }
    response UpdateDeviceStatusResponse {}
}

operation! {
    /// Removes a device of the signed-in user.
    ///
    /// The device must be confirmed anew to be remembered again.
    ForgetDevice: NoAuth, Once;
    errors {
        Forbidden InternalError InvalidParameter InvalidUserPoolConfiguration NotAuthorized
        OperationNotEnabled PasswordResetRequired ResourceNotFound TooManyRequests
        UserNotConfirmed UserNotFound
    }
    request ForgetDeviceRequest {
        required {
            /// Key of the device: the region, an underscore and a UUID.
            device_key: String,
        }
        optional {
            /// Access token of the signed-in user.
            ///
            /// It must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
        }
    }
    response ForgetDeviceResponse {}
}

operation! {
    /// Reads a user's device as an administrator.
    AdminGetDevice: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter InvalidUserPoolConfiguration NotAuthorized
        OperationNotEnabled ResourceNotFound TooManyRequests
    }
    request AdminGetDeviceRequest {
        required {
            /// ID of the user pool the user belongs to.
            user_pool_id: String,
            /// Username of the user, or one of the user's alias values where the pool allows
            /// aliases.
            username: Sensitive<String>,
            /// Key of the device: the region, an underscore and a UUID.
            device_key: String,
        }
    }
    response AdminGetDeviceResponse {
        required {
            /// The device.
            device: DeviceType,
        }
    }
}

operation! {
    /// Lists a user's devices as an administrator.
    AdminListDevices: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter InvalidUserPoolConfiguration NotAuthorized
        OperationNotEnabled ResourceNotFound TooManyRequests
    }
    pages { devices: DeviceType, pagination_token }
    request AdminListDevicesRequest {
        required {
            /// ID of the user pool the user belongs to.
            user_pool_id: String,
            /// Username of the user, or one of the user's alias values where the pool allows
            /// aliases.
            username: Sensitive<String>,
        }
        optional {
            /// Largest number of devices per page, 0 to 60.
            limit: i32,
            /// Token of the previous page, to fetch the page after it.
            ///
            /// Leave it out for the first page.
            pagination_token: String,
        }
    }
    response AdminListDevicesResponse {
        optional {
            /// Token to fetch the next page with, absent on the last page.
            pagination_token: String,
        }
        lists {
            /// Devices on this page.
            devices: DeviceType,
        }
    }
}

operation! {
    /// Remembers or stops remembering a user's device as an administrator.
    AdminUpdateDeviceStatus: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter InvalidUserPoolConfiguration NotAuthorized
        OperationNotEnabled ResourceNotFound TooManyRequests UserNotFound
    }
    request AdminUpdateDeviceStatusRequest {
        required {
            /// ID of the user pool the user belongs to.
            user_pool_id: String,
            /// Username of the user, or one of the user's alias values where the pool allows
            /// aliases.
            username: Sensitive<String>,
            /// Key of the device: the region, an underscore and a UUID.
            device_key: String,
        }
        optional {
            /// Whether to remember the device.
            device_remembered_status: DeviceRememberedStatusType,
        }
    }
    response AdminUpdateDeviceStatusResponse {}
}

operation! {
    /// Removes a user's device as an administrator.
    AdminForgetDevice: SigV4, Once;
    errors {
        InternalError InvalidParameter InvalidUserPoolConfiguration NotAuthorized
        OperationNotEnabled ResourceNotFound TooManyRequests UserNotFound
    }
    request AdminForgetDeviceRequest {
        required {
            /// ID of the user pool the user belongs to.
            user_pool_id: String,
            /// Username of the user, or one of the user's alias values where the pool allows
            /// aliases.
            username: Sensitive<String>,
            /// Key of the device: the region, an underscore and a UUID.
            device_key: String,
        }
    }
    response AdminForgetDeviceResponse {}
}

string_enum! {
    /// Whether a device is remembered.
    DeviceRememberedStatusType {
        /// The device is remembered and can take the place of MFA if the pool allows it.
        Remembered = "remembered",
        /// The device is tracked but not remembered.
        NotRemembered = "not_remembered",
    }
}

structure! {
    /// What Cognito stores to check a device's password with SRP.
    ///
    /// The password itself never leaves the device.
    DeviceSecretVerifierConfigType {
        optional {
            /// SRP verifier of the device password, as base64 of its big-endian bytes.
            password_verifier: Sensitive<String>,
            /// Salt of the verifier, as base64 of its big-endian bytes.
            salt: Sensitive<String>,
        }
    }
}

structure! {
    /// A device that a user has signed in from.
    DeviceType {
        optional {
            /// Time the device was registered.
            device_create_date: Timestamp,
            /// Key of the device: the region, an underscore and a UUID.
            device_key: String,
            /// Time of the last sign-in from the device.
            device_last_authenticated_date: Timestamp,
            /// Time of the last change to the device.
            device_last_modified_date: Timestamp,
        }
        lists {
            /// Attributes of the device, such as its name, status and last IP address.
            device_attributes: AttributeType,
        }
    }
}
