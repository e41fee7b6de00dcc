//! The file that Cognito's own import jobs read.

use std::collections::BTreeMap;

use super::{password_hash, record::UserRecord, schema::is_read_only};
use crate::{
    error::{InvalidInput, Problem},
    operation::{
        user_import::PasswordHashingAlgorithmType,
        user_pools::{UserPoolType, VerifiedAttributeType},
    },
};

/// What Cognito takes of one file, and of one row.
const MOST_ROWS: usize = 500_000;
const MOST_BYTES: usize = 100 * 1024 * 1024;
const MOST_CHARACTERS: usize = 16_000;

const USERNAME: &str = "cognito:username";
const MFA_ENABLED: &str = "cognito:mfa_enabled";
const PASSWORD_HASH: &str = "password_hash";

/// A CSV file for Cognito's import jobs, which has rules of its own.
///
/// Values stand without quotes, and a comma in one has a backslash before it; so a line break, or a
/// backslash before a comma or at the end, cannot be written at all. Each user needs a verified address
/// that the pool verifies by itself. `birthdate` goes as month/day/year.
///
/// Users whose hash is in the file sign in with their password at once, but for the first time not with
/// SRP. The others must set a new one.
///
/// AWS: [Importing users into user pools from a CSV file][aws].
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html
///
/// ```no_run
/// # use cognito_idp::{Client, bulk::{ImportFile, UserRecord}, operation::{
/// #     user_import::GetCsvHeaderRequest, user_pools::DescribeUserPoolRequest}};
/// # async fn example(client: Client, users: Vec<UserRecord>) -> Result<(), Box<dyn std::error::Error>> {
/// let pool = "eu-central-1_example";
/// let header = client.send(&GetCsvHeaderRequest::new(pool)).await?.csv_header;
/// let pool = client.send(&DescribeUserPoolRequest::new(pool)).await?.user_pool.ok_or("no pool")?;
/// let mut file = ImportFile::new(header, &pool)?;
/// for user in &users {
///     if !file.add(user, None)? {
///         // It is full: import it, and go on with a new one.
///     }
/// }
/// std::fs::write("users.csv", file.into_bytes())?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ImportFile {
    header: Vec<String>,
    auto_verified: Vec<String>,
    /// What users sign in with, in a pool that makes up the usernames.
    aliases: Vec<String>,
    algorithm: Option<PasswordHashingAlgorithmType>,
    text: String,
    rows: usize,
}

impl ImportFile {
    /// Begins a file with the columns that `GetCSVHeader` gives for the pool.
    ///
    /// # Errors
    /// If the pool verifies no address by itself, since its import jobs do not start.
    pub fn new(
        header: impl IntoIterator<Item = impl Into<String>>,
        pool: &UserPoolType,
    ) -> Result<Self, InvalidInput> {
        let verified = pool.auto_verified_attributes.iter();
        let auto_verified: Vec<_> = verified.map(|name| name.as_str().to_owned()).collect();
        if auto_verified.is_empty() {
            let rule = "must not be empty, or an import job does not start";
            return Err(InvalidInput::new("AutoVerifiedAttributes", rule));
        }
        let mut file = Self {
            header: header.into_iter().map(Into::into).collect(),
            auto_verified,
            aliases: super::import::names(&pool.username_attributes),
            algorithm: None,
            text: String::new(),
            rows: 0,
        };
        file.text = file.header_line();
        Ok(file)
    }

    /// Adds the column for password hashes, all by one algorithm: that of the job.
    ///
    /// A hash that is empty leaves a user without a password.
    pub fn password_hashes(mut self, algorithm: PasswordHashingAlgorithmType) -> Self {
        if !self.header.iter().any(|column| column == PASSWORD_HASH) {
            self.header.push(PASSWORD_HASH.to_owned());
        }
        self.algorithm = Some(algorithm);
        self.text = self.header_line();
        self.rows = 0;
        self
    }

    /// Adds a user, unless the file is full: then the answer is `false`, and the user goes into the next.
    ///
    /// # Errors
    /// Names each column at fault with the rule that it breaks; nothing is added.
    pub fn add(
        &mut self,
        user: &UserRecord,
        password_hash: Option<&str>,
    ) -> Result<bool, InvalidInput> {
        let mut problems = Vec::new();
        let mut refuse = |column: &str, rule: &str| {
            problems.push(Problem {
                field: column.to_owned().into(),
                rule: rule.to_owned().into(),
            });
        };
        let values = self.values(user, password_hash, &mut refuse);
        let mut cells = Vec::with_capacity(self.header.len());
        for column in &self.header {
            let value = values.get(column.as_str()).map_or("", String::as_str);
            if let Some(rule) = unwritable(value) {
                refuse(column, rule);
            }
            cells.push(value.replace(',', "\\,"));
        }
        let row = cells.join(",");
        if row.chars().count() > MOST_CHARACTERS {
            refuse("row", "must have at most 16,000 characters");
        }
        if let Some(error) = InvalidInput::from_problems(problems) {
            return Err(error);
        }
        if self.rows == MOST_ROWS || self.text.len() + row.len() + 1 > MOST_BYTES {
            return Ok(false);
        }
        self.text.push_str(&row);
        self.text.push('\n');
        self.rows += 1;
        Ok(true)
    }

