//! All connections of TCP and TLS: those that others make and those that we make, each used again while it is open.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    net::SocketAddr,
    time::Duration,
};

use bytes::Bytes;
use ringfall_sip::{
    transaction::Transmit,
    transport::{ConnectionId, Peer, Transport},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::{
    Listen,
    gate::{Drop, Gate},
    stream::{self, FromStream, MOST_WAITING},
    tls,
};

/// How many connections there may be.
const MOST_CONNECTIONS: usize = 4_096;

/// How many one source may have.
const MOST_PER_SOURCE: usize = 256;

/// How long making a connection may take, TLS included.
const OPENING: Duration = Duration::from_secs(5);

/// How many names are kept for certificates.
const MOST_NAMES: usize = 16_384;

/// How many spellings of one peer a connection's failure is told for.
const MOST_TOLD: usize = 64;

/// Numbers for the connections that others make: odd; ours are even.
const STEP: u64 = 2;

#[derive(Debug)]
struct Connection {
    peer: Peer,
    writer: mpsc::Sender<Bytes>,
    /// As whom the other side was sent to, for those who wait for its answers.
    told: Vec<Peer>,
}

/// All of them.
pub(super) struct Connections {
    inbox: mpsc::Sender<FromStream>,
    gate: Gate,
    tls_address: Option<SocketAddr>,
    open: BTreeMap<ConnectionId, Connection>,
    by_address: HashMap<(Transport, SocketAddr), ConnectionId>,
    names: HashMap<SocketAddr, String>,
    connector: Option<TlsConnector>,
    made: u64,
}

impl Connections {
    /// Takes connections from now on.
    pub(super) async fn listen(
        tcp: TcpListener,
        listen: &Listen,
        gate: Gate,
        inbox: mpsc::Sender<FromStream>,
    ) -> io::Result<Self> {
        let accepting = Accepting { gate: gate.clone(), inbox: inbox.clone() };
        tokio::task::spawn_local(accepting.clone().run(tcp, None, 1));
        let mut tls_address = None;
        if let Some((address, files)) = &listen.tls {
            let acceptor = tls::acceptor(files)?;
            let listener = bind(*address, "TLS").await?;
            tls_address = Some(listener.local_addr()?);
            tokio::task::spawn_local(accepting.run(listener, Some(acceptor), u64::MAX / 2));
        }
        let (open, by_address, names) = (BTreeMap::new(), HashMap::new(), HashMap::new());
        // Files that cannot be used are named at once, not with the first call.
        let connector = listen.roots.as_ref().map(|roots| tls::connector(Some(roots))).transpose()?;
        Ok(Self { inbox, gate, tls_address, open, by_address, names, connector, made: 0 })
    }

    pub(super) const fn tls_address(&self) -> Option<SocketAddr> {
        self.tls_address
    }

    pub(super) fn name(&mut self, peer: SocketAddr, host: &str) {
        if self.names.len() >= MOST_NAMES {
            self.names.clear();
        }
        self.names.insert(peer, host.to_owned());
    }

    /// Sends over the connection that is named, else over one to that address, else over a new one.
    pub(super) fn send(&mut self, transmit: Transmit) {
        let Transmit { to, bytes } = transmit;
        let named = to.connection.filter(|connection| self.open.contains_key(connection));
        let known = named.or_else(|| self.by_address.get(&(to.transport, to.address)).copied());
        let connection = known.unwrap_or_else(|| self.connect(to));
        let Some(open) = self.open.get_mut(&connection) else { return };
        if !open.told.contains(&to) && open.told.len() < MOST_TOLD {
            open.told.push(to);
        }
        if open.writer.try_send(bytes).is_err() {
            self.gate.count(Drop::NotSent);
        }
    }

    /// Begins a connection of ours; what is sent meanwhile waits.
    fn connect(&mut self, to: Peer) -> ConnectionId {
        self.made += STEP;
        let connection = ConnectionId(self.made);
        let peer = Peer { connection: Some(connection), ..to };
        let (writer, to_write) = mpsc::channel(MOST_WAITING);
        self.by_address.insert((to.transport, to.address), connection);
        self.open.insert(connection, Connection { peer, writer: writer.clone(), told: Vec::new() });
        let (inbox, name) = (self.inbox.clone(), self.names.get(&to.address).cloned());
        let tls = match (to.transport, &self.connector) {
            (Transport::Tls, None) => match tls::connector(None) {
                Ok(connector) => {
                    self.connector = Some(connector.clone());
                    Some(connector)
                }
                Err(error) => {
                    tracing::error!(%error, "TLS cannot be spoken");
                    None
                }
            },
            (Transport::Tls, known @ Some(_)) => known.clone(),
            (Transport::Udp | Transport::Tcp, _) => None,
        };
        tokio::task::spawn_local(async move {
            let opened = timeout(OPENING, TcpStream::connect(to.address)).await;
            match (opened, to.transport, tls) {
                (Ok(Ok(tcp)), Transport::Tls, Some(connector)) => {
                    let _ = tcp.set_nodelay(true);
                    let name = tls::server_name(name.as_ref(), to.address);
                    match timeout(OPENING, connector.connect(name, tcp)).await {
                        Ok(Ok(stream)) => stream::run(stream, peer, &inbox, to_write, writer).await,
                        Ok(Err(error)) => tracing::warn!(%error, peer = %to.address, "no TLS with a peer"),
                        Err(_) => tracing::warn!(peer = %to.address, "no TLS with a peer in time"),
                    }
                }
                (Ok(Ok(tcp)), Transport::Tcp, _) => {
                    let _ = tcp.set_nodelay(true);
                    stream::run(tcp, peer, &inbox, to_write, writer).await;
                }
                _ => tracing::debug!(peer = %to.address, "no connection to a peer"),
            }
            let _ = inbox.send(FromStream::Closed { connection, peer }).await;
        });
        connection
    }

    pub(super) fn opened(&mut self, connection: ConnectionId, peer: Peer, writer: mpsc::Sender<Bytes>) {
        self.by_address.entry((peer.transport, peer.address)).or_insert(connection);
        self.open.insert(connection, Connection { peer, writer, told: Vec::new() });
    }

    /// As whom the other side cannot be reached any more.
    pub(super) fn closed(&mut self, connection: ConnectionId, peer: Peer) -> Vec<Peer> {
        let place = (peer.transport, peer.address);
        if self.by_address.get(&place) == Some(&connection) {
            self.by_address.remove(&place);
        }
        let Some(open) = self.open.remove(&connection) else { return Vec::new() };
        debug_assert_eq!(open.peer.address, peer.address);
        open.told
    }
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connections").field("open", &self.open.len()).finish_non_exhaustive()
    }
}

