//! Dialogs (RFC 3261 §12): who talks with whom, under which tags, by which way.

use core::net::SocketAddr;

use bytes::Bytes;

use crate::{
    message::{Address, CSeq, Essentials, Headers, Method, Name, Problem, Request, Response, Uri},
    transport::Peer,
};

/// What the messages of one dialog share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialogId {
    /// The Call-ID.
    pub call_id: String,
    /// Our tag.
    pub local_tag: String,
    /// The other side's; empty if it is of RFC 2543's time and has none.
    pub remote_tag: String,
}

impl DialogId {
    /// The dialog of a request that came.
    pub fn of_request(request: &Request) -> Self {
        Self::new(&request.essentials, &request.essentials.to, &request.essentials.from)
    }

    /// The dialog of a response that came.
    pub fn of_response(response: &Response) -> Self {
        Self::new(&response.essentials, &response.essentials.from, &response.essentials.to)
    }

    fn new(essentials: &Essentials, local: &Address, remote: &Address) -> Self {
        let tag = |address: &Address| address.tag().unwrap_or_default().to_owned();
        Self { call_id: essentials.call_id.clone(), local_tag: tag(local), remote_tag: tag(remote) }
    }
}

/// A request that comes too late to be done: one with a higher number came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a later request came before this one")]
pub struct OutOfOrder;

/// One dialog, early or confirmed.
#[derive(Debug, Clone)]
pub struct Dialog {
    id: DialogId,
    local: Address,
    remote: Address,
    route_set: Vec<Address>,
    target: Uri,
    remote_number: Option<u32>,
    /// Where the other side was last reached.
    peer: Peer,
}

impl Dialog {
    /// The dialog that a request of the other side begins, under our tag (RFC 3261 §12.1.1).
    ///
    /// # Errors
    /// It has no single Contact.
    pub fn of_request(request: &Request, local_tag: &str, from: Peer) -> Result<Self, Problem> {
        let local = match request.essentials.to.tag() {
            Some(_) => request.essentials.to.clone(),
            None => request.essentials.to.clone().with_tag(local_tag),
        };
        let id = DialogId { local_tag: local_tag.to_owned(), ..DialogId::of_request(request) };
        Ok(Self {
            id,
            local,
            remote: request.essentials.from.clone(),
            route_set: request.headers.addresses(&Name::RecordRoute)?,
            target: contact(&request.headers)?,
            remote_number: Some(request.essentials.cseq.number),
            peer: from,
        })
    }

    /// The dialog that a response to our request begins (RFC 3261 §12.1.2). One that names no Contact, as it must, is taken to be reached
    /// where the request went; it still has to be acknowledged and hung up on.
    pub fn of_response(response: &Response, requested: &Uri, peer: Peer) -> Self {
        let mut route_set = response.headers.addresses(&Name::RecordRoute).unwrap_or_default();
        route_set.reverse();
        Self {
            id: DialogId::of_response(response),
            local: response.essentials.from.clone(),
            remote: response.essentials.to.clone(),
            route_set,
            target: contact(&response.headers).unwrap_or_else(|_| requested.clone()),
            remote_number: None,
            peer,
        }
    }

    /// Its name.
    pub const fn id(&self) -> &DialogId {
        &self.id
    }

    /// The other side's Contact.
    pub const fn target(&self) -> &Uri {
        &self.target
    }

    /// A request within the dialog (RFC 3261 §12.2.1.1), without Via and Contact.
    pub fn request(&self, method: Method, number: u32) -> Request {
        let essentials = Essentials {
            via: Vec::new(),
            from: self.local.clone(),
            to: self.remote.clone(),
            call_id: self.id.call_id.clone(),
            cseq: CSeq { number, method: method.clone() },
        };
        let mut headers = Headers::default().with(Name::MaxForwards, Bytes::from_static(b"70"));
        let (uri, routes) = self.way();
        for route in routes {
            headers.push(Name::Route, route.to_string());
        }
        Request { method, uri, essentials, headers, body: Bytes::new() }
    }

