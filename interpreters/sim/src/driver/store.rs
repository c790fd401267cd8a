//! The world's file: tables of one embedded database, read and written in transactions.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use escadre_algebra::{Digest, ResourceState};
use redb::{Database, ReadableDatabase, ReadableTable, Table, TableDefinition, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::device::Running;
use crate::error::StoreError;
use crate::lower::mentioned_digests;
use crate::world::{Entry, FORMAT, Fence, Head, Resources, Row, World};

type Bytes = &'static [u8];
/// `format`: the version; `head`: the bookkeeping; `fence`: the fence, if ever taken.
pub(super) const HEAD: TableDefinition<'_, &str, Bytes> = TableDefinition::new("escadre");
/// A member's id → the generation that wrote it, and its resources as numbers of states.
const WRITTEN: TableDefinition<'_, &str, (u64, Bytes)> = TableDefinition::new("written");
/// A device's id → what it last reported, and what it has installed as numbers of states.
const RUNNING: TableDefinition<'_, &str, (Bytes, Bytes)> = TableDefinition::new("running");
/// A number → a rendered resource as JSON.
const STATES: TableDefinition<'_, u64, Bytes> = TableDefinition::new("states");
/// The digest of a rendered resource → its number.
const NUMBERS: TableDefinition<'_, &[u8; 32], u64> = TableDefinition::new("numbers");
/// A digest → the content that it names.
const CONTENTS: TableDefinition<'_, &[u8; 32], Bytes> = TableDefinition::new("contents");
/// A number → one write.
const HISTORY: TableDefinition<'_, u64, Bytes> = TableDefinition::new("history");
/// How many writes the history keeps.
const N_HISTORY: u64 = 1000;

/// A world's store. Clones in O(1).
#[derive(Clone)]
pub(super) struct Store {
    pub(super) database: Arc<Database>,
    /// Whether it is a copy of the file, for reading.
    pub(super) read_only: bool,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("read_only", &self.read_only).finish_non_exhaustive()
    }
}

/// A write that is under way: dropped, nothing of it happened.
pub(super) struct Writing {
    pub(super) transaction: WriteTransaction,
    pub(super) head: Head,
}

/// The tables of a write under way.
pub(super) struct Tables<'t> {
    head: Table<'t, &'static str, Bytes>,
    written: Table<'t, &'static str, (u64, Bytes)>,
    running: Table<'t, &'static str, (Bytes, Bytes)>,
    states: Table<'t, u64, Bytes>,
    numbers: Table<'t, &'static [u8; 32], u64>,
    contents: Table<'t, &'static [u8; 32], Bytes>,
    history: Table<'t, u64, Bytes>,
}

pub(super) fn decode<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|e| StoreError::corrupt(what, &e))
}

fn encode<T: Serialize>(what: &str, value: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|e| StoreError::corrupt(what, &e))
}

impl Store {
    /// Makes `database` an empty world.
    pub(super) fn initialise(database: &Database, seed: u64) -> Result<(), StoreError> {
        let transaction = database.begin_write()?;
        Tables::open(&transaction)?.head.insert("format", &*encode("format", &FORMAT)?)?;
        Writing { transaction, head: Head::new(seed) }.commit()
    }

    pub(super) fn head(&self) -> Result<Head, StoreError> {
        let table = self.database.begin_read()?.open_table(HEAD)?;
        head(&table)
    }

    pub(super) fn fence(&self) -> Result<Option<Fence>, StoreError> {
        let table = self.database.begin_read()?.open_table(HEAD)?;
        table.get("fence")?.map(|bytes| decode("fence", bytes.value())).transpose()
    }

    pub(super) fn history(&self) -> Result<Vec<Entry>, StoreError> {
        let table = self.database.begin_read()?.open_table(HISTORY)?;
        table.iter()?.map(|entry| decode("history", entry?.1.value())).collect()
    }

