//! What we say ourselves to callers who wait, in the languages that most callers of the United States and Canada speak.

use super::WaitRange;
use crate::{
    call::{Call, instructions::Speech},
    config::Announcements,
    phone::PhoneNumber,
    text::{Key, LanguageTag, Name},
};

/// Says our own sentences to one caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    tongue: Tongue,
    /// The language's tag as the caller, or the policy, has it; the provider's default where none is given.
    language: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tongue {
    English,
    Spanish,
    French,
}

impl Tongue {
    fn of(language: &str) -> Option<Self> {
        let tongues = [("en", Self::English), ("es", Self::Spanish), ("fr", Self::French)];
        tongues.into_iter().find(|(tag, _)| LanguageTag::covers(tag, language)).map(|(_, tongue)| tongue)
    }
}

/// A sentence in each language.
struct Sentence {
    english: String,
    spanish: String,
    french: String,
}

impl Sentence {
    fn new(english: impl Into<String>, spanish: impl Into<String>, french: impl Into<String>) -> Self {
        Self { english: english.into(), spanish: spanish.into(), french: french.into() }
    }
}

impl Voice {
    /// In the caller's language if we speak it, else in that of the announcements, else in English.
    pub fn for_caller(call: &Call, announcements: &Announcements) -> Self {
        let of_caller = call.language().map(str::to_owned);
        let of_policy = announcements.language.as_ref().map(ToString::to_string);
        let spoken = [of_caller, of_policy].into_iter().flatten();
        let spoken = spoken.filter_map(|language| Some((Tongue::of(&language)?, language))).next();
        match spoken {
            Some((tongue, language)) => Self { tongue, language: Some(language) },
            None => Self { tongue: Tongue::English, language: None },
        }
    }

    fn say(&self, sentence: Sentence) -> Speech {
        let text = match self.tongue {
            Tongue::English => sentence.english,
            Tongue::Spanish => sentence.spanish,
            Tongue::French => sentence.french,
        };
        Speech { text, language: self.language.clone() }
    }

    /// On coming into the queue.
    pub fn all_busy(&self) -> Speech {
        self.say(Sentence::new(
            "Everybody who can help you is on another call. Please stay on the line.",
            "Todas las personas que pueden ayudarle están en otra llamada. Por favor, permanezca en la línea.",
            "Toutes les personnes qui peuvent vous aider sont déjà en ligne. Veuillez rester en ligne.",
        ))
    }

    /// Where the hold music cannot be had.
    pub fn please_wait(&self) -> Speech {
        self.say(Sentence::new(
            "Please stay on the line. We will be with you as soon as we can.",
            "Por favor, permanezca en la línea. Le atenderemos lo antes posible.",
            "Veuillez rester en ligne. Nous serons avec vous dès que possible.",
        ))
    }

    /// Their place. 1 is next.
    pub fn position(&self, position: u32) -> Speech {
        if position <= 1 {
            return self.say(Sentence::new(
                "You are next in line.",
                "Usted es la siguiente persona en la fila.",
                "Vous êtes la prochaine personne en attente.",
            ));
        }
        self.say(Sentence::new(
            format!("You are number {position} in line."),
            format!("Usted es el número {position} en la fila."),
            format!("Vous êtes le numéro {position} dans la file."),
        ))
    }

    /// How long it is likely to take.
    pub fn wait(&self, range: WaitRange) -> Speech {
        let WaitRange { from_minutes: from, to_minutes: to } = range;
        if from == 0 {
            return self.say(Sentence::new(
                "Your estimated wait is less than one minute.",
                "El tiempo de espera estimado es de menos de un minuto.",
                "Le temps d'attente estimé est de moins d'une minute.",
            ));
        }
        self.say(Sentence::new(
            format!("Your estimated wait is {from} to {to} minutes."),
            format!("El tiempo de espera estimado es de {from} a {to} minutos."),
            format!("Le temps d'attente estimé est de {from} à {to} minutes."),
        ))
    }

    /// That they may be called back.
    pub fn callback_by_key(&self, key: &Key) -> Speech {
        let (english, spanish, french) = key_names(key);
        self.say(Sentence::new(
            format!("To hang up, keep your place and be called back, press {english}."),
            format!("Para colgar, conservar su lugar y que le devolvamos la llamada, oprima {spanish}."),
            format!("Pour raccrocher, garder votre place et être rappelé, appuyez sur {french}."),
        ))
    }

    /// Whether they want to be called back at all.
    pub fn callback_offer(&self) -> Speech {
        self.say(Sentence::new(
            "Everybody who can help you is on another call. To be called back when it is your turn, press 1.",
            "Todas las personas que pueden ayudarle están en otra llamada. Para que le llamemos cuando sea su turno, oprima 1.",
            "Toutes les personnes qui peuvent vous aider sont déjà en ligne. Pour être rappelé quand ce sera votre tour, appuyez sur 1.",
        ))
    }

