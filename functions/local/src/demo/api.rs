//! The platform's REST API, as its users see it.

use anyhow::{Context, ensure};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The API of one platform, with one key.
#[derive(Clone)]
pub(super) struct Api {
    http: reqwest::Client,
    base: String,
    key: String,
}

impl Api {
    /// The API at a base URL.
    pub(super) fn new(http: reqwest::Client, base: &url::Url, key: &str) -> Self {
        Self { http, base: base.as_str().trim_end_matches('/').to_owned(), key: key.to_owned() }
    }

    /// The same with another key.
    pub(super) fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    /// # Errors
    /// No answer, a refusal, or an answer of another shape.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.send(self.http.get(self.url(path)), path).await
    }

    /// # Errors
    /// No answer, a refusal, or an answer of another shape.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, document: &Value) -> anyhow::Result<T> {
        self.send(self.http.post(self.url(path)).json(document), path).await
    }

    /// Changes a resource, whatever version it has.
    ///
    /// # Errors
    /// No answer, a refusal, or an answer of another shape.
    pub(super) async fn patch<T: DeserializeOwned>(&self, path: &str, changes: &Value) -> anyhow::Result<T> {
        self.send(self.http.patch(self.url(path)).header("if-match", "*").json(changes), path).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn send<T: DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
        path: &str,
    ) -> anyhow::Result<T> {
        let answer =
            request.bearer_auth(&self.key).send().await.with_context(|| format!("no answer from {path}"))?;
        let status = answer.status();
        let text = answer.text().await.with_context(|| format!("{path} broke off"))?;
        ensure!(status.is_success(), "{path} answered {status}: {text}");
        serde_json::from_str(&text).with_context(|| format!("{path} answered in another shape: {text}"))
    }
}
