//! Where an expression was written: provenance, never part of meaning.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// The place in source code that wrote an expression.
///
/// An origin is never part of meaning, digests or equality of fleets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(Repr);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Repr {
    Nowhere,
    Code(&'static Location<'static>),
    Stored { file: Arc<str>, line: u32, column: u32 },
}

impl Origin {
    /// No known place (an expression read from a wire form without sources).
    #[must_use]
    pub const fn nowhere() -> Self {
        Self(Repr::Nowhere)
    }

    /// The place that calls the function which calls this one.
    #[must_use]
    #[track_caller]
    pub fn caller() -> Self {
        Self(Repr::Code(Location::caller()))
    }

    /// A place remembered from elsewhere, such as a `fleet.lock`.
    #[must_use]
    pub fn stored(file: Arc<str>, line: u32, column: u32) -> Self {
        Self(Repr::Stored { file, line, column })
    }

    /// The file, line and column, if the place is known.
    ///
    /// A file inside a package registry is given from its package's folder on, so that no
    /// machine's own paths are shown or stored.
    #[must_use]
    pub fn place(&self) -> Option<(&str, u32, u32)> {
        match &self.0 {
            Repr::Nowhere => None,
            Repr::Code(at) => Some((portable(at.file()), at.line(), at.column())),
            Repr::Stored { file, line, column } => Some((file, *line, *column)),
        }
    }
}

/// `file` without what only one machine has: its registry folder, or its toolchain's.
fn portable(file: &str) -> &str {
    let separator = |c| matches!(c, '/' | '\\');
    for folder in ["/registry/src/", r"\registry\src\"] {
        if let Some(at) = file.find(folder) {
            let inside = &file[at + folder.len()..];
            // The next folder is named after the registry, with a hash of this machine's.
            return inside.split_once(separator).map_or(inside, |(_, package)| package);
        }
    }
    // The standard library's own files: a function was called through a pointer or a trait.
    let toolchain = file.strip_prefix("/rustc/").or_else(|| file.strip_prefix(r"\rustc\"));
    toolchain.and_then(|rest| rest.split_once(separator)).map_or(file, |(_, inside)| inside)
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place() {
            Some((file, line, _)) => write!(f, "{file}:{line}"),
            None => f.write_str("(no source)"),
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::portable;

    #[test]
    fn a_file_of_a_registry_begins_with_its_package() {
        let unix = "/home/u/.cargo/registry/src/registry-1/serde-1.0/src/lib.rs";
        assert_eq!(portable(unix), "serde-1.0/src/lib.rs");
        let windows = r"C:\Users\u\.cargo\registry\src\registry-1\serde-1.0\src\lib.rs";
        assert_eq!(portable(windows), r"serde-1.0\src\lib.rs");
        assert_eq!(portable("/rustc/59807616/library/core/src/ops.rs"), "library/core/src/ops.rs");
        assert_eq!(portable("src/main.rs"), "src/main.rs");
    }
}
