//! The house, held to its rules.

use ringfall_tests::tidy::{
    PURE_FOLDERS, Workspace, impure_packages, impure_source, long_files, misplaced_files, refused_licences,
    wrong_arrows, wrong_own_licences,
};

fn workspace() -> Workspace {
    Workspace::read().expect("cargo and git tell what the workspace holds")
}

fn check(rule: &str, complaints: &[String]) {
    assert!(complaints.is_empty(), "{rule}:\n  {}", complaints.join("\n  "));
}

#[test]
fn arrows_between_crates_run_one_way() {
    let workspace = workspace();
    let arrows = workspace.arrows();
    assert!(arrows.iter().any(|arrow| arrow.to == "shared/domain"), "the arrows are not seen: {arrows:#?}");
    check("arrows between crates", &wrong_arrows(&workspace.folders(), &arrows));
}

#[test]
fn pure_crates_reach_nothing_that_performs() {
    let workspace = workspace();
    for folder in PURE_FOLDERS {
        let closure = workspace.closure(folder).expect("cargo tells what a crate reaches");
        let closure = closure.unwrap_or_else(|| unreachable!("{folder} is not seen"));
        check("packages that pure crates reach", &impure_packages(folder, &closure));
    }
}

#[test]
fn pure_crates_say_nothing_that_performs() {
    let workspace = workspace();
    for folder in PURE_FOLDERS {
        let sources = workspace.sources(&format!("{folder}/src/")).expect("a pure crate's files can be read");
        assert!(!sources.is_empty(), "the files of {folder} are not seen");
        for file in sources {
            let complaints = impure_source(&file.path, &file.text).expect("a pure crate is Rust");
            check("clocks, randomness, input, output and floats in pure crates", &complaints);
        }
    }
}

#[test]
fn no_file_is_too_long() {
    let sources = workspace().sources("").expect("the files can be read");
    assert!(sources.iter().any(|file| file.path.ends_with("suite/tidy.rs")), "this file is not seen");
    check("lengths of files", &long_files(&sources));
}

#[test]
fn the_top_of_the_repository_stays_as_it_is() {
    check("the top of the repository", &misplaced_files(workspace().paths()));
}

#[test]
fn licences_of_others_can_be_met() {
    let others = workspace().others();
    assert!(others.iter().any(|package| package.package == "serde"), "the packages are not seen");
    check("licences of other packages", &refused_licences(&others));
}

#[test]
fn the_project_is_under_both_of_its_licences() {
    let workspace = workspace();
    check("licences of our packages", &wrong_own_licences(&workspace.ours()));
    for (path, says) in [
        (".licenses/MIT.txt", "Permission is hereby granted, free of charge"),
        (".licenses/Apache-2.0.txt", "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION"),
    ] {
        let text = workspace.text(path).expect("the licence's text is there");
        assert!(text.contains(says), "{path} is not that licence");
    }
}
