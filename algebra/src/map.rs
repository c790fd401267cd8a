//! Hash maps for what is looked up often.

pub(crate) use std::collections::hash_map::Entry;

use foldhash::fast::FixedState;

// CHOICE: diagrams live on their hash maps, and the standard hash took a quarter of the time.
// Keys are numbers, addresses, or what the user of a library wrote: whoever finds keys that collide
// slows down his own question.
pub(crate) type State = FixedState;
pub(crate) type Map<K, V> = std::collections::HashMap<K, V, State>;
pub(crate) type Set<K> = std::collections::HashSet<K, State>;
