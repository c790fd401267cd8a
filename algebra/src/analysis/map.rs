//! The hash maps of an analysis.

pub(super) use std::collections::hash_map::Entry;

use foldhash::fast::FixedState;

// CHOICE: diagrams live on their hash maps, and the standard hash took a quarter of the time.
// Whoever finds keys that collide spends the budget of his own question.
pub(super) type Map<K, V> = std::collections::HashMap<K, V, FixedState>;
pub(super) type Set<K> = std::collections::HashSet<K, FixedState>;
