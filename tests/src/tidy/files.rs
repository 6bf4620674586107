//! How long files may be, and what may stand at the top of the repository.

/// The longest file, in lines. The median is to be far below.
const MOST_LINES: usize = 600;

/// What stands at the top, besides files and folders whose names begin with a dot.
const TOP_LEVEL: [&str; 9] = [
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "functions",
    "infra",
    "media-relay",
    "samconfig.toml",
    "shared",
    "tests",
];

/// A file of source text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// Its path from the repository's root.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The files that are too long.
pub fn long_files(files: &[TextFile]) -> Vec<String> {
    files
        .iter()
        .map(|file| (&file.path, file.text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(path, lines)| format!("{path}: {lines} lines, {MOST_LINES} at the most"))
        .collect()
}

/// The files that would add something to the top of the repository.
pub fn misplaced_files(paths: &[String]) -> Vec<String> {
    paths
        .iter()
        .filter(|path| {
            let top = path.split('/').next().unwrap_or_default();
            !top.starts_with('.') && !TOP_LEVEL.contains(&top)
        })
        .map(|path| format!("{path}: the top of the repository holds {} alone", TOP_LEVEL.join(", ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(lines: usize) -> TextFile {
        TextFile { path: format!("{lines}.rs"), text: "fn f() {}\n".repeat(lines) }
    }

    #[test]
    fn a_file_of_600_lines_is_right_and_one_of_601_is_not() {
        let complaints = long_files(&[file(0), file(600), file(601)]);
        assert_eq!(complaints, ["601.rs: 601 lines, 600 at the most"]);
    }

    #[test]
    fn the_top_holds_what_is_listed_and_dot_files() {
        let right = ["Cargo.toml", "shared/domain/src/lib.rs", ".ci/run", ".rustfmt.toml", "README.md"];
        assert_eq!(misplaced_files(&right.map(str::to_owned)), [""; 0]);
        let wrong = ["DESIGN.md", "src/main.rs", "Cargo.toml.orig"];
        assert_eq!(misplaced_files(&wrong.map(str::to_owned)).len(), wrong.len());
    }
}
