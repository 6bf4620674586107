//! REST as an agency uses it.

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;

/// A client with one key.
#[derive(Debug, Clone)]
pub struct Api {
    http: Client,
    base: String,
    key: String,
}

/// What the API answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its JSON, or null where there is none.
    pub body: Value,
}

impl Api {
    /// A client of the API below a base URL.
    pub fn new(base: &str, key: &str) -> Self {
        Self { http: Client::new(), base: base.to_owned(), key: key.to_owned() }
    }

    /// A request with the key, to be completed.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key)
    }

    /// Creates a resource and gives it as it was created.
    ///
    /// # Errors
    /// Anything but 201, with the answer.
    pub async fn create(&self, path: &str, document: &Value) -> Result<Value> {
        let answer = send(self.request(Method::POST, path).json(document)).await?;
        answer.expect(StatusCode::CREATED, || format!("POST {path} {document}"))
    }

    /// Reads a resource or a list.
    ///
    /// # Errors
    /// Anything but 200, with the answer.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let answer = send(self.request(Method::GET, path)).await?;
        answer.expect(StatusCode::OK, || format!("GET {path}"))
    }

    /// Reads a whole list, page by page; `field` is what its items are called.
    ///
    /// # Errors
    /// Anything but 200, with the answer.
    pub async fn list(&self, path: &str, field: &str) -> Result<Vec<Value>> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let first = format!("{path}{separator}limit=100");
        let mut page = self.get(&first).await?;
        let mut items = Vec::new();
        loop {
            let Value::Array(found) = page[field].take() else { bail!("{path} has no {field}: {page}") };
            items.extend(found);
            let Some(cursor) = page["next_cursor"].as_str() else { return Ok(items) };
            page = self.get(&format!("{first}&cursor={cursor}")).await?;
        }
    }

    /// Posts what creates nothing.
    ///
    /// # Errors
    /// Anything but 200, with the answer.
    pub async fn ask(&self, path: &str, document: &Value) -> Result<Value> {
        let answer = send(self.request(Method::POST, path).json(document)).await?;
        answer.expect(StatusCode::OK, || format!("POST {path} {document}"))
    }
}

impl Answer {
    fn expect(self, status: StatusCode, request: impl FnOnce() -> String) -> Result<Value> {
        ensure!(self.status == status, "{}: {} {}", request(), self.status, self.body);
        Ok(self.body)
    }
}

/// Sends a request and reads its whole answer.
///
/// # Errors
/// No answer, or one that is neither empty nor JSON.
pub async fn send(request: RequestBuilder) -> Result<Answer> {
    let answer = request.send().await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let text = answer.text().await?;
    let body = if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text).with_context(|| format!("{status} {text}"))?
    };
    Ok(Answer { status, headers, body })
}
