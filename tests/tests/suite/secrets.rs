//! What providers trust us with: nobody who reads the store, or a file that was exported of it, learns it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use anyhow::{Context, Result, ensure};
use ringfall_store::{
    engines::dynamodb::{DynamoStore, Missing, Settings, Unmetered},
    port::{Segment, Survey},
};
use ringfall_tests::stack::{AUTH_TOKEN, Agency, NUMBER, Offer, Profile, Stack, Store, Twilio, program};

/// `ringfall` on a folder of SQLite, to its end.
fn ringfall(folder: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(program(Profile::Debug)?);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RINGFALL_")) {
        command.env_remove(name);
    }
    Ok(command.args(arguments).arg("--data-dir").arg(folder).output()?)
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

/// A call from the menu's first question to the dial, whose signed webhooks show that the token is used.
async fn is_answered(agency: &Agency) -> Result<()> {
    let call = Twilio::quick().call(1, "+12145550123", NUMBER);
    let document = call.send(&call.arrival(agency)).await?.document()?;
    ensure!(document.dial().is_some(), "{document:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_in_no_file_and_its_account_moves_only_with_the_key() -> Result<()> {
    let mut stack = Stack::start(Profile::Debug).await?;
    let agency = Agency::set_up(stack.api(), Offer::direct(1)).await?;
    is_answered(&agency).await?;
    stack.kill()?;
    let data = stack.data_folder();
    let mut files = 0;
    for file in fs::read_dir(&data)? {
        let path = file?.path();
        if path.is_file() {
            files += 1;
            ensure!(!contains(&fs::read(&path)?, AUTH_TOKEN), "{} has the token", path.display());
        }
    }
    ensure!(files >= 2, "a database and a key are looked at: {files}");
    let key = data.join("ringfall.key");
    assert_eq!(fs::metadata(&key)?.permissions().mode() & 0o777, 0o600);
    move_without_and_with_the_key(&data, &key)?;
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644))?;
    let refused = format!("{:#}", stack.start_again().await.expect_err("others may read the key"));
    ensure!(refused.contains("chmod 600"), "{refused}");
    Ok(())
}

fn move_without_and_with_the_key(data: &Path, key: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (file, there) = (folder.path().join("agency.jsonl"), folder.path().join("data"));
    let file = file.to_str().context("a path in UTF-8")?;
    let exported = ringfall(data, &["export", "--to", file])?;
    ensure!(exported.status.success(), "{exported:?}");
    ensure!(!contains(&fs::read(file)?, AUTH_TOKEN), "the export has the token");
    let refused = ringfall(&there, &["import", "--from", file])?;
    let told = String::from_utf8_lossy(&refused.stderr);
    ensure!(!refused.status.success() && told.contains("append the key file"), "{told}");
    let keys = fs::read_to_string(there.join("ringfall.key"))? + &fs::read_to_string(key)?;
    fs::write(there.join("ringfall.key"), keys)?;
    let taken = ringfall(&there, &["import", "--from", file])?;
    ensure!(taken.status.success(), "{taken:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_in_no_item_of_a_table() -> Result<()> {
    let store = Store::dynamodb().await?;
    let Store::DynamoDb(names) = &store else { unreachable!("it was asked for") };
    let (config, name) = (names.aws().config().await, names.as_str().to_owned());
    let stack = Stack::start_on(store, Profile::Debug).await?;
    let agency = Agency::set_up(stack.api(), Offer::direct(1)).await?;
    is_answered(&agency).await?;
    let settings = Settings { table: name.clone(), queue: name, missing: Missing::Refuse };
    let table = DynamoStore::open_with(&config, settings, std::sync::Arc::new(Unmetered)).await?;
    let (mut after, mut items, mut sealed) = (None, 0, 0);
    loop {
        let segment = Segment::all(1).next().context("a segment")?;
        let sheet = table.survey(segment, after.as_ref(), 1_000, |_| true).await?;
        for (key, item) in &sheet.items {
            let text = format!("{item:?}");
            ensure!(!text.contains(AUTH_TOKEN), "{key} has the token");
            (items, sealed) = (items + 1, sealed + usize::from(text.contains("sealed")));
        }
        after = sheet.next;
        if after.is_none() {
            break;
        }
    }
    ensure!(items > 5 && sealed == 2, "{sealed} of {items} items are sealed");
    Ok(())
}
