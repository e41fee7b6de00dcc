//! Many calls of one kind: `load URL signed|unsigned CALLS AT_ONCE`; or `load URL construct TIMES`.

use std::{hint::black_box, sync::Arc};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().unwrap_or_default();
    let (url, kind) = (next(), next());
    let number = |text: String| text.parse::<usize>().expect("a number");
    let calls = number(next());
    if kind == "construct" {
        return ours::block_on(async {
            for _ in 0..calls {
                black_box(ours::client(&url));
            }
        });
    }
    let at_once = number(next());
    ours::block_on(async {
        let client = Arc::new(ours::client(&url));
        let tasks = tokio::task::LocalSet::new();
        for _ in 0..at_once {
            let (client, kind) = (client.clone(), kind.clone());
            tasks.spawn_local(async move {
                for _ in 0..calls / at_once {
                    match kind.as_str() {
                        "signed" => drop(black_box(ours::signed(&client).await.expect("tokens"))),
                        "unsigned" => {
                            drop(black_box(ours::unsigned(&client).await.expect("a user")))
                        }
                        _ => panic!("signed or unsigned"),
                    }
                }
            });
        }
        tasks.await;
    });
    println!("{}", peak_memory());
}

/// The most memory that the process ever held, in kB.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let digits = line
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_digit);
    digits.collect()
}
