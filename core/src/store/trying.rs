//! One try at a time for each decision, also across processes, and knowing when the one who tried has died.
//!
//! The claim is a lease in the request's record, longer than any call. A process that was killed would leave it behind
//! and make a `retry` wait for nothing, so whoever tries also holds an operating-system lock on a file, which dies with
//! its process: a lease whose lock can be taken has no living owner. Where such locks do not exist, the lease alone
//! decides.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::{AuthenticatorError, StorageFailure};
use crate::files;

/// The right to try, held while this lives.
pub(crate) struct Trying {
    path: PathBuf,
    lock: Lock,
}

enum Lock {
    Held(File),
    /// This platform has no such locks.
    Unsupported,
}

impl Trying {
    /// Takes the right to try `request_id`; `None` when a living process has it.
    pub(crate) fn claim(store: &Path, request_id: &str) -> Result<Option<Self>, AuthenticatorError> {
        let folder = store.join("tries");
        files::make_folder(&folder).map_err(|_| StorageFailure::Io)?;
        let path = folder.join(request_id);
        loop {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false);
            files::owner_only(&mut options);
            let file = options.open(&path).map_err(|_| StorageFailure::Io)?;
            match file.try_lock() {
                Ok(()) if is_same_file(&file, &path) => {
                    return Ok(Some(Self { path, lock: Lock::Held(file) }));
                }
                // The owner before us removed the file after we had opened it: ours is not the one others see.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => {
                    return Ok(Some(Self { path, lock: Lock::Unsupported }));
                }
                Err(TryLockError::Error(_)) => return Err(StorageFailure::Io.into()),
            }
        }
    }

    /// Whether a lease that is still running proves that somebody else is trying. With the lock in hand nobody is.
    pub(crate) fn believes_leases(&self) -> bool {
        matches!(self.lock, Lock::Unsupported)
    }
}

impl Drop for Trying {
    fn drop(&mut self) {
        if let Lock::Held(file) = &self.lock {
            // Removed before it is unlocked, so that nobody can lock a file that is about to go.
            let _ = std::fs::remove_file(&self.path);
            let _ = file.unlock();
        }
    }
}

#[cfg(unix)]
fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(mine), Ok(theirs)) => mine.dev() == theirs.dev() && mine.ino() == theirs.ino(),
        _ => false,
    }
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
fn is_same_file(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_the_mark_goes_with_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let first = Trying::claim(folder.path(), "r1").unwrap().unwrap();
        assert!(Trying::claim(folder.path(), "r1").unwrap().is_none());
        assert!(Trying::claim(folder.path(), "r2").unwrap().is_some());
        drop(first);
        assert!(Trying::claim(folder.path(), "r1").unwrap().is_some());
        assert_eq!(std::fs::read_dir(folder.path().join("tries")).unwrap().count(), 0);
    }
}
