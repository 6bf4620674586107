//! The function behind the REST API.

use std::process::ExitCode;

use lambda_http::Error;
use ringfall_app::api;
use ringfall_lambda::Function;

fn main() -> ExitCode {
    ringfall_lambda::run(serve)
}

async fn serve(function: Function) -> Result<(), Error> {
    let platform = function.platform()?;
    function.ensure_first_account(&platform).await?;
    lambda_http::run(api::router(platform)).await
}