    /// The Request-URI and the Route. A first router without `lr` takes the place of the target, which goes to the end.
    fn way(&self) -> (Uri, Vec<Address>) {
        let is_loose = |route: &Address| route.uri.as_sip().is_some_and(|uri| uri.is_loose_router());
        match self.route_set.split_first() {
            Some((first, rest)) if !is_loose(first) => {
                let target = Address::new(self.target.clone());
                (first.uri.clone(), rest.iter().cloned().chain([target]).collect())
            }
            _ => (self.target.clone(), self.route_set.clone()),
        }
    }

    /// Where requests go: to the first router or else to the target, if that names an address. A name is not looked up again: its requests
    /// go where the dialog was made, which is where the name led then.
    pub fn peer(&self) -> Peer {
        let hop = self.route_set.first().map_or(&self.target, |route| &route.uri);
        let Some(hop) = hop.as_sip() else { return self.peer };
        let Some(address) = hop.host.address() else { return self.peer };
        let transport = hop.transport().unwrap_or(self.peer.transport);
        let address = SocketAddr::new(address, hop.port.unwrap_or(transport.default_port()));
        let is_same_way = transport == self.peer.transport;
        let connection = self.peer.connection.filter(|_| is_same_way && transport.is_reliable());
        // Another address of the other side's is believed by itself.
        let name = self.peer.name.filter(|_| is_same_way && address.ip() == self.peer.address.ip());
        Peer { transport, address, connection, name }
    }

    /// Takes the number of a request of the other side.
    ///
    /// # Errors
    /// A request with that number or a higher one came before (RFC 3261 §12.2.2).
    pub fn take_number(&mut self, request: &Request) -> Result<(), OutOfOrder> {
        let number = request.essentials.cseq.number;
        if self.remote_number.is_some_and(|known| number <= known) {
            return Err(OutOfOrder);
        }
        self.remote_number = Some(number);
        Ok(())
    }

    /// Takes the Contact of a request that may change it, or of the response to one (RFC 3261 §12.2: target refresh), by its headers.
    pub fn refresh_target(&mut self, headers: &Headers) {
        if let Ok(target) = contact(headers) {
            self.target = target;
        }
    }

    /// The other side has been heard from there, over a connection that may have come to be since.
    pub fn heard_from(&mut self, peer: Peer) {
        self.peer = peer;
    }
}

