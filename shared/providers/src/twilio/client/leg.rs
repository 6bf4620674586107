//! Finding the leg of an attempt whose id no webhook has told, among the legs of its call.

use ringfall_domain::target::Destination;

use super::resource::CallResource;
use crate::{carrier::LegQuery, placed::delay};

/// The leg that was placed closest to the reservation, of those to the attempt's destination that belong to no other attempt and
/// were not placed before it. A leg whose time Twilio does not tell comes last, but counts: better to keep a slot than to free
/// one that is in use.
pub(super) fn closest(calls: Vec<CallResource>, query: &LegQuery) -> Option<CallResource> {
    calls
        .into_iter()
        .filter(|call| is_to(call, &query.destination) && !query.other_provider_leg_ids.contains(&call.sid))
        .filter_map(|call| Some((delay(call.created_at(), query.reserved_at)?, call)))
        .min_by_key(|(delay, _)| *delay)
        .map(|(_, call)| call)
}

fn is_to(call: &CallResource, destination: &Destination) -> bool {
    let to = call.to.as_deref().unwrap_or("");
    match destination {
        Destination::PhoneNumber(number) => to == number.as_str(),
        Destination::SipUri(uri) => address(to).eq_ignore_ascii_case(address(uri.as_str())),
    }
}

/// A SIP URI's user and host: Twilio may leave out the scheme and the parameters.
fn address(uri: &str) -> &str {
    let rest = ["sips:", "sip:"].iter().find_map(|scheme| uri.strip_prefix(scheme)).unwrap_or(uri);
    rest.split([';', '?']).next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use ringfall_domain::target::SipUri;
    use serde_json::json;

    use super::*;

    const RESERVED_AT: &str = "2026-03-02T15:00:10Z";

    fn leg(sid: &str, to: &str, created_at: &str) -> CallResource {
        let call = json!({
            "sid": sid,
            "status": "ringing",
            "to": to,
            "date_created": format!("Mon, 02 Mar 2026 {created_at} +0000"),
        });
        serde_json::from_value(call).expect("a call")
    }

    fn query(destination: Destination) -> LegQuery {
        LegQuery {
            provider_call_id: "CA1".to_owned(),
            provider_leg_id: None,
            destination,
            reserved_at: RESERVED_AT.parse().expect("a time"),
            other_provider_leg_ids: vec!["CAother".to_owned()],
        }
    }

    fn check(destination: &Destination, calls: Vec<CallResource>, expected: Option<&str>) {
        let found = closest(calls, &query(destination.clone())).map(|call| call.sid);
        assert_eq!(found.as_deref(), expected);
    }

    #[test]
    fn a_leg_is_found_by_its_destination_and_its_time() {
        let number = Destination::PhoneNumber("+12145550100".parse().expect("a number"));
        let to = "+12145550100";
        check(&number, vec![], None);
        check(&number, vec![leg("CAa", "+12145550199", "15:00:10")], None);
        check(&number, vec![leg("CAother", to, "15:00:10")], None);
        check(&number, vec![leg("CAa", to, "14:59:59")], None);
        check(&number, vec![leg("CAa", to, "15:00:00")], Some("CAa"));
        check(
            &number,
            vec![
                leg("CAlater", to, "15:00:40"),
                leg("CAmine", to, "15:00:11"),
                leg("CAother", to, "15:00:10"),
                leg("CAearlier", to, "15:00:07"),
            ],
            Some("CAmine"),
        );
    }

    #[test]
    fn a_leg_without_a_time_is_found_only_where_no_other_is() {
        let number = Destination::PhoneNumber("+12145550100".parse().expect("a number"));
        let timeless = || leg("CAtimeless", "+12145550100", "nonsense");
        check(&number, vec![timeless()], Some("CAtimeless"));
        check(&number, vec![timeless(), leg("CAmine", "+12145550100", "15:00:59")], Some("CAmine"));
    }

    #[test]
    fn a_sip_leg_is_found_with_or_without_scheme_and_parameters() {
        let uri = SipUri::try_from("sip:desk@Example.com;transport=tcp".to_owned()).expect("a URI");
        let sip = Destination::SipUri(uri);
        for to in ["sip:desk@example.com", "desk@example.com", "sip:desk@example.com;transport=tcp"] {
            check(&sip, vec![leg("CAa", to, "15:00:10")], Some("CAa"));
        }
        for to in ["sip:other@example.com", "", "+12145550100"] {
            check(&sip, vec![leg("CAa", to, "15:00:10")], None);
        }
    }
}
