//! The tokens of MiniStack and moto, verified with the keys that they serve, through whole sign-ins.
//!
//! Run it with `tests/live/servers.sh cargo test --all-features --test live_verify`.
#![allow(clippy::doc_markdown, reason = "MiniStack is a name, not an item")]
#![cfg(all(
    any(feature = "reqwest", feature = "hyper"),
    feature = "sigv4",
    feature = "verify"
))]

mod live;

use cognito_idp::{
    CognitoService,
    auth::{AuthOutcome, Challenge, Tokens},
    operation::auth::GlobalSignOutRequest,
    service::CreateUser,
    verify::{TokenVerifier, TrustedPool, VerifyError},
};

use crate::live::{NEW_PASSWORD, Outcome, PASSWORD, Server, unique_email};

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn the_tokens_of_ministack_are_verified_through_a_whole_sign_in() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let tokens = verified_sign_in(&server).await?;
    let claims = tokens.verifier.verify_access(tokens.access()).await?;
    assert!(claims.has_scope("aws.cognito.signin.user.admin"));

    // After a refresh they are others.
    let refresh = tokens.tokens.refresh_token.clone();
    let refresh = refresh.ok_or("no refresh token")?;
    let refreshed = tokens.service.sign_in().refresh(refresh).await?;
    let access = refreshed.access_token.expose();
    assert_eq!(
        tokens.verifier.verify_access(access).await?.sub(),
        claims.sub()
    );

    // Signed out everywhere, and good all the same for whoever does not ask.
    let sign_in = tokens.service.sign_in();
    assert!(!sign_in.ask_revoked(tokens.access()).await?);
    let request = GlobalSignOutRequest::new(tokens.access());
    server.client.send(&request).await?;
    assert!(tokens.verifier.verify_access(tokens.access()).await.is_ok());
    assert!(sign_in.ask_revoked(tokens.access()).await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn the_tokens_of_moto_are_verified_through_a_whole_sign_in() -> Outcome {
    let Some(server) = Server::moto() else {
        return Ok(());
    };
    verified_sign_in(&server).await?;
    Ok(())
}

struct SignedIn {
    service: CognitoService,
    verifier: TokenVerifier,
    tokens: Tokens,
}

impl SignedIn {
    fn access(&self) -> &str {
        self.tokens.access_token.expose()
    }
}

/// Signs a new user in, with a new password on the way, and checks both tokens in every way.
async fn verified_sign_in(server: &Server) -> Outcome<SignedIn> {
    let pool = server.pool("verify").await?;
    let service = server.service(&pool)?;
    let alice = unique_email("alice");
    service
        .create_user(CreateUser::new(&alice, PASSWORD))
        .await?;
    let outcome = service.login(&alice, PASSWORD).await?;
    let AuthOutcome::Challenge(Challenge::NewPasswordRequired(challenge)) = outcome else {
        return Err("a new password must be asked for".into());
    };
    let outcome = service.respond(challenge.answer(NEW_PASSWORD)).await?;
    let tokens = outcome.tokens().ok_or("no tokens")?;

    let verifier = service.verifier()?;
    verifier.warm().await?;
    let access = tokens.access_token.expose();
    let claims = verifier.verify_access(access).await?;
    assert_eq!(claims.client_id(), pool.app.id().expose());
    assert!(claims.issuer().ends_with(&pool.id), "{}", claims.issuer());
    assert!(claims.username().is_some());
    let id = tokens.id_token.as_ref().ok_or("no ID token")?.expose();
    let id_claims = verifier.verify_id(id).await?;
    assert_eq!(id_claims.username(), claims.username());
    assert_eq!(id_claims.sub(), claims.sub());

    // Each for the other, and changed in its last letter.
    assert!(matches!(
        verifier.verify_access(id).await,
        Err(VerifyError::TokenUse { .. })
    ));
    assert!(matches!(
        verifier.verify_id(access).await,
        Err(VerifyError::TokenUse { .. })
    ));
    let (signed, signature) = access.rsplit_once('.').ok_or("a token")?;
    let forged = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    assert!(verifier.verify_access(&forged).await.is_err());

    // Other pools may be trusted as well.
    let other = service
        .sign_in()
        .verifier_builder()?
        .pool(TrustedPool::new("us-east-1_Other").any_client());
    assert!(other.build()?.verify_access(access).await.is_ok());
    // For another client of the same pool they are nothing.
    let stranger = cognito_idp::auth::SignIn::public(
        server.client.clone(),
        cognito_idp::auth::AppClient::new("another-client"),
    );
    let stranger = stranger.user_pool_id(&pool.id).verifier()?;
    assert!(matches!(
        stranger.verify_access(access).await,
        Err(VerifyError::Client)
    ));
    assert!(matches!(
        stranger.verify_id(id).await,
        Err(VerifyError::Client)
    ));

    // From the cache as well.
    let cached = service.sign_in().verifier_builder()?.cache(10).build()?;
    for _ in 0..2 {
        assert_eq!(cached.verify_access(access).await?.sub(), claims.sub());
    }
    Ok(SignedIn {
        service,
        verifier,
        tokens,
    })
}
