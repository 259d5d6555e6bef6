//! Files and folders that only their owner may read, made so from their first moment.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;
use std::time::Duration;

use crate::random;
use crate::seal::hex;

/// Makes a folder (and those above it) that only the owner may enter. One that is there is left as it is.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Files made with these options are for the owner alone.
pub(crate) fn owner_only(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

/// Makes a file with this content unless there is one; either way it is complete when this returns.
///
/// Written beside, synced, then linked under its name, which fails if the name is taken: of several processes one wins,
/// and no reader ever sees half a file.
pub(crate) fn create_once(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
    let suffix = random::bytes::<8>().map_err(|_| ErrorKind::Other)?;
    let beside = folder.join(format!(".new-{}", hex(&suffix)));
    let placed = write_synced(&beside, content).and_then(|()| match std::fs::hard_link(&beside, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        // Android lets no app make links.
        Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported) => {
            place_without_links(&beside, path)
        }
        other => other,
    });
    let removed = remove(&beside);
    placed?;
    removed?;
    sync_folder(folder)
}

/// Where there are no links: whoever makes the claim beside the name may give it, by renaming the finished file.
fn place_without_links(beside: &Path, path: &Path) -> io::Result<()> {
    let claim = path.with_extension("claim");
    for _ in 0..CLAIM_TRIES {
        if path.exists() {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        owner_only(&mut options);
        match options.open(&claim) {
            Ok(_) => {
                // Asked again under the claim: another one may have come and gone since.
                let placed = if path.exists() { Ok(()) } else { std::fs::rename(beside, path) };
                let released = remove(&claim);
                return placed.and(released);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => std::thread::sleep(CLAIM_PAUSE),
            Err(error) => return Err(error),
        }
    }
    // Its maker died with it. The next caller starts afresh.
    remove(&claim)?;
    Err(ErrorKind::WouldBlock.into())
}

/// Removes a file if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => path.parent().map_or(Ok(()), sync_folder),
    }
}

/// Reads a file of at most `limit` bytes; `None` if there is none.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    use std::io::Read as _;
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut content = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut content)?;
    if u64::try_from(content.len()).is_ok_and(|length| length <= limit) {
        Ok(Some(content))
    } else {
        Err(ErrorKind::InvalidData.into())
    }
}

fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    owner_only(&mut options);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// A name is on disk when its folder is. (Windows has no such thing as syncing a folder.)
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

const CLAIM_TRIES: u32 = 100;
const CLAIM_PAUSE: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_links_the_first_content_wins_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let beside = |name: &str| {
            let beside = folder.path().join(name);
            write_synced(&beside, name.as_bytes()).unwrap();
            beside
        };
        place_without_links(&beside("first"), &path).unwrap();
        place_without_links(&beside("second"), &path).unwrap();
        assert_eq!(read(&path, 10).unwrap().as_deref(), Some(&b"first"[..]));
        std::fs::remove_file(&path).unwrap();
        std::fs::write(folder.path().join("key.claim"), "").unwrap();
        let error = place_without_links(&beside("third"), &path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock, "a claim without its maker is waited for once");
        place_without_links(&beside("fourth"), &path).unwrap();
        assert_eq!(read(&path, 10).unwrap().as_deref(), Some(&b"fourth"[..]));
    }

    #[test]
    fn the_first_content_wins_and_nothing_is_left_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        create_once(&path, b"first").unwrap();
        create_once(&path, b"second").unwrap();
        assert_eq!(read(&path, 10).unwrap().as_deref(), Some(&b"first"[..]));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(read(&path, 4).is_err());
        remove(&path).unwrap();
        remove(&path).unwrap();
        assert_eq!(read(&path, 10).unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("a/b");
        make_folder(&home).unwrap();
        create_once(&home.join("key"), b"x").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&home), 0o700);
        assert_eq!(mode(&home.join("key")), 0o600);
    }
}
