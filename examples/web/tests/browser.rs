//! Every page in a real browser, beside the emulator: `tests/live/servers.sh cargo test -p cognito-idp-web`.
//!
//! Debian's `chromium` and `chromium-driver` must be there; without the emulator nothing runs.

mod support;
#[path = "../../../tests/live/totp.rs"]
mod totp;
#[path = "support/webdriver.rs"]
mod webdriver;

use support::{ALICE, BOB, PASSWORD, Server};
use webdriver::Chromium;

const ANOTHER: &str = "Correct-Horse-8";

fn start() -> Option<(Server, Chromium)> {
    let server = Server::start(&[("LIMIT_PER_ADDRESS", "1000")])?;
    let chromium = Chromium::start(&server.url());
    Some((server, chromium))
}

fn sign_in(chromium: &Chromium, name: &str, password: &str) {
    chromium.open("/sign-in");
    chromium.fill("username", name);
    chromium.fill("password", password);
    chromium.submit();
}

#[test]
fn a_user_signs_up_confirms_and_signs_in_with_a_wrong_code_and_password_between() {
    let Some((_server, chromium)) = start() else {
        return;
    };
    chromium.open("/sign-up");
    chromium.picture("sign-up");
    chromium.fill("username", "carol@example.com");
    chromium.fill("password", PASSWORD);
    chromium.submit();
    assert_eq!(chromium.heading(), "Confirm your address");
    chromium.fill("code", "000000");
    chromium.submit();
    assert_eq!(chromium.text("[role=alert]"), "That is not the code.");
    chromium.picture("confirm-wrong");
    chromium.fill("code", "123456");
    chromium.submit();
    assert_eq!(
        chromium.text("[role=status]"),
        "Your address is confirmed. Please sign in."
    );
    sign_in(&chromium, "carol@example.com", "Wrong-Horse-7");
    assert_eq!(chromium.path(), "/sign-in");
    assert!(!chromium.text("[role=alert]").is_empty());
    assert_eq!(
        chromium.value("username"),
        "carol@example.com",
        "not to be typed again"
    );
    assert_eq!(chromium.value("password"), "");
    chromium.picture("sign-in-wrong");
    sign_in(&chromium, "carol@example.com", PASSWORD);
    assert_eq!(chromium.heading(), "Your account");
    chromium.picture("account");
    chromium.click("form[action='/sign-out'] button");
    assert_eq!(chromium.text("[role=status]"), "You are signed out.");
    // The page before was not kept.
    chromium.back();
    assert_ne!(chromium.heading(), "Your account");
}

#[test]
fn a_temporary_password_is_changed_and_another_tab_is_told() {
    let Some((_server, chromium)) = start() else {
        return;
    };
    sign_in(&chromium, ALICE, PASSWORD);
    assert_eq!(chromium.path(), "/challenge");
    chromium.picture("new-password");
    let first = chromium.tab();
    let second = chromium.new_tab();
    chromium.open("/challenge");
    chromium.switch_to(&first);
    chromium.fill("password", ANOTHER);
    chromium.submit();
    assert_eq!(chromium.heading(), "Your account");
    // The form in the other tab is of a session that is no more.
    chromium.switch_to(&second);
    chromium.fill("password", ANOTHER);
    chromium.submit();
    assert_eq!(chromium.heading(), "That did not work");
    chromium.open("/account");
    assert_eq!(chromium.heading(), "Your account", "and nothing is lost");
}

