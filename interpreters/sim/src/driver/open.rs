//! Opening worlds.

use std::fs::{File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::backends::InMemoryBackend;
use redb::{
    Builder, Database, DatabaseError, ReadableDatabase, StorageBackend, StorageError, TableError,
};

use super::store::{HEAD, Store, decode};
use super::{Place, Simulator};
use crate::disk::Disk;
use crate::error::{OpenError, OpenErrorKind, StoreError};
use crate::fault::Faults;
use crate::world::FORMAT;

const FILE: &str = "world.redb";

/// How a world is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// Whether a world that does not exist is made; when reading only, whether it is read as an empty one.
    pub create: bool,
    /// Whether it is only read: the folder is not changed, and others may read it too.
    ///
    /// What is read is the world at the moment of opening.
    pub read_only: bool,
    /// What a new world's revisions begin with.
    pub seed: u64,
}

impl Default for Open {
    /// For writing, made where it does not exist.
    fn default() -> Self {
        Self { create: true, read_only: false, seed: 0 }
    }
}

impl Open {
    /// For reading; what does not exist is read as an empty world, and not made.
    #[must_use]
    pub fn reading() -> Self {
        Self { read_only: true, ..Self::default() }
    }

    /// Without making a world that does not exist.
    #[must_use]
    pub fn existing(self) -> Self {
        Self { create: false, ..self }
    }
}

impl Simulator {
    /// An empty world in memory, called `name`.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn in_memory(name: &str, seed: u64) -> Result<Self, OpenError> {
        let database = empty(Path::new(name), seed)?;
        Ok(Self::of(database, Place::Memory(name.into()), false))
    }

    /// The world in the folder `dir`, which stays locked until the last clone is dropped, unless it
    /// is only read.
    ///
    /// # Errors
    /// [`OpenError`] says why, and what to do.
    ///
    /// ```
    /// use escadre_sim::{Open, OpenErrorKind, Simulator};
    /// let folder = tempfile::tempdir()?;
    /// let dir = folder.path().join("world");
    /// assert!(!Simulator::exists(&dir));
    /// let world = Simulator::open(&dir, Open::default())?;
    /// assert!(Simulator::exists(&dir));
    /// let error = Simulator::open(&dir, Open::default()).unwrap_err();
    /// assert_eq!(error.kind(), OpenErrorKind::Locked);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(dir: &Path, open: Open) -> Result<Self, OpenError> {
        let path = dir.join(FILE);
        let place = Place::Folder(dir.to_owned());
        if !path.is_file() {
            check_empty(dir)?;
            if !open.create {
                return Err(OpenError::new(dir, OpenErrorKind::Missing));
            }
            if open.read_only {
                return Ok(Self::of(empty(dir, open.seed)?, place, true));
            }
            create(dir, &path, open.seed)?;
        }
        if open.read_only {
            return Ok(Self::of(read_copy(dir, &path)?, place, true));
        }
        check_header(dir, &path)?;
        let mut builder = Builder::new();
        builder.set_check_integrity_on_open(true);
        let database = builder.open(&path).map_err(|e| not_opened(dir, e))?;
        check_format(dir, &database)?;
        remove_leftovers(dir);
        Ok(Self::of(database, place, false))
    }

    /// The world on `disk`, called `name`; an empty disk gets an empty world.
    ///
    /// The disk is locked until the last clone is dropped.
    ///
    /// # Errors
    /// The disk is in use or fails, or what it holds is damaged.
    pub fn on_disk(name: &str, disk: &Disk, seed: u64) -> Result<Self, OpenError> {
        let dir = Path::new(name);
        let is_new = disk.is_empty();
        let locked = || OpenError::new(dir, OpenErrorKind::Locked);
        let backend = disk.open().ok_or_else(locked)?;
        let mut builder = Builder::new();
        builder.set_check_integrity_on_open(!is_new);
        let database = builder.create_with_backend(backend).map_err(|e| not_opened(dir, e))?;
        if is_new {
            Store::initialise(&database, seed)
                .map_err(|e| OpenError::caused(dir, OpenErrorKind::Io, e))?;
        }
        check_format(dir, &database)?;
        Ok(Self::of(database, Place::Memory(name.into()), false))
    }

    /// Whether the folder `dir` holds a world.
    #[must_use]
    pub fn exists(dir: &Path) -> bool {
        dir.join(FILE).is_file()
    }

    fn of(database: Database, place: Place, read_only: bool) -> Self {
        let store = Store { database: Arc::new(database), read_only };
        Self { store, place, faults: Faults::default() }
    }
}

/// An empty world in memory.
fn empty(dir: &Path, seed: u64) -> Result<Database, OpenError> {
    let backend = InMemoryBackend::new();
    let database = Builder::new().create_with_backend(backend).map_err(|e| not_opened(dir, e))?;
    Store::initialise(&database, seed).map_err(|e| OpenError::caused(dir, OpenErrorKind::Io, e))?;
    Ok(database)
}

