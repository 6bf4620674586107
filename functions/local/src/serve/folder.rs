//! The data folder.

use std::{fs::DirBuilder, io, path::Path};

/// Makes the folder if it is missing, for its owner alone: it holds callers' numbers and providers' secrets.
///
/// # Errors
/// The system does not make it, or something else is there.
pub(super) fn prepare(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    #[cfg(unix)]
    warn_if_others_may_look(path)?;
    Ok(())
}

#[cfg(unix)]
fn warn_if_others_may_look(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if path.metadata()?.permissions().mode() & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "others on this machine may look into the data folder");
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_folder_is_its_owners_alone_and_an_old_one_is_taken_as_it_is() {
        let parent = tempfile::tempdir().expect("a folder");
        let path = parent.path().join("a").join("b");
        for _ in 0..2 {
            prepare(&path).expect("a folder");
            let mode = path.metadata().expect("a folder").permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
        let file = parent.path().join("file");
        std::fs::write(&file, "").expect("a file");
        assert!(prepare(&file).is_err());
    }
}
