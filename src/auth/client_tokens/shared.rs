//! Machine tokens that several processes share.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::{ClientToken, ClientTokens, IssueFuture, Issuer, Order, RENEWED_BEFORE};
use crate::{
    client::Client,
    error::Error,
    fleet::{Found, Place, Turn, Vault},
    sensitive::Sensitive,
};

/// How long one process waits for another one's token before it gets one of its own.
const PATIENCE: Duration = Duration::from_secs(5);

impl ClientTokens {
    /// Shares the tokens with all processes that use the same store and name.
    ///
    /// However many there are, one token is made for each set of scopes and renewal, by whichever
    /// process comes first; Cognito bills that one. `name` stands for the app client: where two have
    /// one name, they get each other's tokens.
    ///
    /// A store that cannot be reached, or another process that comes to no end within five seconds,
    /// costs a token more and stops nobody. What one process [invalidates](Self::invalidate) is
    /// replaced for all: the others get the new one when they start or invalidate the old one.
    ///
    /// The result has tokens of its own; what was set before stays set.
    ///
    /// ```
    /// use cognito_idp::{auth::ClientTokens, fleet::Vault};
    ///
    /// # async fn example(machine: ClientTokens, vault: Vault) -> Result<(), Box<dyn std::error::Error>> {
    /// let machine = machine.share(&vault, "orders-service");
    /// let token = machine.for_scopes(["orders/read"]).token().await?;
    /// # let _ = token;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn share(self, vault: &Vault, name: impl Into<String>) -> Self {
        let shared = SharedIssuer {
            own: self.shared.issuer.clone(),
            vault: vault.clone(),
            name: name.into(),
        };
        Self::build(
            Arc::new(shared),
            self.shared.client_metadata.clone(),
            &self.set.scopes,
        )
    }
}

/// Gets a token from Cognito when it is this process's turn, and else takes the one that others got.
#[derive(Debug)]
struct SharedIssuer {
    own: Arc<dyn Issuer>,
    vault: Vault,
    name: String,
}

/// What the processes share.
#[derive(Serialize, Deserialize)]
struct Shared {
    token: Sensitive<String>,
    life: Duration,
}

impl Issuer for SharedIssuer {
    fn client(&self) -> &Client {
        self.own.client()
    }

    fn operation(&self) -> &'static str {
        self.own.operation()
    }

    fn issue<'a>(&'a self, order: Order<'a>) -> IssueFuture<'a> {
        Box::pin(async move {
            let will_do = |found: &Found<Shared>| usable(found, order.instead_of);
            let Ok(place) = Place::new(&self.vault, self.key_of(order)) else {
                return self.own.issue(order).await;
            };
            match place.turn(PATIENCE, will_do).await {
                Ok(Turn::Needless(token)) => Ok(token),
                Ok(Turn::Ours(found)) => {
                    let work = self.issue_for_all(&place, found.as_ref(), order);
                    place.take_turn(work).await
                }
                Err(_) => self.own.issue(order).await,
            }
        })
    }
}

impl SharedIssuer {
    async fn issue_for_all(
        &self,
        place: &Place,
        over: Option<&Found<Shared>>,
        order: Order<'_>,
    ) -> Result<ClientToken, Error> {
        let new = self.own.issue(order).await?;
        let shared = Shared {
            token: new.token.clone(),
            life: new.life,
        };
        // If that fails the others get one of their own.
        let _ = place.write(over, &shared, new.age, new.life).await;
        Ok(new)
    }

    /// Where tokens of this kind are kept.
    fn key_of(&self, order: Order<'_>) -> String {
        // Strings always can be written.
        let kind = serde_json::to_vec(&(order.scopes, order.client_metadata)).unwrap_or_default();
        let kind = URL_SAFE_NO_PAD.encode(digest(&SHA256, &kind));
        format!("{}/{kind}", self.name)
    }
}

/// The token that is shared, unless it is to be renewed or is the one that was refused.
fn usable(found: &Found<Shared>, refused: Option<&Sensitive<String>>) -> Option<ClientToken> {
    let Shared { token, life } = &found.value;
    let is_fresh = life.saturating_sub(found.age) > *life / RENEWED_BEFORE;
    (is_fresh && Some(token) != refused).then(|| ClientToken {
        token: token.clone(),
        life: *life,
        age: found.age,
    })
}
