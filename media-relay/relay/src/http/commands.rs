//! Commands: proven first, read then, carried out by the thread of SIP.

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use ringfall_control::{
    command::{CALLS_PATH, ModifyCall, PlaceCall, Placed, Refusal},
    limits::MOST_BODY_BYTES,
    read,
    signature::{CONNECTION_HEADER, SIGNATURE_HEADER, Signed, verify},
    text::Id,
    write,
};
use tokio::sync::oneshot;

use super::Door;
use crate::driver::{Command, Inbox, Reply};

pub(super) fn routes() -> Router<Door> {
    Router::new()
        .route(CALLS_PATH, post(place).get(list))
        .route(&format!("{CALLS_PATH}/{{id}}"), get(tell).post(modify).delete(end))
}

async fn place(State(door): State<Door>, asked: Parts, body: Bytes) -> Result<Response, Refused> {
    let connection = door.prove(&asked, &body)?;
    let place: PlaceCall = read(&body, MOST_BODY_BYTES).map_err(|error| bad(&error.to_string()))?;
    door.command(Command::Place(connection, place)).await
}

async fn list(State(door): State<Door>, asked: Parts, body: Bytes) -> Result<Response, Refused> {
    let connection = door.prove(&asked, &body)?;
    door.command(Command::List(connection)).await
}

async fn tell(
    State(door): State<Door>,
    Path(id): Path<String>,
    asked: Parts,
    body: Bytes,
) -> Result<Response, Refused> {
    let connection = door.prove(&asked, &body)?;
    door.command(Command::Get(connection, call_id(&id)?)).await
}

async fn modify(
    State(door): State<Door>,
    Path(id): Path<String>,
    asked: Parts,
    body: Bytes,
) -> Result<Response, Refused> {
    let connection = door.prove(&asked, &body)?;
    let id = call_id(&id)?;
    let change: ModifyCall = read(&body, MOST_BODY_BYTES).map_err(|error| bad(&error.to_string()))?;
    door.command(Command::Modify(connection, id, change)).await
}

async fn end(
    State(door): State<Door>,
    Path(id): Path<String>,
    asked: Parts,
    body: Bytes,
) -> Result<Response, Refused> {
    let connection = door.prove(&asked, &body)?;
    door.command(Command::End(connection, call_id(&id)?)).await
}

impl Door {
    /// The connection whose secret signed the request.
    fn prove(&self, asked: &Parts, body: &[u8]) -> Result<Id, Refused> {
        let text = |name: &str| asked.headers.get(name).and_then(|value| value.to_str().ok());
        let refuse = |detail: &str| refused(StatusCode::UNAUTHORIZED, detail);
        let connection = text(CONNECTION_HEADER).and_then(|id| id.parse::<Id>().ok());
        let connection = connection.ok_or_else(|| refuse("no Ringfall-Connection header, or no id in it"))?;
        let trunk = self.trunks.borrow().of(&connection).cloned();
        let signature = text(SIGNATURE_HEADER).ok_or_else(|| refuse("no Ringfall-Signature header"))?;
        // Whether a connection is known is nobody's business who cannot sign for it.
        let trunk = trunk.ok_or_else(|| refuse("the signature does not match"))?;
        let path = asked.uri.path_and_query().map_or("/", |path| path.as_str());
        let signed = Signed::Request { method: asked.method.as_str(), path, body };
        let now = Timestamp::now().as_second();
        let proof = verify(&trunk.secret, signature, signed, now);
        let by_previous = |error| match &trunk.previous_secret {
            Some(previous) => verify(previous, signature, signed, now),
            None => Err(error),
        };
        proof.or_else(by_previous).map_err(|error| refuse(&error.to_string()))?;
        Ok(connection)
    }

    async fn command(&self, command: Command) -> Result<Response, Refused> {
        let (reply, replied) = oneshot::channel();
        let stopped = || refused(StatusCode::SERVICE_UNAVAILABLE, "the relay has stopped");
        self.inbox.send(Inbox::Command(Box::new(command), reply)).map_err(|_| stopped())?;
        Ok(match replied.await.map_err(|_| stopped())? {
            Reply::Done => StatusCode::NO_CONTENT.into_response(),
            Reply::Placed(call_id) => json(StatusCode::CREATED, write(&Placed { call_id })),
            Reply::List(list) => json(StatusCode::OK, write(&list)),
            Reply::State(state) => json(StatusCode::OK, write(&*state)),
            Reply::NoSuchCall => return Err(refused(StatusCode::NOT_FOUND, "no such call")),
            Reply::Elsewhere => {
                let detail = "the call is not of this relay but of another one, which alone knows of it";
                return Err(refused(StatusCode::MISDIRECTED_REQUEST, detail));
            }
            Reply::Over => {
                return Err(refused(StatusCode::CONFLICT, "the call is over, or not answered yet"));
            }
            Reply::Forbidden(reason) => return Err(refused(StatusCode::FORBIDDEN, reason)),
            Reply::Full(reason) => return Err(refused(StatusCode::SERVICE_UNAVAILABLE, reason)),
        })
    }
}

fn call_id(text: &str) -> Result<Id, Refused> {
    text.parse().map_err(|_| refused(StatusCode::NOT_FOUND, "no such call"))
}

fn bad(detail: &str) -> Refused {
    refused(StatusCode::BAD_REQUEST, detail)
}

fn refused(status: StatusCode, detail: &str) -> Refused {
    Refused { status, detail: detail.to_owned() }
}

/// A command that is not carried out.
#[derive(Debug)]
struct Refused {
    status: StatusCode,
    detail: String,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        json(self.status, write(&Refusal { detail: self.detail }))
    }
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
