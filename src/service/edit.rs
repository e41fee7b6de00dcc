//! Changing the settings of the service's own pool and app client.

use super::CognitoService;
use crate::{
    edit::ReadFuture,
    operation::{app_clients::UpdateUserPoolClientRequest, user_pools::UpdateUserPoolRequest},
};

impl CognitoService {
    /// Begins to change the settings of the user pool; see
    /// [`Client::edit_user_pool`](crate::Client::edit_user_pool).
    ///
    /// ```no_run
    /// use cognito_idp::{CognitoService, types::UserPoolMfaType};
    ///
    /// # async fn example(service: CognitoService) -> Result<(), cognito_idp::Error> {
    /// let mut edit = service.edit_user_pool().await?;
    /// edit.change(|pool| pool.mfa_configuration(UserPoolMfaType::Optional))?;
    /// println!("{}", edit.preview());
    /// edit.apply().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of `DescribeUserPool`.
    pub fn edit_user_pool(&self) -> ReadFuture<UpdateUserPoolRequest> {
        self.client.edit_user_pool(&self.user_pool_id)
    }

    /// Begins to change the settings of the app client; see
    /// [`Client::edit_user_pool_client`](crate::Client::edit_user_pool_client).
    ///
    /// # Errors
    /// Those of `DescribeUserPoolClient`.
    pub fn edit_user_pool_client(&self) -> ReadFuture<UpdateUserPoolClientRequest> {
        let client_id = self.app_client().id();
        self.client
            .edit_user_pool_client(&self.user_pool_id, client_id)
    }
}
