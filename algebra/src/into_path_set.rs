//! What `forget` and `keep` take.

use crate::path::{Path, PathError};
use crate::path_set::PathSet;

/// What can be read as a set of paths: one, a path, the text of a path (meaning its whole subtree), or several of these.
///
/// ```
/// use escadre_algebra::{Fleet, Path, PathSet};
/// let path = Path::parse("web")?.child("env")?;
/// let (f, spelled) = (Fleet::all(), String::from("web.env"));
/// assert_eq!(f.clone().forget(&path).digest(), f.clone().forget(&spelled).digest());
/// assert_eq!(
///     f.clone().keep(["web", "db"]).digest(),
///     f.keep(PathSet::under("db")?.union(&PathSet::under("web")?)).digest(),
/// );
/// # Ok::<(), escadre_algebra::PathError>(())
/// ```
pub trait IntoPathSet {
    /// The set of paths.
    ///
    /// # Errors
    /// [`PathError`] if a text spells no path.
    fn into_path_set(self) -> Result<PathSet, PathError>;
}

impl IntoPathSet for PathSet {
    fn into_path_set(self) -> Result<PathSet, PathError> {
        Ok(self)
    }
}

impl IntoPathSet for &PathSet {
    fn into_path_set(self) -> Result<PathSet, PathError> {
        Ok(self.clone())
    }
}

impl IntoPathSet for Path {
    fn into_path_set(self) -> Result<PathSet, PathError> {
        Ok(PathSet::subtree(self))
    }
}

impl IntoPathSet for &Path {
    fn into_path_set(self) -> Result<PathSet, PathError> {
        self.clone().into_path_set()
    }
}

impl IntoPathSet for &str {
    fn into_path_set(self) -> Result<PathSet, PathError> {
        PathSet::under(self)
    }
}

impl IntoPathSet for &String {
    fn into_path_set(self) -> Result<PathSet, PathError> {
        PathSet::under(self)
    }
}

impl IntoPathSet for String {
    fn into_path_set(self) -> Result<PathSet, PathError> {
        PathSet::under(&self)
    }
}

impl<T: IntoPathSet> IntoPathSet for Vec<T> {
    fn into_path_set(self) -> Result<PathSet, PathError> {
        let sets: Result<Vec<PathSet>, PathError> =
            self.into_iter().map(IntoPathSet::into_path_set).collect();
        Ok(PathSet::union_all(sets?))
    }
}

impl<T: IntoPathSet, const N: usize> IntoPathSet for [T; N] {
    fn into_path_set(self) -> Result<PathSet, PathError> {
        Vec::from(self).into_path_set()
    }
}
