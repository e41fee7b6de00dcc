//! The list of operations, for what goes through all of them.

/// Calls a macro with the request type of every operation, by module.
///
/// A new operation needs its name here; the conformance test, which includes this file, says so.
macro_rules! for_each_operation {
    ($callback:ident) => {
        $callback! {
            app_clients {
                AddUserPoolClientSecretRequest CreateUserPoolClientRequest
                DeleteUserPoolClientRequest DeleteUserPoolClientSecretRequest
                DescribeUserPoolClientRequest ListUserPoolClientSecretsRequest
                ListUserPoolClientsRequest UpdateUserPoolClientRequest
            }
            auth {
                AdminGetUserAuthFactorsRequest AdminInitiateAuthRequest
                AdminListUserAuthEventsRequest AdminRespondToAuthChallengeRequest
                AdminUpdateAuthEventFeedbackRequest AdminUserGlobalSignOutRequest
                GetClientTokenRequest GetDerivedTokenRequest GetTokensFromRefreshTokenRequest
                GetUserAuthFactorsRequest GlobalSignOutRequest InitiateAuthRequest
                RespondToAuthChallengeRequest RevokeTokenRequest UpdateAuthEventFeedbackRequest
            }
            branding {
                CreateManagedLoginBrandingRequest DeleteManagedLoginBrandingRequest
                DescribeManagedLoginBrandingByClientRequest DescribeManagedLoginBrandingRequest
                GetUiCustomizationRequest SetUiCustomizationRequest
                UpdateManagedLoginBrandingRequest
            }
            cimd {
                CreateCimdPolicyRequest DeleteCimdPolicyRequest DescribeCimdPolicyRequest
                ListCimdPoliciesRequest ListClientMetadataUrlsRequest UpdateCimdPolicyRequest
                UpdateClientMetadataUrlStateRequest
            }
            devices {
                AdminForgetDeviceRequest AdminGetDeviceRequest AdminListDevicesRequest
                AdminUpdateDeviceStatusRequest ConfirmDeviceRequest ForgetDeviceRequest
                GetDeviceRequest ListDevicesRequest UpdateDeviceStatusRequest
            }
            domains {
                CreateUserPoolDomainRequest DeleteUserPoolDomainRequest
                DescribeUserPoolDomainRequest UpdateUserPoolDomainRequest
            }
            groups {
                AdminAddUserToGroupRequest AdminListGroupsForUserRequest
                AdminRemoveUserFromGroupRequest CreateGroupRequest DeleteGroupRequest
                GetGroupRequest ListGroupsRequest ListUsersInGroupRequest UpdateGroupRequest
            }
            identity_providers {
                CreateIdentityProviderRequest DeleteIdentityProviderRequest
                DescribeIdentityProviderRequest GetIdentityProviderByIdentifierRequest
                ListIdentityProvidersRequest UpdateIdentityProviderRequest
            }
            mfa {
                AdminDeleteSoftwareTokenRequest AdminSetUserMfaPreferenceRequest
                AssociateSoftwareTokenRequest GetUserPoolMfaConfigRequest
                SetUserMfaPreferenceRequest SetUserPoolMfaConfigRequest VerifySoftwareTokenRequest
            }
            passkeys {
                CompleteWebAuthnRegistrationRequest DeleteWebAuthnCredentialRequest
                ListWebAuthnCredentialsRequest StartWebAuthnRegistrationRequest
            }
            passwords {
                AdminResetUserPasswordRequest AdminSetUserPasswordRequest ChangePasswordRequest
                ConfirmForgotPasswordRequest ForgotPasswordRequest
            }
            recoveries {
                CancelPointInTimeRecoveryRequest DescribePointInTimeRecoveryRequest
                InitiatePointInTimeRecoveryRequest ListPointInTimeRecoveriesRequest
                StartPointInTimeRecoveryRequest
            }
            replicas {
                CreateUserPoolReplicaRequest DeleteUserPoolReplicaRequest
                ListUserPoolReplicasRequest UpdateUserPoolReplicaRequest
            }
            resource_servers {
                CreateResourceServerRequest DeleteResourceServerRequest
                DescribeResourceServerRequest ListResourceServersRequest
                UpdateResourceServerRequest
            }
            security {
                DescribeRiskConfigurationRequest GetLogDeliveryConfigurationRequest
                GetProvisionedLimitRequest SetLogDeliveryConfigurationRequest
                SetRiskConfigurationRequest UpdateProvisionedLimitRequest
            }
            sessions {
                AdminListUserSessionsRequest AdminRevokeUserSessionRequest
                GetUserPoolClientSessionConfigurationRequest GetUserPoolSessionConfigurationRequest
                ListUserSessionsRequest RevokeUserSessionRequest
                SetUserPoolClientSessionConfigurationRequest SetUserPoolSessionConfigurationRequest
            }
            sign_up {
                AdminConfirmSignUpRequest ConfirmSignUpRequest ResendConfirmationCodeRequest
                SignUpRequest
            }
            terms {
                CreateTermsRequest DeleteTermsRequest DescribeTermsByClientRequest
                DescribeTermsRequest ListTermsRequest UpdateTermsRequest
            }
            user_import {
                CreateUserImportJobRequest DescribeUserImportJobRequest GetCsvHeaderRequest
                ListUserImportJobsRequest StartUserImportJobRequest StopUserImportJobRequest
            }
            user_pools {
                AddCustomAttributesRequest CreateUserPoolRequest DeleteUserPoolRequest
                DescribeUserPoolRequest GetSigningCertificateRequest ListTagsForResourceRequest
                ListUserPoolsRequest TagResourceRequest UntagResourceRequest UpdateUserPoolRequest
            }
            users {
                AdminCreateUserRequest AdminDeleteUserAttributesRequest AdminDeleteUserRequest
                AdminDisableProviderForUserRequest AdminDisableUserRequest AdminEnableUserRequest
                AdminGetUserRequest AdminLinkProviderForUserRequest AdminSetUserSettingsRequest
                AdminUpdateUserAttributesRequest DeleteUserAttributesRequest DeleteUserRequest
                GetUserAttributeVerificationCodeRequest GetUserRequest ListUsersRequest
                SetUserSettingsRequest UpdateUserAttributesRequest VerifyUserAttributeRequest
            }
        }
    };
}

pub(crate) use for_each_operation;
