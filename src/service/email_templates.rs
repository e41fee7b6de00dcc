//! Changing a pool's email templates without losing its other settings.

use serde_json::{Map, Value};

use super::CognitoService;
use crate::{
    edit::{Attempts, CODE, Draft, USER_POOL, has_link, inner_object},
    error::{Error, InvalidInput, Problem},
    operation::user_pools::UpdateUserPoolResponse,
};

const USERNAME: &str = "{username}";

/// The texts of the verification and the invitation email, rendered to HTML by you.
///
/// ```
/// use cognito_idp::service::EmailTemplates;
///
/// let templates = EmailTemplates::new(
///     "<p>Your code is {####}</p>",
///     "<p>Hello {username}, your password is {####}</p>",
/// )
/// .verification_subject("Verify your email");
/// # let _ = templates;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct EmailTemplates {
    verification: String,
    verification_subject: Option<String>,
    verification_by: VerifyBy,
    switches_method: bool,
    invitation: String,
    invitation_subject: Option<String>,
    invites_with_password: bool,
    invites_with_username: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum VerifyBy {
    Code,
    Link,
}

impl EmailTemplates {
    /// Starts from the two HTML texts.
    ///
    /// The verification must hold `{####}` for the code; the invitation `{username}`, and `{####}`
    /// for the temporary password. Cognito takes an invitation without them and then never
    /// delivers it, so it is refused unless
    /// [`invitation_without_username`](Self::invitation_without_username) or
    /// [`invitation_without_password`](Self::invitation_without_password) allows it.
    pub fn new(
        verification_email_html: impl Into<String>,
        invitation_email_html: impl Into<String>,
    ) -> Self {
        Self {
            verification: verification_email_html.into(),
            verification_subject: None,
            verification_by: VerifyBy::Code,
            switches_method: false,
            invitation: invitation_email_html.into(),
            invitation_subject: None,
            invites_with_password: true,
            invites_with_username: true,
        }
    }

    /// Sets the subject of the verification; by default `Your verification code - ` and the
    /// [app name](crate::CognitoConfig::app_name).
    pub fn verification_subject(mut self, subject: impl Into<String>) -> Self {
        self.verification_subject = Some(subject.into());
        self
    }

    /// Sets the subject of the invitation; by default `Your temporary password - ` and the
    /// [app name](crate::CognitoConfig::app_name).
    pub fn invitation_subject(mut self, subject: impl Into<String>) -> Self {
        self.invitation_subject = Some(subject.into());
        self
    }

    /// Takes the verification text as the one for pools that verify by link.
    ///
    /// It must then hold `{##` and `##}` around the text of the link, in place of `{####}`.
    pub fn verification_by_link(mut self) -> Self {
        self.verification_by = VerifyBy::Link;
        self
    }

    /// Lets the pool change from verifying by code to by link, or back, to fit the text.
    ///
    /// The texts of the other method stay in the pool, for the way back. Without this setter a text
    /// of the wrong kind is refused.
    pub fn switch_verification_method(mut self) -> Self {
        self.switches_method = true;
        self
    }

    /// Lets the invitation go without `{####}`, for users who sign in without a password.
    pub fn invitation_without_password(mut self) -> Self {
        self.invites_with_password = false;
        self
    }

    /// Lets the invitation go without `{username}`, for users who know the name they sign in with,
    /// such as their email address.
    ///
    /// AWS documents that Cognito does not deliver an invitation without it; the npm package asks for
    /// `{####}` alone. Without this setter such a text is refused, so that nobody loses mail unawares.
    pub fn invitation_without_username(mut self) -> Self {
        self.invites_with_username = false;
        self
    }

