//! The look of managed login and of the classic hosted pages.

use crate::{
    primitives::{Blob, Timestamp},
    sensitive::Sensitive,
};

operation! {
    /// Creates the managed login style of an app client.
    ///
    /// A client has at most one style. Requests are limited to 2 MB: send larger styles in parts
    /// with `UpdateManagedLoginBranding`.
    CreateManagedLoginBranding: SigV4, Once;
    errors {
        ConcurrentModification InternalError InvalidParameter LimitExceeded
        ManagedLoginBrandingExists NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request CreateManagedLoginBrandingRequest {
        required {
            /// ID of the user pool.
            user_pool_id: String,
            /// ID of the app client that gets the style.
            client_id: Sensitive<String>,
        }
        optional {
            /// Settings of the style, as a JSON object in the form of the console's branding
            /// editor.
            settings: serde_json::Value,
            /// Whether the style is Cognito's default.
            ///
            /// If `true`, leave out `settings` and `assets`.
            use_cognito_provided_values: bool,
        }
        lists {
            /// Images of the style, at most 40.
            ///
            /// Each says what it is for and in which color mode it shows.
            assets: AssetType,
        }
    }
    response CreateManagedLoginBrandingResponse {
        optional {
            /// The new style.
            managed_login_branding: ManagedLoginBrandingType,
        }
    }
}

operation! {
    /// Reads a managed login style by its ID.
    DescribeManagedLoginBranding: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request DescribeManagedLoginBrandingRequest {
        required {
            /// ID of the user pool.
            user_pool_id: String,
            /// ID of the style, a UUID.
            managed_login_branding_id: String,
        }
        optional {
            /// Whether to fill settings that were not customized with Cognito's default values.
            ///
            /// Left out, only customized values are returned.
            return_merged_resources: bool,
        }
    }
    response DescribeManagedLoginBrandingResponse {
        optional {
            /// The style.
            managed_login_branding: ManagedLoginBrandingType,
        }
    }
}

operation! {
    /// Reads the managed login style of an app client.
    DescribeManagedLoginBrandingByClient: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request DescribeManagedLoginBrandingByClientRequest {
        required {
            /// ID of the user pool.
            user_pool_id: String,
            /// ID of the app client whose style to read.
            client_id: Sensitive<String>,
        }
        optional {
            /// Whether to fill settings that were not customized with Cognito's default values.
            ///
            /// Left out, only customized values are returned.
            return_merged_resources: bool,
        }
    }
    response DescribeManagedLoginBrandingByClientResponse {
        optional {
            /// The style.
            managed_login_branding: ManagedLoginBrandingType,
        }
    }
}

operation! {
    /// Changes a managed login style.
    ///
    /// Settings left out are kept. Requests are limited to 2 MB: split larger changes.
    UpdateManagedLoginBranding: SigV4, Repeatable;
    errors {
        ConcurrentModification InternalError InvalidParameter NotAuthorized OperationNotEnabled
        ResourceNotFound TooManyRequests
    }
    request UpdateManagedLoginBrandingRequest {
        optional {
            /// ID of the style to change, a UUID.
            managed_login_branding_id: String,
            /// Settings of the style, as a JSON object in the form of the console's branding
            /// editor.
            settings: serde_json::Value,
            /// Whether to go back to Cognito's default style.
            ///
            /// If `true`, leave out `settings` and `assets`.
            use_cognito_provided_values: bool,
            /// ID of the user pool.
            user_pool_id: String,
        }
        lists {
            /// Images of the style, at most 40.
            ///
            /// Each says what it is for and in which color mode it shows.
            assets: AssetType,
        }
    }
    response UpdateManagedLoginBrandingResponse {
        optional {
            /// The style as it stands after the change.
            managed_login_branding: ManagedLoginBrandingType,
        }
    }
}

operation! {
    /// Deletes a managed login style.
    ///
    /// The app client is left without a style.
    DeleteManagedLoginBranding: SigV4, Once;
    errors {
        ConcurrentModification InternalError InvalidParameter NotAuthorized OperationNotEnabled
        ResourceNotFound TooManyRequests
    }
    request DeleteManagedLoginBrandingRequest {
        required {
            /// ID of the user pool.
            user_pool_id: String,
            /// ID of the style to delete, a UUID.
            managed_login_branding_id: String,
        }
    }
    response DeleteManagedLoginBrandingResponse {}
}

operation! {
    /// Reads the CSS and logo of the classic hosted UI.
    ///
    /// Managed login styles are read with `DescribeManagedLoginBranding`.
    GetUICustomization: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request GetUiCustomizationRequest {
        required {
            /// ID of the user pool.
            user_pool_id: String,
        }
        optional {
            /// ID of the app client whose customization to read.
            ///
            /// Left out, the customization of the whole pool.
            client_id: Sensitive<String>,
        }
    }
    response GetUiCustomizationResponse {
        required {
            /// The customization in effect.
            ///
            /// If the client has none of its own, that of the pool.
            ui_customization: UiCustomizationType = "UICustomization",
        }
    }
}

operation! {
    /// Sets the CSS and logo of the classic hosted UI.
    ///
    /// The user pool must have a domain.
    SetUICustomization: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request SetUiCustomizationRequest {
        required {
            /// ID of the user pool.
            user_pool_id: String,
        }
        optional {
            /// Style sheet of the pages.
            ///
            /// Only the class names that Cognito defines are accepted.
            css: String = "CSS",
            /// ID of the app client to customize, or `ALL` for every client without a
            /// customization of its own.
            ///
            /// Left out, `ALL`.
            client_id: Sensitive<String>,
            /// Logo, a PNG or JPEG file of at most 131,072 bytes.
            image_file: Blob,
        }
    }
    response SetUiCustomizationResponse {
        required {
            /// The customization as it stands now.
            ui_customization: UiCustomizationType = "UICustomization",
        }
    }
}

string_enum! {
    /// What an image in a managed login style is for.
    AssetCategoryType {
        /// Icon of the browser tab, as an ICO file.
        FaviconIco = "FAVICON_ICO",
        /// Icon of the browser tab, as an SVG file.
        FaviconSvg = "FAVICON_SVG",
        /// Picture that stands for codes sent by email.
        EmailGraphic = "EMAIL_GRAPHIC",
        /// Picture that stands for codes sent by text message.
        SmsGraphic = "SMS_GRAPHIC",
        /// Picture that stands for authenticator apps.
        AuthAppGraphic = "AUTH_APP_GRAPHIC",
        /// Picture that stands for passwords.
        PasswordGraphic = "PASSWORD_GRAPHIC",
        /// Picture that stands for passkeys.
        PasskeyGraphic = "PASSKEY_GRAPHIC",
        /// Logo in the page header.
        PageHeaderLogo = "PAGE_HEADER_LOGO",
        /// Background of the page header.
        PageHeaderBackground = "PAGE_HEADER_BACKGROUND",
        /// Logo in the page footer.
        PageFooterLogo = "PAGE_FOOTER_LOGO",
        /// Background of the page footer.
        PageFooterBackground = "PAGE_FOOTER_BACKGROUND",
        /// Background of the page.
        PageBackground = "PAGE_BACKGROUND",
        /// Background of the sign-in form.
        FormBackground = "FORM_BACKGROUND",
        /// Logo in the sign-in form.
        FormLogo = "FORM_LOGO",
        /// Icon on the button of an external identity provider.
        IdpButtonIcon = "IDP_BUTTON_ICON",
    }
}

string_enum! {
    /// File type of an image.
    AssetExtensionType {
        /// The image is an ICO file.
        Ico = "ICO",
        /// The image is a JPEG file.
        Jpeg = "JPEG",
        /// The image is a PNG file.
        Png = "PNG",
        /// The image is an SVG file.
        Svg = "SVG",
        /// The image is a WEBP file.
        Webp = "WEBP",
    }
}

structure! {
    /// An image of a managed login style.
    AssetType {
        required {
            /// What the image is for.
            category: AssetCategoryType,
            /// Color mode in which the image shows.
            color_mode: ColorSchemeModeType,
            /// File type of the image.
            extension: AssetExtensionType,
        }
        optional {
            /// Contents of the file, at most 1,000,000 bytes.
            bytes: Blob,
            /// ID of the image, 1 to 40 characters.
            resource_id: String,
        }
    }
}

string_enum! {
    /// Color mode of a sign-in page.
    ColorSchemeModeType {
        /// The image is for light mode.
        Light = "LIGHT",
        /// The image is for dark mode.
        Dark = "DARK",
        /// The image follows the browser's preference.
        Dynamic = "DYNAMIC",
    }
}

structure! {
    /// A managed login style.
    ManagedLoginBrandingType {
        optional {
            /// Time the style was created.
            creation_date: Timestamp,
            /// Time of the last change to the style.
            last_modified_date: Timestamp,
            /// ID of the style, a UUID.
            managed_login_branding_id: String,
            /// Settings of the style, as a JSON object.
            settings: serde_json::Value,
            /// Whether the style is Cognito's default.
            use_cognito_provided_values: bool,
            /// ID of the user pool the style belongs to.
            user_pool_id: String,
        }
        lists {
            /// Images of the style.
            assets: AssetType,
        }
    }
}

structure! {
    /// CSS and logo of the classic hosted UI.
    UiCustomizationType {
        optional {
            /// Style sheet of the pages.
            css: String = "CSS",
            /// Version of the style sheet.
            css_version: String = "CSSVersion",
            /// ID of the app client that is customized, or `ALL`.
            client_id: Sensitive<String>,
            /// Time the customization was created.
            creation_date: Timestamp,
            /// Address of the logo.
            image_url: String,
            /// Time of the last change to the customization.
            last_modified_date: Timestamp,
            /// ID of the user pool.
            user_pool_id: String,
        }
    }
}
