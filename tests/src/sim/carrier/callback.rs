//! Calls that the platform places: somebody is called back.

use std::{sync::Arc, time::Duration};

use ringfall_domain::{
    call::{
        event::{EndCause, EventKind, Input},
        instructions::Continuation,
    },
    ids::CallId,
};
use ringfall_providers::{Callbacks, NewCall};
use tokio::time::sleep;

use super::{
    Carrier,
    call::{Line, Onward},
    held,
    instructions::event_of,
    people,
    webhooks::Webhook,
};

/// A call to be placed, and where what comes of it is told.
pub(super) struct Callback {
    line: Arc<Line>,
    new: NewCall,
    call: CallId,
    callbacks: Callbacks,
}

impl Carrier {
    /// Begins to ring somebody. None if there was no such call to call back for.
    ///
    /// # Returns
    /// The carrier's id of the new call.
    pub(super) fn call_back(
        self: &Arc<Self>,
        new: &NewCall,
        call: CallId,
        callbacks: &Callbacks,
    ) -> Option<String> {
        let Continuation::CallbackAnswered { of, attempt } = &new.answered else { return None };
        self.checker.called_back(*of, *attempt);
        let from = held(&self.lines).values().find(|line| line.id == *of).cloned()?;
        let sid = format!("CC{:032x}", held(&self.lines).len());
        let line = Arc::new(Line::called_back(self, &from, sid.clone(), new.from.clone()));
        held(&self.lines).insert(sid.clone(), Arc::clone(&line));
        let callback = Callback { line, new: new.clone(), call, callbacks: callbacks.clone() };
        let carrier = Arc::clone(self);
        self.spawn(async move { carrier.conduct_callback(&callback).await });
        Some(sid)
    }

    async fn conduct_callback(self: &Arc<Self>, callback: &Callback) {
        let Callback { line, new, .. } = callback;
        self.trace.note(format_args!("{} is called back by {}", line.label, line.sid));
        let rings = Duration::from_secs(u64::from(new.ring_timeout_seconds));
        let cause = match people::line(&line.chance, new.ring_timeout_seconds) {
            people::Line::Busy => EndCause::Busy,
            people::Line::Fails => EndCause::Failed,
            people::Line::Answers { after } if after < rings => {
                sleep(after).await;
                self.talk_to_the_called_back(callback).await;
                EndCause::Completed
            }
            people::Line::Answers { .. } | people::Line::NobodyThere => {
                sleep(rings).await;
                EndCause::NoAnswer
            }
        };
        self.report_callback(callback, cause);
    }

    async fn talk_to_the_called_back(self: &Arc<Self>, callback: &Callback) {
        let Callback { line, new, call, callbacks } = callback;
        self.checker.call_began(line.id, self.agency(line.agency).account);
        if let Continuation::CallbackAnswered { of, .. } = &new.answered {
            self.checker.is_callback_of(line.id, *of, line.is_voicemail);
        }
        if line.is_voicemail {
            self.trace.count("callback: voicemail answers");
        }
        if let Some(kind) = event_of(&new.answered, Input::Nothing, &line.sid) {
            let url = callbacks.url(*call, &new.answered);
            self.stay(line, Onward::Ask { url, kind }).await;
        }
    }

    fn report_callback(self: &Arc<Self>, callback: &Callback, cause: EndCause) {
        let Callback { line, new, call, callbacks } = callback;
        let Continuation::CallbackProgress { of, attempt } = new.progress else { return };
        let report = self.end_of(line, cause);
        let kind = EventKind::CallbackProgress { of, attempt, report };
        self.report(Webhook { line: Arc::clone(line), url: callbacks.url(*call, &new.progress), kind });
    }
}
