//! A phone from outside.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use tokio::sync::{mpsc, oneshot};

use crate::{
    line::Line,
    signalling::{Order, Signalling},
    tone::Tone,
};

/// A place at which SIP is taken over UDP. Unplugged once it and all its calls are dropped.
#[derive(Debug)]
pub struct Phone {
    address: SocketAddr,
    orders: mpsc::UnboundedSender<Order>,
    rings: mpsc::UnboundedReceiver<Line>,
}

/// A call to be made.
#[derive(Debug, Clone, Copy)]
pub struct Dialling<'a> {
    /// Who is wanted: the user of the Request-URI.
    pub number: &'a str,
    /// Where SIP is taken that leads there.
    pub at: SocketAddr,
    /// Who calls: the user of From.
    pub from: &'a str,
}

impl Phone {
    /// Takes a free port of an address. `tone`: what is said on each of its calls; `known`: the tones that are listened for.
    ///
    /// # Errors
    /// The address is none of this machine's, or the system gives no port or no randomness.
    pub async fn plug_in(ip: IpAddr, tone: Tone, known: &[Tone]) -> io::Result<Self> {
        let (orders, ordered) = mpsc::unbounded_channel();
        let (ringing, rings) = mpsc::unbounded_channel();
        let signalling = Signalling::open(ip, (tone, Arc::from(known)), orders.downgrade(), ringing).await?;
        let address = signalling.address();
        tokio::spawn(signalling.run(ordered));
        Ok(Self { address, orders, rings })
    }

    /// Where it is reached.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Dials.
    ///
    /// # Errors
    /// There is no port for the audio, or the number is none that a URI can hold.
    pub async fn dial(&self, dialling: Dialling<'_>) -> io::Result<Line> {
        let (reply, line) = oneshot::channel();
        let Dialling { number, at, from } = dialling;
        let order = Order::Dial { number: number.to_owned(), at, from: from.to_owned(), reply };
        let gone = || io::Error::other("the phone is unplugged");
        self.orders.send(order).map_err(|_| gone())?;
        line.await.map_err(|_| gone())?
    }

    /// The next call that comes in; none if the phone has broken down.
    pub async fn rings(&mut self) -> Option<Line> {
        self.rings.recv().await
    }
}
