//! `bulk_tools export|import POOL FILE`, as `examples/export_users.rs` and `import_users.rs` do it, but as
//! fast as the server goes: the one of the comparison has no quotas, and the other tools keep to none.

use std::{error::Error, fs::File, io::BufReader};

use cognito_idp::{
    ClientBuilder,
    bulk::{self, Password, json_lines},
    pacing::{Pacing, QuotaCategory},
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [job, pool, path] = &arguments[..] else {
        return Err("bulk_tools export|import POOL FILE".into());
    };
    let categories = QuotaCategory::ALL.iter();
    let pacing = categories.fold(Pacing::new(), |pacing, category| {
        pacing.limit(*category, 1e6)
    });
    let client = ClientBuilder::from_env().pacing(pacing).build()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        if job == "export" {
            let report = bulk::export(&client, pool).save(path).await?;
            println!("{}", report.totals.users);
            return Ok(());
        }
        let rows = json_lines(BufReader::new(File::open(path)?));
        let report = bulk::import(&client, pool, rows)
            .passwords(|_| Some(Password::Permanent("P@ssw0rd-1".into())))
            .journal(format!("{path}.import"))
            .run()
            .await?;
        println!("{}", report.users.created);
        Ok(())
    })
}
