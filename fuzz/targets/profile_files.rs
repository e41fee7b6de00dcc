//! Any text is a profile file or is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = cognito_idp::credentials::is_profile_file(text);
});
