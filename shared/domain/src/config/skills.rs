//! What the people at a target can do, by the tags of the calls that need it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    bounded,
    problem::Problem,
    tags::{TagName, TagValue, Tags},
    text::LanguageTag,
};

/// Skills: for each of up to 16 tags, up to 32 values that the target serves. A call whose tag is missing or has another value is passed over.
/// The values of the tag `language` are languages, of which a wider one serves a narrower one: `es` serves `es-MX`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = std::collections::HashMap<String, Vec<String>>, example = json!({"language": ["en", "es"]}))]
pub struct Skills(#[serde(deserialize_with = "bounded::map::<16, _, _, _>")] BTreeMap<TagName, Served>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Served(#[serde(deserialize_with = "bounded::list::<32, _, _>")] Vec<TagValue>);

/// A skill that a target lacks for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingSkill {
    /// The tag.
    pub tag: TagName,
    /// The call's value; none where it has none.
    pub needed: Option<TagValue>,
}

impl Skills {
    /// The tag that names a caller's language.
    pub const LANGUAGE: &'static str = "language";

    /// True where none are asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first skill that is missing for a call with such tags.
    pub fn missing(&self, tags: &Tags) -> Option<MissingSkill> {
        self.0.iter().find_map(|(tag, served)| {
            let needed = tags.get(tag.as_str());
            let is_served = needed.is_some_and(|needed| served.0.iter().any(|one| serves(tag, one, needed)));
            (!is_served).then(|| MissingSkill { tag: tag.clone(), needed: needed.cloned() })
        })
    }

    /// The tags that calls need.
    pub fn tags(&self) -> impl Iterator<Item = &TagName> {
        self.0.keys()
    }

    /// Whether calls whose tag has a value are served; all are where the tag is none of these.
    pub fn serves(&self, tag: &TagName, needed: &TagValue) -> bool {
        self.0.get(tag).is_none_or(|served| served.0.iter().any(|one| serves(tag, one, needed)))
    }

    /// What is wrong with them beyond what reading refuses.
    pub fn check(&self) -> Vec<Problem> {
        self.0.iter().flat_map(|(tag, served)| served.check(tag)).collect()
    }
}

fn serves(tag: &TagName, served: &TagValue, needed: &TagValue) -> bool {
    if tag.as_str() == Skills::LANGUAGE {
        return LanguageTag::covers(served.as_str(), needed.as_str());
    }
    served == needed
}

impl Served {
    fn check(&self, tag: &TagName) -> Vec<Problem> {
        if self.0.is_empty() {
            let message = "serves no call; list the values that the target serves, or leave it out";
            return vec![Problem::new(tag.as_str(), message)];
        }
        let languages = self.0.iter().enumerate().filter(|_| tag.as_str() == Skills::LANGUAGE);
        languages
            .filter_map(|(index, value)| {
                let error = value.as_str().parse::<LanguageTag>().err()?;
                Some(Problem::new(format!("{tag}[{index}]"), error.to_string()))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn skills(document: Value) -> Skills {
        serde_json::from_value(document).expect("skills")
    }

    fn missing(document: Value, tags: Value) -> Option<(String, Option<String>)> {
        let tags: Tags = serde_json::from_value(tags).expect("tags");
        let missing = skills(document).missing(&tags)?;
        Some((missing.tag.to_string(), missing.needed.map(|needed| needed.to_string())))
    }

    #[test]
    fn a_call_needs_every_skill_to_be_served() {
        let document = || json!({"language": ["en", "es"], "licensed": ["TX", "OK"]});
        assert_eq!(missing(document(), json!({"language": "es-MX", "licensed": "TX"})), None);
        let lacking = |tag: &str, needed: Option<&str>| Some((tag.to_owned(), needed.map(str::to_owned)));
        assert_eq!(
            missing(document(), json!({"language": "fr", "licensed": "TX"})),
            lacking("language", Some("fr"))
        );
        assert_eq!(missing(document(), json!({"language": "EN"})), lacking("licensed", None));
        assert_eq!(
            missing(json!({"licensed": ["TX"]}), json!({"licensed": "tx"})),
            lacking("licensed", Some("tx"))
        );
        assert_eq!(missing(json!({}), json!({})), None);
    }

    #[test]
    fn a_skill_that_serves_no_call_is_told_where() {
        for (document, path) in [
            (json!({"licensed": []}), "licensed"),
            (json!({"language": ["en", "spanish language"]}), "language[1]"),
        ] {
            let paths: Vec<_> = skills(document).check().into_iter().map(|problem| problem.path).collect();
            assert_eq!(paths, [path]);
        }
        assert_eq!(skills(json!({"licensed": ["any words"], "language": ["es-419"]})).check(), []);
    }
}
