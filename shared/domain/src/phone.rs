//! Phone numbers as E.164 writes them. A caller's number is never rejected here as "invalid": whatever the network
//! presented is kept as [`CallerNumber`]; only numbers that we dial ourselves must be [`PhoneNumber`]s.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A number in E.164 form: `+` and 7 to 15 digits, the first not zero.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(Box<str>);

/// A text that is not an E.164 number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a phone number in E.164 form, such as +12145550100")]
pub struct InvalidPhoneNumber;

impl PhoneNumber {
    /// The number with its plus sign.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The three digits after `+1`, for numbers of the North American plan.
    pub fn area_code(&self) -> Option<&str> {
        self.0.strip_prefix("+1").filter(|rest| rest.len() == 10).map(|rest| &rest[..3])
    }
}

impl FromStr for PhoneNumber {
    type Err = InvalidPhoneNumber;

    fn from_str(text: &str) -> Result<Self, InvalidPhoneNumber> {
        let digits = text.strip_prefix('+').ok_or(InvalidPhoneNumber)?;
        let well_formed = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if well_formed { Ok(Self(text.into())) } else { Err(InvalidPhoneNumber) }
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for PhoneNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl utoipa::PartialSchema for PhoneNumber {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some(r"^\+[1-9][0-9]{6,14}$"))
            .examples(["+12145550100"])
            .into()
    }
}

impl utoipa::ToSchema for PhoneNumber {}

/// How numbers in E.164 form begin: `+` and 1 to 14 digits, the first not zero.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct NumberPrefix(Box<str>);

/// A text with which no number in E.164 form begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected how numbers in E.164 form begin: + and 1 to 14 digits, such as +1900")]
pub struct InvalidNumberPrefix;

impl NumberPrefix {
    /// The prefix with its plus sign.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Every prefix of a number, the longest first.
    pub fn all_of(number: &PhoneNumber) -> impl Iterator<Item = &str> {
        (2..number.as_str().len().min(Self::MOST_CHARACTERS + 1))
            .rev()
            .map(|length| &number.as_str()[..length])
    }

    const MOST_CHARACTERS: usize = 15;
}

impl FromStr for NumberPrefix {
    type Err = InvalidNumberPrefix;

    fn from_str(text: &str) -> Result<Self, InvalidNumberPrefix> {
        let digits = text.strip_prefix('+').ok_or(InvalidNumberPrefix)?;
        let well_formed = (1..Self::MOST_CHARACTERS).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if well_formed { Ok(Self(text.into())) } else { Err(InvalidNumberPrefix) }
    }
}

impl TryFrom<String> for NumberPrefix {
    type Error = InvalidNumberPrefix;

    fn try_from(text: String) -> Result<Self, InvalidNumberPrefix> {
        text.parse()
    }
}

impl std::borrow::Borrow<str> for NumberPrefix {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NumberPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for NumberPrefix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl utoipa::PartialSchema for NumberPrefix {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some(r"^\+[1-9][0-9]{0,13}$"))
            .examples(["+1900"])
            .into()
    }
}

impl utoipa::ToSchema for NumberPrefix {}

/// Who calls, as far as the network says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallerNumber {
    /// A number in E.164 form.
    Known(PhoneNumber),
    /// No number, or one that the caller withheld.
    Withheld,
    /// Something else that the network presented (a short code, a SIP user), at most 64 characters.
    Other(Box<str>),
}

impl CallerNumber {
    const MOST_CHARACTERS: usize = 64;
    /// What networks and providers present for a withheld number.
    const WITHHELD: [&'static str; 8] =
        ["", "anonymous", "restricted", "unknown", "unavailable", "private", "+266696687", "+86282452253"];

    /// Reads whatever was presented; never fails.
    pub fn from_presented(text: &str) -> Self {
        if Self::WITHHELD.iter().any(|word| text.trim().eq_ignore_ascii_case(word)) {
            return Self::Withheld;
        }
        match text.trim().parse() {
            Ok(number) => Self::Known(number),
            Err(_) => Self::Other(text.trim().chars().take(Self::MOST_CHARACTERS).collect()),
        }
    }

    /// The number, if it is one.
    pub const fn known(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Known(number) => Some(number),
            Self::Withheld | Self::Other(_) => None,
        }
    }
}

impl fmt::Display for CallerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(number) => number.fmt(f),
            Self::Withheld => f.write_str("anonymous"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e164_is_taken_and_nothing_else() {
        assert_eq!("+12145550100".parse::<PhoneNumber>().expect("a number").area_code(), Some("214"));
        for text in ["", "+", "12145550100", "+0123456789", "+1 214 555", "+1234567890123456", "+١٢٣٤٥٦٧"]
        {
            assert!(text.parse::<PhoneNumber>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_caller_is_never_refused_for_a_strange_number() {
        assert_eq!(CallerNumber::from_presented("Anonymous"), CallerNumber::Withheld);
        assert_eq!(CallerNumber::from_presented("+266696687"), CallerNumber::Withheld);
        assert_eq!(CallerNumber::from_presented("sip:bob"), CallerNumber::Other("sip:bob".into()));
        assert!(CallerNumber::from_presented("+19245550123").known().is_some());
    }

    #[test]
    fn what_was_presented_reads_back_as_itself() {
        for text in ["anonymous", "+12145550100", "7262"] {
            let caller = CallerNumber::from_presented(text);
            assert_eq!(CallerNumber::from_presented(&caller.to_string()), caller);
        }
    }
}
