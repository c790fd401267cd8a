//! The switch of mutants, as the decision procedure reads it.

/// Whether the meaning has the mistake `Name` on this thread.
#[cfg(feature = "mutants")]
macro_rules! mutant {
    ($name:ident) => {
        escadre_algebra::mutant::Mutant::current() == Some(escadre_algebra::mutant::Mutant::$name)
    };
}

/// Whether the meaning has the mistake `Name`: it has none.
#[cfg(not(feature = "mutants"))]
macro_rules! mutant {
    ($name:ident) => {
        false
    };
}