    pub(super) fn content(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let table = self.database.begin_read()?.open_table(CONTENTS)?;
        Ok(table.get(digest.as_bytes())?.map(|bytes| bytes.value().to_vec()))
    }

    /// What is written, with the bookkeeping of the same moment.
    pub(super) fn world(&self) -> Result<(World, Head), StoreError> {
        let transaction = self.database.begin_read()?;
        let mut world = World::default();
        let mut shared: HashSet<Arc<[u8]>> = HashSet::new();
        for row in transaction.open_table(WRITTEN)?.iter()? {
            let (device, row) = row?;
            let (generation, bytes) = row.value();
            let resources = match shared.get(bytes) {
                Some(resources) => Arc::clone(resources),
                None => Arc::from(bytes),
            };
            shared.insert(Arc::clone(&resources));
            world.rows.push(Row { device: device.value().into(), generation, resources });
        }
        for state in transaction.open_table(STATES)?.iter()? {
            let (number, bytes) = state?;
            world.states.insert(number.value(), bytes.value().into());
        }
        Ok((world, head(&transaction.open_table(HEAD)?)?))
    }

    /// What each device runs, in the order of the ids.
    pub(super) fn running(&self) -> Result<BTreeMap<Arc<str>, Running>, StoreError> {
        let table = self.database.begin_read()?.open_table(RUNNING)?;
        let mut all = BTreeMap::new();
        let mut parsed: HashMap<Vec<u8>, Resources> = HashMap::new();
        for row in table.iter()? {
            let (device, row) = row?;
            let (running, installed) = row.value();
            let mut running: Running = decode("running", running)?;
            running.installed = match parsed.get(installed) {
                Some(installed) => installed.clone(),
                None => decode("running", installed)?,
            };
            parsed.entry(installed.to_vec()).or_insert_with(|| running.installed.clone());
            all.insert(device.value().into(), running);
        }
        Ok(all)
    }

    pub(super) fn begin(&self) -> Result<Writing, StoreError> {
        let transaction = self.database.begin_write()?;
        let head = head(&transaction.open_table(HEAD)?)?;
        Ok(Writing { transaction, head })
    }

    /// Runs `write` in one transaction.
    pub(super) fn write<T>(
        &self,
        write: impl FnOnce(&mut Tables<'_>, &mut Head) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.read_only {
            return Err(StoreError::read_only());
        }
        let mut writing = self.begin()?;
        let output = write(&mut Tables::open(&writing.transaction)?, &mut writing.head)?;
        writing.commit()?;
        Ok(output)
    }
}

fn head(table: &impl ReadableTable<&'static str, Bytes>) -> Result<Head, StoreError> {
    let bytes = table.get("head")?.ok_or_else(|| StoreError::corrupt("head", &"it is missing"))?;
    decode("head", bytes.value())
}

