//! One signed call, or none without a URL.

use std::hint::black_box;

fn main() {
    let Some(url) = std::env::args().nth(1) else {
        return;
    };
    sdk::block_on(async {
        let client = sdk::client(&url);
        let answer = sdk::signed(&client).await;
        if let Err(error) = black_box(answer) {
            eprintln!("{error}");
            std::process::exit(1);
        }
    });
}
