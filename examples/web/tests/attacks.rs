//! Attacks on the server, by plain HTTP, beside the emulator: `tests/live/servers.sh cargo test -p cognito-idp-web`.

mod support;

use std::thread;

use support::{ALICE, Answer, BOB, Browser, PASSWORD, Server, form};

const FORMS: [&str; 22] = [
    "/sign-up",
    "/confirm",
    "/resend",
    "/sign-in",
    "/challenge",
    "/forgot",
    "/reset",
    "/account/attribute",
    "/account/send-code",
    "/account/verify",
    "/account/password",
    "/account/totp",
    "/account/totp/start",
    "/account/totp/drop",
    "/account/passkey",
    "/account/passkey/delete",
    "/account/device/forget",
    "/account/session/end",
    "/remember",
    "/sign-out",
    "/sign-out-everywhere",
    "/account/delete",
];

#[test]
fn no_form_is_taken_without_the_token_of_this_session() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let mut bob = server.browser();
    assert_eq!(bob.sign_in(BOB, PASSWORD).location(), "/account");
    bob.get("/account");
    let mut stranger = server.browser();
    stranger.get("/sign-in");
    let strange = form(&[("csrf", &stranger.csrf)]);
    for path in FORMS {
        for body in ["", "csrf=", "csrf=0", &strange] {
            let answer = bob.clone().request("POST", path, "", body);
            assert_eq!(answer.status, 403, "{path} with {body:?}");
        }
        let body = form(&[("csrf", &bob.csrf)]);
        let from = "Sec-Fetch-Site: cross-site\r\n";
        let answer = bob.clone().request("POST", path, from, &body);
        assert_eq!(answer.status, 403, "{path} from another site");
    }
    assert_eq!(bob.get("/account").status, 200, "nothing was done");
}

#[test]
fn a_session_that_somebody_else_chose_is_not_the_one_that_is_signed_in() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let chosen = format!("__Host-session={}", "a".repeat(64));
    let mut victim = server.browser();
    victim.cookie.clone_from(&chosen);
    assert_eq!(victim.sign_in(BOB, PASSWORD).location(), "/account");
    assert_ne!(victim.cookie, chosen);
    assert_eq!(victim.get("/account").status, 200);

    let mut attacker = server.browser();
    attacker.cookie = chosen;
    assert_eq!(attacker.get("/account").location(), "/sign-in");
}

#[test]
fn after_signing_out_the_old_cookie_is_worth_nothing() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let mut bob = server.browser();
    bob.sign_in(BOB, PASSWORD);
    bob.get("/account");
    let mut stolen = bob.clone();
    assert_eq!(bob.post("/sign-out", &[]).location(), "/sign-in?done=out");
    assert_eq!(stolen.get("/account").location(), "/sign-in");
}

#[test]
fn who_signs_out_everywhere_is_signed_out_in_the_other_browser() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let mut bob = server.browser();
    let mut elsewhere = server.browser();
    for browser in [&mut bob, &mut elsewhere] {
        assert_eq!(browser.sign_in(BOB, PASSWORD).location(), "/account");
        assert_eq!(browser.get("/account").status, 200);
    }
    let answer = bob.post("/sign-out-everywhere", &[]);
    assert_eq!(answer.location(), "/sign-in?done=out");
    for browser in [&mut bob, &mut elsewhere] {
        assert_eq!(browser.get("/account").location(), "/sign-in");
    }
}

#[test]
fn a_form_that_is_sent_again_later_does_nothing() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let mut alice = server.browser();
    alice.sign_in(ALICE, PASSWORD);
    alice.get("/challenge");
    let mut replay = alice.clone();
    let fields = [("password", "Correct-Horse-8")];
    assert_eq!(alice.post("/challenge", &fields).location(), "/account");
    // With the cookie of before, and with that of now but the token of before.
    let answer = replay.post("/challenge", &fields);
    assert_eq!(answer.location(), "/sign-in?done=expired");
    let mut replay = server.browser();
    replay.cookie.clone_from(&alice.cookie);
    replay.csrf.clone_from(&alice.csrf);
    assert_eq!(replay.post("/challenge", &fields).status, 403);

    let mut bob = server.browser();
    bob.get("/forgot");
    bob.post("/forgot", &[("username", BOB)]);
    bob.get("/reset");
    let mut replay = bob.clone();
    let fields = [("code", "654321"), ("password", "Correct-Horse-9")];
    assert_eq!(
        bob.post("/reset", &fields).location(),
        "/sign-in?done=reset"
    );
    assert_eq!(
        replay.post("/reset", &fields).location(),
        "/sign-in?done=expired"
    );
}