    /// Checks all that can be checked without the pool, and completes the subjects.
    fn complete(mut self, app_name: &str) -> Result<Self, InvalidInput> {
        let subject = |given: Option<String>, default: &str| {
            Some(given.unwrap_or_else(|| format!("{default} - {app_name}")))
        };
        self.verification_subject = subject(self.verification_subject, "Your verification code");
        self.invitation_subject = subject(self.invitation_subject, "Your temporary password");

        let mut problems = Vec::new();
        let mut check = |holds: bool, field: &'static str, rule: &'static str| {
            if !holds {
                problems.push(Problem {
                    field: field.into(),
                    rule: rule.into(),
                });
            }
        };
        for (field, text) in [
            ("verification_email_html", &self.verification),
            ("invitation_email_html", &self.invitation),
        ] {
            let length = text.chars().count();
            check(
                (6..=20_000).contains(&length),
                field,
                "must have 6 to 20,000 characters",
            );
        }
        for (field, subject) in [
            ("verification_subject", &self.verification_subject),
            ("invitation_subject", &self.invitation_subject),
        ] {
            let text = subject.as_deref().unwrap_or_default();
            let length = text.chars().count();
            check(
                (1..=140).contains(&length),
                field,
                "must have 1 to 140 characters",
            );
            check(!text.contains(['\r', '\n']), field, "must be one line");
        }
        match self.verification_by {
            VerifyBy::Code => check(
                self.verification.contains(CODE),
                "verification_email_html",
                "must hold {####}, where the code goes",
            ),
            VerifyBy::Link => check(
                has_link(&self.verification),
                "verification_email_html",
                "must hold {## and ##} around the text of the link",
            ),
        }
        check(
            self.invitation.contains(CODE) || !self.invites_with_password,
            "invitation_email_html",
            "must hold {####}, where the temporary password goes",
        );
        check(
            self.invitation.contains(USERNAME) || !self.invites_with_username,
            "invitation_email_html",
            "must hold {username}, where the username goes",
        );
        InvalidInput::from_problems(problems).map_or(Ok(self), Err)
    }

    /// Puts the texts into the settings of a pool.
    fn apply(&self, pool: &mut Map<String, Value>) -> Result<(), InvalidInput> {
        self.apply_verification(pool)?;
        self.apply_invitation(pool);
        Ok(())
    }

    fn apply_verification(&self, pool: &mut Map<String, Value>) -> Result<(), InvalidInput> {
        let template = inner_object(pool, "VerificationMessageTemplate");
        let method = template.get("DefaultEmailOption").and_then(Value::as_str);
        let pool_verifies_by = match method {
            Some("CONFIRM_WITH_LINK") => VerifyBy::Link,
            _ => VerifyBy::Code,
        };
        if pool_verifies_by != self.verification_by {
            if !self.switches_method {
                return Err(InvalidInput::new(
                    "verification_email_html",
                    match pool_verifies_by {
                        VerifyBy::Link => "is for codes, but the pool verifies by link",
                        VerifyBy::Code => "is for links, but the pool verifies by code",
                    },
                ));
            }
            let method = match self.verification_by {
                VerifyBy::Code => "CONFIRM_WITH_CODE",
                VerifyBy::Link => "CONFIRM_WITH_LINK",
            };
            template.insert("DefaultEmailOption".to_owned(), method.into());
        }
        let subject = self.verification_subject.clone().unwrap_or_default();
        let [message_member, subject_member] = message_members(self.verification_by);
        template.insert(message_member.to_owned(), self.verification.clone().into());
        template.insert(subject_member.to_owned(), subject.into());
        Ok(())
    }

    fn apply_invitation(&self, pool: &mut Map<String, Value>) {
        let invitation = inner_object(
            inner_object(pool, "AdminCreateUserConfig"),
            "InviteMessageTemplate",
        );
        let subject = self.invitation_subject.clone().unwrap_or_default();
        invitation.insert("EmailMessage".to_owned(), self.invitation.clone().into());
        invitation.insert("EmailSubject".to_owned(), subject.into());
    }
}