fn contact(headers: &Headers) -> Result<Uri, Problem> {
    let mut contacts = headers.addresses(&Name::Contact)?.into_iter();
    match (contacts.next(), contacts.next()) {
        (Some(contact), None) => Ok(contact.uri),
        (None, _) => Err(Problem::Missing(Name::Contact)),
        (Some(_), Some(_)) => Err(Problem::Repeated(Name::Contact)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        message::{Message, SipUri, StatusCode},
        transport::Transport,
    };

    fn invite(more: &str) -> Request {
        let text = format!(
            "INVITE sip:b@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=theirs\r\n\
             To: <sip:b@h>\r\nCall-ID: x\r\nCSeq: 7 INVITE\r\nContact: <sip:a@192.0.2.9:5070>\r\n{more}\r\n"
        );
        match Message::parse(&text.into()) {
            Ok(Message::Request(request)) => request,
            other => unreachable!("{other:?}"),
        }
    }

    fn peer() -> Peer {
        Peer::new(Transport::Udp, "192.0.2.200:5060".parse().expect("an address"))
    }

    fn routes(request: &Request) -> Vec<String> {
        let routes = request.headers.addresses(&Name::Route).expect("routes");
        routes.iter().map(|route| route.uri.to_string()).collect()
    }

    #[test]
    fn the_called_side_takes_the_recorded_route_as_it_stands() {
        let invite = invite("Record-Route: <sip:192.0.2.3;lr>, <sip:p.example.com;lr>\r\n");
        let dialog = Dialog::of_request(&invite, "ours", peer()).expect("a dialog");
        let bye = dialog.request(Method::Bye, 1);
        assert_eq!(bye.uri.to_string(), "sip:a@192.0.2.9:5070");
        assert_eq!(routes(&bye), ["sip:192.0.2.3;lr", "sip:p.example.com;lr"]);
        assert_eq!((bye.essentials.from.tag(), bye.essentials.to.tag()), (Some("ours"), Some("theirs")));
        assert_eq!(dialog.peer().address.to_string(), "192.0.2.3:5060");
    }

    #[test]
    fn the_calling_side_takes_it_backwards_and_never_a_preloaded_route() {
        let mut response = invite("Route: <sip:preloaded;lr>\r\n").reply(StatusCode::OK, "theirs2");
        let recorded = Bytes::from_static(b"<sip:192.0.2.3;lr>, <sip:192.0.2.4;lr>");
        response.headers.push(Name::RecordRoute, recorded);
        response.headers.push(Name::Contact, Bytes::from_static(b"<sip:b@192.0.2.5>"));
        let requested = "sip:b@192.0.2.1".parse().expect("a URI");
        let dialog = Dialog::of_response(&response, &requested, peer());
        let ack = dialog.request(Method::Ack, 7);
        assert_eq!(routes(&ack), ["sip:192.0.2.4;lr", "sip:192.0.2.3;lr"]);
        assert_eq!(ack.uri.to_string(), "sip:b@192.0.2.5");
        assert_eq!(dialog.peer().address.to_string(), "192.0.2.4:5060");
    }

    #[test]
    fn a_strict_router_takes_the_place_of_the_target() {
        let invite = invite("Record-Route: <sip:192.0.2.3>\r\nRecord-Route: <sip:192.0.2.4;lr>\r\n");
        let bye = Dialog::of_request(&invite, "ours", peer()).expect("a dialog").request(Method::Bye, 1);
        assert_eq!(bye.uri.to_string(), "sip:192.0.2.3");
        assert_eq!(routes(&bye), ["sip:192.0.2.4;lr", "sip:a@192.0.2.9:5070"]);
    }

    #[test]
    fn a_name_is_reached_where_the_dialog_was_made() {
        let mut invite = invite("");
        invite.headers.set(Name::Contact, Bytes::from_static(b"<sip:a@pbx.example.com>"));
        let dialog = Dialog::of_request(&invite, "ours", peer()).expect("a dialog");
        assert_eq!(dialog.peer(), peer());
    }

    #[test]
    fn the_name_that_was_proven_is_that_of_its_own_address_alone() {
        let name = Some(crate::transport::NameId(7));
        let tls = Peer { name, ..Peer::new(Transport::Tls, "192.0.2.200:5061".parse().expect("an address")) };
        for (contact, expected) in [
            (&b"<sip:a@pbx.example.com;transport=tls>"[..], name),
            (b"<sip:a@192.0.2.200:5070;transport=tls>", name),
            (b"<sip:a@192.0.2.201:5061;transport=tls>", None),
            (b"<sip:a@192.0.2.200:5060;transport=tcp>", None),
        ] {
            let mut invite = invite("");
            invite.headers.set(Name::Contact, Bytes::copy_from_slice(contact));
            let dialog = Dialog::of_request(&invite, "ours", tls).expect("a dialog");
            assert_eq!(dialog.peer().name, expected, "{}", String::from_utf8_lossy(contact));
        }
    }

    #[test]
    fn numbers_only_rise_and_the_target_follows_the_contact() {
        let mut dialog = Dialog::of_request(&invite(""), "ours", peer()).expect("a dialog");
        let mut again = invite("");
        assert_eq!(dialog.take_number(&again), Err(OutOfOrder));
        again.essentials.cseq.number = 9;
        assert_eq!(dialog.take_number(&again), Ok(()));
        again.essentials.cseq.number = 8;
        assert_eq!(dialog.take_number(&again), Err(OutOfOrder));
        again.headers.set(Name::Contact, Bytes::from_static(b"<sip:a@192.0.2.77>"));
        dialog.refresh_target(&again.headers);
        let host = dialog.target().as_sip().map(|uri: &SipUri| uri.host.to_string());
        assert_eq!(host.as_deref(), Some("192.0.2.77"));
    }

    #[test]
    fn without_a_single_contact_there_is_no_dialog() {
        let mut none = invite("");
        none.headers.remove(&Name::Contact);
        assert_eq!(Dialog::of_request(&none, "t", peer()).err(), Some(Problem::Missing(Name::Contact)));
        let two = invite("Contact: <sip:c@d>\r\n");
        assert_eq!(Dialog::of_request(&two, "t", peer()).err(), Some(Problem::Repeated(Name::Contact)));
    }
}
