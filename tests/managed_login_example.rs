//! The web server of `examples/managed_login`, driven as a browser does, over sockets.
#![cfg(all(
    feature = "fixtures",
    feature = "hyper",
    feature = "managed-login",
    feature = "verify"
))]

use std::error::Error as StdError;

use bytes::Bytes;
use cognito_idp::transport::{HttpClient as _, HyperClient};

#[path = "../examples/managed_login/main.rs"]
#[expect(dead_code, reason = "its main is the example's")]
mod managed_login;

type Outcome<T = ()> = Result<T, Box<dyn StdError>>;

/// Follows no redirect by itself, and has one cookie.
struct Browser {
    http: HyperClient,
    url: String,
    cookie: String,
}

impl Browser {
    /// Gives the page, or where it sends the browser.
    async fn open(&mut self, url: &str, form: Option<&str>) -> Outcome<(u16, String)> {
        let url = match url.strip_prefix('/') {
            Some(path) => format!("{}/{path}", self.url),
            None => url.to_owned(),
        };
        let request = http::Request::builder()
            .uri(url)
            .header("cookie", &self.cookie);
        let request = match form {
            Some(form) => request
                .method("POST")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Bytes::from(form.to_owned()))?,
            None => request.body(Bytes::new())?,
        };
        let answer = self.http.call(request).await?;
        if let Some(cookie) = answer.headers().get("set-cookie") {
            let cookie = cookie.to_str()?.split(';').next();
            cookie.unwrap_or_default().clone_into(&mut self.cookie);
        }
        let page = String::from_utf8(answer.body().to_vec())?;
        let text = match answer.headers().get("location") {
            Some(location) => location.to_str()?.to_owned(),
            None => page,
        };
        Ok((answer.status().as_u16(), text))
    }

    /// Goes to the domain's page and gives its form, filled in; the fields need no encoding but `/:`.
    async fn fill_in(&mut self, username: &str) -> Outcome<String> {
        let (status, authorize) = self.open("/login", None).await?;
        assert_eq!(status, 303);
        let (status, page) = self.open(&authorize, None).await?;
        assert_eq!(status, 200);
        let mut form = format!("username={username}");
        for input in page.split("<input type=hidden name=\"").skip(1) {
            let (name, rest) = input.split_once("\" value=\"").ok_or("a value")?;
            let value = rest.split('"').next().ok_or("its end")?;
            let value = value.replace('/', "%2F").replace(' ', "%20");
            form.extend(["&", name, "=", &value]);
        }
        let (_, callback) = self.open("/domain/oauth2/authorize", Some(&form)).await?;
        Ok(callback)
    }
}

async fn browser() -> Outcome<Browser> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let router = managed_login::offline(&url)?;
    tokio::spawn(async { axum::serve(listener, router).await });
    Ok(Browser {
        http: HyperClient::new()?,
        url,
        cookie: String::new(),
    })
}

#[tokio::test]
async fn a_user_signs_in_on_the_pages_and_out_again() -> Outcome {
    let mut browser = browser().await?;
    let (_, page) = browser.open("/", None).await?;
    assert!(page.contains("Sign in"), "{page}");

    let callback = browser.fill_in("alice").await?;
    let (status, to) = browser.open(&callback, None).await?;
    assert_eq!((status, to.as_str()), (303, "/"));
    let (_, page) = browser.open("/", None).await?;
    assert!(
        page.contains("alice@example.com (verified: true)"),
        "{page}"
    );

    // The same callback again is nobody's.
    let (_, to) = browser.open(&callback, None).await?;
    assert_eq!(to, "/");

    let callback = browser.fill_in("alice").await?;
    browser.open(&callback, None).await?;
    let (_, logout) = browser.open("/logout", None).await?;
    assert!(
        logout.contains("/domain/logout?client_id=app-client-id&logout_uri="),
        "{logout}"
    );
    let (_, to) = browser.open(&logout, None).await?;
    assert_eq!(to, format!("{}/", browser.url));
    let (_, page) = browser.open("/", None).await?;
    assert!(page.contains("Sign in"), "{page}");
    Ok(())
}

#[tokio::test]
async fn who_is_refused_or_sent_a_strangers_callback_is_not_signed_in() -> Outcome {
    let mut alice = browser().await?;
    let refused = alice.fill_in("").await?;
    assert!(refused.contains("error=access_denied"), "{refused}");
    assert_eq!(alice.open(&refused, None).await?.1, "/");

    // Mallory gives her own callback to Alice, who is signing in.
    let callback = alice.fill_in("mallory").await?;
    alice.fill_in("alice").await?;
    let (status, _) = alice.open(&callback, None).await?;
    assert_eq!(status, 502);
    let (_, page) = alice.open("/", None).await?;
    assert!(page.contains("Sign in"), "{page}");
    Ok(())
}
