//! The operations that each server implements, as found by calling every one on it.

/// MiniStack 1.5.33: 77 operations.
pub(crate) const MINISTACK: &str = "
    AddCustomAttributes AdminAddUserToGroup AdminConfirmSignUp AdminCreateUser AdminDeleteUser
    AdminDisableProviderForUser AdminDisableUser AdminEnableUser AdminGetUser AdminInitiateAuth
    AdminLinkProviderForUser AdminListGroupsForUser AdminListUserAuthEvents
    AdminRemoveUserFromGroup AdminResetUserPassword AdminRespondToAuthChallenge
    AdminSetUserMFAPreference AdminSetUserPassword AdminUpdateAuthEventFeedback
    AdminUpdateUserAttributes AdminUserGlobalSignOut AssociateSoftwareToken ChangePassword
    ConfirmForgotPassword ConfirmSignUp CreateGroup CreateIdentityProvider CreateResourceServer
    CreateUserPool CreateUserPoolClient CreateUserPoolDomain DeleteGroup DeleteIdentityProvider
    DeleteResourceServer DeleteUser DeleteUserPool DeleteUserPoolClient DeleteUserPoolDomain
    DescribeIdentityProvider DescribeResourceServer DescribeUserPool DescribeUserPoolClient
    DescribeUserPoolDomain ForgotPassword GetGroup GetIdentityProviderByIdentifier
    GetTokensFromRefreshToken GetUICustomization GetUser GetUserPoolMfaConfig GlobalSignOut
    InitiateAuth ListGroups ListIdentityProviders ListResourceServers ListTagsForResource
    ListUserPoolClients ListUserPools ListUsers ListUsersInGroup ResendConfirmationCode
    RespondToAuthChallenge RevokeToken SetUICustomization SetUserMFAPreference
    SetUserPoolMfaConfig SignUp TagResource UntagResource UpdateAuthEventFeedback
    UpdateIdentityProvider UpdateResourceServer UpdateUserAttributes UpdateUserPool
    UpdateUserPoolClient UpdateUserPoolDomain VerifySoftwareToken
";

/// moto 5.2.5: 62 operations.
pub(crate) const MOTO: &str = "
    AddCustomAttributes AdminAddUserToGroup AdminConfirmSignUp AdminCreateUser AdminDeleteUser
    AdminDeleteUserAttributes AdminDisableUser AdminEnableUser AdminGetUser AdminInitiateAuth
    AdminListGroupsForUser AdminRemoveUserFromGroup AdminResetUserPassword
    AdminRespondToAuthChallenge AdminSetUserMFAPreference AdminSetUserPassword
    AdminUpdateUserAttributes AdminUserGlobalSignOut AssociateSoftwareToken ChangePassword
    ConfirmForgotPassword ConfirmSignUp CreateGroup CreateIdentityProvider CreateResourceServer
    CreateUserPool CreateUserPoolClient CreateUserPoolDomain DeleteGroup DeleteIdentityProvider
    DeleteUserPool DeleteUserPoolClient DeleteUserPoolDomain DescribeIdentityProvider
    DescribeResourceServer DescribeUserPool DescribeUserPoolClient DescribeUserPoolDomain
    ForgotPassword GetGroup GetUser GetUserPoolMfaConfig GlobalSignOut InitiateAuth ListGroups
    ListIdentityProviders ListResourceServers ListUserPoolClients ListUserPools ListUsers
    ListUsersInGroup RespondToAuthChallenge SetUserMFAPreference SetUserPoolMfaConfig SignUp
    UpdateGroup UpdateIdentityProvider UpdateUserAttributes UpdateUserPool UpdateUserPoolClient
    UpdateUserPoolDomain VerifySoftwareToken
";

/// The names in one of the lists above, in order.
pub(crate) fn operations(list: &'static str) -> Vec<&'static str> {
    list.split_whitespace().collect()
}
