//! Sets of paths, as `forget` and `keep` take them.

use std::collections::BTreeSet;

use crate::names::{Field, ResourceName};
use crate::path::{Path, PathError};

/// A set of paths: single ones, and whole subtrees.
///
/// `forget` reads it closed under descendants, `keep` closed under ancestors.
///
/// ```
/// use escadre_algebra::PathSet;
/// let p = PathSet::under("web.env")?.union(&PathSet::under("db")?);
/// assert!(p.contains(&"web.env.DEBUG".parse()?) && !p.contains(&"web".parse()?));
/// assert_eq!(p.intersection(&PathSet::under("web")?), PathSet::under("web.env")?);
/// # Ok::<(), escadre_algebra::PathError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathSet {
    everything: bool,
    // INVARIANT: no path of `subtrees` is above another; no path of `points` is in a subtree.
    // `normalise` keeps it.
    subtrees: BTreeSet<Path>,
    points: BTreeSet<Path>,
}

impl PathSet {
    /// No path.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Every path.
    #[must_use]
    pub fn all() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// The path spelled `path` and every path below it.
    ///
    /// # Errors
    /// [`PathError`] if `path` spells none.
    pub fn under(path: &str) -> Result<Self, PathError> {
        Ok(Self::subtree(Path::parse(path)?))
    }

    /// `path` and every path below it.
    #[must_use]
    pub fn subtree(path: Path) -> Self {
        Self { subtrees: BTreeSet::from([path]), ..Self::default() }
    }

    /// `path` alone.
    #[must_use]
    pub fn point(path: Path) -> Self {
        Self { points: BTreeSet::from([path]), ..Self::default() }
    }

    /// The subtrees of `subtrees`, and `points` alone. Costs O(paths · log paths).
    pub fn of(
        subtrees: impl IntoIterator<Item = Path>,
        points: impl IntoIterator<Item = Path>,
    ) -> Self {
        let (subtrees, points) = (subtrees.into_iter().collect(), points.into_iter().collect());
        Self { everything: false, subtrees, points }.normalise()
    }

    /// Whether every path is in the set.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.everything
    }

    /// The paths whose whole subtrees are in the set, none above another.
    pub fn subtrees(&self) -> impl Iterator<Item = &Path> {
        self.subtrees.iter()
    }

    /// The paths that are in the set alone.
    pub fn points(&self) -> impl Iterator<Item = &Path> {
        self.points.iter()
    }

    /// Whether `path` is in the set. Costs O(fields · log paths of the set).
    #[must_use]
    pub fn contains(&self, path: &Path) -> bool {
        self.points.contains(path) || self.contains_subtree(path)
    }

    /// The paths that are in this set or in `other`.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            everything: self.everything || other.everything,
            subtrees: self.subtrees.union(&other.subtrees).cloned().collect(),
            points: {
                let points = self.points.union(&other.points);
                points.filter(|_| !mutant!(PathsLosePoints)).cloned().collect()
            },
        }
        .normalise()
    }

    /// The paths that are in one of `sets`. Costs O(paths · log paths).
    #[must_use]
    pub fn union_all(sets: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::none();
        for set in sets {
            all.everything |= set.everything;
            all.subtrees.extend(set.subtrees);
            all.points.extend(set.points);
        }
        all.normalise()
    }

    /// The paths that are in this set and in `other`.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        if mutant!(PathsMeetAsUnion) {
            return self.union(other);
        }
        if self.everything {
            return other.clone();
        }
        if other.everything {
            return self.clone();
        }
        let inside = |a: &Self, b: &Self| -> Vec<Path> {
            a.subtrees.iter().filter(|p| b.contains_subtree(p)).cloned().collect()
        };
        let subtrees = inside(self, other).into_iter().chain(inside(other, self)).collect();
        let candidates =
            self.points.iter().chain(&other.points).chain(&self.subtrees).chain(&other.subtrees);
        let points =
            candidates.filter(|p| self.contains(p) && other.contains(p)).cloned().collect();
        Self { everything: false, subtrees, points }.normalise()
    }

    /// Whether `path` is in one of the subtrees. Costs O(fields · log paths).
    fn contains_subtree(&self, path: &Path) -> bool {
        self.everything || path.above().any(|above| self.subtrees.contains(&above))
    }

    /// Whether `forget` drops `path`: it is in the set, or below a path of it.
    pub(crate) fn drops(&self, path: &Path) -> bool {
        self.everything
            || path
                .above()
                .any(|above| self.subtrees.contains(&above) || self.points.contains(&above))
    }

    /// Whether `keep` keeps `path`: it is in the set, or above a path of it.
    pub(crate) fn retains(&self, path: &Path) -> bool {
        // Paths are ordered by their fields, so those below `path` stand right behind it.
        let above = |paths: &BTreeSet<Path>| {
            let next = paths.range(path..).next();
            next.is_some_and(|p| {
                p.resource() == path.resource() && p.fields().starts_with(path.fields())
            })
        };
        self.contains_subtree(path) || above(&self.points) || above(&self.subtrees)
    }

    /// Whether `keep` keeps what is below `path` and listed nowhere.
    pub(crate) fn retains_beneath(&self, path: &Path) -> bool {
        self.contains_subtree(path)
    }

    fn normalise(mut self) -> Self {
        if self.everything {
            return Self::all();
        }
        let subtrees = std::mem::take(&mut self.subtrees);
        for path in subtrees {
            // Ordered: a path above another comes before it.
            if !self.contains_subtree(&path) {
                self.subtrees.insert(path);
            }
        }
        let points = std::mem::take(&mut self.points);
        self.points = points.into_iter().filter(|p| !self.contains_subtree(p)).collect();
        self
    }

    /// The entries below `resource`, in the order of their fields, and whether a whole subtree is
    /// meant. Costs O(log paths + entries).
    pub(crate) fn of_resource(&self, resource: &ResourceName) -> Vec<(&[Field], bool)> {
        let subtrees = below(&self.subtrees, resource).map(|p| (p.fields(), true));
        let points = below(&self.points, resource).map(|p| (p.fields(), false));
        let mut entries: Vec<(&[Field], bool)> = subtrees.chain(points).collect();
        entries.sort();
        entries
    }
}

/// The paths of `resource`. They are ordered by resource, then fields, so they stand right behind its root.
fn below<'a, 'b>(
    paths: &'a BTreeSet<Path>,
    resource: &'b ResourceName,
) -> impl Iterator<Item = &'a Path> + use<'a, 'b> {
    let behind = paths.range(Path::root(resource.clone())..);
    behind.take_while(move |path| path.resource() == resource || mutant!(PathsNextResource))
}
