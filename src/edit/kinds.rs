//! Every kind of thing that can be edited.

use super::{Editable, app_client::APP_CLIENT, kind::Kind, user_pool::USER_POOL};
use crate::operation::{
    app_clients::UpdateUserPoolClientRequest, user_pools::UpdateUserPoolRequest,
};

impl Editable for UpdateUserPoolRequest {
    const KIND: &'static Kind = &USER_POOL;
}

impl Editable for UpdateUserPoolClientRequest {
    const KIND: &'static Kind = &APP_CLIENT;
}

#[cfg(test)]
pub(super) const ALL: &[&Kind] = &[&USER_POOL, &APP_CLIENT];