/// Whether a world can be made in `dir`: it does not exist, or holds nothing.
fn check_empty(dir: &Path) -> Result<(), OpenError> {
    let entries = match dir.read_dir() {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotADirectory => {
            return Err(OpenError::new(dir, OpenErrorKind::NotAFolder));
        }
        Err(e) => return Err(OpenError::caused(dir, OpenErrorKind::Io, e)),
    };
    for entry in entries {
        let entry = entry.map_err(|e| OpenError::caused(dir, OpenErrorKind::Io, e))?;
        if !is_leftover(&entry.path()) {
            return Err(OpenError::new(dir, OpenErrorKind::Foreign));
        }
    }
    Ok(())
}

/// Makes an empty world beside its place, whole, and then puts it there unless another is there.
fn create(dir: &Path, path: &Path, seed: u64) -> Result<(), OpenError> {
    let io = |e: io::Error| OpenError::caused(dir, OpenErrorKind::Io, e);
    std::fs::create_dir_all(dir).map_err(io)?;
    let new = dir.join(format!("{FILE}.{}.new", std::process::id()));
    // A process that was killed may have had the same number.
    std::fs::remove_file(&new).or_else(ignore_missing).map_err(io)?;
    let database = Builder::new().create(&new).map_err(|e| not_opened(dir, e))?;
    Store::initialise(&database, seed).map_err(|e| OpenError::caused(dir, OpenErrorKind::Io, e))?;
    drop(database);
    // A link never replaces; where the file system has none, renaming does.
    let placed = std::fs::hard_link(&new, path)
        .or_else(|_| if path.exists() { Ok(()) } else { std::fs::rename(&new, path) });
    let removed = std::fs::remove_file(&new).or_else(ignore_missing);
    if path.exists() { Ok(()) } else { placed.and(removed).map_err(io) }
}

fn ignore_missing(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Whether `path` is a world that was being made when its maker was killed.
fn is_leftover(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with(FILE) && name.ends_with(".new"))
}

/// Removes what killed makers left; that it fails does no harm.
fn remove_leftovers(dir: &Path) {
    let entries = dir.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    let leftovers: Vec<PathBuf> = entries.filter(|path| is_leftover(path)).collect();
    for path in leftovers {
        let _ = std::fs::remove_file(path);
    }
}

/// The world as it is now, copied to memory: nothing is written, and what a killed writer left is
/// repaired in the copy.
fn read_copy(dir: &Path, path: &Path) -> Result<Database, OpenError> {
    let io = |e: io::Error| OpenError::caused(dir, OpenErrorKind::Io, e);
    let mut file = File::open(path).map_err(io)?;
    match file.try_lock_shared() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::new(dir, OpenErrorKind::Locked)),
        Err(TryLockError::Error(e)) => return Err(io(e)),
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(io)?;
    drop(file);
    check_header(dir, path)?;
    let backend = InMemoryBackend::new();
    let copied = backend.set_len(bytes.len() as u64).and_then(|()| backend.write(0, &bytes));
    copied.map_err(|e| OpenError::caused(dir, OpenErrorKind::Io, io::Error::other(e)))?;
    let mut builder = Builder::new();
    builder.set_check_integrity_on_open(true);
    let database = builder.create_with_backend(backend).map_err(|e| not_opened(dir, e))?;
    check_format(dir, &database)?;
    Ok(database)
}

/// Whether the file begins as every file of this kind does.
fn check_header(dir: &Path, path: &Path) -> Result<(), OpenError> {
    const MAGIC: [u8; 9] = [b'r', b'e', b'd', b'b', 0x1a, 0x0a, 0xa9, 0x0d, 0x0a];
    /// No world is smaller: its header alone has more.
    const MIN_BYTES: u64 = 4096;
    let io = |e: io::Error| OpenError::caused(dir, OpenErrorKind::Io, e);
    let mut file = File::open(path).map_err(io)?;
    let mut magic = Vec::new();
    file.by_ref().take(9).read_to_end(&mut magic).map_err(io)?;
    let long_enough = file.metadata().map_err(io)?.len() >= MIN_BYTES;
    if magic == MAGIC && long_enough {
        Ok(())
    } else {
        Err(OpenError::new(dir, OpenErrorKind::Damaged))
    }
}

/// Whether `database` is a world, of a version that can be read.
fn check_format(dir: &Path, database: &Database) -> Result<(), OpenError> {
    let damaged = |e: StoreError| OpenError::caused(dir, OpenErrorKind::Damaged, e);
    let transaction = database.begin_read().map_err(|e| damaged(e.into()))?;
    let table = match transaction.open_table(HEAD) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => {
            return Err(OpenError::new(dir, OpenErrorKind::Foreign));
        }
        Err(e) => return Err(damaged(e.into())),
    };
    let format = table.get("format").map_err(|e| damaged(e.into()))?;
    let format = format.ok_or_else(|| OpenError::new(dir, OpenErrorKind::Damaged))?;
    match decode::<u64>("format", format.value()).map_err(damaged)? {
        format if format > FORMAT => Err(OpenError::new(dir, OpenErrorKind::Newer(format))),
        _ => Ok(()),
    }
}

fn not_opened(dir: &Path, error: DatabaseError) -> OpenError {
    let kind = match &error {
        DatabaseError::DatabaseAlreadyOpen => OpenErrorKind::Locked,
        DatabaseError::Storage(StorageError::Io(e))
            if !matches!(e.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
        {
            OpenErrorKind::Io
        }
        _ => OpenErrorKind::Damaged,
    };
    OpenError::caused(dir, kind, error)
}
