//! The pages: what a form looks like, and one file a flow.

use std::time::Duration;

use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use cognito_idp::Sensitive;
use tokio::time::Instant;

use crate::failure::Failure;

pub(crate) mod account;
pub(crate) mod api;
pub(crate) mod challenge;
pub(crate) mod device;
pub(crate) mod managed_login;
pub(crate) mod recovery;
pub(crate) mod sign_in;
pub(crate) mod sign_up;

/// A page with one form, as most are.
#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct Page {
    pub(crate) title: &'static str,
    pub(crate) text: String,
    pub(crate) error: &'static str,
    pub(crate) notice: &'static str,
    pub(crate) csrf: String,
    pub(crate) action: &'static str,
    pub(crate) fields: Vec<Field>,
    /// Those that choose one of several things: a value and what it says.
    pub(crate) buttons: Vec<(String, String)>,
    /// An image for an authenticator app, in SVG, and its secret as text.
    pub(crate) picture: Option<Picture>,
    /// What to ask the browser's passkeys for, as JSON: `create` or `get`, and the options.
    pub(crate) passkey: Option<(&'static str, String)>,
    /// A second form with nothing to fill in: where it posts to, and what its button says.
    pub(crate) again: Option<(&'static str, &'static str)>,
    pub(crate) links: Vec<(&'static str, &'static str)>,
}

pub(crate) struct Picture {
    /// Drawn by this program, of a text that this program made.
    pub(crate) svg: String,
    pub(crate) secret: String,
}

pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) kind: &'static str,
    pub(crate) autocomplete: &'static str,
    pub(crate) value: String,
    pub(crate) required: bool,
}

impl Page {
    pub(crate) fn new(title: &'static str) -> Self {
        Self {
            title,
            text: String::new(),
            error: "",
            notice: "",
            csrf: String::new(),
            action: "",
            fields: Vec::new(),
            buttons: Vec::new(),
            picture: None,
            passkey: None,
            again: None,
            links: Vec::new(),
        }
    }

    pub(crate) fn posts_to(mut self, action: &'static str, csrf: String) -> Self {
        self.action = action;
        self.csrf = csrf;
        self
    }

    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    pub(crate) fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    pub(crate) fn button(mut self, value: impl Into<String>, says: impl Into<String>) -> Self {
        self.buttons.push((value.into(), says.into()));
        self
    }

    pub(crate) fn link(mut self, to: &'static str, says: &'static str) -> Self {
        self.links.push((to, says));
        self
    }

    /// What has been done before, from the address: only the words that are known here are shown.
    pub(crate) fn notice(mut self, done: Option<&str>) -> Self {
        self.notice = match done {
            Some("confirmed") => "Your address is confirmed. Please sign in.",
            Some("reset") => "Your new password is set. Please sign in.",
            Some("expired") => "That took too long, or was done already. Please sign in again.",
            Some("sent") => "If there is something to confirm, we have sent a code.",
            Some("out") => "You are signed out.",
            Some("deleted") => "Your account is deleted.",
            _ => "",
        };
        self
    }

    pub(crate) fn failed(mut self, failure: &Failure) -> Response {
        self.error = failure.message();
        self.with_status(failure.status())
    }

    pub(crate) fn with_status(self, status: StatusCode) -> Response {
        (status, shown(&self)).into_response()
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        shown(&self)
    }
}

pub(crate) fn shown(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Field {
    pub(crate) fn new(name: &str, label: &str, autocomplete: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            kind: "text",
            autocomplete,
            value: String::new(),
            required: true,
        }
    }

    pub(crate) fn username(value: &str) -> Self {
        Self::new("username", "Email", "username")
            .kind("email")
            .value(value)
    }

    pub(crate) fn password(name: &str, label: &str, autocomplete: &'static str) -> Self {
        Self::new(name, label, autocomplete).kind("password")
    }

    pub(crate) fn code() -> Self {
        Self::new("code", "Code", "one-time-code")
    }

    pub(crate) fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    pub(crate) fn value(mut self, value: &str) -> Self {
        value.clone_into(&mut self.value);
        self
    }

    pub(crate) fn optional(mut self) -> Self {
        self.required = false;
        self
    }
}

impl Picture {
    pub(crate) fn of(uri: &Sensitive<String>, secret: &Sensitive<String>) -> Result<Self, Failure> {
        let code = qrcode::QrCode::new(uri.expose()).map_err(|_| Failure::Ours)?;
        let svg = code
            .render::<qrcode::render::svg::Color<'_>>()
            .min_dimensions(200, 200)
            .build();
        // What stands before it is for files.
        let start = svg.find("<svg").unwrap_or(0);
        Ok(Self {
            svg: svg[start..].to_owned(),
            secret: secret.expose().clone(),
        })
    }
}

/// Whether a new password fits the pool's policy; this is the one that pools have at first.
///
/// It is checked here before Cognito is asked, which may look whether there is such a user before it
/// looks at the password: a policy of the pool that is stricter must stand here too.
pub(crate) fn is_strong(password: &Sensitive<String>) -> bool {
    let password = password.expose();
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    password.chars().count() >= 8
        && has(char::is_lowercase)
        && has(char::is_uppercase)
        && has(|letter| letter.is_ascii_digit())
        && has(|letter| letter.is_ascii_punctuation() || letter == ' ')
}

/// Answers after a whole number of half seconds, so that the time tells little about what was found.
pub(crate) async fn evenly<T>(work: impl Future<Output = T>) -> T {
    const STEP: Duration = Duration::from_millis(500);
    let start = Instant::now();
    let done = work.await;
    let over = start.elapsed().as_millis() % STEP.as_millis();
    let over = Duration::from_millis(u64::try_from(over).unwrap_or(0));
    tokio::time::sleep(STEP.saturating_sub(over)).await;
    done
}

pub(crate) fn redirect(to: &str) -> Response {
    Redirect::to(to).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_takes_longer_or_less_long_is_answered_at_the_same_time() {
        for (work, answer) in [(0, 500), (20, 500), (480, 500), (510, 1_000)] {
            let start = Instant::now();
            evenly(tokio::time::sleep(Duration::from_millis(work))).await;
            assert_eq!(start.elapsed().as_millis(), answer, "{work}");
        }
    }

    #[test]
    fn a_strong_password_is_long_enough_and_has_letters_numbers_and_symbols() {
        assert!(is_strong(&"Correct-Horse-7".into()));
        for weak in [
            "",
            "Ab-4567",
            "correct-horse-7",
            "CORRECT-HORSE-7",
            "Correct-Horse",
            "CorrectHorse7",
        ] {
            assert!(!is_strong(&weak.into()), "{weak}");
        }
    }
}
