//! Which folder's crate may depend on which.

/// One crate of ours that depends on another, by their folders.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    /// The folder of the crate that depends.
    pub from: String,
    /// The folder of the crate that it depends on.
    pub to: String,
}

/// A folder with one crate, or (with a slash at its end) with several, and the folders that it may depend on.
const ROOMS: [(&str, &[&str]); 14] = [
    ("shared/domain", &[]),
    ("shared/store", &["shared/domain"]),
    ("shared/providers", &["shared/domain", "media-relay/control"]),
    ("shared/app", &["shared/store", "shared/providers", "shared/domain"]),
    ("shared/lambda", &["shared/app", "shared/store"]),
    // The whole platform in one process: the relay too, and the telephones of the demonstration.
    (
        "functions/local",
        &[
            "shared/app",
            "shared/store",
            "shared/providers",
            "shared/domain",
            "media-relay/relay",
            "media-relay/phone",
        ],
    ),
    ("functions/", &["shared/app", "shared/lambda", "shared/store", "shared/providers", "shared/domain"]),
    ("media-relay/sip", &[]),
    ("media-relay/media", &[]),
    ("media-relay/control", &[]),
    ("media-relay/relay", &["media-relay/sip", "media-relay/media", "media-relay/control"]),
    ("media-relay/phone", &["media-relay/sip", "media-relay/media"]),
    ("infra/", &[]),
    ("tests", &["shared/", "functions/", "media-relay/"]),
];

/// What is wrong with the folders and the arrows between them; nothing if all is right.
pub fn wrong_arrows(folders: &[String], arrows: &[Arrow]) -> Vec<String> {
    let homeless = folders
        .iter()
        .filter(|folder| room(folder).is_none())
        .map(|folder| format!("{folder}: no room of the house; see the list of rooms in this rule"));
    let wrong = arrows
        .iter()
        .filter(|arrow| !room(&arrow.from).is_some_and(|allowed| contains(allowed, &arrow.to)))
        .map(|arrow| format!("{} must not depend on {}", arrow.from, arrow.to));
    homeless.chain(wrong).collect()
}

/// What a folder's crate may depend on; none if the house has no such room.
fn room(folder: &str) -> Option<&'static [&'static str]> {
    ROOMS.iter().find(|(place, _)| is_in(folder, place)).map(|(_, allowed)| *allowed)
}

fn contains(places: &[&str], folder: &str) -> bool {
    places.iter().any(|place| is_in(folder, place))
}

fn is_in(folder: &str, place: &str) -> bool {
    folder == place || (place.ends_with('/') && folder.starts_with(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(from: &str, to: &str) -> Vec<String> {
        let arrow = Arrow { from: from.to_owned(), to: to.to_owned() };
        wrong_arrows(&[from.to_owned(), to.to_owned()], &[arrow])
    }

    #[test]
    fn arrows_that_run_down_are_right() {
        for (from, to) in [
            ("shared/store", "shared/domain"),
            ("shared/app", "shared/providers"),
            ("functions/webhook", "shared/app"),
            ("functions/local", "shared/store"),
            ("functions/webhook", "shared/lambda"),
            ("functions/local", "media-relay/relay"),
            ("media-relay/relay", "media-relay/sip"),
            ("shared/providers", "media-relay/control"),
            ("tests", "functions/local"),
        ] {
            assert_eq!(judge(from, to), [""; 0], "{from} → {to}");
        }
    }

    #[test]
    fn arrows_that_run_up_or_across_are_wrong() {
        for (from, to) in [
            ("functions/webhook", "media-relay/relay"),
            ("shared/domain", "shared/store"),
            ("shared/store", "shared/providers"),
            ("shared/providers", "shared/store"),
            ("shared/app", "functions/local"),
            ("shared/app", "shared/lambda"),
            ("functions/webhook", "functions/local"),
            ("functions/webhook", "tests"),
            ("media-relay/sip", "media-relay/control"),
            ("media-relay/relay", "shared/domain"),
            ("shared/app", "media-relay/control"),
        ] {
            assert_eq!(judge(from, to), [format!("{from} must not depend on {to}")]);
        }
    }

    #[test]
    fn a_crate_outside_the_rooms_is_wrong() {
        for folder in ["shared/helpers", "tools", "tests/more"] {
            assert_eq!(wrong_arrows(&[folder.to_owned()], &[]).len(), 1, "{folder}");
        }
    }
}
