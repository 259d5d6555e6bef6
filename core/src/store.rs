//! The encrypted store: one SQLite file, one writer, every record sealed in its place.
//!
//! Whatever must be atomic takes a [`Tx`]: it is a transaction that began with the write lock, so what was read in it
//! still holds when it is committed. A damaged or tampered file is a typed error; nothing is ever repaired or deleted.

mod rows;
mod schema;
pub(crate) mod trying;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};
use serde::{Deserialize, Serialize};

use crate::error::{AuthenticatorError, StorageFailure};
use crate::files;
use crate::ports::Vault;
use crate::seal::{MasterKey, Namer, Place, Sealer};

/// The open store.
pub(crate) struct Store {
    // A std mutex: it is only ever held on threads that may block, never across an await.
    connection: Mutex<Connection>,
    sealer: Sealer,
    namer: Namer,
    folder: PathBuf,
}

/// One transaction with the keys that open its records.
pub(crate) struct Tx<'a> {
    sql: &'a Transaction<'a>,
    sealer: &'a Sealer,
    namer: &'a Namer,
}

impl Store {
    /// Opens or makes the store in `folder`. A key is made only for a store that is new: an old one whose key is
    /// missing stays closed.
    pub(crate) fn open(folder: &Path, vault: &dyn Vault) -> Result<Self, AuthenticatorError> {
        files::make_folder(folder).map_err(|_| StorageFailure::Io)?;
        let path = folder.join(FILE);
        let master = MasterKey::from_vault(master_key(vault, &path)?)?;
        let store = Self {
            sealer: Sealer::derive(&master, "store/records")?,
            namer: Namer::derive(&master, "store/names")?,
            connection: Mutex::new(schema::open(&path)?),
            folder: folder.to_owned(),
        };
        store.write(|_| Ok(()))?;
        Ok(store)
    }

    /// Runs `work` in a transaction that sees one state and changes nothing.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, AuthenticatorError>,
    ) -> Result<T, AuthenticatorError> {
        self.transact(TransactionBehavior::Deferred, |tx| {
            tx.check_census()?;
            work(tx)
        })
    }

    /// Runs `work` in a transaction that holds the write lock from its beginning; all of it happens or nothing.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, AuthenticatorError>,
    ) -> Result<T, AuthenticatorError> {
        let done = self.transact(TransactionBehavior::Immediate, |tx| {
            let before = tx.check_census()?;
            let done = work(tx)?;
            tx.write_census(before)?;
            Ok(done)
        })?;
        self.empty_journal();
        Ok(done)
    }

    /// Where the marks of running tries are kept.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps everything in the one file. What was deleted would live on in a journal, and a journal whose end is damaged
    /// (which SQLite takes for one that was cut off) would quietly be an older state.
    fn empty_journal(&self) {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        // It is committed already: if this cannot be done now, the next writing does it.
        let _ = schema::empty_journal(&connection);
    }

    fn transact<T>(
        &self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Tx<'_>) -> Result<T, AuthenticatorError>,
    ) -> Result<T, AuthenticatorError> {
        // A panic in a transaction rolled it back: the connection behind a poisoned lock is sound.
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction_with_behavior(behavior).map_err(sql)?;
        let done = work(&Tx { sql: &transaction, sealer: &self.sealer, namer: &self.namer })?;
        transaction.commit().map_err(sql)?;
        Ok(done)
    }
}

/// The vault's key; a new one only where nothing was ever stored.
fn master_key(vault: &dyn Vault, path: &Path) -> Result<Vec<u8>, AuthenticatorError> {
    if let Some(key) = vault.load()? {
        return Ok(key);
    }
    if schema::is_new(path)? {
        return Ok(vault.create()?);
    }
    // Another process may have made both since this one asked.
    vault.load()?.ok_or(StorageFailure::KeyMissing.into())
}

/// How many rows there must be. Rows that vanish without our doing are noticed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Census {
    accounts: i64,
    requests: i64,
    servers: i64,
    forgotten: i64,
}

impl Tx<'_> {
    /// The census as it is, after it was compared with the one that was sealed. `None` in a store that is just born.
    fn check_census(&self) -> Result<Option<Census>, AuthenticatorError> {
        let key = self.meta(KEY)?;
        let census = self.meta(CENSUS)?;
        match (key, census) {
            (None, None) if self.count()? == (Census::default()) => Ok(None),
            // Neither record opens: more likely another key than two damaged records.
            (Some(Err(_)), Some(Err(_))) => Err(StorageFailure::WrongKey.into()),
            (Some(Ok(_)), Some(Ok(sealed))) => {
                let census = serde_json::from_slice(&sealed).map_err(|_| StorageFailure::Corrupt)?;
                if self.count()? == census { Ok(Some(census)) } else { Err(StorageFailure::Corrupt.into()) }
            }
            _ => Err(StorageFailure::Corrupt.into()),
        }
    }

    fn write_census(&self, before: Option<Census>) -> Result<(), AuthenticatorError> {
        let now = self.count()?;
        if before.is_none() {
            self.put_meta(KEY, b"")?;
        }
        if before != Some(now) {
            let record = serde_json::to_vec(&now).map_err(|_| AuthenticatorError::Internal)?;
            self.put_meta(CENSUS, &record)?;
        }
        Ok(())
    }

    fn count(&self) -> Result<Census, AuthenticatorError> {
        let query = "SELECT (SELECT count(*) FROM accounts), (SELECT count(*) FROM requests),
                            (SELECT count(*) FROM servers), (SELECT count(*) FROM forgotten)";
        let census = |row: &rusqlite::Row<'_>| {
            Ok(Census {
                accounts: row.get(0)?,
                requests: row.get(1)?,
                servers: row.get(2)?,
                forgotten: row.get(3)?,
            })
        };
        self.sql.query_row(query, [], census).map_err(sql)
    }

    #[expect(clippy::type_complexity, reason = "absent, unreadable and readable are three answers")]
    fn meta(
        &self,
        name: &str,
    ) -> Result<Option<Result<zeroize::Zeroizing<Vec<u8>>, AuthenticatorError>>, AuthenticatorError> {
        let query = "SELECT record FROM meta WHERE name = ?1";
        let sealed: Option<Vec<u8>> =
            self.sql.query_row(query, [name], |row| row.get(0)).optional().map_err(sql)?;
        Ok(sealed.map(|sealed| self.sealer.open(Place { table: "meta", key: name }, &sealed)))
    }

    fn put_meta(&self, name: &str, record: &[u8]) -> Result<(), AuthenticatorError> {
        let sealed = self.sealer.seal(Place { table: "meta", key: name }, record)?;
        let statement = "INSERT INTO meta (name, record) VALUES (?1, ?2)
                         ON CONFLICT (name) DO UPDATE SET record = excluded.record";
        self.sql.execute(statement, (name, sealed)).map_err(sql)?;
        Ok(())
    }
}

fn sql(error: rusqlite::Error) -> AuthenticatorError {
    schema::failure(&error).into()
}

const FILE: &str = "authpush.db";
const KEY: &str = "key";
const CENSUS: &str = "census";