    /// Whether that is the number to call.
    pub fn callback_confirm(&self, number: &PhoneNumber) -> Speech {
        let digits = spaced(number);
        self.say(Sentence::new(
            format!("We will call you at {digits}. Press 1 if that is right, or 2 to enter another number."),
            format!("Le llamaremos al {digits}. Oprima 1 si es correcto, o 2 para marcar otro número."),
            format!("Nous vous rappellerons au {digits}. Appuyez sur 1 si c'est exact, ou sur 2 pour saisir un autre numéro."),
        ))
    }

    /// Which number to call.
    pub fn callback_enter(&self) -> Speech {
        self.say(Sentence::new(
            "Please enter the ten digits of your number, with the area code.",
            "Marque los diez dígitos de su número, con el código de área.",
            "Veuillez composer les dix chiffres de votre numéro, avec l'indicatif régional.",
        ))
    }

    /// That they will be called back.
    pub fn callback_kept(&self) -> Speech {
        self.say(Sentence::new(
            "Thank you. Your place is kept, and we will call you when it is your turn. Goodbye.",
            "Gracias. Su lugar está reservado y le llamaremos cuando sea su turno. Adiós.",
            "Merci. Votre place est gardée et nous vous appellerons quand ce sera votre tour. Au revoir.",
        ))
    }

    /// To whoever answers when they are called back.
    pub fn callback_greeting(&self, name: &Name) -> Speech {
        self.say(Sentence::new(
            format!("Hello, this is {name}, calling you back. Press 1 to be connected."),
            format!("Hola, le devolvemos la llamada de {name}. Oprima 1 para que le comuniquemos."),
            format!("Bonjour, ici {name}, nous vous rappelons. Appuyez sur 1 pour être mis en relation."),
        ))
    }

    /// Before the tone.
    pub fn leave_a_message(&self) -> Speech {
        self.say(Sentence::new(
            "Everybody who can help you is on another call. Please leave your name, your number and a message after the tone.",
            "Todas las personas que pueden ayudarle están en otra llamada. Deje su nombre, su número y un mensaje después del tono.",
            "Toutes les personnes qui peuvent vous aider sont déjà en ligne. Laissez votre nom, votre numéro et un message après le bip.",
        ))
    }

    /// Before hanging up on a caller who cannot be held.
    pub fn call_again(&self) -> Speech {
        self.say(Sentence::new(
            "We are sorry, everybody is on another call. Please call again later.",
            "Lo sentimos, todas las líneas están ocupadas. Por favor, llame más tarde.",
            "Nous sommes désolés, toutes les lignes sont occupées. Veuillez rappeler plus tard.",
        ))
    }
}

/// A key as it is spoken, in each language.
fn key_names(key: &Key) -> (&str, &str, &str) {
    match key.as_str() {
        "*" => ("star", "asterisco", "étoile"),
        "#" => ("pound", "numeral", "dièse"),
        digit => (digit, digit, digit),
    }
}

/// Digit by digit, as a person reads a number out, without the country code of North America.
fn spaced(number: &PhoneNumber) -> String {
    let digits = number.as_str();
    let digits = digits.strip_prefix("+1").filter(|rest| rest.len() == 10).unwrap_or(digits);
    let spoken: Vec<String> = digits.trim_start_matches('+').chars().map(String::from).collect();
    spoken.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fixtures::call, tags::TagValue};

    fn voice(language: Option<&str>, policy: Option<&str>) -> Voice {
        let mut call = call();
        if let Some(language) = language {
            let name = "language".parse().expect("a tag");
            call.tags.insert(name, TagValue::cleaned(language)).expect("room for a tag");
        }
        let language = policy.map(|tag| tag.parse().expect("a language"));
        Voice::for_caller(&call, &Announcements { language, ..Announcements::default() })
    }

    #[test]
    fn a_caller_hears_their_language_else_that_of_the_policy_else_english() {
        for (language, policy, text, spoken_in) in [
            (None, None, "You are next in line.", None),
            (Some("es-MX"), Some("fr"), "Usted es la siguiente persona en la fila.", Some("es-MX")),
            (Some("vi"), Some("fr-CA"), "Vous êtes la prochaine personne en attente.", Some("fr-CA")),
            (Some("vi"), None, "You are next in line.", None),
        ] {
            let spoken = voice(language, policy).position(1);
            assert_eq!((spoken.text.as_str(), spoken.language.as_deref()), (text, spoken_in), "{language:?}");
        }
    }

    #[test]
    fn figures_and_keys_are_spoken_as_people_say_them() {
        let voice = voice(None, None);
        assert_eq!(voice.position(3).text, "You are number 3 in line.");
        assert_eq!(voice.wait(WaitRange::of(30)).text, "Your estimated wait is less than one minute.");
        assert_eq!(voice.wait(WaitRange::of(130)).text, "Your estimated wait is 2 to 3 minutes.");
        let key = "#".parse().expect("a key");
        assert!(voice.callback_by_key(&key).text.ends_with("press pound."));
        let number = "+12145550123".parse().expect("a number");
        assert!(voice.callback_confirm(&number).text.contains("at 2 1 4 5 5 5 0 1 2 3."));
    }
}
