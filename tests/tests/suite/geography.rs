//! The tables of places are those that the generator makes of what is written down beside it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// What the generator says when its packages cannot be had (`EX_TEMPFAIL`).
const NO_PACKAGES: i32 = 75;

#[derive(Deserialize)]
struct Manifest {
    inputs: BTreeMap<String, String>,
    tables: BTreeMap<String, String>,
}

fn domain(path: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/domain")).join(path)
}

/// The files of a folder, by name, with their digests.
fn digests(folder: &str, besides: &[&str]) -> BTreeMap<String, String> {
    let files = fs::read_dir(domain(folder)).expect("the folder is there");
    let paths = files.map(|file| file.expect("it can be listed").path()).filter(|path| path.is_file());
    let named = paths.map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), path));
    named
        .filter(|(name, _)| !besides.contains(&name.as_str()))
        .map(|(name, path)| (name, hex::encode(Sha256::digest(fs::read(path).expect("it can be read")))))
        .collect()
}

#[test]
fn the_tables_are_those_that_were_made_of_their_inputs() {
    let text = fs::read_to_string(domain("geography/manifest.json")).expect("the manifest is there");
    let manifest: Manifest = serde_json::from_str(&text).expect("a manifest");
    let make_anew = "run shared/domain/geography/generate";
    assert_eq!(digests("geography", &["manifest.json"]), manifest.inputs, "{make_anew}");
    assert_eq!(digests("src/geography/tables", &["mod.rs"]), manifest.tables, "{make_anew}");
}

#[test]
fn made_anew_the_tables_are_the_same() {
    let made = Command::new(domain("geography/generate")).arg("--check").output().expect("it can be run");
    let said = String::from_utf8_lossy(&made.stderr);
    match made.status.code() {
        Some(0) => {}
        Some(NO_PACKAGES) => eprintln!("not made anew, for want of Python's or npm's packages: {said}"),
        _ => panic!("{said}"),
    }
}
