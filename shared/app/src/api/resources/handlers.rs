//! What is done with resources, the same for every kind.

use std::collections::BTreeMap;

use axum::{extract::State, response::IntoResponse};
use http::{HeaderMap, StatusCode, header};
use ringfall_store::{
    port::StoreError,
    protocols::{
        resources::{find, list as list_resources},
        save::{Expected, SaveError, Wish, save},
    },
    records::resource,
};
use serde_json::{Map, Value};

use super::{MadeUp, Resource, Shown, check_outside, forget_cached, parse_id, read_document};
use crate::{
    api::{
        Shared,
        auth::Caller,
        body::{Json, Unread},
        etag::{IfMatch, etag, has_already},
        idempotency::Ids,
        pages::{List, Page},
        problem::{Answer, Refusal},
        query::{PathId, Query},
    },
    message::ServeWaiters,
    platform::Platform,
};

pub(super) async fn create<R: Resource>(
    State(platform): State<Shared>,
    caller: Caller,
    Ids(seed): Ids,
    Unread(body): Unread,
) -> Answer {
    let (document, made_up) = read_document::<R>(body, None, &platform)?;
    let id = R::id(seed);
    let (shown, once) = carry_out(&platform, &caller, id, Wish::Create(document), made_up).await?;
    Ok(shown.created(R::PATH, once))
}

pub(super) async fn read<R: Resource>(
    State(platform): State<Shared>,
    caller: Caller,
    PathId(id): PathId,
    headers: HeaderMap,
) -> Answer {
    let id = parse_id::<R>(&id)?;
    let resource = found::<R>(&platform, &caller, id).await?;
    if has_already(&headers, resource.version) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag(resource.version))]).into_response());
    }
    let warnings = resource.document.warnings_beside(&platform, caller.account, id).await?;
    Ok(Shown::warned(id, resource, &platform, warnings).reply(StatusCode::OK))
}

pub(super) async fn list<R: Resource>(
    State(platform): State<Shared>,
    caller: Caller,
    mut query: Query,
) -> Result<axum::Json<Page<Shown<R::Fields>>>, Refusal> {
    let with_archived = query.take::<bool>("archived")?.unwrap_or(false);
    let list = List::new(caller.account, format!("{}?archived={with_archived}", R::PATH));
    let page = list.page(&mut query)?;
    query.finish()?;
    let listing =
        list_resources::<R>(&*platform.table, caller.account, page.after, page.limit, with_archived).await?;
    let show = |(id, resource)| Shown::new(id, resource, &platform);
    Ok(axum::Json(Page {
        data: listing.resources.into_iter().map(show).collect(),
        next_cursor: listing.next.map(|place| list.cursor(&place)),
    }))
}

pub(super) async fn replace<R: Resource>(
    State(platform): State<Shared>,
    caller: Caller,
    PathId(id): PathId,
    if_match: IfMatch,
    Unread(body): Unread,
) -> Answer {
    let id = parse_id::<R>(&id)?;
    let expected = if_match.required()?;
    let before = match R::KEEPS {
        true => Some(found::<R>(&platform, &caller, id).await?.document.opened(id, &platform).await?),
        false => None,
    };
    let (document, made_up) = read_document::<R>(body, before.as_ref(), &platform)?;
    let document = match &before {
        Some(before) => document.following(before, &platform),
        None => document,
    };
    let (shown, once) =
        carry_out(&platform, &caller, id, Wish::Replace { document, expected }, made_up).await?;
    Ok(shown.reply_once(StatusCode::OK, once))
}

