//! The carrier's REST API: the truth, as far as it answers, and some seconds old.

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use jiff::SignedDuration;
use ringfall_domain::{
    call::{
        event::Input,
        instructions::{Continuation, Instruction},
    },
    ids::CallId,
};
use ringfall_providers::{Callbacks, Carrier as Provider, CarrierError, LegOnProvider, LegQuery, NewCall};
use tokio::time::{Instant, sleep};

use super::{
    super::defects::Defect,
    Carrier,
    instructions::event_of,
    leg::{Leg, Life},
};

/// The API of one connection.
pub(super) struct Api {
    pub(super) carrier: Weak<Carrier>,
    pub(super) agency: usize,
}

/// No leg of an attempt is looked for that was placed longer before its reservation, by clocks that differ.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(10);

impl Api {
    async fn reach(&self) -> Result<Arc<Carrier>, CarrierError> {
        let unavailable = || CarrierError::Unavailable("a fault".to_owned());
        let carrier = self.carrier.upgrade().ok_or_else(unavailable)?;
        sleep(carrier.faults.delay(30..=600)).await;
        if carrier.faults.strikes(carrier.faults.weather.api_down, "provider's API: down") {
            return Err(unavailable());
        }
        Ok(carrier)
    }

    /// The order was carried out; its answer may be lost all the same.
    fn answered<T>(carrier: &Carrier, answer: T) -> Result<T, CarrierError> {
        if carrier.faults.strikes(carrier.faults.weather.api_down, "provider's API: answer lost") {
            return Err(CarrierError::Unavailable("the answer was lost".to_owned()));
        }
        Ok(answer)
    }

    fn known(&self, carrier: &Carrier, query: &LegQuery) -> Option<(Arc<Leg>, Life)> {
        let stale = carrier.faults.delay(0..=carrier.faults.weather.api_stale_milliseconds);
        let as_of = Instant::now().checked_sub(stale)?;
        match &query.provider_leg_id {
            Some(sid) => {
                let leg = carrier.leg(sid).filter(|leg| leg.agency() == self.agency)?;
                let life = leg.life().as_of(as_of)?;
                Some((leg, life))
            }
            None => closest(carrier, query, as_of),
        }
    }
}

/// The leg of the call to that destination, of no other attempt, that was placed closest to the reservation.
fn closest(carrier: &Carrier, query: &LegQuery, as_of: Instant) -> Option<(Arc<Leg>, Life)> {
    let legs = carrier.legs_of(&query.provider_call_id).into_iter();
    let candidates = legs.filter(|leg| {
        leg.destination == query.destination && !query.other_provider_leg_ids.contains(&leg.sid)
    });
    let timely = candidates.filter_map(|leg| {
        let delay = carrier.created_at(&leg).duration_since(query.reserved_at);
        let life = leg.life().as_of(as_of).filter(|_| delay >= -CLOCKS_APART)?;
        Some((delay.abs(), leg, life))
    });
    timely.min_by_key(|(delay, ..)| *delay).map(|(_, leg, life)| (leg, life))
}

#[async_trait]
impl Provider for Api {
    async fn fetch_leg(&self, query: &LegQuery) -> Result<LegOnProvider, CarrierError> {
        let carrier = self.reach().await?;
        if carrier.defect == Some(Defect::ExpiryAlone) {
            return Ok(LegOnProvider::NoSuchLeg);
        }
        let answer = async {
            let known = self.known(&carrier, query);
            known.map_or(LegOnProvider::NoSuchLeg, |(leg, life)| {
                LegOnProvider::Known(carrier.leg_report(&leg, life))
            })
        };
        let answer = carrier.faults.at_the_provider(answer).await;
        carrier.trace.note(format_args!("the provider's API of {} says {answer:?}", query.provider_call_id));
        Ok(answer)
    }

    async fn end_call(&self, provider_id: &str) -> Result<(), CarrierError> {
        let carrier = self.reach().await?;
        let order = async {
            carrier.trace.note(format_args!("the platform hangs up {provider_id}"));
            if let Some(leg) = carrier.leg(provider_id) {
                leg.cut();
            } else if let Some(line) = carrier.line(provider_id) {
                line.hang_up();
            }
        };
        carrier.faults.at_the_provider(order).await;
        Ok(())
    }

    /// Nothing that is simulated yet changes a call under way.
    async fn modify_call(
        &self,
        provider_call_id: &str,
        _instructions: &[Instruction],
        _call: CallId,
        _callbacks: &Callbacks,
    ) -> Result<bool, CarrierError> {
        Err(CarrierError::Refused(format!("no order changes the call {provider_call_id}")))
    }

    async fn redirect(
        &self,
        provider_call_id: &str,
        then: &Continuation,
        call: CallId,
        callbacks: &Callbacks,
    ) -> Result<bool, CarrierError> {
        let carrier = self.reach().await?;
        let order = async {
            let line = carrier.line(provider_call_id);
            let line = line.filter(|line| line.agency == self.agency && !line.is_over());
            let line = line.zip(event_of(then, Input::Nothing, provider_call_id));
            carrier.trace.note(format_args!("the platform redirects {provider_call_id} to {then:?}"));
            if line.is_none() {
                carrier.trace.count("provider's API: redirect of a call that is over");
            }
            line.map(|(line, kind)| line.redirect(callbacks.url(call, then), kind)).is_some()
        };
        let is_there = carrier.faults.at_the_provider(order).await;
        Self::answered(&carrier, is_there)
    }

    async fn place_call(
        &self,
        new: &NewCall,
        call: CallId,
        callbacks: &Callbacks,
    ) -> Result<String, CarrierError> {
        let carrier = self.reach().await?;
        let order = async { carrier.call_back(new, call, callbacks) };
        let sid = carrier.faults.at_the_provider(order).await;
        let refused = || CarrierError::Refused("no such call to call back for".to_owned());
        Self::answered(&carrier, sid.ok_or_else(refused)?)
    }
}
