//! The file: who may open it, what is in it, and how SQLite is told to keep it.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};

/// Marks a file as ours ("RFAL").
const APPLICATION_ID: i32 = 0x5246_414c;
/// The version of the tables below. A change of them that an older program would misread raises it.
const SCHEMA_VERSION: i32 = 4;

/// Most items, and their images before and after, fit into one page; a lone write still goes to disk in a
/// few.
const PAGE_BYTES: u32 = 8_192;

/// `items` is the table port's. It has rows by number and an index beside them, since bodies of some
/// kilobytes within the tree of keys would make it deep. `changes` are numbered by the writer, one after the other;
/// `forgotten` is how far they were forgotten when last none was left, so that no number is given again. `messages`
/// number their rows with `AUTOINCREMENT`, to the same end. A message's `due` is also the end of its being hidden; it
/// is in microseconds since 1970.
const TABLES: &str = "
    CREATE TABLE items (
        partition TEXT NOT NULL,
        sort TEXT NOT NULL,
        body BLOB NOT NULL,
        UNIQUE (partition, sort)
    ) STRICT;
    CREATE TABLE changes (
        position INTEGER PRIMARY KEY,
        partition TEXT NOT NULL,
        sort TEXT NOT NULL,
        old BLOB,
        new BLOB
    ) STRICT;
    CREATE TABLE forgotten (through INTEGER NOT NULL) STRICT;
    INSERT INTO forgotten VALUES (0);
    CREATE TABLE messages (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        body TEXT NOT NULL,
        due INTEGER NOT NULL,
        deliveries INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX messages_by_due ON messages (due, number);
";

/// Statements that a connection keeps prepared: more than there are in this engine.
const STATEMENTS: usize = 32;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another store, here or in another process, has the file open.
    #[error("{0} is in use by another Ringfall: stop it, or choose another data folder")]
    InUse(PathBuf),
    /// The file holds something else.
    #[error("{0} is not a Ringfall store: choose another data folder")]
    Foreign(PathBuf),
    /// The file was written by a program that keeps its data otherwise.
    #[error(
        "{path} has schema version {found}, this Ringfall reads {SCHEMA_VERSION}: use the one that wrote it"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: i32,
    },
    /// The file, or the lock beside it, cannot be made or locked.
    #[error("cannot open or lock {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SQLite or the file system under it.
    #[error("cannot open {path}: {source}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The writer's thread could not be started.
    #[error("cannot start the writer: {0}")]
    Thread(io::Error),
}

/// Keeps other stores out for as long as it lives. The system lets go of it even if the process is killed.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held, never read")] File);

/// Locks the file at `path` by a second one beside it: SQLite's own locks come and go with its transactions.
pub(super) fn lock(path: &Path) -> Result<Lock, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let failed = |source| OpenError::File { path: lock_path.clone(), source };
    let file = open_private(&lock_path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Opens a file, or makes one that only its owner may read: there are providers' credentials in a store.
fn open_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The connection that writes. Makes the tables if the file is new.
pub(super) fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    let failed = |source: rusqlite::Error| match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => OpenError::Foreign(path.to_owned()),
        _ => OpenError::Sqlite { path: path.to_owned(), source },
    };
    open_private(path).map_err(|source| OpenError::File { path: path.to_owned(), source })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    if is_ours(&connection, path, failed)? {
        prepare(&connection).map_err(failed)?;
    } else {
        create(&connection).map_err(failed)?;
    }
    Ok(connection)
}

/// True if the file holds a store, false if it is new.
fn is_ours(
    connection: &Connection,
    path: &Path,
    failed: impl Fn(rusqlite::Error) -> OpenError,
) -> Result<bool, OpenError> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i32>(0)).map_err(&failed);
    let version = number("PRAGMA user_version")?;
    match number("PRAGMA application_id")? {
        APPLICATION_ID if version == SCHEMA_VERSION => Ok(true),
        APPLICATION_ID => Err(OpenError::Version { path: path.to_owned(), found: version }),
        0 if version == 0 && number("SELECT count(*) FROM sqlite_schema")? == 0 => Ok(false),
        _ => Err(OpenError::Foreign(path.to_owned())),
    }
}

/// In one transaction, so that a file is either empty or whole.
fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!("PRAGMA page_size = {PAGE_BYTES}"))?;
    prepare(connection)?;
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {TABLES}
         PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
    ))
}

/// `FULL` makes every commit durable; in WAL mode it costs one flush. The log is brought into the file by a
/// connection of its own ([`super::checkpoints`]); only if it grows to 32 MB all the same, the writer brings
/// in the rest, and starts the log anew.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA cache_size = -32768;
         PRAGMA trusted_schema = OFF;",
    )
}

/// A connection that brings the log into the file. The file must have been opened by [`open_writer`] before.
pub(super) fn open_checkpointer(path: &Path) -> Result<Connection, OpenError> {
    open_further(path, OpenFlags::SQLITE_OPEN_READ_WRITE, "PRAGMA synchronous = FULL;")
}

/// A connection that only reads. The file must have been opened by [`open_writer`] before.
pub(super) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    open_further(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY,
        "PRAGMA cache_size = -8192; PRAGMA trusted_schema = OFF;",
    )
}

fn open_further(path: &Path, access: OpenFlags, pragmas: &str) -> Result<Connection, OpenError> {
    let failed = |source| OpenError::Sqlite { path: path.to_owned(), source };
    let connection =
        Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(pragmas).map_err(failed)?;
    Ok(connection)
}
