//! The official Twilio package, in a Python process of its own.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Signs webhooks and judges documents.
#[derive(Debug)]
pub struct Oracle {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    /// Starts it.
    ///
    /// # Errors
    /// The Python packages are not installed: `tests/run` does it.
    pub fn start() -> Result<Self> {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut process = Command::new(tests.join(".venv/bin/python"))
            .arg(tests.join("python/twilio_oracle.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the official Twilio package is not installed: run tests/run once")?;
        let requests = process.stdin.take().context("the oracle takes no requests")?;
        let answers = BufReader::new(process.stdout.take().context("the oracle gives no answers")?);
        Ok(Self { process, requests, answers })
    }

    /// `RequestValidator(auth_token).compute_signature(url, fields)`.
    ///
    /// # Errors
    /// The process ended; what it wrote to standard error tells why.
    pub fn sign(&mut self, auth_token: &str, url: &str, fields: &[(String, String)]) -> Result<String> {
        let fields: serde_json::Map<_, _> =
            fields.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        let answer = self.ask(&json!({"sign": {"auth_token": auth_token, "url": url, "fields": fields}}))?;
        answer["signature"].as_str().map(str::to_owned).context("the oracle gives no signature")
    }

    /// Whatever in a document `twilio.twiml.voice_response` has no verb, noun or attribute for.
    ///
    /// # Errors
    /// The process ended; what it wrote to standard error tells why.
    pub fn complaints(&mut self, document: &str) -> Result<Vec<String>> {
        let answer = self.ask(&json!({"check": document}))?;
        serde_json::from_value(answer["complaints"].clone()).context("the oracle gives no verdict")
    }

    fn ask(&mut self, request: &Value) -> Result<Value> {
        writeln!(self.requests, "{request}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        serde_json::from_str(&answer).context("the oracle gives no answer")
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_signs_as_twilio_documents_and_finds_what_is_no_twiml() {
        let mut oracle = Oracle::start().expect("tests/run installs the package");
        let fields = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
            ("Caller", "+14158675309"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let signature = oracle.sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", &fields);
        assert_eq!(signature.expect("a signature"), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
        for (document, complaints) in [
            (r#"<Response><Dial timeout="20"><Number url="/x">+1</Number></Dial></Response>"#, 0),
            (r#"<Response><Gather digits="1"><Dial/></Gather><Sing/></Response>"#, 3),
            (
                r##"<Response><Gather input="dtmf" numDigits="1" finishOnKey="" timeout="1" action="/x" method="POST">
                <Say language="en-US">Hold.</Say><Play>/hold.wav</Play><Pause length="1"/></Gather>
                <Redirect method="POST">/x</Redirect>
                <Record action="/x" method="POST" maxLength="120" playBeep="true" finishOnKey="#"/></Response>"##,
                0,
            ),
            (r#"<Response><Gather><Redirect>/x</Redirect></Gather><Record beep="true"/></Response>"#, 2),
            ("<Response>", 1),
            ("<Reply/>", 1),
        ] {
            let found = oracle.complaints(document).expect("a verdict");
            assert_eq!(found.len(), complaints, "{document}: {found:?}");
        }
    }
}
