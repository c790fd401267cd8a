//! Mutants: the meaning with one mistake in it, to see whether the laws notice. For tests only.
//!
//! `mutant!(Name)` stands at the one place of the meaning that the mutant changes. Without the
//! feature `mutants` it is the constant `false`, and there is nothing else.

/// Whether the meaning has the mistake `Name`, or one of several, on this thread: `mutant!(Name)`.
///
/// `mutant!(Name if c)` is whether it has it and `c` is so, `mutant!(no Name)` whether it has it not.
/// What stands in here is not changed by `cargo-mutants`, which looks at the meaning without mistakes.
#[cfg(feature = "mutants")]
macro_rules! mutant {
    (no $($name:ident),+) => {
        !mutant!($($name),+)
    };
    ($name:ident if $condition:expr) => {
        mutant!($name) && $condition
    };
    ($($name:ident),+) => {
        matches!($crate::mutant::Mutant::current(), Some($($crate::mutant::Mutant::$name)|+))
    };
}

/// Whether the meaning has the mistake `Name`: it has none.
#[cfg(not(feature = "mutants"))]
macro_rules! mutant {
    (no $($name:ident),+) => {
        true
    };
    ($name:ident if $condition:expr) => {
        false && $condition
    };
    ($($name:ident),+) => {
        false
    };
}

#[cfg(feature = "mutants")]
mod switch {
    use std::cell::Cell;

    thread_local! {
        static ON: Cell<Option<Mutant>> = const { Cell::new(None) };
    }

