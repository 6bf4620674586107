//! What a webhook costs at least: an axum endpoint that reads the form and answers an empty document.

use std::{
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use axum::{Form, Router, http::header, routing::post};
use tokio::net::{TcpListener, TcpStream};

/// Where the process of the endpoint is to listen.
const LISTEN: &str = "RINGFALL_BENCH_BARE_LISTEN";

/// The endpoint as a process of its own: this program again. It ends when this is dropped.
pub(crate) struct Bare {
    process: Child,
    pub(crate) address: SocketAddr,
}

pub(crate) fn is_wanted() -> bool {
    std::env::var_os(LISTEN).is_some()
}

/// Serves the endpoint.
pub(crate) async fn serve() -> Result<()> {
    let listener = TcpListener::bind(std::env::var(LISTEN)?).await?;
    let router = Router::new().route("/{*path}", post(read));
    Ok(axum::serve(listener, router).await?)
}

async fn read(
    Form(fields): Form<Vec<(String, String)>>,
) -> ([(header::HeaderName, &'static str); 1], String) {
    let document = format!("<Response><!-- {} --></Response>", fields.len());
    ([(header::CONTENT_TYPE, "text/xml")], document)
}

impl Bare {
    pub(crate) async fn start() -> Result<Self> {
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.env(LISTEN, address.to_string()).stdin(Stdio::null());
        let bare = Self { process: command.spawn().context("the bare endpoint")?, address };
        for _ in 0..500 {
            if TcpStream::connect(address).await.is_ok() {
                return Ok(bare);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the bare endpoint does not listen")
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