/// Changes the members that a merge patch names (RFC 7396), and leaves the others: secrets too, which are never shown. A patch
/// that is no object would be a whole document, and no document is anything else.
pub(super) async fn patch<R: Resource>(
    State(platform): State<Shared>,
    caller: Caller,
    PathId(id): PathId,
    if_match: IfMatch,
    Json(patch): Json<BTreeMap<String, Value>>,
) -> Answer {
    let id = parse_id::<R>(&id)?;
    let named = if_match.required()?;
    let resource = found::<R>(&platform, &caller, id).await?;
    let is_stale = matches!(&named, Expected::OneOf(versions) if !versions.contains(&resource.version));
    if is_stale {
        return Err(SaveError::Stale { version: resource.version }.into());
    }
    let opened = resource.document.opened(id, &platform).await?;
    let mut document = opened.given();
    merge(&mut document, patch.into_iter().collect());
    // What a patch takes out is not kept: a secret that is taken out is made anew.
    let (document, made_up) = read_document::<R>(document.into(), None, &platform)?;
    let document = document.following(&opened, &platform);
    // The patch was made to this version, whichever was named.
    let expected = Expected::OneOf(vec![resource.version]);
    let (shown, once) =
        carry_out(&platform, &caller, id, Wish::Replace { document, expected }, made_up).await?;
    Ok(shown.reply_once(StatusCode::OK, once))
}

pub(super) async fn archive<R: Resource>(
    State(platform): State<Shared>,
    caller: Caller,
    PathId(id): PathId,
    IfMatch(expected): IfMatch,
) -> Answer {
    let id = parse_id::<R>(&id)?;
    let wish = Wish::Archive { expected: expected.unwrap_or(Expected::Any) };
    let (shown, _) = carry_out::<R>(&platform, &caller, id, wish, MadeUp::Nothing).await?;
    Ok(shown.reply(StatusCode::OK))
}

/// What is shown, and what of it is shown this once.
async fn carry_out<R: Resource>(
    platform: &Platform,
    caller: &Caller,
    id: R::Id,
    wish: Wish<R>,
    made_up: MadeUp,
) -> Result<(Shown<R::Fields>, Option<Value>), Refusal> {
    let mut warnings = check_outside(&wish, platform, caller.account, id).await?;
    let wish = sealed(wish, id, platform).await?;
    let saved =
        save(&*platform.table, caller.account, id, &wish, platform.now()).await.map_err(
            |error| match error {
                SaveError::Missing => Refusal::not_found(R::KIND.as_str(), &id.to_string()),
                other => other.into(),
            },
        )?;
    forget_cached::<R>(platform, caller, id, &saved).await;
    ServeWaiters::after_change(platform, caller.account, &saved.plans).await;
    // The change was made: that what is beside it cannot be read takes nothing of that back.
    let beside = saved.resource.document.warnings_beside(platform, caller.account, id).await;
    warnings.extend(beside.unwrap_or_default());
    let once = match made_up {
        MadeUp::Secret => saved.resource.document.clone().opened(id, platform).await?.shown_once(),
        MadeUp::Nothing => None,
    };
    Ok((Shown::warned(id, saved.resource, platform, warnings), once))
}

/// Nothing secret goes further than this.
async fn sealed<R: Resource>(wish: Wish<R>, id: R::Id, platform: &Platform) -> Result<Wish<R>, StoreError> {
    Ok(match wish {
        Wish::Create(document) => Wish::Create(document.sealed(id, platform).await?),
        Wish::Replace { document, expected } => {
            Wish::Replace { document: document.sealed(id, platform).await?, expected }
        }
        Wish::Archive { expected } => Wish::Archive { expected },
    })
}

async fn found<R: Resource>(
    platform: &Platform,
    caller: &Caller,
    id: R::Id,
) -> Result<resource::Resource<R>, Refusal> {
    let found = find::<R>(&*platform.table, caller.account, id).await?;
    found.ok_or_else(|| Refusal::not_found(R::KIND.as_str(), &id.to_string()))
}

/// RFC 7396 §2.
pub(super) fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            members.remove(&name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The examples of RFC 7396, appendix A.
    #[test]
    fn a_merge_patch_does_what_its_standard_says() {
        for (original, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut target = original;
            merge(&mut target, patch.clone());
            assert_eq!(target, result, "{patch}");
        }
    }
}