    /// Makes the type of mutants from a table of them.
    macro_rules! mutants {
        ($($variant:ident = $name:literal: $says:literal,)*) => {
            /// One mistake in the meaning, such as a programmer could make.
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            #[non_exhaustive]
            pub enum Mutant {
                $(#[doc = $says] $variant,)*
            }

            impl Mutant {
                /// All of them, by the part of the meaning that they change.
                pub const ALL: &[Self] = &[$(Self::$variant,)*];

                /// Its name, a noun.
                #[must_use]
                pub const fn name(self) -> &'static str {
                    match self { $(Self::$variant => $name,)* }
                }

                /// What goes wrong, in one sentence.
                #[must_use]
                pub const fn says(self) -> &'static str {
                    match self { $(Self::$variant => $says,)* }
                }
            }
        };
    }

    mutants! {
        UnionOverlays = "union-as-overlay": "Where both parts of a union speak, the second decides.",
        UnionFirstWins = "union-by-its-first-part": "Where both parts of a union speak, the first decides.",
        UnionIntersects = "union-of-agreement": "Where both parts of a union speak, only the candidates of both stay.",
        UnionCancels = "union-as-difference": "A candidate that both parts of a union have is lost.",
        UnionMembersAnd = "union-of-common-members": "Only the members of every part are members of a union.",
        UnionStartsFull = "union-from-all-devices": "A union starts from all devices instead of none.",
        UnionSecondPaths = "union-of-second-paths": "A union speaks only of the paths that its last part defines.",
        UnionStops = "union-of-two-parts": "A union ends after its second part.",

        OverlayMerges = "overlay-as-union": "An overlay merges the candidates of base and layer.",
        OverlayFirstWins = "overlay-by-its-base": "Where base and layer speak, the base decides.",
        OverlayWholeResource = "overlay-of-resources": "A layer replaces whole resources instead of paths.",
        OverlayWholeDevice = "overlay-of-devices": "A layer replaces all that its members had.",
        OverlayBaseMembers = "overlay-without-new-members": "The members of an overlay are those of its base.",
        OverlayStartsFull = "overlay-from-all-devices": "An overlay starts from all devices instead of none.",
        OverlayStops = "overlay-of-two-layers": "An overlay ends after its second layer.",
        OverlayCancels = "overlay-as-difference": "Where base and layer speak, neither decides.",
        OverlaySettled = "overlay-of-one-candidate": "A layer that has several candidates decides nothing.",
        OverlayUnsetSilent = "overlay-of-unset-as-silence": "A layer that unsets a field says nothing of it.",
        OverlayLeavesBelow = "overlay-of-a-leaf-alone": "A leaf laid over an object leaves the fields below.",

        PatchAddsMembers = "patch-with-new-members": "A patch adds members.",
        PatchAddsResources = "patch-with-new-resources": "A patch adds resources to members.",
        PatchFillsGaps = "patch-of-gaps": "A patch adds what is missing and replaces nothing.",
        PatchNeedsMember = "patch-of-common-members": "Who is no member of the patch is no member any more.",
        PatchCancels = "patch-as-difference": "Where base and patch speak, neither decides.",
        PatchMerges = "patch-as-union": "A patch puts its candidates beside those of the base.",

        MaskWholeResource = "mask-of-resources": "A mask forgets whole resources instead of paths.",
        MaskLosesMembers = "mask-of-members": "Who is a member of the mask is no member any more.",
        MaskNeedsMember = "mask-of-common-members": "Who is no member of the mask is no member any more.",
        MaskAddsMembers = "mask-with-new-members": "Who is a member of the mask alone is a member.",
        MaskEqualOnly = "mask-of-candidates": "A mask forgets the candidates that it has itself instead of paths.",
        MaskSparesConflicts = "mask-around-conflicts": "A mask passes over paths with several candidates.",
        MaskOverlays = "mask-as-overlay": "A mask leaves its own candidates where it forgets.",
        MaskLeavesBelow = "mask-of-a-leaf-alone": "A masked leaf still unsets the fields below it.",

        WithinEither = "within-as-either": "The members of either fleet are within.",
        WithinInverted = "within-as-without": "Within leaves out the members of the other fleet.",
        WithinTwice = "within-twice": "A fleet that is within two fleets is within neither.",
        WithinOther = "within-of-the-other": "Within gives the claims of the other fleet.",
        WithoutIgnored = "without-nobody": "Without leaves out nobody.",
        WithoutInverted = "without-as-within": "Without keeps the members of the other fleet.",
        WithoutBare = "without-claims": "Without leaves out the claims but not the members.",
        WithoutSymmetric = "without-as-difference": "The members of one of both fleets are without.",
        WithoutOther = "without-of-the-other": "Without gives the other fleet outside the first.",

        RestrictWrongSide = "restriction-to-the-others": "A restriction keeps the devices that its selector refuses.",
        RestrictBare = "restriction-of-claims": "A restriction drops claims but no members.",
        RestrictIgnored = "restriction-to-everybody": "A restriction does not look at its selector.",
        RestrictAddsMembers = "restriction-with-new-members": "Every device that the selector accepts is a member of a restriction.",
        ChooseSwapped = "choice-of-the-other": "A choice takes the wrong branch.",
        ChooseFallsThrough = "choice-with-a-fallback": "A choice whose branch has not the device takes the other branch.",
        ChooseLosesOtherwise = "choice-without-otherwise": "A choice gives nothing where its selector does not hold.",

        ForgetPrefixOnly = "forgetting-of-a-prefix": "Forgetting a path leaves what is below it.",
        ForgetLosesMembers = "forgetting-of-members": "Who forgets every claim is no member any more.",
        ForgetAddsMembers = "forgetting-with-new-members": "Forgetting makes every device a member.",
        ForgetSparesConflicts = "forgetting-around-conflicts": "Forgetting passes over a path with several candidates.",
        ForgetSparesPoints = "forgetting-of-subtrees": "Forgetting passes over single paths.",
        KeepDropsAbove = "keeping-without-the-way": "Keeping a path drops the objects above it.",
        KeepPrefixOnly = "keeping-of-a-prefix": "Keeping a subtree drops what is below its top.",
        KeepForgets = "keeping-as-forgetting": "Keeping paths forgets them.",
        KeepAddsMembers = "keeping-with-new-members": "Keeping makes every device a member.",
        KeepSettles = "keeping-of-one-candidate": "Keeping leaves one candidate of each path that is asked for or on the way.",
        PathsMeetAsUnion = "intersection-of-paths-as-union": "The intersection of two sets of paths is their union.",
        PathsLosePoints = "union-of-subtrees": "The union of two sets of paths has no single paths.",
        PathsNextResource = "paths-of-the-next-resource": "The paths of a resource are taken with those of the resources behind it.",

        LeafSilentBelow = "leaf-without-unset": "A leaf says nothing of the paths below it.",
        ObjectsUnclaimed = "field-without-objects": "A field does not claim the objects above it.",
        FirstFieldWins = "field-set-once": "A field that is set twice holds what was set first.",

        AndAsOr = "and-as-or": "A conjunction holds where one part does.",
        OrFirstOnly = "or-of-one-part": "A disjunction looks at its first part alone.",
        NotIgnored = "not-ignored": "A negation holds where its part does.",
        NotTwice = "not-twice": "A double negation is a single one.",
        InByPrefix = "in-by-prefix": "A label is in a set where it begins with one of the values.",
        ExistsNonEmpty = "exists-of-a-value": "A label with an empty value does not exist.",
        IntegersAsText = "order-of-texts": "Integers are compared as texts.",
        AtLeastAsAbove = "at-least-as-above": "What is equal to a bound is not at least it.",
        UnreadableAsZero = "unreadable-as-zero": "A label that is no integer is compared as 0.",
        BucketEndInside = "bucket-with-its-end": "A bucket interval holds its end.",
        BucketFromZero = "bucket-from-zero": "A share of buckets begins at 0, wherever it should.",
        BucketSaltIgnored = "bucket-without-salt": "Every bucket space spreads devices alike.",
        BucketUnframed = "bucket-without-frames": "Salt and id of a bucket run into each other.",
        FirstOneShort = "first-but-one": "The first n devices are n - 1.",
        NotInNeedsLabel = "notin-of-a-label": "A label that a device does not have is not outside a set.",
        AboveAsAtLeast = "above-as-at-least": "What is equal to a bound is above it for Kubernetes.",

        UnknownAsAbsent = "unknown-as-absent": "A label that is unknown is read as absent.",
        UnknownByKleene = "unknown-by-parts": "What some part leaves unknown is unknown, whatever the whole.",
        UnknownNeverAbsent = "unknown-never-absent": "A label that is unknown is never absent.",
        UnknownFirstMembership = "unknown-membership-by-example": "Whether a device is a member is read off one completion.",
        UnknownNewResource = "unknown-resource-by-example": "A resource that only some completions have is read off one of them.",
        UnknownMentionKept = "unknown-text-kept": "A resource whose text mentions an unknown label is determined.",

        MissingAsEmpty = "missing-as-empty": "A missing label stands as nothing in a text.",
        UnknownTextMissing = "unknown-as-missing": "An unknown label is missing in a text.",
        LiteralsApart = "literals-apart": "Literals side by side are not one.",
        DefaultIgnored = "default-ignored": "A label with a default has only the reading where it exists.",
        EqualTextsApart = "equal-texts-apart": "Texts that say the same on a device stay a conflict.",
        InstancesApart = "equal-instances-apart": "Candidates that are equal on a device are two.",

        UnsetRendered = "unset-rendered": "A field that is unset is rendered.",
        EmptyObjectDropped = "empty-object-dropped": "An empty object is not rendered.",
        FirstCandidateRendered = "conflict-rendered": "Of several candidates the first is rendered.",
        AfterReversed = "after-as-before": "What is after another comes up before it.",

        WireUnsetAsObject = "unset-written-as-object": "The wire form writes what is unset as an empty object.",
        WirePointsAsSubtrees = "points-written-as-subtrees": "The wire form writes single paths as subtrees.",
        WireLabelAsLiteral = "label-written-as-literal": "The wire form writes a label in a text as its key.",
    }

    impl Mutant {
        /// The mistake that the meaning has on this thread.
        #[must_use]
        pub fn current() -> Option<Self> {
            ON.get()
        }

        /// What `run` gives where the meaning has this mistake, on this thread and until it ends.
        ///
        /// ```
        /// use escadre_algebra::{Facts, Fleet, denote, mutant::Mutant};
        /// let d = Facts::of("d", [])?;
        /// let f = Fleet::all().union(Fleet::empty());
        /// let is_member = || denote::<()>(&f, &d).is_some();
        /// assert!(is_member() && !Mutant::UnionMembersAnd.with(is_member) && is_member());
        /// # Ok::<(), escadre_algebra::NameError>(())
        /// ```
        pub fn with<T>(self, run: impl FnOnce() -> T) -> T {
            /// Puts back what was on before, also where `run` panics.
            struct Restore(Option<Mutant>);
            impl Drop for Restore {
                fn drop(&mut self) {
                    ON.set(self.0);
                }
            }
            let _restore = Restore(ON.replace(Some(self)));
            run()
        }
    }
}

#[cfg(feature = "mutants")]
pub use switch::Mutant;
