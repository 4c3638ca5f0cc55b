//! A SQLite file is for one process: what is leased in it belongs to that one, or to one that died.

use super::{Result, StoreError, sqlite_file};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;

/// The right to be the only one, until it is dropped or the process ends, however it ends: the system gives it back.
#[derive(Debug)]
pub struct Alone {
    _lock: File,
}

impl Alone {
    /// Takes the lock file beside the file of `sqlite://FILE`; on PostgreSQL nobody need be alone.
    pub fn with(url: &str) -> Result<Option<Self>> {
        let Some(path) = sqlite_file(url) else { return Ok(None) };
        let lock_path = format!("{path}.lock");
        let failed = |source| StoreError::File { path: lock_path.clone(), source };
        let mut options = OpenOptions::new();
        let mut lock = options.read(true).append(true).create(true).mode(0o600).open(&lock_path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                lock.read_to_string(&mut holder).map_err(failed)?;
                return Err(StoreError::InUse { path: path.to_owned(), process: holder.trim().to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id())).map_err(failed)?;
        Ok(Some(Self { _lock: lock }))
    }
}