#[test]
fn the_cookie_is_for_this_host_over_https_and_not_for_scripts() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let answer = server.browser().get("/sign-in");
    let cookie = answer.header("set-cookie").expect("a cookie");
    let (pair, attributes) = cookie.split_once("; ").expect("attributes");
    assert!(pair.starts_with("__Host-session="));
    assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Lax");
}

#[test]
fn no_answer_sends_the_browser_elsewhere() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let mut browser = server.browser();
    for path in [
        "/",
        "/account",
        "//evil.example/",
        "/sign-in?next=//evil.example",
        "/callback?state=1&code=2",
        "/challenge?done=https://evil.example",
        "/confirm",
        "/reset",
        "/%0d%0aLocation:%20//evil.example",
    ] {
        let lines = "X-Forwarded-Host: evil.example\r\n";
        let answer = browser.request("GET", path, lines, "");
        let location = answer.location();
        assert!(location.is_empty() || location.starts_with('/') && !location.starts_with("//"));
        assert!(!answer.head.contains("evil"), "{path}: {}", answer.head);
        assert!(!answer.body.contains("evil"), "{path}: {}", answer.body);
    }
}

#[test]
fn what_is_entered_stays_text() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let mut browser = server.browser();
    for name in [
        "\"><script>alert(1)</script>",
        "{{ 7 * 7 }}<b>",
        "a\r\nSet-Cookie: x=1",
        "\0'&",
    ] {
        let answer = browser.sign_in(name, "wrong");
        assert!(answer.status >= 400);
        let quoted =
            support::between(&answer.body, "type=\"email\"", " required").expect("the field");
        assert!(!quoted.contains(['<', '>']), "{quoted}");
        assert!(!answer.body.contains("<script"), "{}", answer.body);
        assert!(!answer.head.contains("x=1"), "{}", answer.head);
    }
    let answer = browser.get("/sign-in?done=%3Cb%3E");
    assert!(!answer.body.contains("<b>"));
}

#[test]
fn every_answer_forbids_frames_scripts_of_others_and_keeping() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let mut browser = server.browser();
    let answers = [
        browser.get("/sign-in"),
        browser.get("/account"),
        browser.get("/nothing"),
        browser.get("/style.css"),
        browser.get("/api/me"),
        browser.request("POST", "/sign-in", "", ""),
        browser.request("POST", "/sign-in", "", &"x".repeat(100_000)),
        browser.request("DELETE", "/sign-in", "", ""),
    ];
    for answer in answers {
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'"), "{}", answer.head);
        assert!(policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert!(!answer.body.contains(" style="), "{}", answer.body);
    }
}

#[test]
fn a_body_that_is_too_long_is_refused() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let answer = server
        .browser()
        .request("POST", "/sign-in", "", &"x".repeat(100_000));
    assert_eq!(answer.status, 400);
}

type Attempt = fn(&mut Browser, &str) -> Answer;

/// What depends on the browser and on what was entered is left out.
fn text(answer: &Answer, browser: &Browser, name: &str) -> String {
    answer.body.replace(&browser.csrf, "").replace(name, "")
}

