//! The least function that answers HTTP on Lambda, with the same crates: what the start of the others is held against by
//! `cargo run -p ringfall-tests --bin start`.

use lambda_http::{Body, Error, Request, Response, service_fn};

fn main() -> Result<(), Error> {
    let answer = |_: Request| async { Ok::<_, Error>(Response::new(Body::from("hello"))) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(lambda_http::run(service_fn(answer)))
}