    /// The algorithm of the password hashes, if it has any.
    pub(super) fn algorithm(&self) -> Option<&PasswordHashingAlgorithmType> {
        self.algorithm.as_ref()
    }

    /// How many users are in it.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The file to upload.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    fn header_line(&self) -> String {
        format!("{}\n", self.header.join(","))
    }

    /// The values by column, each as Cognito wants it.
    fn values(
        &self,
        user: &UserRecord,
        password_hash: Option<&str>,
        refuse: &mut impl FnMut(&str, &str),
    ) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        for attribute in &user.attributes {
            let value = attribute.value.as_ref().map_or("", |value| value.expose());
            if is_read_only(&attribute.name) || value.is_empty() {
                continue;
            }
            let name = attribute.name.as_str();
            if !self.header.iter().any(|column| column == name) {
                refuse(name, "must be a column of the pool's header");
            }
            let value = match name {
                "email_verified" | "phone_number_verified" => value.to_ascii_uppercase(),
                "birthdate" => {
                    let Some(date) = american_date(value) else {
                        refuse(name, "must be a date such as 2001-12-31");
                        continue;
                    };
                    date
                }
                _ => value.to_owned(),
            };
            values.insert(name.to_owned(), value);
        }
        self.check_verified(&values, refuse);

        let username = if self.aliases.is_empty() {
            user.username.expose()
        } else {
            user.member_alias(&self.aliases).unwrap_or_default()
        };
        if username.is_empty() || username.contains(char::is_whitespace) {
            refuse(USERNAME, "must be present and have no blank");
        }
        values.insert(USERNAME.to_owned(), username.to_owned());
        let has_mfa = user
            .user_mfa_setting_list
            .iter()
            .any(|method| method == "SMS_MFA");
        let has_mfa = if has_mfa { "TRUE" } else { "FALSE" };
        values.insert(MFA_ENABLED.to_owned(), has_mfa.to_owned());
        match (&self.algorithm, password_hash) {
            (_, None | Some("")) => {}
            (None, Some(_)) => refuse(PASSWORD_HASH, "must be left out without an algorithm"),
            (Some(algorithm), Some(hash)) => {
                if let Some(rule) = password_hash::problem(algorithm, hash) {
                    refuse(PASSWORD_HASH, &rule);
                }
                values.insert(PASSWORD_HASH.to_owned(), hash.to_owned());
            }
        }
        values
    }

    fn check_verified(
        &self,
        values: &BTreeMap<String, String>,
        refuse: &mut impl FnMut(&str, &str),
    ) {
        let is_verified = |name: &str| {
            let verified = values.get(&format!("{name}_verified"));
            verified.is_some_and(|verified| verified == "TRUE")
        };
        for name in [
            VerifiedAttributeType::Email,
            VerifiedAttributeType::PhoneNumber,
        ] {
            if is_verified(name.as_str()) && !values.contains_key(name.as_str()) {
                refuse(name.as_str(), "must be present where it is verified");
            }
        }
        if !self.auto_verified.iter().any(|name| is_verified(name)) {
            let columns: Vec<_> = self
                .auto_verified
                .iter()
                .map(|name| format!("{name}_verified"))
                .collect();
            refuse(
                &columns.join(" or "),
                "must be true, or Cognito skips the user",
            );
        }
    }
}

/// `2001-12-31` as `12/31/2001`.
fn american_date(date: &str) -> Option<String> {
    let parts: Vec<_> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return None;
    };
    let is_number = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_date = is_number(year, 4) && is_number(month, 2) && is_number(day, 2);
    is_date.then(|| format!("{month}/{day}/{year}"))
}

