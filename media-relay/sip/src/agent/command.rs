//! What the user does with a session, besides what stands with its subject.

use super::{Agent, Body, Cause, Refusal, SessionId, session::Stage};
use crate::{
    Moment,
    message::{Headers, Method, StatusCode},
};

impl Agent {
    /// Ends a session at whatever point it is: CANCEL, a refusal (480) or BYE. A BYE waits for the ACK of our success, so that it cannot overtake
    /// it. [`super::Event::Ended`] tells when it is over.
    ///
    /// # Errors
    /// There is no such session, or it is over.
    pub fn end(&mut self, now: Moment, id: SessionId) -> Result<(), Refusal> {
        let session =
            self.sessions.get_mut(&id).filter(|session| !session.is_over()).ok_or(Refusal::NoSession)?;
        match &session.stage {
            Stage::Calling(_) => self.cancel(now, id, Cause::LocalCancel),
            Stage::Called(_) => {
                return self.refuse(now, id, StatusCode::TEMPORARILY_UNAVAILABLE, &Headers::default());
            }
            Stage::Confirmed if session.unacknowledged.is_some() => session.wants_bye = true,
            Stage::Confirmed => {
                if session.owes_answer.is_some() {
                    self.acknowledge_without_answer(id);
                }
                self.hang_up_now(now, id, Cause::LocalBye);
            }
            Stage::Over => {}
        }
        self.pump(now);
        Ok(())
    }

    /// Refuses a call with a status of 300 to 699 and further headers, such as a challenge or Retry-After.
    ///
    /// # Errors
    /// The call is no such or answered already, or the status is no refusal.
    pub fn refuse(
        &mut self,
        now: Moment,
        id: SessionId,
        status: StatusCode,
        more: &Headers,
    ) -> Result<(), Refusal> {
        let session = self.sessions.get(&id).ok_or(Refusal::NoSession)?;
        if status.is_provisional() || status.is_success() || !matches!(session.stage, Stage::Called(_)) {
            return Err(Refusal::NotNow);
        }
        self.refuse_call(now, id, status, more, Cause::Refused(status));
        self.pump(now);
        Ok(())
    }

    /// Answers the offer of a success, in its ACK ([`super::Event::Answered`] with `wants_answer`).
    ///
    /// # Errors
    /// No success waits for an answer.
    pub fn acknowledge(&mut self, now: Moment, id: SessionId, answer: &Body) -> Result<(), Refusal> {
        let session =
            self.sessions.get_mut(&id).filter(|session| session.is_confirmed()).ok_or(Refusal::NoSession)?;
        let number = session.owes_answer.take().ok_or(Refusal::NotNow)?;
        session.local_body = Some(answer.clone());
        self.acknowledge_with(id, number, Some(answer));
        self.pump(now);
        Ok(())
    }

    /// A call that is hung up before its offer was answered: the success needs its ACK all the same.
    fn acknowledge_without_answer(&mut self, id: SessionId) {
        let number = self.sessions.get_mut(&id).and_then(|session| session.owes_answer.take());
        if let Some(number) = number {
            self.acknowledge_with(id, number, None);
        }
    }

    fn acknowledge_with(&mut self, id: SessionId, number: u32, answer: Option<&Body>) {
        let Some(dialog) = self.sessions.get(&id).and_then(|session| session.dialog.clone()) else { return };
        let is_invite = |sent: &super::Sent| {
            sent.session == id
                && sent.request.method == Method::Invite
                && sent.request.essentials.cseq.number == number
        };
        let client = self.sent.iter().find(|(_, sent)| is_invite(sent)).map(|(client, _)| *client);
        if let Some(client) = client {
            self.send_ack(client, id, &dialog, number, answer);
        }
    }

    /// Sends INFO within an answered session.
    ///
    /// # Errors
    /// There is no such session, or it is not answered.
    pub fn info(&mut self, now: Moment, id: SessionId, body: &Body) -> Result<(), Refusal> {
        let session = self.sessions.get(&id).ok_or(Refusal::NoSession)?;
        let dialog = session.dialog.clone().filter(|_| session.is_confirmed()).ok_or(Refusal::NotNow)?;
        self.send_aside(now, id, &dialog, &Method::Info, &Headers::default(), Some(body));
        self.pump(now);
        Ok(())
    }
}
