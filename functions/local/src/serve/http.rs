//! The HTTP server: connections are accepted until it is time to stop, then the requests in flight are finished.

use std::{io, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};

use super::stop::Stop;

/// How long a connection may take over a request's head, or stay open without one: nobody can hold all of them for nothing.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How long requests in flight are given to finish: longer than any webhook takes.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long nothing is accepted after the system refused, for want of file descriptors perhaps.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until told to stop, and a little longer for those who are being served.
pub(super) async fn serve(listener: TcpListener, router: Router, mut stop: Stop) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.asked() => break,
            accepted = listener.accept() => accepted,
        };
        let Some(stream) = usable(accepted.map(|(stream, _)| stream)).await else { continue };
        let service = TowerToHyperService::new(router.clone());
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke off");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(PATIENCE, connections.shutdown()).await.is_err() {
        tracing::warn!("requests in flight were cut off");
    }
}

/// Small answers go out at once (`TCP_NODELAY`): a caller waits for them.
async fn usable(accepted: io::Result<TcpStream>) -> Option<TcpStream> {
    match accepted.and_then(|stream| stream.set_nodelay(true).map(|()| stream)) {
        Ok(stream) => Some(stream),
        Err(error) if is_of_the_connection(&error) => None,
        Err(error) => {
            tracing::error!(%error, "no connection can be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// Whether an error says only that this connection is gone already.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, InvalidInput};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | InvalidInput)
}
