//! Creates the users and groups of a file in a pool, and goes on where it was stopped.
//!
//!     cargo run --features bulk --example export_users users.jsonl
//!     cargo run --features bulk --example import_users users.jsonl
//!
//! needs nothing: it fills a pool that stands in the program's memory. With `COGNITO_USER_POOL_ID` and
//! AWS credentials in the environment it fills that pool, and first says what would be refused. A file
//! that ends with `.csv` is read as such. Nobody is sent a mail.

#[path = "support/pool.rs"]
mod pool;

use std::{error::Error, fs::File, io::BufReader, path::Path};

use cognito_idp::{
    Client, ClientBuilder,
    bulk::{self, Csv, Progress, Row, RowError, json_lines},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1);
    let path = path.unwrap_or_else(|| "users.jsonl".to_owned());
    let (client, pool) = target()?;

    let check = bulk::import(&client, &pool, rows(&path)?).check().await?;
    for problem in &check.problems {
        eprintln!("{path}, {problem}");
    }
    if !check.is_fit() {
        return Err(format!("{} problems; nothing was written", check.found).into());
    }

    let report = bulk::import(&client, &pool, rows(&path)?)
        .journal(format!("{path}.import"))
        .on_progress(show)
        .run()
        .await?;
    eprintln!();
    println!(
        "users: {} created, {} there before, {} failed; {} memberships",
        report.users.created,
        report.users.unchanged + report.users.differing,
        report.users.failed,
        report.members_added
    );
    for (_, line, fate) in &report.failures {
        eprintln!("{path}, line {line}: {fate:?}");
    }
    Ok(())
}

fn show(progress: Progress) {
    if progress.done.is_multiple_of(50) {
        eprint!(
            "\r{} users, {:.0} a second   ",
            progress.done, progress.rate
        );
    }
}

type Rows = Box<dyn Iterator<Item = Result<Row, RowError>> + Send>;

fn rows(path: &str) -> Result<Rows, Box<dyn Error>> {
    let file = BufReader::new(File::open(path)?);
    if Path::new(path).extension().is_some_and(|end| end == "csv") {
        return Ok(Box::new(Csv::new(file).rows()?));
    }
    Ok(Box::new(json_lines(file)))
}

fn target() -> Result<(Client, String), Box<dyn Error>> {
    if let Ok(pool) = std::env::var("COGNITO_USER_POOL_ID") {
        let region = pool.split('_').next().unwrap_or_default();
        return Ok((ClientBuilder::from_env().region(region).build()?, pool));
    }
    eprintln!("No COGNITO_USER_POOL_ID is set, so this fills a pool inside the program.");
    let pool = pool::Pool::new(0, 0, 60);
    Ok((pool.client()?, pool::POOL_ID.to_owned()))
}