#[test]
fn words_and_status_do_not_tell_who_has_an_account() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let attempts: [Attempt; 7] = [
        |browser, name| {
            browser.get("/forgot");
            browser.post("/forgot", &[("username", name)]);
            browser.get("/reset");
            browser.post("/reset", &[("code", "000000"), ("password", "weak")])
        },
        |browser, name| {
            browser.get("/sign-up");
            browser.post("/sign-up", &[("username", name), ("password", "weak")])
        },
        |browser, name| {
            browser.get("/confirm");
            browser.post("/resend", &[("username", name)]);
            browser.get("/confirm?done=sent")
        },
        |browser, name| browser.sign_in(name, "Wrong-Horse-7"),
        |browser, name| {
            browser.get("/forgot");
            browser.post("/forgot", &[("username", name)])
        },
        |browser, name| {
            browser.get("/sign-up");
            browser.post("/sign-up", &[("username", name), ("password", PASSWORD)])
        },
        |browser, name| {
            browser.get("/forgot");
            browser.post("/forgot", &[("username", name)]);
            browser.get("/reset");
            browser.post("/reset", &[("code", "000000"), ("password", PASSWORD)])
        },
    ];
    for (position, attempt) in attempts.iter().enumerate() {
        let seen = [BOB, "nobody@example.com"].map(|name| {
            let mut browser = server.browser();
            let answer = attempt(&mut browser, name);
            let text = text(&answer, &browser, name);
            (answer.status, answer.location().to_owned(), text)
        });
        assert_eq!(seen[0], seen[1], "attempt {position}");
    }
}

#[test]
fn one_name_cannot_be_guessed_at_for_long() {
    let Some(server) = Server::start(&[("LIMIT_PER_NAME", "3")]) else {
        return;
    };
    let mut statuses = Vec::new();
    for password in ["a", "b", "c", "d"] {
        statuses.push(server.browser().sign_in(BOB, password).status);
    }
    assert_eq!(statuses, [401, 401, 401, 429]);
    // However the name is spelled, and others are not held up.
    assert_eq!(server.browser().sign_in("BOB@example.com", "e").status, 429);
    assert_eq!(server.browser().sign_in(ALICE, PASSWORD).status, 303);
}

#[test]
fn a_thousand_at_once_are_all_answered_and_few_get_through() {
    let Some(server) = Server::start(&[("LIMIT_PER_ADDRESS", "50")]) else {
        return;
    };
    let mut browser = server.browser();
    browser.get("/sign-in");
    let senders: Vec<_> = (0..1_000)
        .map(|n| {
            let mut browser = browser.clone();
            let name = format!("user{n}@example.com");
            thread::spawn(move || {
                let answer =
                    browser.post("/sign-in", &[("username", &name), ("password", "Wrong-1")]);
                answer.status
            })
        })
        .collect();
    let statuses = senders
        .into_iter()
        .map(|sender| sender.join().expect("an answer"));
    let (refused, others): (Vec<u16>, Vec<u16>) = statuses.partition(|status| *status == 429);
    assert_eq!((refused.len(), others.len()), (950, 50));
    assert_eq!(server.browser().get("/sign-in").status, 200);
}

#[test]
fn a_form_that_is_sent_twice_at_once_is_answered_once() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let mut alice = server.browser();
    assert_eq!(alice.sign_in(ALICE, PASSWORD).location(), "/challenge");
    alice.get("/challenge");
    let senders = [(); 2].map(|()| {
        let mut alice = alice.clone();
        thread::spawn(move || alice.post("/challenge", &[("password", "Correct-Horse-8")]))
    });
    let mut seen = senders.map(|sender| sender.join().expect("an answer").location().to_owned());
    seen.sort();
    assert_eq!(seen, ["/account", "/sign-in?done=expired"]);
}

#[test]
fn when_the_process_is_killed_in_the_middle_of_a_challenge_the_user_begins_again() {
    let Some(mut server) = Server::start(&[]) else {
        return;
    };
    let mut alice = server.browser();
    assert_eq!(alice.sign_in(ALICE, PASSWORD).location(), "/challenge");
    alice.get("/challenge");
    server.kill();
    let Some(server) = Server::start(&[]) else {
        return;
    };
    alice.address = server.address;
    let answer = alice.post("/challenge", &[("password", "Correct-Horse-8")]);
    assert_eq!(answer.location(), "/sign-in?done=expired");
    assert_eq!(alice.sign_in(ALICE, PASSWORD).location(), "/challenge");
}

#[test]
fn the_api_takes_no_cookie_and_no_token_that_is_not_of_the_pool() {
    let Some(server) = Server::start(&[]) else {
        return;
    };
    let mut bob = server.browser();
    bob.sign_in(BOB, PASSWORD);
    assert_eq!(bob.get("/api/me").status, 401);
    let token = "Authorization: Bearer eyJhbGciOiJub25lIn0.e30.\r\n";
    assert_eq!(bob.request("GET", "/api/me", token, "").status, 401);
}
