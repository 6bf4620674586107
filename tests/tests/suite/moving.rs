//! An account changes its store and comes back: `ringfall export` and `ringfall import`, SQLite to DynamoDB to SQLite.

use std::{
    path::Path,
    process::{Command, Output},
};

use anyhow::{Result, ensure};
use ringfall_tests::{
    aws::{Aws, Names},
    stack::{Agency, InboundCall, NUMBER, Offer, Profile, Stack, Store, Twilio, is_one_row, program},
};
use serde_json::{Value, json};

use crate::patience::eventually;

const PNL: &str = "/v1/reports/pnl?group_by=campaign";

fn call(index: usize) -> InboundCall {
    Twilio::quick().call(index, &format!("+1214555{index:04}"), NUMBER)
}

/// Talks so long, or is refused by the target.
async fn play(agency: &Agency, call: &InboundCall, outcome: Result<u32, &str>) -> Result<()> {
    let document = call.send(&call.arrival(agency)).await?.document()?;
    let dial = document.dial().ok_or_else(|| anyhow::anyhow!("it is not dialled: {document:?}"))?;
    call.send(&call.dial_end(&dial, 1, outcome)?).await?.document()?;
    call.send(&call.end(agency, 110)).await?;
    Ok(())
}

async fn earned(agency: &Agency, wanted: &Value) -> Result<Value> {
    let report = async || {
        let report = agency.api.get(PNL).await?;
        Ok(is_one_row(&report["rows"], wanted).then(|| report["rows"].clone()))
    };
    eventually("the calls are in the profit and loss", report).await
}

fn ringfall(arguments: &[&str], files: &[&Path], store: impl FnOnce(&mut Command)) -> Result<Output> {
    let mut command = Command::new(program(Profile::Debug)?);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RINGFALL_")) {
        command.env_remove(name);
    }
    command.args(arguments).args(files);
    store(&mut command);
    Ok(command.output()?)
}

fn moved(arguments: &[&str], file: &Path, store: impl FnOnce(&mut Command)) -> Result<()> {
    let output = ringfall(arguments, &[file], store)?;
    ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// `key`: what the account's tokens are sealed with, wherever it is.
fn in_folder(folder: &Path, key: &Path) -> impl FnOnce(&mut Command) {
    move |command| {
        command.env("RINGFALL_KEY_FILE", key).arg("--data-dir").arg(folder);
    }
}

fn on_aws(names: &Names, key: &Path) -> impl FnOnce(&mut Command) {
    move |command| {
        names.aws().tell(command);
        command.env("RINGFALL_KEY_FILE", key).args([
            "--store",
            "dynamodb",
            "--create-tables",
            "--table",
            names.as_str(),
            "--queue",
            names.as_str(),
        ]);
    }
}

/// The lines but for the last, which tells their order too: that is each store's own.
fn lines(file: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(file)?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let end: Value = serde_json::from_str(&lines.pop().unwrap_or_default())?;
    ensure!(end["items"] == lines.len() - 1, "{end} of {} lines", lines.len());
    lines.sort_unstable();
    Ok(lines)
}

/// A number that is reached over a SIP trunk: relays are told of both.
async fn a_trunk_is_set_up(agency: &Agency) -> Result<()> {
    let trunk = json!({"provider": "relay", "trunk": {"allow": ["127.0.0.1/32"]},
                       "credentials": {"api_base_url": "https://relay.example.com:8061"}});
    let connection = agency.api.create("/v1/connections", &trunk).await?;
    let publisher = agency.api.create("/v1/publishers", &json!({"name": "Radio Two"})).await?;
    let number = json!({
        "phone_number": "+18005550112",
        "connection_id": connection["id"],
        "campaign_id": agency.campaign_id,
        "publisher_id": publisher["id"],
    });
    agency.api.create("/v1/numbers", &number).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_comes_back_from_dynamodb_byte_for_byte_and_earns_the_same_there() -> Result<()> {
    let mut stack = Stack::start(Profile::Debug).await?;
    let agency = Agency::set_up(stack.api(), Offer::direct(3)).await?;
    for (index, outcome) in [(1, Ok(95)), (2, Ok(30)), (3, Err("busy"))] {
        play(&agency, &call(index), outcome).await?;
    }
    a_trunk_is_set_up(&agency).await?;
    let row = json!({"calls": 3, "converted": 1, "revenue": "45.00", "payout": "20.00"});
    let before = earned(&agency, &row).await?;
    let (calls, ledger) =
        (agency.api.list("/v1/calls", "data").await?, agency.api.list("/v1/ledger", "entries").await?);
    stack.kill()?;

    let folder = tempfile::tempdir()?;
    let files = ["first", "second", "third"].map(|name| folder.path().join(name));
    let [first, second, third] = files.each_ref().map(|path| path.as_path());
    let key = &stack.data_folder().join("ringfall.key");
    let names = Aws::start().await?.names();
    moved(&["export", "--to"], first, in_folder(&stack.data_folder(), key))?;
    moved(&["import", "--from"], first, on_aws(&names, key))?;
    let again = ringfall(&["import", "--from"], &[first], on_aws(&names, key))?;
    let told = String::from_utf8(again.stderr)?;
    ensure!(!again.status.success() && told.contains("is in this store already"), "{told}");
    moved(&["export", "--to"], second, on_aws(&names, key))?;
    let back = folder.path().join("back");
    moved(&["import", "--from"], second, in_folder(&back, key))?;
    moved(&["export", "--to"], third, in_folder(&back, key))?;
    let whole = lines(first)?;
    ensure!(whole.len() > 20, "{} lines", whole.len());
    let of_trunks = whole.iter().filter(|line| line.contains("S#trunks")).count();
    ensure!(of_trunks == 2, "relays would be told of {of_trunks}");
    assert_eq!(lines(second)?, whole);
    assert_eq!(lines(third)?, whole);

    // There the sums are made anew, by the feed of the new store.
    let on_aws = Stack::start_on(Store::DynamoDb(names), Profile::Debug).await?;
    let moved = Agency { api: on_aws.api(), ..agency };
    assert_eq!(earned(&moved, &row).await?, before);
    assert_eq!(moved.api.list("/v1/calls", "data").await?, calls);
    assert_eq!(moved.api.list("/v1/ledger", "entries").await?, ledger);
    Ok(())
}