impl CognitoService {
    /// Changes the texts of the verification and the invitation email; every other setting stays.
    ///
    /// It is an [edit](crate::edit) of the pool without a look at it in between: the pool is read,
    /// changed, and written back whole, with members that this version does not know. The API has no
    /// way to notice a change by someone else between reading and writing; one that Cognito does notice
    /// (`ConcurrentModificationException`) makes us read and change anew, up to three times.
    ///
    /// Both texts must hold their placeholders, the invitation `{username}` as well as `{####}`; see
    /// [`EmailTemplates::new`]. AWS documents the texts as allowed only in pools that send mail through
    /// Amazon SES (`EmailSendingAccount` is `DEVELOPER`), though Cognito takes them in others too; so
    /// that is left to Cognito.
    ///
    /// The credentials need `cognito-idp:DescribeUserPool` and `cognito-idp:UpdateUserPool`, and what
    /// AWS demands for settings that go back with the texts: `iam:PassRole` for the role of
    /// `SmsConfiguration`, `kms:CreateGrant` for the key of a custom sender trigger.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before anything is written, for a text without its placeholders, of a
    /// wrong length, or of another method than the pool's;
    /// [`InvalidParameter`](crate::ErrorCode::InvalidParameter) if Cognito does not allow the texts in
    /// this pool, and others of `DescribeUserPool` and `UpdateUserPool`.
    pub async fn update_cognito_email_template(
        &self,
        templates: EmailTemplates,
    ) -> Result<UpdateUserPoolResponse, Error> {
        let templates = templates.complete(&self.app_name)?;
        let mut attempts = Attempts::default();
        loop {
            let names = [("UserPoolId".to_owned(), self.user_pool_id.as_str().into())];
            let names = Map::from_iter(names);
            let mut draft = Draft::read(self.client.clone(), &USER_POOL, names).await?;
            templates.apply(draft.wanted_mut())?;
            match draft.write().await {
                Err(error) if attempts.may_repeat(&self.client, &USER_POOL, &error) => {}
                result => return result?.decode(),
            }
        }
    }
}

