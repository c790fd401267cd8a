//! What each operator does at one point.

use crate::decide::evaluate::Cell;

/// The operators at one point, as functions of what their operands are there.
#[derive(Clone, Copy)]
pub(super) struct Pointwise {
    pub(super) union: fn(Cell, Cell) -> Cell,
    pub(super) overlay: fn(Cell, Cell) -> Cell,
    pub(super) patch: fn(Cell, Cell) -> Cell,
    pub(super) mask: fn(Cell, Cell) -> Cell,
    pub(super) within: fn(Cell, Cell) -> Cell,
    pub(super) without: fn(Cell, Cell) -> Cell,
    /// Of whether the selector holds.
    pub(super) restrict: fn(Cell, bool) -> Cell,
    pub(super) choose: fn(bool, Cell, Cell) -> Cell,
    /// Of whether the root is to be forgotten, and whether the path is.
    pub(super) forget: fn(Cell, bool, bool) -> Cell,
    pub(super) keep: fn(Cell, bool, bool) -> Cell,
}

impl Pointwise {
    const MEANT: Self = Self {
        union: Cell::union,
        overlay: Cell::overlay,
        patch: Cell::patch,
        mask: Cell::mask,
        within: |f, g| f.when(g.is_member()),
        without: |f, g| f.when(!g.is_member()),
        restrict: Cell::when,
        choose: |holds, then, otherwise| if holds { then } else { otherwise },
        forget: Cell::forget,
        keep: Cell::forget,
    };

    /// What the operators mean.
    #[cfg(not(feature = "mutants"))]
    pub(super) fn meaning() -> Self {
        Self::MEANT
    }

    /// What the operators mean, with the mistake that is on.
    #[cfg(feature = "mutants")]
    pub(super) fn meaning() -> Self {
        let mutant = escadre_algebra::mutant::Mutant::current();
        mutant.and_then(Self::mutated).unwrap_or(Self::MEANT)
    }
}

#[cfg(feature = "mutants")]
pub(crate) use mutated::Sees;

#[cfg(feature = "mutants")]
mod mutated {
    use escadre_algebra::mutant::Mutant;

    use super::{Cell, Pointwise};

    impl Pointwise {
        /// The operators with a mistake, if it can be seen at one point: the same that `denote`
        /// has, since the tests ask of each counterexample that it is real.
        pub(super) fn mutated(mutant: Mutant) -> Option<Self> {
            Self::joining(mutant).or_else(|| Self::choosing(mutant))
        }

        /// The mistakes of ∪, ⊕ and ◁.
        fn joining(mutant: Mutant) -> Option<Self> {
            let mut of = Self::MEANT;
            match mutant {
                Mutant::UnionOverlays => of.union = Cell::overlay,
                Mutant::UnionFirstWins => of.union = |f, g| g.overlay(f),
                Mutant::UnionIntersects => of.union = union_intersects,
                Mutant::UnionCancels => of.union = union_cancels,
                Mutant::UnionMembersAnd => {
                    of.union = |f, g| f.union(g).when(f.is_member() && g.is_member());
                }
                Mutant::UnionStartsFull => of.union = |f, g| f.union(g).union(Cell::BARE),
                Mutant::UnionSecondPaths => of.union = union_second_paths,
                Mutant::OverlayCancels => of.overlay = difference,
                Mutant::OverlaySettled => {
                    of.overlay = |f, g| {
                        let is_silent = contested(g) && f.candidates() != 0;
                        if is_silent { g.overlay(f) } else { f.overlay(g) }
                    };
                }
                Mutant::OverlayMerges => of.overlay = Cell::union,
                Mutant::OverlayFirstWins => of.overlay = |f, g| g.overlay(f),
                Mutant::OverlayWholeDevice => of.overlay = |f, g| first_member(g, f),
                Mutant::OverlayBaseMembers => of.overlay = |f, g| f.overlay(g).when(f.is_member()),
                Mutant::OverlayStartsFull => of.overlay = |f, g| f.overlay(g).union(Cell::BARE),
                Mutant::PatchAddsMembers => {
                    of.patch = |f, g| if f.is_member() { f.patch(g) } else { g };
                }
                Mutant::PatchAddsResources => {
                    of.patch = |f, g| f.overlay(g).when(f.is_member());
                }
                Mutant::PatchNeedsMember => of.patch = |f, g| f.patch(g).when(g.is_member()),
                Mutant::PatchCancels => {
                    of.patch = |f, g| {
                        if f.claims_root() && g.is_member() { difference(f, g) } else { f }
                    };
                }
                Mutant::PatchFillsGaps => of.patch = |f, g| f.patch(g).overlay(f),
                Mutant::PatchMerges => of.patch = |f, g| f.patch(g).union(f),
                _ => return None,
            }
            Some(of)
        }

