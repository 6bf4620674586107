//! Questions to a caller, and what becomes of the answers.

use super::{Flow, GatherNode, MenuNode, Node, NodeId, Spoken, walk::language_of};
use crate::{
    call::event::Input,
    filter::Facts,
    tags::{TagName, TagValue},
};

/// What a `menu` or `gather` asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub spoken: Spoken,
    /// The most digits that are taken; none where digits are not.
    pub digits: Option<u8>,
    /// Whether speech is taken.
    pub speech: bool,
    /// Silence after which the caller counts as having entered nothing.
    pub timeout_seconds: u32,
}

/// What becomes of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is none: the node asks again.
    Again {
        /// How often it has asked then, counted from 1.
        visit: u8,
    },
    /// The call goes on.
    Next {
        /// Where.
        node: NodeId,
        /// What is kept of the answer.
        tag: Option<(TagName, TagValue)>,
    },
    /// There is no such question: the flow was changed under a live call.
    Lost,
}

impl Flow {
    /// What a node asks a caller of whom that is known; none where there is no such node or it asks nothing.
    pub fn question(&self, node: &NodeId, facts: &(impl Facts + ?Sized)) -> Option<Question> {
        match self.nodes.get(node)? {
            Node::Menu(menu) => Some(Question {
                spoken: menu.say.spoken_to(language_of(facts), menu.language.as_ref()),
                digits: Some(1),
                speech: false,
                timeout_seconds: menu.timeout_seconds,
            }),
            Node::Gather(gather) => Some(Question {
                spoken: gather.say.spoken_to(language_of(facts), gather.language.as_ref()),
                digits: gather.digits,
                speech: gather.speech,
                timeout_seconds: gather.timeout_seconds,
            }),
            Node::Say(_)
            | Node::Condition(_)
            | Node::Hours(_)
            | Node::Route(_)
            | Node::Forward(_)
            | Node::Hangup(_) => None,
        }
    }

    /// Takes what the caller entered when the node had asked for the `visit`-th time. What is no answer to the question (a
    /// wrong key, too few digits, speech where digits are asked, nothing) makes it ask again until its attempts are used up.
    pub fn answer(&self, node: &NodeId, visit: u8, input: &Input) -> Answer {
        let (answered, attempts, otherwise) = match self.nodes.get(node) {
            Some(Node::Menu(menu)) => (menu.choice(input), menu.attempts, &menu.otherwise),
            Some(Node::Gather(gather)) => {
                let otherwise = gather.otherwise.as_ref().unwrap_or(&gather.next);
                (gather.answer(input), gather.attempts, otherwise)
            }
            Some(
                Node::Say(_)
                | Node::Condition(_)
                | Node::Hours(_)
                | Node::Route(_)
                | Node::Forward(_)
                | Node::Hangup(_),
            )
            | None => return Answer::Lost,
        };
        match answered {
            Some((next, tag)) => Answer::Next { node: next.clone(), tag },
            None if visit < attempts => Answer::Again { visit: visit + 1 },
            None => Answer::Next { node: otherwise.clone(), tag: None },
        }
    }
}

type Answered<'a> = Option<(&'a NodeId, Option<(TagName, TagValue)>)>;

impl MenuNode {
    fn choice(&self, input: &Input) -> Answered<'_> {
        let Input::Digits(digits) = input else {
            return None;
        };
        let (key, choice) = self.choices.get_key_value(digits.trim())?;
        let value = || choice.value.clone().unwrap_or_else(|| TagValue::cleaned(key.as_str()));
        let tag = self.tag.clone().map(|name| (name, value()));
        Some((&choice.next, tag))
    }
}

impl GatherNode {
    fn answer(&self, input: &Input) -> Answered<'_> {
        let value = match input {
            Input::Digits(digits) => self.digits_of(digits)?,
            Input::Speech(speech) if self.speech => TagValue::cleaned(speech),
            Input::Speech(_) | Input::Nothing => return None,
        };
        let is_something = !value.as_str().is_empty();
        is_something.then(|| (&self.next, Some((self.tag.clone(), value))))
    }

    /// Exactly as many digits as are asked for. A `#` at the end says that the caller is done, and is no digit.
    fn digits_of(&self, entered: &str) -> Option<TagValue> {
        let wanted = self.digits?;
        let digits = entered.trim().trim_end_matches('#');
        let fits = digits.len() == usize::from(wanted) && digits.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| TagValue::cleaned(digits))
    }
}