fn message_members(by: VerifyBy) -> [&'static str; 2] {
    match by {
        VerifyBy::Code => ["EmailMessage", "EmailSubject"],
        VerifyBy::Link => ["EmailMessageByLink", "EmailSubjectByLink"],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn templates() -> EmailTemplates {
        EmailTemplates::new("code {####}", "hello {username} {####}")
    }

    fn complete(templates: EmailTemplates) -> EmailTemplates {
        templates.complete("Shop").expect("valid templates")
    }

    fn pool(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(pool) => pool,
            _ => panic!("a pool is an object"),
        }
    }

    /// The settings that are written to a pool described so.
    fn applied(
        templates: EmailTemplates,
        described: Map<String, Value>,
    ) -> Result<Map<String, Value>, InvalidInput> {
        let current = USER_POOL.settings(described);
        let mut wanted = current.clone();
        complete(templates).apply(&mut wanted)?;
        (USER_POOL.settle)(&current, &mut wanted);
        Ok(wanted)
    }

    fn refused(templates: EmailTemplates, app_name: &str) -> Vec<String> {
        let error = templates.complete(app_name).expect_err("must be refused");
        error
            .problems()
            .iter()
            .map(|problem| format!("{}: {}", problem.field, problem.rule))
            .collect()
    }

    #[test]
    fn every_rule_is_checked_and_every_problem_named_at_once() {
        let none = EmailTemplates::new("no code", "nothing");
        assert_eq!(
            refused(
                none.verification_subject("")
                    .invitation_subject("two\nlines"),
                "Shop"
            ),
            [
                "verification_subject: must have 1 to 140 characters",
                "invitation_subject: must be one line",
                "verification_email_html: must hold {####}, where the code goes",
                "invitation_email_html: must hold {####}, where the temporary password goes",
                "invitation_email_html: must hold {username}, where the username goes",
            ]
        );
        assert_eq!(
            refused(EmailTemplates::new("{###", "{username}{####}"), "Shop").len(),
            2
        );
        let long = format!("{{####}}{{username}}{}", "é".repeat(20_000));
        assert_eq!(
            refused(EmailTemplates::new(long.clone(), long), "Shop").len(),
            2
        );
        assert_eq!(refused(templates(), &"x".repeat(140)).len(), 2);
        assert_eq!(refused(templates().verification_by_link(), "Shop").len(), 1);
    }

    #[test]
    fn the_default_subjects_end_with_the_app_name() {
        let templates = complete(templates());
        assert_eq!(
            templates.verification_subject.as_deref(),
            Some("Your verification code - Shop")
        );
        assert_eq!(
            templates.invitation_subject.as_deref(),
            Some("Your temporary password - Shop")
        );
    }

    #[test]
    fn only_the_email_members_of_the_templates_change() {
        let before = pool(json!({
            "VerificationMessageTemplate": {
                "DefaultEmailOption": "CONFIRM_WITH_CODE", "SmsMessage": "sms {####}",
                "EmailMessage": "old {####}", "EmailSubject": "old",
            },
            "EmailVerificationMessage": "old {####}",
            "AdminCreateUserConfig": {
                "AllowAdminCreateUserOnly": true, "UnusedAccountValidityDays": 7,
                "InviteMessageTemplate": {"SMSMessage": "sms {####}", "EmailMessage": "old"},
            },
            "Policies": {"PasswordPolicy": {"TemporaryPasswordValidityDays": 7}},
        }));
        let after = applied(templates().verification_subject("s"), before).expect("applied");
        assert_eq!(
            after["VerificationMessageTemplate"],
            json!({
                "DefaultEmailOption": "CONFIRM_WITH_CODE", "SmsMessage": "sms {####}",
                "EmailMessage": "code {####}", "EmailSubject": "s",
            })
        );
        assert_eq!(after["EmailVerificationMessage"], "code {####}");
        assert!(!after.contains_key("EmailVerificationSubject"));
        assert_eq!(
            after["AdminCreateUserConfig"],
            json!({
                "AllowAdminCreateUserOnly": true,
                "InviteMessageTemplate": {
                    "SMSMessage": "sms {####}", "EmailMessage": "hello {username} {####}",
                    "EmailSubject": "Your temporary password - Shop",
                },
            })
        );
    }

    #[test]
    fn the_method_of_verification_changes_only_when_asked() {
        let link_pool = || {
            pool(json!({"VerificationMessageTemplate": {
                "DefaultEmailOption": "CONFIRM_WITH_LINK",
                "EmailMessageByLink": "{##x##}", "EmailSubjectByLink": "s",
            }}))
        };
        let error = applied(templates(), link_pool()).expect_err("refused");
        assert_eq!(error.problems()[0].field, "verification_email_html");

        let switching = templates()
            .switch_verification_method()
            .verification_subject("s");
        let after = applied(switching, link_pool()).expect("applied");
        assert_eq!(
            after["VerificationMessageTemplate"],
            json!({
                "DefaultEmailOption": "CONFIRM_WITH_CODE",
                "EmailMessage": "code {####}", "EmailSubject": "s",
                "EmailMessageByLink": "{##x##}", "EmailSubjectByLink": "s",
            })
        );

        let by_link = EmailTemplates::new("{##here##}", "{username}{####}").verification_by_link();
        let after = applied(by_link, link_pool()).expect("applied");
        assert_eq!(
            after["VerificationMessageTemplate"]["EmailMessageByLink"],
            "{##here##}"
        );
    }

    #[test]
    fn the_older_members_mirror_the_text_for_codes_and_are_no_part_of_a_pool_with_links() {
        let mirrored = |method: &str| {
            pool(json!({
                "EmailVerificationMessage": "old {####}", "EmailVerificationSubject": "old",
                "VerificationMessageTemplate": {
                    "DefaultEmailOption": method, "EmailMessage": "old {####}", "EmailSubject": "old",
                },
            }))
        };
        let by_code = templates().verification_subject("s");
        let after = applied(by_code, mirrored("CONFIRM_WITH_CODE")).expect("applied");
        assert_eq!(after["EmailVerificationMessage"], "code {####}");
        assert_eq!(after["EmailVerificationSubject"], "s");

        let by_link = EmailTemplates::new("{##here##}", "{username}{####}").verification_by_link();
        for (templates, method) in [
            (by_link.clone(), "CONFIRM_WITH_LINK"),
            (by_link.switch_verification_method(), "CONFIRM_WITH_CODE"),
        ] {
            let after = applied(templates, mirrored(method)).expect("applied");
            assert_eq!(after.get("EmailVerificationMessage"), None, "{method}");
            assert_eq!(after.get("EmailVerificationSubject"), None, "{method}");
            assert_eq!(
                after["VerificationMessageTemplate"]["EmailMessage"],
                "old {####}"
            );
        }
    }

    #[test]
    fn a_placeholder_of_the_invitation_is_missed_unless_it_was_said_to_be_missing() {
        let bare = EmailTemplates::new("code {####}", "welcome");
        assert_eq!(refused(bare.clone(), "Shop").len(), 2);
        let nameless = bare.invitation_without_username();
        assert_eq!(
            refused(nameless.clone(), "Shop"),
            ["invitation_email_html: must hold {####}, where the temporary password goes"]
        );
        let neither = nameless.invitation_without_password();
        assert!(neither.complete("Shop").is_ok());
    }
}
