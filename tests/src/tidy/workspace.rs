//! The workspace as cargo and git see it.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    process::Command,
};

use anyhow::{Context, Result, ensure};
use cargo_metadata::{Metadata, MetadataCommand, Package};

use super::{Arrow, Licensed, TextFile};

/// How the names of files of source text end.
const SOURCE_ENDINGS: [&str; 3] = [".rs", ".py", ".sh"];

/// The workspace, read once.
#[derive(Debug)]
pub struct Workspace {
    metadata: Metadata,
    paths: Vec<String>,
}

impl Workspace {
    /// Asks cargo for the packages and git for the files: those that it keeps and those that it would.
    ///
    /// # Errors
    /// Cargo or git cannot tell.
    pub fn read() -> Result<Self> {
        let metadata = MetadataCommand::new()
            .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .other_options(vec!["--locked".to_owned()])
            .exec()
            .context("cargo metadata")?;
        let mut workspace = Self { metadata, paths: Vec::new() };
        let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed = workspace.listed(Command::new("git").args(list))?;
        workspace.paths = listed.split_terminator('\0').map(str::to_owned).collect();
        Ok(workspace)
    }

    /// The folders of our crates.
    pub fn folders(&self) -> Vec<String> {
        self.metadata.workspace_packages().into_iter().map(|package| self.folder(package)).collect()
    }

    /// The dependencies among our crates, those of tests and of build scripts included.
    pub fn arrows(&self) -> Vec<Arrow> {
        let ours = self.metadata.workspace_packages();
        let folders: BTreeMap<_, _> =
            ours.iter().map(|package| (package.name.as_str(), self.folder(package))).collect();
        let mut arrows = Vec::new();
        for package in ours {
            for dependency in &package.dependencies {
                if let Some(to) = folders.get(dependency.name.as_str()) {
                    arrows.push(Arrow { from: self.folder(package), to: to.clone() });
                }
            }
        }
        arrows
    }

    /// The names of all packages that a folder's crate reaches when it is built alone, its tests' excepted; none if
    /// there is no such crate. The packages of [`Metadata`] would not do: there, features of other crates count too.
    ///
    /// # Errors
    /// Cargo cannot tell.
    pub fn closure(&self, folder: &str) -> Result<Option<BTreeSet<String>>> {
        let ours = self.metadata.workspace_packages();
        let Some(package) = ours.into_iter().find(|package| self.folder(package) == folder) else {
            return Ok(None);
        };
        let tree = ["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let listed = self.listed(Command::new(cargo).args(tree).args(["--package", &package.name]))?;
        let names = listed.lines().filter_map(|line| line.split(' ').next());
        Ok(Some(names.filter(|name| !name.is_empty()).map(str::to_owned).collect()))
    }

    /// The terms of all packages that are not ours.
    pub fn others(&self) -> Vec<Licensed> {
        let is_ours = |package: &&Package| self.metadata.workspace_members.contains(&package.id);
        self.metadata.packages.iter().filter(|package| !is_ours(package)).map(licensed).collect()
    }

    /// The terms of our own packages.
    pub fn ours(&self) -> Vec<Licensed> {
        self.metadata.workspace_packages().into_iter().map(licensed).collect()
    }

    /// The paths of all files from the root.
    pub fn paths(&self) -> &[String] {
        &self.paths
    }

    /// The files of source text below a folder, or all for an empty name.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn sources(&self, below: &str) -> Result<Vec<TextFile>> {
        let is_source = |path: &&String| SOURCE_ENDINGS.iter().any(|ending| path.ends_with(ending));
        let below = self.paths.iter().filter(|path| path.starts_with(below));
        // A file that was deleted and not yet committed is still listed.
        let there = below.filter(is_source).filter(|path| self.metadata.workspace_root.join(path).exists());
        there.map(|path| Ok(TextFile { path: path.clone(), text: self.text(path)? })).collect()
    }

    /// The text of one file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn text(&self, path: &str) -> Result<String> {
        fs::read_to_string(self.metadata.workspace_root.join(path)).with_context(|| path.to_owned())
    }

    fn folder(&self, package: &Package) -> String {
        let folder = package.manifest_path.parent().unwrap_or(&self.metadata.workspace_root);
        folder.strip_prefix(&self.metadata.workspace_root).unwrap_or(folder).to_string()
    }

    /// What a command says when it is run in the root.
    fn listed(&self, command: &mut Command) -> Result<String> {
        let output = command.current_dir(&self.metadata.workspace_root).output();
        let output = output.with_context(|| format!("{command:?}"))?;
        ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).with_context(|| format!("{command:?}"))
    }
}

fn licensed(package: &Package) -> Licensed {
    Licensed { package: package.name.to_string(), terms: package.license.clone() }
}
