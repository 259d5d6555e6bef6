//! Opening the database file: pragmas, the refusal of foreign and newer files, and numbered migrations.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::error::{AuthenticatorError, StorageFailure};

/// Opens the file, which is made first if it is not there, and brings it to the current schema.
///
/// Two processes may do this at once. Switching to WAL can then fail without waiting, whatever the busy time-out says,
/// so the whole opening is tried again until a deadline.
pub(super) fn open(path: &Path) -> Result<Connection, AuthenticatorError> {
    make_file(path)?;
    let deadline = Instant::now().checked_add(OPEN_DEADLINE);
    loop {
        match try_open(path) {
            Err(Failure::Sqlite(error))
                if is_busy(&error) && deadline.is_some_and(|at| Instant::now() < at) =>
            {
                sleep(OPEN_PAUSE);
            }
            Err(Failure::Sqlite(error)) => return Err(failure(&error).into()),
            Err(Failure::Refused(reason)) => return Err(reason.into()),
            Ok(connection) => return Ok(connection),
        }
    }
}

/// Whether nothing was ever stored here: no file, or one that another process has only just made.
pub(super) fn is_new(path: &Path) -> Result<bool, AuthenticatorError> {
    match std::fs::metadata(path) {
        Ok(file) => Ok(file.len() == 0),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(_) => Err(StorageFailure::Io.into()),
    }
}

/// What a database error means for the caller.
pub(super) fn failure(error: &rusqlite::Error) -> StorageFailure {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StorageFailure::Busy,
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::DiskFull
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::OperationInterrupted
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::NoLargeFileSupport,
        ) => StorageFailure::Io,
        // Everything else means that tables, types or pages are not what we wrote.
        _ => StorageFailure::Corrupt,
    }
}

enum Failure {
    Sqlite(rusqlite::Error),
    Refused(StorageFailure),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn try_open(path: &Path) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    // Reading only, so far: a file that is not ours must stay as it is, and the next pragma writes.
    check_owner(&mut connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    check_pages(&connection)?;
    migrate(&mut connection)?;
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    Ok(connection)
}

/// Moves what is in the journal into the file and empties it. Under another process's reading it cannot be done, and is
/// left to the next writing; nobody waits for it.
pub(super) fn empty_journal(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(JOURNAL_PAUSE)?;
    let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    connection.busy_timeout(BUSY)?;
    emptied
}

/// A file of another program, or of a newer version of this one, is refused before anything is written.
fn check_owner(connection: &mut Connection) -> Result<(), Failure> {
    // One transaction: another process may be making the tables at this moment.
    let connection = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (application, version) {
        (0, 0) if tables == 0 => Ok(()),
        (APPLICATION_ID, version) if version > latest() => Err(Failure::Refused(StorageFailure::Newer)),
        (APPLICATION_ID, 1..) => Ok(()),
        (APPLICATION_ID, _) => Err(Failure::Refused(StorageFailure::Corrupt)),
        _ => Err(Failure::Refused(StorageFailure::Foreign)),
    }
}

/// Pages that do not add up could make rows vanish without a word.
fn check_pages(connection: &Connection) -> Result<(), Failure> {
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(Failure::Refused(StorageFailure::Corrupt)) }
}

fn migrate(connection: &mut Connection) -> Result<(), Failure> {
    let version = |connection: &Connection| -> Result<i64, rusqlite::Error> {
        connection.pragma_query_value(None, "user_version", |row| row.get(0))
    };
    if version(connection)? == latest() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have migrated while this one waited.
    let at =
        usize::try_from(version(&transaction)?).map_err(|_| Failure::Refused(StorageFailure::Corrupt))?;
    for step in MIGRATIONS.iter().skip(at) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", latest())?;
    transaction.commit()?;
    Ok(())
}

fn is_busy(error: &rusqlite::Error) -> bool {
    failure(error) == StorageFailure::Busy
}

/// SQLite would make the file readable for everybody; its journal files take over the mode that they find.
fn make_file(path: &Path) -> Result<(), AuthenticatorError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    crate::files::owner_only(&mut options);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(_) => Err(StorageFailure::Io.into()),
    }
}

fn latest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The schema's versions: the index is the version that a step starts from. Released steps never change.
const MIGRATIONS: &[&str] =
    &[include_str!("migrations/001_initial.sql"), include_str!("migrations/002_sequence.sql")];

/// `APSH`.
const APPLICATION_ID: i64 = 0x4150_5348;

const BUSY: Duration = Duration::from_secs(5);
const JOURNAL_PAUSE: Duration = Duration::from_millis(50);
const OPEN_DEADLINE: Duration = Duration::from_secs(10);
const OPEN_PAUSE: Duration = Duration::from_millis(5);