/// Why a value cannot stand in the file.
fn unwritable(value: &str) -> Option<&'static str> {
    if value.contains(['\n', '\r']) {
        return Some("must be one line, for this file knows no other");
    }
    if value.contains("\\,") || value.ends_with('\\') {
        return Some(
            "must have no backslash before a comma or at the end, where the file means another",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::types::AttributeType;

    const HEADER: [&str; 8] = [
        "name",
        "email",
        "email_verified",
        "phone_number",
        "phone_number_verified",
        "birthdate",
        "cognito:mfa_enabled",
        "cognito:username",
    ];

    fn pool(settings: serde_json::Value) -> UserPoolType {
        serde_json::from_value(settings).expect("a pool")
    }

    fn file() -> ImportFile {
        let pool = pool(json!({"AutoVerifiedAttributes": ["email"]}));
        ImportFile::new(HEADER, &pool).expect("a file")
    }

    fn user(attributes: &[(&str, &str)]) -> UserRecord {
        let mut user = UserRecord::new("alice");
        let verified = [("email", "a@example.com"), ("email_verified", "true")];
        for (name, value) in verified.iter().chain(attributes) {
            user.attributes
                .to_mut()
                .retain(|attribute| attribute.name != *name);
            user.attributes
                .to_mut()
                .push(AttributeType::new(*name).value(*value));
        }
        user
    }

    fn refused(mut file: ImportFile, user: &UserRecord, hash: Option<&str>) -> String {
        let error = file.add(user, hash).expect_err("refused");
        assert_eq!(file.rows(), 0);
        error.to_string()
    }

    #[test]
    fn a_row_is_written_as_cognito_reads_it() {
        let mut file = file();
        let user = user(&[
            ("name", "Doe, \"Jo\""),
            ("birthdate", "2001-12-31"),
            ("sub", "1"),
        ]);
        assert_eq!(file.add(&user, None), Ok(true));
        let text = String::from_utf8(file.into_bytes()).expect("UTF-8");
        let row = text.lines().nth(1).expect("a row");
        assert_eq!(
            row,
            "Doe\\, \"Jo\",a@example.com,TRUE,,,12/31/2001,FALSE,alice"
        );
        assert!(text.starts_with("name,email,"));
    }

    #[test]
    fn an_argon2id_hash_keeps_its_commas() {
        let mut file = file().password_hashes(PasswordHashingAlgorithmType::Argon2id);
        let hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";
        assert_eq!(file.add(&user(&[]), Some(hash)), Ok(true));
        assert_eq!(file.add(&user(&[]), None), Ok(true));
        let text = String::from_utf8(file.into_bytes()).expect("UTF-8");
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].ends_with(",password_hash"));
        assert!(lines[1].ends_with(",$argon2id$v=19$m=19456\\,t=2\\,p=1$c2FsdA$aGFzaA"));
        assert!(lines[2].ends_with(",alice,"));
    }

    #[test]
    fn what_cognito_would_skip_or_misread_is_refused_by_column() {
        let told = |attributes: &[(&str, &str)]| refused(file(), &user(attributes), None);
        assert!(told(&[("name", "a\nb")]).starts_with("name: must be one line"));
        assert!(told(&[("name", "a\\,b")]).starts_with("name: must have no backslash"));
        assert!(told(&[("name", "a\\")]).starts_with("name: must have no backslash"));
        assert!(told(&[("email_verified", "false")]).starts_with("email_verified: must be true"));
        assert!(told(&[("email", "")]).starts_with("email: must be present"));
        assert!(told(&[("birthdate", "31.12.2001")]).starts_with("birthdate: must be a date"));
        assert!(told(&[("custom:x", "1")]).starts_with("custom:x: must be a column"));
        assert!(told(&[("name", &"é".repeat(16_000))]).starts_with("row: must have at most"));
        let mut blank = user(&[]);
        blank.username = "a b".into();
        assert!(refused(file(), &blank, None).starts_with("cognito:username"));
        assert!(refused(file(), &user(&[]), Some("x")).starts_with("password_hash"));
    }

    #[test]
    fn a_pool_that_verifies_nothing_cannot_be_imported_into() {
        let error = ImportFile::new(HEADER, &pool(json!({}))).expect_err("refused");
        assert!(error.to_string().starts_with("AutoVerifiedAttributes"));
    }

    #[test]
    fn a_pool_that_makes_up_usernames_gets_the_address() {
        let settings =
            json!({"AutoVerifiedAttributes": ["email"], "UsernameAttributes": ["email"]});
        let mut file = ImportFile::new(HEADER, &pool(settings)).expect("a file");
        assert_eq!(file.add(&user(&[]), None), Ok(true));
        assert!(file.into_bytes().ends_with(b",FALSE,a@example.com\n"));
    }

    #[test]
    fn a_full_file_says_so_and_takes_no_more() {
        let mut file = file();
        file.rows = MOST_ROWS;
        assert_eq!(file.add(&user(&[]), None), Ok(false));
        file.rows = 0;
        file.text = "x".repeat(MOST_BYTES - 10);
        assert_eq!(file.add(&user(&[]), None), Ok(false));
    }
}
