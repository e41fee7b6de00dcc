//! The web server of `examples/axum_sign_in.rs`, from the sign-in to its protected routes, offline.
#![cfg(all(feature = "axum", feature = "fixtures", feature = "srp"))]

use axum::http::StatusCode;

use self::browser::ask;

#[path = "support/browser.rs"]
mod browser;

#[path = "../examples/axum_sign_in.rs"]
#[expect(dead_code, reason = "its main is the example's")]
mod axum_sign_in;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::test]
async fn a_user_signs_in_with_password_and_code_and_reaches_what_is_meant_for_them() -> Outcome {
    let router = axum_sign_in::router(axum_sign_in::offline()?);
    let (status, _, _) = ask(&router, "/me", None, "").await?;
    assert_eq!(status, StatusCode::UNAUTHORIZED);

    let login = Some("username=alice&password=secret");
    let (_, challenge, page) = ask(&router, "/login", login, "").await?;
    assert!(page.contains("SOFTWARE_TOKEN_MFA"), "{page}");
    let (_, challenge, page) = ask(&router, "/answer", Some("answer=000000"), &challenge).await?;
    assert!(page.contains("SOFTWARE_TOKEN_MFA"), "{page}");
    let (status, user, _) = ask(&router, "/answer", Some("answer=123456"), &challenge).await?;
    assert_eq!(status, StatusCode::OK);
    assert!(user.starts_with("user="), "a cookie must be set");

    let (status, _, page) = ask(&router, "/me", None, &user).await?;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(page, "alice, in the groups [\"readers\"]\n");
    let (status, _, _) = ask(&router, "/admin", None, &user).await?;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let forged = format!("user={:032x}", 1);
    let (status, _, _) = ask(&router, "/me", None, &forged).await?;
    assert_eq!(status, StatusCode::UNAUTHORIZED);

    let (status, _, _) = ask(&router, "/password", Some("old=wrong&new=new"), &user).await?;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let change = Some("old=secret&new=new");
    let (status, _, _) = ask(&router, "/password", change, &user).await?;
    assert_eq!(status, StatusCode::OK);
    let (_, cleared, _) = ask(&router, "/sign-out", Some(""), &user).await?;
    assert_eq!(cleared, "user=");
    for (path, form) in [("/me", None), ("/password", change)] {
        let (status, _, _) = ask(&router, path, form, &user).await?;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_user_registers_confirms_and_resets_the_password_with_the_codes_of_the_mails() -> Outcome
{
    let router = axum_sign_in::router(axum_sign_in::offline()?);
    let post = async |path: &str, form: &str| ask(&router, path, Some(form), "").await;

    let taken = "username=taken%40example.com&password=secret";
    let (status, _, _) = post("/register", taken).await?;
    assert_eq!(status, StatusCode::CONFLICT);
    // A name is whatever somebody types.
    let login = "username=%22%3E%3Cscript%3E&password=secret";
    let (_, _, page) = post("/register", login).await?;
    assert!(
        page.contains("action=/confirm") && !page.contains("<script"),
        "{page}"
    );

    let (status, _, page) = post("/confirm", "username=alice&code=000000").await?;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(page.contains("not the code"), "{page}");
    let (status, _, page) = post("/confirm", "username=alice&code=123456").await?;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("please sign in"), "{page}");

    let (_, _, page) = post("/login", "username=unconfirmed&password=secret").await?;
    assert!(page.contains("action=/confirm"), "{page}");

    let (_, _, page) = post("/forgot", "username=alice").await?;
    assert!(page.contains("action=/reset"), "{page}");
    let (status, _, _) = post("/reset", "username=alice&code=000000&password=new").await?;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _, page) = post("/reset", "username=alice&code=123456&password=new").await?;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("new password is set"), "{page}");
    Ok(())
}
