//! Many calls of one kind: `load URL signed|unsigned CALLS AT_ONCE`; or `load URL construct TIMES`; or
//! `load URL first`, which prints the nanoseconds of CPU time that a client and its first call take.

use std::{hint::black_box, sync::Arc};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().unwrap_or_default();
    let (url, kind) = (next(), next());
    if kind == "first" {
        return sdk::block_on(first(&url));
    }
    let number = |text: String| text.parse::<usize>().expect("a number");
    let calls = number(next());
    if kind == "construct" {
        return sdk::block_on(async {
            for _ in 0..calls {
                black_box(sdk::client(&url));
            }
        });
    }
    let at_once = number(next());
    sdk::block_on(async {
        let client = Arc::new(sdk::client(&url));
        let tasks = tokio::task::LocalSet::new();
        for _ in 0..at_once {
            let (client, kind) = (client.clone(), kind.clone());
            tasks.spawn_local(async move {
                for _ in 0..calls / at_once {
                    match kind.as_str() {
                        "signed" => drop(black_box(sdk::signed(&client).await.expect("tokens"))),
                        "unsigned" => {
                            drop(black_box(sdk::unsigned(&client).await.expect("a user")))
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

async fn first(url: &str) {
    let begin = cpu_nanos();
    let client = sdk::client(url);
    let made = cpu_nanos();
    sdk::signed(&client).await.expect("tokens");
    println!("{} {}", made - begin, cpu_nanos() - made);
}

/// CPU time of all threads so far. What the threads that ended took is missing; none ends here.
fn cpu_nanos() -> u64 {
    // The kernel brings a thread's time up to date when it goes to sleep.
    std::thread::sleep(std::time::Duration::from_millis(1));
    let threads = std::fs::read_dir("/proc/self/task").expect("Linux");
    let of_thread = |thread: std::io::Result<std::fs::DirEntry>| {
        let path = thread.ok()?.path().join("schedstat");
        let text = std::fs::read_to_string(path).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    threads.filter_map(of_thread).sum()
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
