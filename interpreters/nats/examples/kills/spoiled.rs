//! Histories that are spoiled on purpose: an audit that does not find what is wrong with them shows nothing.

use std::sync::Arc;

use escadre_algebra::{Digest, ResourceName};
use escadre_nats::{Ended, Fence, Manifest};
use serde::Serialize;

use crate::Outcome;
use crate::audit::{Audit, Entry, Place, Tally};
use crate::versions::Versions;

/// How many devices are in one batch.
const N_OF_BATCH: usize = 300;

/// A message of a history; its sequence is its place there, from 1.
struct Stored {
    key: String,
    bytes: Vec<u8>,
    /// The name of its batch, its number there, and whether it is the last.
    batch: Option<(String, u64, bool)>,
}

type History = Vec<Stored>;
/// What is spoiled, how, and what the audit counts then.
type Spoiled = (&'static str, fn(&mut History, &Versions), fn(&Tally) -> u64);

const SPOILED: [Spoiled; 8] = [
    ("a write after another took the fence", take_between, |tally| tally.n_stale),
    ("an end by another", end_by_another, |tally| tally.n_stale),
    ("a manifest of another generation", other_generation, |tally| tally.n_stale),
    ("a resource of another version", other_version, |tally| tally.n_mixed),
    ("a manifest that names nothing", name_nothing, |tally| tally.n_mixed),
    ("a message that was left out of a batch", leave_out, |tally| tally.n_torn),
    ("a batch that ends within a device", end_within, |tally| tally.n_torn),
    ("an end before all is written", end_early, |tally| tally.n_short),
];

/// Whether the audit finds nothing in a history as it should be, and in each spoiled one what is wrong.
pub(crate) fn are_found(versions: &Arc<Versions>) -> Outcome {
    let Tally { n_stale, n_mixed, n_torn, n_short, .. } = audited(&history(versions)?, versions);
    if n_stale + n_mixed + n_torn + n_short > 0 {
        return Err("the audit complains of a history that is as it should be".to_owned());
    }
    for (what, spoil, found) in SPOILED {
        let mut spoiled = history(versions)?;
        spoil(&mut spoiled, versions);
        if found(&audited(&spoiled, versions)) == 0 {
            return Err(format!("the audit does not find {what}"));
        }
    }
    println!("the audit finds what is wrong with each of {} spoiled histories", SPOILED.len());
    Ok(())
}

fn audited(history: &History, versions: &Arc<Versions>) -> Tally {
    let mut audit = Audit::new(Arc::clone(versions));
    for (sequence, stored) in (1..).zip(history) {
        let batch = stored.batch.as_ref();
        let batch =
            batch.map(|(id, number, is_last)| Place { id, number: *number, is_last: *is_last });
        audit.read(&Entry { sequence, key: &stored.key, bytes: Some(&stored.bytes), batch });
    }
    audit.tally
}

/// An apply of the first version to a bucket that is empty.
fn history(versions: &Versions) -> Outcome<History> {
    let wanted = versions.wanted(0).ok_or("there is no version")?;
    let mut history = vec![fence(versions, "a", 1, Ended::InProgress)];
    let members: Vec<_> = wanted.iter().collect();
    for (batch, members) in members.chunks(N_OF_BATCH).enumerate() {
        let begin = history.len();
        for (id, configuration) in members {
            let states = configuration.resources().iter();
            let texts = states.map(|(name, state)| (name.clone(), state.to_text()));
            let texts: Vec<(ResourceName, String)> = texts.collect();
            for (name, text) in &texts {
                let (key, bytes) = (format!("{id}.{name}"), text.clone().into_bytes());
                history.push(Stored { key, bytes, batch: None });
            }
            let digests =
                texts.iter().map(|(name, text)| (name.clone(), Digest::of(text.as_bytes())));
            let manifest = Manifest { version: 1, generation: 1, resources: digests.collect() };
            history.push(Stored {
                key: manifest_key(id.as_str()),
                bytes: json(&manifest),
                batch: None,
            });
        }
        let n = history.len();
        for (i, stored) in history.iter_mut().enumerate().skip(begin) {
            stored.batch = Some((format!("a-{batch}"), (i - begin + 1) as u64, i + 1 == n));
        }
    }
    history.push(fence(versions, "a", 1, Ended::Done));
    Ok(history)
}

fn fence(versions: &Versions, writer: &str, generation: u64, ended: Ended) -> Stored {
    let inventory = Digest::of(b"an inventory");
    let fleet = versions.fleet(0).unwrap_or(inventory);
    let fence =
        Fence { version: 1, generation, fleet, inventory, writer: writer.to_owned(), ended };
    Stored { key: "_fence".to_owned(), bytes: json(&fence), batch: None }
}

fn manifest_key(id: &str) -> String {
    format!("{id}._manifest")
}

fn json(value: &impl Serialize) -> Vec<u8> {
    // These forms have texts as keys, so that this never fails.
    serde_json::to_vec(value).unwrap_or_default()
}

/// The place after the last message of the first batch.
fn after_a_batch(history: &History) -> usize {
    let ends = |stored: &Stored| stored.batch.as_ref().is_some_and(|(_, _, is_last)| *is_last);
    history.iter().position(ends).map_or(0, |at| at + 1)
}

fn take_between(history: &mut History, versions: &Versions) {
    let at = after_a_batch(history);
    history.insert(at, fence(versions, "b", at as u64 + 1, Ended::InProgress));
}

fn end_by_another(history: &mut History, versions: &Versions) {
    history.pop();
    history.push(fence(versions, "b", 1, Ended::Done));
}

fn other_generation(history: &mut History, _: &Versions) {
    respell(history, "\"generation\":1", "\"generation\":0");
}

fn other_version(history: &mut History, _: &Versions) {
    if let Some(stored) = history.get_mut(1) {
        stored.bytes = b"{\"text\":\"hello\"}".to_vec();
    }
}

fn name_nothing(history: &mut History, _: &Versions) {
    respell(history, "\"resources\":{", "\"resources\":{},\"was\":{");
}

/// Replaces `from` in the first manifest.
fn respell(history: &mut History, from: &str, to: &str) {
    let manifest = history.iter_mut().find(|stored| stored.key.ends_with("._manifest"));
    if let Some(stored) = manifest {
        let text = String::from_utf8_lossy(&stored.bytes).replacen(from, to, 1);
        stored.bytes = text.into_bytes();
    }
}

fn leave_out(history: &mut History, _: &Versions) {
    history.remove(1);
}

fn end_within(history: &mut History, _: &Versions) {
    if let Some((_, _, is_last)) = history.get_mut(1).and_then(|stored| stored.batch.as_mut()) {
        *is_last = true;
    }
}

fn end_early(history: &mut History, _: &Versions) {
    let at = after_a_batch(history);
    let end = history.len() - 1;
    history.drain(at..end);
}
