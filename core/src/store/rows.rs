//! Rows: the only place where records are sealed into tables and opened again.

use rusqlite::types::ToSql;
use rusqlite::{OptionalExtension as _, Row};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Tx, sql};
use crate::account::AccountRecord;
use crate::error::{AuthenticatorError, StorageFailure};
use crate::origin::Origin;
use crate::request::RequestRecord;
use crate::seal::Place;

impl Tx<'_> {
    /// The account with this device id.
    pub(crate) fn account(&self, device_id: &str) -> Result<Option<AccountRecord>, AuthenticatorError> {
        let query = "SELECT device_id, created_at, record FROM accounts WHERE device_id = ?1";
        let row = self.sql.query_row(query, [device_id], account_row).optional().map_err(sql)?;
        row.map(|row| self.open_account(row)).transpose()
    }

    /// Every account, the oldest first.
    pub(crate) fn accounts(&self) -> Result<Vec<AccountRecord>, AuthenticatorError> {
        let query = "SELECT device_id, created_at, record FROM accounts ORDER BY created_at, device_id";
        let mut statement = self.sql.prepare(query).map_err(sql)?;
        let rows = statement.query_map([], account_row).map_err(sql)?;
        rows.map(|row| self.open_account(row.map_err(sql)?)).collect()
    }

    /// Writes an account, new or changed.
    pub(crate) fn put_account(&self, account: &AccountRecord) -> Result<(), AuthenticatorError> {
        let device_id = &account.discovery.device_id;
        let record = self.seal(Place { table: "accounts", key: device_id }, account)?;
        let statement = "INSERT INTO accounts (device_id, created_at, record) VALUES (?1, ?2, ?3)
             ON CONFLICT (device_id) DO UPDATE SET created_at = excluded.created_at, record = excluded.record";
        self.run(statement, &[device_id, &account.created_at, &record])
    }

    /// Deletes an account.
    pub(crate) fn delete_account(&self, device_id: &str) -> Result<(), AuthenticatorError> {
        self.run("DELETE FROM accounts WHERE device_id = ?1", &[&device_id])
    }

    /// The id of the request that a push of this account and session makes.
    pub(crate) fn request_id(&self, device_id: &str, session_key: &str) -> String {
        self.namer.name(&["request", device_id, session_key])
    }

    /// The request with this id.
    pub(crate) fn request(&self, id: &str) -> Result<Option<RequestRecord>, AuthenticatorError> {
        let query =
            "SELECT id, device_id, received_at, expires_at, sequence, record FROM requests WHERE id = ?1";
        let row = self.sql.query_row(query, [id], request_row).optional().map_err(sql)?;
        row.map(|row| self.open_request(row)).transpose()
    }

    /// Every request, the newest first.
    pub(crate) fn requests(&self) -> Result<Vec<RequestRecord>, AuthenticatorError> {
        let query = "SELECT id, device_id, received_at, expires_at, sequence, record FROM requests
                     ORDER BY sequence DESC, received_at DESC, id";
        let mut statement = self.sql.prepare(query).map_err(sql)?;
        let rows = statement.query_map([], request_row).map_err(sql)?;
        rows.map(|row| self.open_request(row.map_err(sql)?)).collect()
    }

    /// The number of the next request.
    pub(crate) fn next_sequence(&self) -> Result<i64, AuthenticatorError> {
        let last: i64 = self
            .sql
            .query_row("SELECT coalesce(max(sequence), 0) FROM requests", [], |row| row.get(0))
            .map_err(sql)?;
        last.checked_add(1).ok_or(StorageFailure::Corrupt.into())
    }

    /// Writes a request, new or changed.
    pub(crate) fn put_request(&self, request: &RequestRecord) -> Result<(), AuthenticatorError> {
        let record = self.seal(Place { table: "requests", key: &request.id }, request)?;
        let statement = "INSERT INTO requests (id, device_id, received_at, expires_at, sequence, record)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET device_id = excluded.device_id, received_at = excluded.received_at,
                expires_at = excluded.expires_at, sequence = excluded.sequence, record = excluded.record";
        self.run(
            statement,
            &[
                &request.id,
                &request.device_id,
                &request.received_at,
                &request.expires_at,
                &request.sequence,
                &record,
            ],
        )
    }

    /// Deletes a request, and remembers that there was one: the same push again must not open it anew.
    pub(crate) fn forget_request(&self, id: &str, now: i64) -> Result<(), AuthenticatorError> {
        let record = self.seal(Place { table: "forgotten", key: id }, &Forgotten { id: id.to_owned() })?;
        self.run("DELETE FROM requests WHERE id = ?1", &[&id])?;
        let statement = "INSERT INTO forgotten (id, forgotten_at, record) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET forgotten_at = excluded.forgotten_at, record = excluded.record";
        self.run(statement, &[&id, &now, &record])?;
        let oldest = "DELETE FROM forgotten WHERE id IN
             (SELECT id FROM forgotten ORDER BY forgotten_at DESC, id LIMIT -1 OFFSET ?1)";
        self.run(oldest, &[&MOST_FORGOTTEN])
    }

    /// Whether there was a request with this id that has been deleted.
    pub(crate) fn is_forgotten(&self, id: &str) -> Result<bool, AuthenticatorError> {
        let query = "SELECT record FROM forgotten WHERE id = ?1";
        let sealed: Option<Vec<u8>> =
            self.sql.query_row(query, [id], |row| row.get(0)).optional().map_err(sql)?;
        let Some(sealed) = sealed else { return Ok(false) };
        let forgotten: Forgotten = self.open(Place { table: "forgotten", key: id }, &sealed)?;
        if forgotten.id == id { Ok(true) } else { Err(StorageFailure::Corrupt.into()) }
    }

    /// The server's clock minus the device's, in seconds, as last heard.
    pub(crate) fn clock_offset(&self, origin: &Origin) -> Result<i64, AuthenticatorError> {
        let name = self.server_name(origin);
        let query = "SELECT record FROM servers WHERE name = ?1";
        let sealed: Option<Vec<u8>> =
            self.sql.query_row(query, [&name], |row| row.get(0)).optional().map_err(sql)?;
        let Some(sealed) = sealed else { return Ok(0) };
        let server: ServerRecord = self.open(Place { table: "servers", key: &name }, &sealed)?;
        Ok(server.clock_offset)
    }

    /// Keeps what a server's `Date` told.
    pub(crate) fn put_clock_offset(
        &self,
        origin: &Origin,
        clock_offset: i64,
    ) -> Result<(), AuthenticatorError> {
        let name = self.server_name(origin);
        let record = self.seal(Place { table: "servers", key: &name }, &ServerRecord { clock_offset })?;
        let statement = "INSERT INTO servers (name, record) VALUES (?1, ?2)
                         ON CONFLICT (name) DO UPDATE SET record = excluded.record";
        self.run(statement, &[&name, &record])
    }

    fn server_name(&self, origin: &Origin) -> String {
        self.namer.name(&["server", &origin.canonical()])
    }

    fn open_account(&self, row: AccountRow) -> Result<AccountRecord, AuthenticatorError> {
        let account: AccountRecord =
            self.open(Place { table: "accounts", key: &row.device_id }, &row.record)?;
        if account.discovery.device_id == row.device_id && account.created_at == row.created_at {
            Ok(account)
        } else {
            Err(StorageFailure::Corrupt.into())
        }
    }

    fn open_request(&self, row: RequestRow) -> Result<RequestRecord, AuthenticatorError> {
        let request: RequestRecord = self.open(Place { table: "requests", key: &row.id }, &row.record)?;
        let index =
            (&request.id, &request.device_id, request.received_at, request.expires_at, request.sequence);
        if index == (&row.id, &row.device_id, row.received_at, row.expires_at, row.sequence) {
            Ok(request)
        } else {
            Err(StorageFailure::Corrupt.into())
        }
    }

    fn seal<T: Serialize>(&self, place: Place<'_>, record: &T) -> Result<Vec<u8>, AuthenticatorError> {
        let plain = serde_json::to_vec(record).map_err(|_| AuthenticatorError::Internal)?;
        self.sealer.seal(place, &zeroize::Zeroizing::new(plain))
    }

    fn open<T: DeserializeOwned>(&self, place: Place<'_>, sealed: &[u8]) -> Result<T, AuthenticatorError> {
        let plain = self.sealer.open(place, sealed)?;
        serde_json::from_slice(&plain).map_err(|_| StorageFailure::Corrupt.into())
    }

    fn run(&self, statement: &str, values: &[&dyn ToSql]) -> Result<(), AuthenticatorError> {
        self.sql.execute(statement, values).map_err(sql)?;
        Ok(())
    }
}

/// What is kept of a deleted request.
#[derive(Serialize, Deserialize)]
struct Forgotten {
    id: String,
}

/// What is kept of a server.
#[derive(Serialize, Deserialize)]
struct ServerRecord {
    clock_offset: i64,
}

struct AccountRow {
    device_id: String,
    created_at: i64,
    record: Vec<u8>,
}

struct RequestRow {
    id: String,
    device_id: String,
    received_at: i64,
    expires_at: i64,
    sequence: i64,
    record: Vec<u8>,
}

fn account_row(row: &Row<'_>) -> rusqlite::Result<AccountRow> {
    Ok(AccountRow { device_id: row.get(0)?, created_at: row.get(1)?, record: row.get(2)? })
}

fn request_row(row: &Row<'_>) -> rusqlite::Result<RequestRow> {
    Ok(RequestRow {
        id: row.get(0)?,
        device_id: row.get(1)?,
        received_at: row.get(2)?,
        expires_at: row.get(3)?,
        sequence: row.get(4)?,
        record: row.get(5)?,
    })
}

/// Deleted requests that are remembered; by the time that the oldest is let go, its server has long forgotten it too.
const MOST_FORGOTTEN: i64 = 10_000;
