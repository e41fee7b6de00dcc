//! What the programs share: the tokens that all contenders verify.

pub const POOL: &str = "eu-central-1_Example";
pub const CLIENT: &str = "1h57kf5cpq17m0eml12EXAMPLE";

/// The tokens of a file, one a line.
pub fn read_tokens(path: &str) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("a file of tokens");
    text.lines().map(str::to_owned).collect()
}

/// File of tokens, file of keys, how many verifications.
pub fn arguments() -> (Vec<String>, String, usize) {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("TOKENS KEYS TIMES");
    let tokens = read_tokens(&next());
    let keys = std::fs::read_to_string(next()).expect("a file of keys");
    (tokens, keys, next().parse().expect("a number"))
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(future)
}
