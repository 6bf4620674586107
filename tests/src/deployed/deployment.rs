//! A stack of its own, on a local AWS of its own.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::{
    programs::{FUNCTIONS, place},
    translated::{Sam, top},
};
use crate::{
    aws::Aws,
    stack::{Api, Twilio},
};

const STACK: &str = "ringfall-test";
/// The bucket of recordings that the functions are told of.
pub const RECORDINGS_BUCKET: &str = "ringfall-test-recordings";

/// A deployed platform; it ends with its AWS.
#[derive(Debug)]
pub struct Deployment {
    aws: Aws,
    base: String,
    outputs: BTreeMap<String, String>,
    _folder: TempDir,
}

impl Deployment {
    /// Deploys the template with the functions as cargo builds them for tests. Functions on a local AWS must be told where it is, may reach the
    /// test's own servers, and are swept every minute; all else is as it is for everybody.
    ///
    /// # Errors
    /// Something cannot be built or deployed.
    pub async fn start() -> Result<Self> {
        let aws = Aws::start_local().await?;
        let base = aws.local_url().context("it is local")?.to_owned();
        let folder = tempfile::tempdir()?;
        place(folder.path())?;
        let template = folder.path().join("template.yaml");
        fs::write(&template, for_tests(&fs::read_to_string(top().join("infra/template.yaml"))?, &base)?)?;
        deploy(&aws, &template)?;
        let outputs = outputs(&aws)?;
        Ok(Self { aws, base, outputs, _folder: folder })
    }

    /// The AWS.
    pub const fn aws(&self) -> &Aws {
        &self.aws
    }

    /// What the stack tells under a name.
    ///
    /// # Errors
    /// It tells no such thing.
    pub fn output(&self, name: &str) -> Result<&str> {
        self.outputs.get(name).map(String::as_str).with_context(|| format!("the stack tells no {name}"))
    }

    /// Where a local AWS has what is at a function URL.
    ///
    /// # Errors
    /// The stack tells no such URL.
    fn reached_at(&self, output: &str) -> Result<String> {
        let url = self.output(output)?;
        let id = url
            .trim_start_matches("https://")
            .split('.')
            .next()
            .context("a function URL begins with its id")?;
        Ok(format!("{}/_aws/lambda-url/{id}", self.base))
    }

    /// The REST API, with the key in the stack's secret.
    ///
    /// # Errors
    /// There is none.
    pub async fn api(&self) -> Result<Api> {
        let key = self.secret("AdminKeySecret").await?;
        ensure!(key.len() >= 32, "the key can be guessed");
        Ok(Api::new(&self.reached_at("ApiUrl")?, &key))
    }

    /// Where the function behind the webhooks is reached.
    ///
    /// # Errors
    /// The stack tells no such URL.
    pub fn webhooks(&self) -> Result<String> {
        self.reached_at("WebhookUrl")
    }

    /// The text of a secret that the stack tells under a name.
    ///
    /// # Errors
    /// There is none.
    pub async fn secret(&self, output: &str) -> Result<String> {
        let secrets = aws_sdk_secretsmanager::Client::new(&self.aws.config().await);
        let secret = secrets.get_secret_value().secret_id(self.output(output)?).send().await?;
        secret.secret_string.context("the secret is a text")
    }

    /// Gives a secret another text.
    ///
    /// # Errors
    /// There is no such secret.
    pub async fn change_secret(&self, output: &str, text: &str) -> Result<()> {
        let secrets = aws_sdk_secretsmanager::Client::new(&self.aws.config().await);
        secrets.put_secret_value().secret_id(self.output(output)?).secret_string(text).send().await?;
        Ok(())
    }

    /// A Twilio account that calls the webhooks' function URL, as it signs it.
    ///
    /// # Errors
    /// There is no such URL.
    pub fn twilio(&self) -> Result<Twilio> {
        let url = self.output("WebhookUrl")?.trim_end_matches('/');
        Ok(Twilio::quick().through(url, &self.reached_at("WebhookUrl")?))
    }
}

fn deploy(aws: &Aws, template: &Path) -> Result<()> {
    let mut sam =
        Sam::new(&["deploy", "--stack-name", STACK, "--resolve-s3", "--capabilities", "CAPABILITY_IAM"]);
    let command = sam.command();
    command.args([
        "--no-confirm-changeset",
        "--no-progressbar",
        "--parameter-overrides",
        "Architecture=x86_64",
        &format!("RecordingsBucket={RECORDINGS_BUCKET}"),
    ]);
    command.arg("--template-file").arg(template);
    aws.tell(command);
    sam.run().map(drop)
}

fn outputs(aws: &Aws) -> Result<BTreeMap<String, String>> {
    let mut sam = Sam::new(&["list", "stack-outputs", "--stack-name", STACK, "--output", "json"]);
    aws.tell(sam.command());
    let outputs: Vec<Value> = serde_json::from_str(&sam.run()?).context("the outputs are JSON")?;
    let text = |output: &Value, field: &str| output[field].as_str().unwrap_or_default().to_owned();
    Ok(outputs.iter().map(|output| (text(output, "OutputKey"), text(output, "OutputValue"))).collect())
}

fn for_tests(template: &str, base: &str) -> Result<String> {
    let mut changes = vec![
        (
            "RINGFALL_QUEUE: !Ref Messages".to_owned(),
            format!(
                "RINGFALL_QUEUE: !Ref Messages\n        AWS_ENDPOINT_URL: {base}\n        RINGFALL_PRIVATE_ADDRESSES: allowed"
            ),
        ),
        ("rate(1 hour)".to_owned(), "rate(1 minute)".to_owned()),
    ];
    changes
        .extend(FUNCTIONS.map(|name| (format!("CodeUri: ../functions/{name}"), format!("CodeUri: {name}"))));
    let mut changed = template.to_owned();
    for (from, to) in changes {
        ensure!(changed.contains(&from), "the template has no {from:?}");
        changed = changed.replace(&from, &to);
    }
    Ok(changed)
}
