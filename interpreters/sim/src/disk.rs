//! Disks in memory that fail as disks do.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

use crate::fault::{Draw, draw};

/// The bytes that a disk writes at once, if at all.
const SECTOR: usize = 512;

/// A disk in memory that holds one world, and fails when told to: clones are the same disk.
///
/// A world in a folder trusts that the file system fails in no other way. So programs that must
/// survive it are tried on this, with [`Simulator::on_disk`](crate::Simulator::on_disk).
///
/// ```
/// use escadre_sim::{Disk, DiskFault, Simulator};
/// let disk = Disk::new();
/// let mut world = Simulator::on_disk("tried", &disk, 0)?;
/// disk.fail_after(DiskFault::Full, 0);
/// assert!(world.step(std::time::Duration::from_secs(1)).is_err());
/// drop(world);
/// let world = Simulator::on_disk("tried", &disk.survivor(), 0)?;
/// assert_eq!(world.clock()?.now_ms(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Content>>);

/// How a disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiskFault {
    /// There is no space left: nothing more is written, but what is there can be read.
    Full,
    /// The process is killed between two operations: what it wrote is there, synced or not.
    Killed,
    /// The process is killed within a write: the first half of it is there.
    Torn,
    /// The power goes: of what was not synced, each sector is there or not, as the number draws.
    PowerCut(u64),
}

#[derive(Default)]
struct Content {
    /// What is read: everything that was written.
    bytes: Vec<u8>,
    /// What was there at the last sync.
    synced: Vec<u8>,
    /// What was written since, oldest first.
    unsynced: Vec<(usize, Vec<u8>)>,
    /// What goes wrong after how many operations more.
    fault: Option<(DiskFault, u64)>,
    /// What went wrong.
    failed: Option<DiskFault>,
    is_open: bool,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let n_bytes = self.bytes.len();
        f.debug_struct("Content").field("n_bytes", &n_bytes).finish_non_exhaustive()
    }
}

impl Disk {
    /// An empty disk that does not fail.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `n` more operations (writes, changes of length, syncs) be done, and fails the next.
    pub fn fail_after(&self, fault: DiskFault, n: u64) {
        self.content().fault = Some((fault, n));
    }

    /// What went wrong, if anything did by now.
    #[must_use]
    pub fn failed(&self) -> Option<DiskFault> {
        self.content().failed
    }

    /// Another disk that holds what this one would hold if its controller were gone now, or since
    /// it failed. It does not fail.
    #[must_use]
    pub fn survivor(&self) -> Self {
        let content = self.content();
        let bytes = match content.failed {
            Some(DiskFault::PowerCut(seed)) => content.after_power_cut(seed),
            _ => content.bytes.clone(),
        };
        Self(Arc::new(Mutex::new(Content { synced: bytes.clone(), bytes, ..Content::default() })))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.content().bytes.is_empty()
    }

    /// The backend of the one database that is on this disk, unless that is open already.
    pub(crate) fn open(&self) -> Option<Backend> {
        let was_open = std::mem::replace(&mut self.content().is_open, true);
        (!was_open).then(|| Backend(self.clone()))
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        // Every change is whole before anything can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    /// Counts one operation, which fails or is let through.
    fn operate(&mut self) -> io::Result<()> {
        if let Some(fault) = self.failed {
            return Err(error(fault));
        }
        match &mut self.fault {
            Some((fault, 0)) => {
                let fault = *fault;
                self.failed = Some(fault);
                Err(error(fault))
            }
            Some((_, n)) => {
                *n -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn is_readable(&self) -> io::Result<()> {
        match self.failed {
            None | Some(DiskFault::Full) => Ok(()),
            Some(fault) => Err(error(fault)),
        }
    }

    fn write(&mut self, at: usize, bytes: &[u8]) -> io::Result<()> {
        put(&mut self.bytes, at, bytes)?;
        self.unsynced.push((at, bytes.to_vec()));
        Ok(())
    }

    /// What was synced, with those sectors of the later writes that `seed` draws.
    ///
    /// The length is as it was written: what was not is zero.
    fn after_power_cut(&self, seed: u64) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        bytes.resize(self.bytes.len(), 0);
        let sectors = self.unsynced.iter().flat_map(|(at, written)| {
            written.chunks(SECTOR).enumerate().map(move |(i, sector)| (at + i * SECTOR, sector))
        });
        for (number, (at, sector)) in (0..).zip(sectors) {
            // What lies behind a shorter length is not there.
            if draw(seed, Draw::Sector, "", number) & 1 == 0 {
                let _ = put(&mut bytes, at, sector);
            }
        }
        bytes
    }
}

/// Writes `bytes` at `at`, within what is there.
fn put(content: &mut [u8], at: usize, bytes: &[u8]) -> io::Result<()> {
    let place = content.get_mut(at..).and_then(|behind| behind.get_mut(..bytes.len()));
    place.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?.copy_from_slice(bytes);
    Ok(())
}

fn error(fault: DiskFault) -> io::Error {
    match fault {
        DiskFault::Full => io::Error::from(io::ErrorKind::StorageFull),
        DiskFault::Killed | DiskFault::Torn | DiskFault::PowerCut(_) => {
            io::Error::other("the disk is gone, as it was told to be")
        }
    }
}

fn index(number: u64) -> io::Result<usize> {
    usize::try_from(number).map_err(io::Error::other)
}

/// A disk as a database uses it.
#[derive(Debug)]
pub(crate) struct Backend(Disk);

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.content().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let (content, at) = (self.0.content(), index(offset)?);
        content.is_readable()?;
        let read = content.bytes.get(at..).and_then(|behind| behind.get(..out.len()));
        out.copy_from_slice(read.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let (mut content, len) = (self.0.content(), index(len)?);
        content.operate()?;
        content.bytes.resize(len, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let content = &mut *self.0.content();
        content.operate()?;
        content.synced.resize(content.bytes.len(), 0);
        for (at, bytes) in content.unsynced.drain(..) {
            // What lay behind a length that was cut since is gone.
            let n = bytes.len().min(content.synced.len().saturating_sub(at));
            put(&mut content.synced, at.min(content.bytes.len()), &bytes[..n])?;
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let (mut content, at) = (self.0.content(), index(offset)?);
        let was_there = content.failed.is_none();
        let done = content.operate();
        if was_there && content.failed == Some(DiskFault::Torn) {
            content.write(at, &data[..data.len() / 2])?;
        }
        done?;
        content.write(at, data)
    }

    fn close(&self) -> io::Result<()> {
        self.0.content().is_open = false;
        Ok(())
    }
}
