//! Tokens for machines from a domain's token endpoint.

use super::{Domain, endpoints::Endpoints};
use crate::{
    auth::{
        AppClient, ClientTokens,
        client_tokens::{ClientToken, IssueFuture, Issuer, Order, no_secret},
        life,
    },
    client::Client,
    collections::Map,
    error::Error,
    sensitive::Sensitive,
};

impl ClientTokens {
    /// Gets the tokens from the token endpoint of the pool's domain, with the grant
    /// `client_credentials`.
    ///
    /// It must be among the app client's grants (`AllowedOAuthFlows`), and the scopes among its
    /// `AllowedOAuthScopes`. Only the domain is called, so the client's endpoint does not matter; its
    /// transport, time-outs, retries and pacing do.
    ///
    /// ```no_run
    /// use cognito_idp::{Client, auth::{AppClient, ClientTokens}, managed_login::Domain};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().region("eu-central-1").build()?;
    /// let app_client = AppClient::new("app-client-id").secret("secret");
    /// let domain = Domain::prefix("my-app", "eu-central-1")?;
    /// let machine = ClientTokens::over_domain(client, app_client, domain);
    /// let token = machine.for_scopes(["orders/read"]).token().await?;
    /// # let _ = token;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn over_domain(client: Client, app_client: AppClient, domain: Domain) -> Self {
        Self::of_issuer(Endpoints {
            client,
            app_client,
            domain,
        })
    }
}

impl Issuer for Endpoints {
    fn client(&self) -> &Client {
        &self.client
    }

    fn operation(&self) -> &'static str {
        super::endpoints::TOKEN
    }

    fn issue<'a>(&'a self, order: Order<'a>) -> IssueFuture<'a> {
        Box::pin(self.ask(order.scopes, order.client_metadata))
    }
}

impl Endpoints {
    async fn ask(
        &self,
        scopes: &[String],
        client_metadata: &Map<Sensitive<String>>,
    ) -> Result<ClientToken, Error> {
        if !self.app_client.has_secret() {
            return Err(no_secret().into());
        }
        let response = self.client_credentials(scopes, client_metadata).await?;
        let expires_in = response.expires_in.map(i64::from);
        let token = response.access_token;
        let life = life(&token, expires_in);
        Ok(ClientToken::new(token, life))
    }
}
