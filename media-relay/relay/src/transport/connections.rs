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
    transport::{ConnectionId, NameId, Peer, Transport},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, TlsConnector, rustls::pki_types::ServerName};

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
    /// Those that may carry what is for a peer: over TLS, only such as we have made to whom its name says.
    by_peer: HashMap<Peer, ConnectionId>,
    names: Names,
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
        let (open, by_peer, names) = (BTreeMap::new(), HashMap::new(), Names::default());
        // Files that cannot be used are named at once, not with the first call.
        let connector = listen.roots.as_ref().map(|roots| tls::connector(Some(roots))).transpose()?;
        Ok(Self { inbox, gate, tls_address, open, by_peer, names, connector, made: 0 })
    }

    pub(super) const fn tls_address(&self) -> Option<SocketAddr> {
        self.tls_address
    }

    pub(super) fn name(&mut self, host: &str) -> NameId {
        self.names.number(host)
    }

    /// Sends over the connection that is named, else over one to that peer, else over a new one.
    pub(super) fn send(&mut self, transmit: Transmit) {
        let Transmit { to, bytes } = transmit;
        let named = to.connection.filter(|connection| self.open.contains_key(connection));
        let known = named.or_else(|| self.by_peer.get(&without_connection(to)).copied());
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
        self.by_peer.insert(without_connection(to), connection);
        self.open.insert(connection, Connection { peer, writer: writer.clone(), told: Vec::new() });
        let (inbox, name) = (self.inbox.clone(), self.names.to_prove(to));
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
            match (opened, to.transport, tls.zip(name)) {
                (Ok(Ok(tcp)), Transport::Tls, Some((connector, name))) => {
                    let _ = tcp.set_nodelay(true);
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
        // Over TLS, whoever connects to us has proven nothing.
        if peer.transport == Transport::Tcp {
            self.by_peer.entry(without_connection(peer)).or_insert(connection);
        }
        self.open.insert(connection, Connection { peer, writer, told: Vec::new() });
    }

    /// As whom the other side cannot be reached any more.
    pub(super) fn closed(&mut self, connection: ConnectionId, peer: Peer) -> Vec<Peer> {
        let place = without_connection(peer);
        if self.by_peer.get(&place) == Some(&connection) {
            self.by_peer.remove(&place);
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

/// A peer however it is reached.
const fn without_connection(peer: Peer) -> Peer {
    Peer { connection: None, ..peer }
}

/// The names that certificates are to be made out to. Numbers are never given twice.
#[derive(Debug, Default)]
struct Names {
    numbers: HashMap<String, NameId>,
    names: HashMap<NameId, String>,
    given: u64,
}

impl Names {
    fn number(&mut self, host: &str) -> NameId {
        let host = host.to_ascii_lowercase();
        if let Some(number) = self.numbers.get(&host) {
            return *number;
        }
        if self.names.len() >= MOST_NAMES {
            (self.numbers, self.names) = (HashMap::new(), HashMap::new());
        }
        self.given += 1;
        let number = NameId(self.given);
        self.numbers.insert(host.clone(), number);
        self.names.insert(number, host);
        number
    }

    /// What a peer's certificate must be made out to: the name that led to it, else its address. None if the name is not known any more.
    fn to_prove(&self, peer: Peer) -> Option<ServerName<'static>> {
        match peer.name {
            Some(number) => self.names.get(&number).and_then(|name| ServerName::try_from(name.clone()).ok()),
            None => Some(ServerName::IpAddress(peer.address.ip().into())),
        }
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
        let peer = Peer { connection: Some(connection), ..Peer::new(transport, address) };
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