#[test]
fn an_authenticator_app_is_set_up_and_then_asked_for() {
    let Some((_server, chromium)) = start() else {
        return;
    };
    sign_in(&chromium, BOB, PASSWORD);
    chromium.click("form[action='/account/totp/start'] button");
    chromium.picture("authenticator-app");
    let secret = chromium.text("code");
    chromium.fill("code", "000000");
    chromium.submit();
    assert_eq!(chromium.text("[role=alert]"), "That is not the code.");
    chromium.fill("code", &totp::code(&secret));
    chromium.submit();
    assert_eq!(chromium.text("[role=status]"), "Saved.");
    chromium.click("form[action='/sign-out'] button");

    sign_in(&chromium, BOB, PASSWORD);
    assert_eq!(chromium.path(), "/challenge");
    chromium.picture("authenticator-code");
    chromium.fill("code", "000000");
    chromium.submit();
    assert_eq!(chromium.text("[role=alert]"), "That is not the code.");
    chromium.fill("code", &totp::code(&secret));
    chromium.submit();
    assert_eq!(chromium.heading(), "Your account");

    chromium.click("form[action='/account/totp/drop'] button");
    assert_eq!(chromium.text("[role=status]"), "Removed.");
    chromium.click("form[action='/sign-out'] button");
    sign_in(&chromium, BOB, PASSWORD);
    assert_eq!(
        chromium.heading(),
        "Your account",
        "no code is asked for any more"
    );
}

#[test]
fn whoever_goes_back_in_the_middle_of_a_sign_in_can_begin_again() {
    let Some((_server, chromium)) = start() else {
        return;
    };
    sign_in(&chromium, ALICE, PASSWORD);
    assert_eq!(chromium.path(), "/challenge");
    chromium.back();
    assert_eq!(chromium.path(), "/sign-in");
    assert_eq!(chromium.value("password"), "", "it was not kept");
    sign_in(&chromium, ALICE, PASSWORD);
    assert_eq!(chromium.path(), "/challenge");
    chromium.fill("password", ANOTHER);
    chromium.submit();
    assert_eq!(chromium.heading(), "Your account");
    // Back to a challenge that is done.
    chromium.back();
    assert_eq!(chromium.path(), "/account");
}

#[test]
fn a_double_click_does_no_harm() {
    let Some((_server, chromium)) = start() else {
        return;
    };
    chromium.open("/sign-in");
    chromium.fill("username", ALICE);
    chromium.fill("password", PASSWORD);
    chromium.double_click("form button");
    assert_eq!(chromium.path(), "/challenge");
    // What was answered is answered once; who lost the answer to it signs in again.
    chromium.fill("password", ANOTHER);
    chromium.double_click("form button");
    if chromium.path() != "/account" {
        assert_eq!(chromium.path(), "/sign-in");
        assert!(
            chromium
                .text("[role=status]")
                .contains("or was done already")
        );
        sign_in(&chromium, ALICE, ANOTHER);
    }
    assert_eq!(chromium.heading(), "Your account");
}

#[test]
fn the_pages_of_the_domain_sign_in_and_what_they_are_not_asked_for_is_refused() {
    let Some((_server, chromium)) = start() else {
        return;
    };
    chromium.open("/callback?code=stolen&state=guessed");
    assert_eq!(chromium.path(), "/sign-in", "nobody was away");
    chromium.click("a[href='/away']");
    assert_eq!(chromium.path(), "/oauth2/authorize");
    chromium.fill("username", BOB);
    chromium.fill("password", PASSWORD);
    chromium.submit();
    assert_eq!(chromium.heading(), "Your account");
    assert!(chromium.text("main").contains(BOB));
    // Nobody is signed out, or in as somebody else, by a link.
    chromium.open("/callback?code=stolen&state=guessed");
    chromium.open("/account");
    assert!(chromium.text("main").contains(BOB));
    chromium.click("form[action='/sign-out'] button");

    // Away, and back with what another browser was given.
    chromium.click("a[href='/away']");
    chromium.open("/callback?code=stolen&state=guessed");
    assert!(chromium.text("main").contains("That sign-in did not work."));
    chromium.picture("domain-failed");
    chromium.open("/account");
    assert_eq!(chromium.path(), "/sign-in");
}