        /// The mistakes of what takes away: masks, memberships, selectors and sets of paths.
        fn choosing(mutant: Mutant) -> Option<Self> {
            let mut of = Self::MEANT;
            match mutant {
                Mutant::MaskNeedsMember => of.mask = |f, g| f.mask(g).when(g.is_member()),
                Mutant::MaskLosesMembers => of.mask = |f, g| f.mask(g).when(!g.is_member()),
                Mutant::MaskAddsMembers => {
                    of.mask = |f, g| if f.is_member() { f.mask(g) } else { g };
                }
                Mutant::MaskEqualOnly => of.mask = mask_equal_only,
                Mutant::MaskSparesConflicts => {
                    of.mask =
                        |f, g| f.forget(g.claims_root(), g.candidates() != 0 && !contested(f));
                }
                Mutant::MaskOverlays => of.mask = |f, g| f.overlay(g).when(f.is_member()),
                Mutant::WithinEither => {
                    of.within = |f, g| first_member(f, Cell::BARE.when(g.is_member()));
                }
                Mutant::WithinInverted => of.within = |f, g| f.when(!g.is_member()),
                Mutant::WithinOther => of.within = |f, g| g.when(f.is_member()),
                Mutant::WithoutIgnored => of.without = |f, _| f,
                Mutant::WithoutInverted => of.without = |f, g| f.when(g.is_member()),
                Mutant::WithoutBare => of.without = |f, g| bare_unless(f, !g.is_member()),
                Mutant::WithoutSymmetric => {
                    of.without =
                        |f, g| first_member(f, Cell::BARE).when(f.is_member() != g.is_member());
                }
                Mutant::WithoutOther => of.without = |f, g| g.when(!f.is_member()),
                Mutant::RestrictWrongSide => of.restrict = |f, holds| f.when(!holds),
                Mutant::RestrictBare => of.restrict = bare_unless,
                Mutant::RestrictIgnored => of.restrict = |f, _| f,
                Mutant::RestrictAddsMembers => {
                    of.restrict = |f, holds| first_member(f, Cell::BARE).when(holds);
                }
                Mutant::ChooseSwapped => of.choose = |holds, f, g| if holds { g } else { f },
                Mutant::ChooseFallsThrough => {
                    of.choose = |holds, f, g| if holds { first_member(f, g) } else { g };
                }
                Mutant::ChooseLosesOtherwise => of.choose = |holds, f, _| f.when(holds),
                Mutant::ForgetAddsMembers => {
                    of.forget = |f, root, path| first_member(f.forget(root, path), Cell::BARE);
                }
                Mutant::ForgetSparesConflicts => {
                    of.forget = |f, root, path| f.forget(root, path && !contested(f));
                }
                Mutant::KeepAddsMembers => {
                    of.keep = |f, root, path| first_member(f.forget(root, path), Cell::BARE);
                }
                Mutant::KeepSettles => of.keep = |f, root, path| settled(f.forget(root, path)),
                _ => return None,
            }
            Some(of)
        }
    }

    /// Where the procedure can see a mistake.
    #[derive(Clone, Copy, Debug, Default)]
    pub(crate) struct Sees {
        pub(crate) equations: bool,
        /// Implications name neither selectors nor sets of paths.
        pub(crate) implications: bool,
    }

    impl Sees {
        /// Where it can see `mutant`.
        pub(crate) fn of(mutant: Mutant) -> Self {
            let of_formulas = [
                Mutant::AndAsOr,
                Mutant::OrFirstOnly,
                Mutant::NotIgnored,
                Mutant::PathsMeetAsUnion,
                Mutant::ForgetPrefixOnly,
                Mutant::KeepDropsAbove,
                Mutant::KeepForgets,
            ];
            let implications = Pointwise::mutated(mutant).is_some();
            Self { equations: implications || of_formulas.contains(&mutant), implications }
        }
    }

    /// `f` on its members, else `g`.
    fn first_member(f: Cell, g: Cell) -> Cell {
        if f.is_member() { f } else { g }
    }

    /// `f`, without claims where `condition` does not hold.
    fn bare_unless(f: Cell, condition: bool) -> Cell {
        if condition { f } else { Cell::BARE.when(f.is_member()) }
    }

    fn contested(f: Cell) -> bool {
        f.candidates().count_ones() > 1
    }

    /// `f` with these candidates.
    fn with_candidates(f: Cell, candidates: u16) -> Cell {
        Cell::member(f.claims_root(), candidates).when(f.is_member())
    }

    /// `f` with the first of its candidates.
    fn settled(f: Cell) -> Cell {
        with_candidates(f, f.candidates() & f.candidates().wrapping_neg())
    }

    fn union_intersects(f: Cell, g: Cell) -> Cell {
        let (x, y) = (f.candidates(), g.candidates());
        with_candidates(f.union(g), if x != 0 && y != 0 { x & y } else { x | y })
    }

    /// The candidates of one of both; of the roots, which have one candidate, likewise.
    fn union_cancels(f: Cell, g: Cell) -> Cell {
        let claims_root = f.claims_root() != g.claims_root();
        let is_member = f.is_member() || g.is_member();
        Cell::member(claims_root, f.candidates() ^ g.candidates()).when(is_member)
    }

    /// What the last part that is a member speaks of.
    fn union_second_paths(f: Cell, g: Cell) -> Cell {
        if g.is_member() { f.forget(!g.claims_root(), g.candidates() == 0).union(g) } else { f }
    }

    /// The root and the path, where one of both speaks of it.
    fn difference(f: Cell, g: Cell) -> Cell {
        f.mask(g).union(g.mask(f))
    }

    fn mask_equal_only(f: Cell, g: Cell) -> Cell {
        let rest = f.candidates() & !g.candidates();
        with_candidates(f.forget(g.claims_root(), false), rest)
    }
}