pub(super) async fn bind(address: SocketAddr, what: &str) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot take SIP over {what} at {address}: {error}"))
    })
}

/// Takes the connections of others.
#[derive(Debug, Clone)]
struct Accepting {
    gate: Gate,
    inbox: mpsc::Sender<FromStream>,
}

impl Accepting {
    async fn run(self, listener: TcpListener, tls: Option<TlsAcceptor>, first: u64) {
        let counts = std::rc::Rc::new(std::cell::RefCell::new(HashMap::<_, usize>::new()));
        let mut number = first | 1;
        loop {
            let Ok((tcp, address)) = listener.accept().await else {
                // No file descriptor is left: some will be given back.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            if self.gate.admits(address.ip()).is_none() {
                continue;
            }
            let (all, of_this) = {
                let counts = counts.borrow();
                (counts.values().sum::<usize>(), counts.get(&address.ip()).copied().unwrap_or_default())
            };
            if all >= MOST_CONNECTIONS || of_this >= MOST_PER_SOURCE {
                self.gate.count(Drop::TooManyConnections);
                continue;
            }
            number += STEP;
            *counts.borrow_mut().entry(address.ip()).or_default() += 1;
            let (accepting, tls, counts, id) =
                (self.clone(), tls.clone(), counts.clone(), ConnectionId(number));
            tokio::task::spawn_local(async move {
                accepting.serve(tcp, address, tls, id).await;
                let mut counts = counts.borrow_mut();
                if let Some(count) = counts.get_mut(&address.ip()) {
                    *count -= 1;
                    if *count == 0 {
                        counts.remove(&address.ip());
                    }
                }
            });
        }
    }

    async fn serve(
        &self,
        tcp: TcpStream,
        address: SocketAddr,
        tls: Option<TlsAcceptor>,
        connection: ConnectionId,
    ) {
        let _ = tcp.set_nodelay(true);
        let transport = if tls.is_some() { Transport::Tls } else { Transport::Tcp };
        let peer = Peer { transport, address, connection: Some(connection) };
        let (writer, to_write) = mpsc::channel(MOST_WAITING);
        let opened = FromStream::Opened { connection, peer, writer: writer.clone() };
        match tls {
            None => {
                if self.inbox.send(opened).await.is_ok() {
                    stream::run(tcp, peer, &self.inbox, to_write, writer).await;
                }
            }
            Some(acceptor) => {
                let Ok(Ok(stream)) = timeout(OPENING, acceptor.accept(tcp)).await else { return };
                if self.inbox.send(opened).await.is_ok() {
                    stream::run(stream, peer, &self.inbox, to_write, writer).await;
                }
            }
        }
        let _ = self.inbox.send(FromStream::Closed { connection, peer }).await;
    }
}
