//! What the person who answers at a target hears before the caller is put through.

use jiff::Timestamp;

use super::{
    Call, Leg,
    instructions::{Continuation, GatherInput, Instruction, Instructions, Speech},
};
use crate::{
    config::Skills,
    flow::Wording,
    plan::{Plan, PlannedTarget},
    tags::TagValue,
};

/// How long an answerer may think: voicemail never presses a key.
const SCREENING_TIMEOUT_SECONDS: u32 = 8;

/// Whispers, and asks for the key where the call must be taken by one. Words that are there in the caller's language are spoken in it: those who
/// answer are to greet the caller so.
pub(super) fn greeting(plan: &Plan, call: &Call, leg: &Leg, at: Timestamp) -> Instructions {
    let target = plan.target(leg.target);
    let whisper = target.and_then(|target| Some(spoken(call, target, target.whisper.as_ref()?)));
    let Some(key) = leg.screening_key else {
        return whisper.map(Instruction::Say).into_iter().chain([Instruction::Bridge]).collect();
    };
    let asked = target
        .and_then(|target| Some(spoken(call, target, target.screening.as_ref()?.say.as_ref()?)))
        .unwrap_or_else(|| own_words(format!("Press {key} to accept.")));
    let told = whisper.unwrap_or_else(|| own_words(format!("Call from {}.", plan.name)));
    let (said_before, prompt) = joined(told, asked);
    let ask = Instruction::Gather {
        prompt,
        input: GatherInput { digits: Some(1), speech: false },
        timeout_seconds: SCREENING_TIMEOUT_SECONDS,
        then: Continuation::Screened { attempt: leg.attempt, asked_at: at },
    };
    said_before.map(Instruction::Say).into_iter().chain([ask, Instruction::Hangup]).collect()
}

fn spoken(call: &Call, target: &PlannedTarget, wording: &Wording) -> Speech {
    let language = call.tags.get(Skills::LANGUAGE).map(TagValue::as_str);
    wording.spoken_to(language, target.language.as_ref()).into()
}

/// The platform's own words are English, and left to the provider's default voice.
const fn own_words(text: String) -> Speech {
    Speech { text, language: None }
}

/// One speech of two, so that the key can be pressed from the first word on; the first by itself where their languages differ.
fn joined(told: Speech, asked: Speech) -> (Option<Speech>, Speech) {
    if told.language == asked.language {
        let text = format!("{} {}", told.text, asked.text);
        (None, Speech { text, ..asked })
    } else {
        (Some(told), asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{call, leg, noon, plan};

    /// What is said and asked, each in its language, to a target's answerer of a caller of a language.
    fn heard(target: &str, language: Option<&str>) -> Vec<String> {
        let plan = plan(&[target], None);
        let mut call = call();
        if let Some(language) = language {
            let (name, value) = ("language".parse().expect("a name"), language.parse().expect("a value"));
            call.tags.insert(name, value).expect("room");
        }
        let mut leg = leg(1, 1);
        leg.screening_key = plan.targets[0].screening.as_ref().map(|screening| screening.press.as_char());
        let words =
            |speech: &Speech| format!("{}: {}", speech.language.as_deref().unwrap_or("default"), speech.text);
        let instructions = greeting(&plan, &call, &leg, noon());
        let spoken = instructions.iter().filter_map(|instruction| match instruction {
            Instruction::Say(speech) | Instruction::Gather { prompt: speech, .. } => Some(words(speech)),
            _ => None,
        });
        spoken.collect()
    }

    #[test]
    fn the_answerer_is_spoken_to_in_the_callers_language_else_in_the_targets() {
        let both = r#"{"price": "1.00", "language": "en-US",
            "whisper": {"default": "A crash.", "es": "Un choque."},
            "screening": {"say": {"default": "Press 1.", "es": "Oprima 1."}}}"#;
        assert_eq!(heard(both, Some("es-MX")), ["es: Un choque. Oprima 1."]);
        assert_eq!(heard(both, Some("fr")), ["en-US: A crash. Press 1."]);
        assert_eq!(heard(both, None), ["en-US: A crash. Press 1."]);
        let whisper = r#"{"price": "1.00", "whisper": {"default": "A crash.", "es": "Un choque."}}"#;
        assert_eq!(heard(whisper, Some("es")), ["es: Un choque."]);
        assert_eq!(heard(whisper, None), ["default: A crash."]);
        assert_eq!(heard(r#"{"price": "1.00"}"#, Some("es")), [] as [&str; 0]);
    }

    #[test]
    fn words_of_two_languages_are_spoken_one_after_the_other() {
        let own_key =
            r#"{"price": "1.00", "whisper": {"default": "A crash.", "es": "Un choque."}, "screening": {}}"#;
        assert_eq!(heard(own_key, Some("es")), ["es: Un choque.", "default: Press 1 to accept."]);
        assert_eq!(heard(own_key, None), ["default: A crash. Press 1 to accept."]);
        let own_whisper = r#"{"price": "1.00", "language": "es", "screening": {"say": "Oprima 1."}}"#;
        assert_eq!(heard(own_whisper, None), ["default: Call from Auto injury.", "es: Oprima 1."]);
    }
}
