//! The function behind the providers' webhooks and the sounds that they fetch, behind the trunks that our own relays ask for, and before their recordings.

mod recordings;
mod relays;

use std::{process::ExitCode, sync::Arc};

use axum::Router;
use lambda_http::{Error, Request, RequestExt, request::RequestContext, service_fn};
use ringfall_app::{media, platform::public_url, webhooks};
use ringfall_lambda::Function;
use tokio::sync::OnceCell;
use tower::ServiceExt;

fn main() -> ExitCode {
    ringfall_lambda::run(serve)
}

async fn serve(function: Function) -> Result<(), Error> {
    let (function, router) = (Arc::new(function), Arc::new(OnceCell::new()));
    let known = function.public_url().cloned();
    if let Some(url) = known {
        // Ready before the first request; without it, the request tells the address.
        router.set(router_at(&function, url)).map_err(|_| "it is set once")?;
    }
    let answer = move |request: Request| {
        let (function, router) = (Arc::clone(&function), Arc::clone(&router));
        async move {
            let router = router.get_or_try_init(|| async { at_the_address_of(&function, &request) }).await?;
            Ok::<_, Error>(router.clone().oneshot(request).await?)
        }
    };
    lambda_http::run(service_fn(answer)).await
}

/// Lambda itself tells the function's address with each request. The template cannot: the address is made of the function.
fn at_the_address_of(function: &Arc<Function>, request: &Request) -> Result<Router, Error> {
    let domain = match request.request_context() {
        RequestContext::ApiGatewayV2(context) => context.domain_name,
        _ => None,
    };
    let domain = domain.ok_or("RINGFALL_PUBLIC_URL: it is not set, and the request tells no address")?;
    let url = public_url(&format!("https://{domain}"))?;
    Ok(router_at(function, url))
}

fn router_at(function: &Arc<Function>, url: url::Url) -> Router {
    let platform = function.platform_at(url);
    webhooks::router(Arc::clone(&platform))
        .merge(relays::router(Arc::clone(function), platform))
        .merge(recordings::router(Arc::clone(function)))
        .merge(media::router())
}