#[test]
fn an_address_can_be_confirmed_from_another_browser() {
    let Some((_server, chromium)) = start() else {
        return;
    };
    chromium.open("/sign-up");
    chromium.fill("username", "dave@example.com");
    chromium.fill("password", PASSWORD);
    chromium.submit();
    chromium.delete_cookies();
    // Without a right password or with it: nothing is told but the way to go.
    sign_in(&chromium, "dave@example.com", PASSWORD);
    assert!(chromium.text("[role=alert]").contains("not confirmed yet"));
    chromium.click("a[href='/confirm']");
    chromium.picture("confirm-name");
    chromium.fill("username", "dave@example.com");
    chromium.submit();
    chromium.fill("code", "123456");
    chromium.submit();
    sign_in(&chromium, "dave@example.com", PASSWORD);
    assert_eq!(chromium.heading(), "Your account");
}

#[test]
fn a_forgotten_password_is_set_anew() {
    let Some((_server, chromium)) = start() else {
        return;
    };
    chromium.open("/forgot");
    chromium.picture("forgot");
    chromium.fill("username", BOB);
    chromium.submit();
    chromium.picture("reset");
    chromium.fill("code", "000000");
    chromium.fill("password", ANOTHER);
    chromium.submit();
    assert_eq!(chromium.text("[role=alert]"), "That is not the code.");
    chromium.fill("code", "654321");
    chromium.fill("password", ANOTHER);
    chromium.submit();
    sign_in(&chromium, BOB, ANOTHER);
    assert_eq!(chromium.heading(), "Your account");
}

#[test]
fn an_account_changes_its_password_and_is_deleted_only_when_that_is_confirmed() {
    let Some((_server, chromium)) = start() else {
        return;
    };
    sign_in(&chromium, BOB, PASSWORD);
    chromium.fill("old", PASSWORD);
    chromium.fill("new", ANOTHER);
    chromium.click("form[action='/account/password'] button");
    assert_eq!(chromium.text("[role=status]"), "Your password is changed.");
    chromium.click("a[href='/account/delete']");
    chromium.picture("delete");
    chromium.submit();
    assert_eq!(chromium.text("[role=status]"), "Your account is deleted.");
    sign_in(&chromium, BOB, ANOTHER);
    assert_eq!(chromium.path(), "/sign-in");
    assert!(!chromium.text("[role=alert]").is_empty());
}

#[test]
fn a_session_that_is_gone_leads_back_to_the_sign_in() {
    let Some((_server, chromium)) = start() else {
        return;
    };
    sign_in(&chromium, ALICE, PASSWORD);
    chromium.delete_cookies();
    chromium.open("/challenge");
    assert_eq!(chromium.path(), "/sign-in");
    assert!(
        chromium
            .text("[role=status]")
            .contains("Please sign in again.")
    );
}

#[test]
fn the_keyboard_alone_signs_in_and_the_first_tab_skips_to_the_content() {
    let Some((_server, chromium)) = start() else {
        return;
    };
    chromium.open("/sign-in");
    assert_eq!(
        chromium.script("return document.activeElement.id"),
        "username"
    );
    chromium.keys(&format!("{BOB}\u{E004}{PASSWORD}\u{E007}"));
    assert_eq!(chromium.heading(), "Your account");
    chromium.keys("\u{E004}");
    let focused = "return document.activeElement.className";
    assert_eq!(chromium.script(focused), "skip");
}

#[test]
fn no_page_breaks_its_own_policy_or_is_wider_than_a_phone() {
    let Some((_server, chromium)) = start() else {
        return;
    };
    for path in ["/sign-in", "/sign-up", "/forgot", "/nothing"] {
        chromium.open(path);
        chromium.picture(path.trim_start_matches('/'));
        chromium.size(360, 800);
        let wide = "return String(document.documentElement.scrollWidth > innerWidth)";
        assert_eq!(chromium.script(wide), "false", "{path}");
        let styled = "return getComputedStyle(document.querySelector('main')).maxWidth";
        assert_eq!(chromium.script(styled), "416px", "{path} has its style");
    }
}
