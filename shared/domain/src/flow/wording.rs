//! What is spoken to callers: one text for all, or one for each language.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder},
    },
};

use super::Spoken;
use crate::text::{LanguageTag, Prompt};

/// A text, or texts by language: `{"default": "Press 1.", "es-MX": "Oprima 1."}`. A caller whose tag `language` is among them, or covers one of
/// them or is covered by it (`es` and `es-MX`), hears that one, in that language; all others hear the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wording {
    /// The same for everybody.
    Same(Prompt),
    /// By language, at most 20.
    ByLanguage {
        /// For callers of any other language, and of none that is known.
        default: Prompt,
        /// For callers of these.
        languages: BTreeMap<LanguageTag, Prompt>,
    },
}

impl Wording {
    /// The most languages of a text.
    pub const MOST_LANGUAGES: usize = 20;
    const DEFAULT: &'static str = "default";

    /// What a caller of a language hears. `default_language`: in which the text for everybody is.
    pub fn spoken_to(&self, language: Option<&str>, default_language: Option<&LanguageTag>) -> Spoken {
        let by_default = |text: &Prompt| Spoken { text: text.clone(), language: default_language.cloned() };
        match self {
            Self::Same(text) => by_default(text),
            Self::ByLanguage { default, languages } => match nearest(languages, language) {
                Some((tag, text)) => Spoken { text: text.clone(), language: Some(tag.clone()) },
                None => by_default(default),
            },
        }
    }
}

/// The language itself, else the narrowest that covers it, else the first that it covers (RFC 4647 §3.4, and its reverse).
fn nearest<'a>(
    languages: &'a BTreeMap<LanguageTag, Prompt>,
    wanted: Option<&str>,
) -> Option<(&'a LanguageTag, &'a Prompt)> {
    let wanted = wanted?;
    let covering = languages.iter().filter(|(tag, _)| LanguageTag::covers(tag.as_str(), wanted));
    covering
        .max_by_key(|(tag, _)| tag.as_str().len())
        .or_else(|| languages.iter().find(|(tag, _)| LanguageTag::covers(wanted, tag.as_str())))
}

impl Serialize for Wording {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Same(text) => text.serialize(serializer),
            Self::ByLanguage { default, languages } => {
                let others = languages.iter().map(|(tag, text)| (tag.as_str(), text));
                serializer.collect_map([(Self::DEFAULT, default)].into_iter().chain(others))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Wording {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

struct Reading;

impl<'de> de::Visitor<'de> for Reading {
    type Value = Wording;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text to speak, or such texts by language with a `default`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Wording, E> {
        text.parse().map(Wording::Same).map_err(E::custom)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<Wording, A::Error> {
        let (mut default, mut languages) = (None, BTreeMap::new());
        while let Some(name) = entries.next_key::<String>()? {
            let text: Prompt = entries.next_value()?;
            let is_given_twice = if name == Wording::DEFAULT {
                default.replace(text).is_some()
            } else {
                let error = |error| de::Error::custom(format_args!("{error}, or `default`"));
                languages.insert(name.parse::<LanguageTag>().map_err(error)?, text).is_some()
            };
            if is_given_twice {
                return Err(de::Error::custom(format_args!("`{name}` is given twice")));
            }
            if languages.len() > Wording::MOST_LANGUAGES {
                let most = Wording::MOST_LANGUAGES;
                return Err(de::Error::custom(format_args!("a text has at most {most} languages")));
            }
        }
        let missing =
            || de::Error::custom("missing field `default`: what callers of any other language hear");
        Ok(Wording::ByLanguage { default: default.ok_or_else(missing)?, languages })
    }
}

impl PartialSchema for Wording {
    fn schema() -> RefOr<Schema> {
        let by_language = ObjectBuilder::new()
            .property(Self::DEFAULT, Prompt::schema())
            .required(Self::DEFAULT)
            .additional_properties(Some(AdditionalProperties::RefOr(Prompt::schema())))
            .property_names(Some(language_or_default()))
            .max_properties(Some(Self::MOST_LANGUAGES + 1));
        OneOfBuilder::new()
            .item(Prompt::schema())
            .item(by_language)
            .description(Some("A text, or texts by language with a `default`."))
            .into()
    }
}

/// `default` has the shape of a language tag.
fn language_or_default() -> Schema {
    match LanguageTag::schema() {
        RefOr::T(schema) => schema,
        RefOr::Ref(_) => ObjectBuilder::new().into(),
    }
}

impl ToSchema for Wording {}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(document: Value) -> Result<Wording, String> {
        serde_json::from_value(document).map_err(|error| error.to_string())
    }

    #[test]
    fn a_caller_hears_the_nearest_language_and_its_name_goes_to_the_voice() {
        let wording =
            json!({"default": "Press 1.", "es": "Oprima 1.", "es-MX": "Marque 1.", "fr-CA": "Faites 1."});
        let wording = read(wording).expect("a wording");
        let english: LanguageTag = "en-US".parse().expect("a language");
        for (language, text, spoken_in) in [
            (None, "Press 1.", "en-US"),
            (Some("de"), "Press 1.", "en-US"),
            (Some("yes, please"), "Press 1.", "en-US"),
            (Some("es"), "Oprima 1.", "es"),
            (Some("ES-mx"), "Marque 1.", "es-MX"),
            (Some("es-AR"), "Oprima 1.", "es"),
            (Some("fr"), "Faites 1.", "fr-CA"),
            (Some("f"), "Press 1.", "en-US"),
        ] {
            let spoken = wording.spoken_to(language, Some(&english));
            let told = spoken.language.map(|language| language.to_string());
            assert_eq!((spoken.text.as_str(), told.as_deref()), (text, Some(spoken_in)), "{language:?}");
        }
    }

    #[test]
    fn a_wording_reads_back_and_what_is_none_is_refused() {
        for good in
            [json!("Hello."), json!({"default": "Hello."}), json!({"default": "Hello.", "es": "Hola."})]
        {
            let wording = read(good.clone()).expect("a wording");
            assert_eq!(serde_json::to_value(&wording).expect("json"), good);
        }
        for (bad, expected) in [
            (json!({"es": "Hola."}), "missing field `default`"),
            (json!({"default": "Hello.", "es_MX": "Hola."}), "language tag"),
            (json!({"default": "Hello.", "es": ""}), "text to speak"),
            (json!({"default": ""}), "text to speak"),
            (json!(""), "text to speak"),
            (json!(5), "a text to speak, or such texts by language"),
        ] {
            let error = read(bad.clone()).expect_err("no wording");
            assert!(error.contains(expected), "{bad}: {error}");
        }
        let twice = serde_json::from_str::<Wording>(r#"{"default": "a", "es": "b", "es": "c"}"#);
        assert!(twice.expect_err("twice").to_string().contains("`es` is given twice"));
        let mut many = serde_json::Map::from_iter([("default".to_owned(), json!("x"))]);
        many.extend((0..21).map(|n| (format!("en-x{n}"), json!("x"))));
        assert!(read(Value::Object(many)).expect_err("too many").contains("at most 20"));
    }
}
