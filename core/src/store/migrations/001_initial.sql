-- Every row is an index in the clear and one sealed record that holds everything personal and everything that decides
-- anything. The record repeats the index; where they differ the record is not believed and neither is the index.
-- WITHOUT ROWID: the primary key is the table, so there is no second index that could disagree with it.

CREATE TABLE meta (
  name    TEXT PRIMARY KEY NOT NULL,  -- 'key': proves the master key. 'census': how many rows each table must have.
  record  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
  device_id   TEXT PRIMARY KEY NOT NULL,  -- the id that the server gave the enrolment
  created_at  INTEGER NOT NULL,           -- seconds since 1970
  record      BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE requests (
  id           TEXT PRIMARY KEY NOT NULL,  -- keyed hash of device id and session key: the same push is the same row
  device_id    TEXT NOT NULL,
  received_at  INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  record       BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE servers (
  name    TEXT PRIMARY KEY NOT NULL,  -- keyed hash of the server's origin
  record  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE forgotten (
  id            TEXT PRIMARY KEY NOT NULL,  -- of a request that was deleted: the same push must not open it again
  forgotten_at  INTEGER NOT NULL,
  record        BLOB NOT NULL
) STRICT, WITHOUT ROWID;
