//! Writes the users of a pool into a file, and goes on where it was stopped.
//!
//!     cargo run --features bulk --example export_users users.jsonl
//!
//! needs nothing: it exports a pool that stands in the program's memory. With `COGNITO_USER_POOL_ID` and
//! AWS credentials in the environment it exports that pool. Stop it with ^C and run it again: it goes on
//! behind the last page it wrote.

#[path = "support/pool.rs"]
mod pool;

use std::{error::Error, io::Write as _};

use cognito_idp::{
    Client, ClientBuilder,
    bulk::{self, Progress},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1);
    let path = path.unwrap_or_else(|| "users.jsonl".to_owned());
    let (client, pool) = source()?;
    let report = bulk::export(&client, pool)
        .on_progress(show)
        .save(&path)
        .await?;
    eprintln!();
    println!(
        "{path}: {} users, {} groups, {} memberships",
        report.totals.users, report.totals.groups, report.totals.memberships
    );
    Ok(())
}

fn source() -> Result<(Client, String), Box<dyn Error>> {
    if let Ok(pool) = std::env::var("COGNITO_USER_POOL_ID") {
        let region = pool.split('_').next().unwrap_or_default();
        return Ok((ClientBuilder::from_env().region(region).build()?, pool));
    }
    eprintln!("No COGNITO_USER_POOL_ID is set, so this exports a pool inside the program.");
    let pool = pool::Pool::new(1_000, 5, 60);
    Ok((pool.client()?, pool::POOL_ID.to_owned()))
}

fn show(progress: Progress) {
    let total = progress.total.unwrap_or(progress.done);
    let left = progress
        .left
        .map(|left| format!(", {} s left", left.as_secs()));
    eprint!(
        "\r{} of about {total} users, {:.0} a second{}   ",
        progress.done,
        progress.rate,
        left.unwrap_or_default()
    );
    // A terminal that is gone is no reason to stop.
    let _ = std::io::stderr().flush();
}