impl Writing {
    pub(super) fn commit(self) -> Result<(), StoreError> {
        let bytes = encode("head", &self.head)?;
        self.transaction.open_table(HEAD)?.insert("head", &*bytes)?;
        Ok(self.transaction.commit()?)
    }
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            head: transaction.open_table(HEAD)?,
            written: transaction.open_table(WRITTEN)?,
            running: transaction.open_table(RUNNING)?,
            states: transaction.open_table(STATES)?,
            numbers: transaction.open_table(NUMBERS)?,
            contents: transaction.open_table(CONTENTS)?,
            history: transaction.open_table(HISTORY)?,
        })
    }

    pub(super) fn fence(&self) -> Result<Option<Fence>, StoreError> {
        self.head.get("fence")?.map(|bytes| decode("fence", bytes.value())).transpose()
    }

    pub(super) fn set_fence(&mut self, fence: &Fence) -> Result<(), StoreError> {
        self.head.insert("fence", &*encode("fence", fence)?)?;
        Ok(())
    }

    /// Sets the entry `number` of the history, and forgets the oldest past the limit.
    pub(super) fn set_entry(&mut self, number: u64, entry: &Entry) -> Result<(), StoreError> {
        self.history.insert(number, &*encode("history", entry)?)?;
        if let Some(old) = number.checked_sub(N_HISTORY) {
            self.history.remove(old)?;
        }
        Ok(())
    }

    /// The resources that are written for `device`, if it is a member.
    pub(super) fn resources(&self, device: &str) -> Result<Option<Resources>, StoreError> {
        let row = self.written.get(device)?;
        row.map(|row| decode("written", row.value().1)).transpose()
    }

    /// Writes the resources of `device`; returns what the row now holds.
    pub(super) fn set_resources(
        &mut self,
        device: &str,
        generation: u64,
        resources: &Resources,
    ) -> Result<Vec<u8>, StoreError> {
        let bytes = encode("written", resources)?;
        self.written.insert(device, (generation, &*bytes))?;
        Ok(bytes)
    }

    pub(super) fn remove_member(&mut self, device: &str) -> Result<(), StoreError> {
        self.written.remove(device)?;
        Ok(())
    }

    /// The ids of the members, in order.
    pub(super) fn members(&self) -> Result<Vec<String>, StoreError> {
        self.written.iter()?.map(|row| Ok(row?.0.value().to_owned())).collect()
    }

    /// The rendered resource of the number `number`.
    pub(super) fn state(&self, number: u64) -> Result<ResourceState, StoreError> {
        let what = || format!("state {number}");
        let bytes = self
            .states
            .get(number)?
            .ok_or_else(|| StoreError::corrupt(&what(), &"it is missing"))?;
        ResourceState::from_slice(bytes.value()).map_err(|e| StoreError::corrupt(&what(), &e))
    }

    /// The number of `state`: a new one where no equal state is stored.
    pub(super) fn number(
        &mut self,
        head: &mut Head,
        state: &ResourceState,
    ) -> Result<u64, StoreError> {
        let digest = state.digest();
        if let Some(number) = self.numbers.get(digest.as_bytes())? {
            return Ok(number.value());
        }
        let number = head.next_state;
        head.next_state += 1;
        self.states.insert(number, &*encode("states", &state.to_json())?)?;
        self.numbers.insert(digest.as_bytes(), number)?;
        Ok(number)
    }

    pub(super) fn set_content(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), StoreError> {
        if self.contents.get(digest.as_bytes())?.is_none() {
            self.contents.insert(digest.as_bytes(), bytes)?;
        }
        Ok(())
    }

    pub(super) fn set_running(
        &mut self,
        device: &str,
        running: &Running,
    ) -> Result<(), StoreError> {
        let (row, installed) =
            (encode("running", running)?, encode("running", &running.installed)?);
        self.running.insert(device, (&*row, &*installed))?;
        Ok(())
    }

    pub(super) fn remove_running(&mut self, device: &str) -> Result<(), StoreError> {
        self.running.remove(device)?;
        Ok(())
    }

    /// Forgets the states and contents that nothing refers to. Costs O(devices + states).
    pub(super) fn collect_garbage(&mut self) -> Result<(), StoreError> {
        let mut rows: HashSet<Vec<u8>> = HashSet::new();
        for row in self.written.iter()? {
            rows.insert(row?.1.value().1.to_vec());
        }
        for row in self.running.iter()? {
            rows.insert(row?.1.value().1.to_vec());
        }
        let mut live: HashSet<u64> = HashSet::new();
        for row in rows {
            live.extend(decode::<Resources>("written", &row)?.into_values());
        }
        self.states.retain(|number, _| live.contains(&number))?;
        self.numbers.retain(|_, number| live.contains(&number))?;
        if self.contents.first()?.is_none() {
            return Ok(());
        }
        let mut named: HashSet<Digest> = HashSet::new();
        for state in self.states.iter()? {
            named.extend(mentioned_digests(state?.1.value()));
        }
        let named: HashSet<[u8; 32]> = named.iter().map(|digest| *digest.as_bytes()).collect();
        self.contents.retain(|digest, _| named.contains(digest))?;
        Ok(())
    }
}
