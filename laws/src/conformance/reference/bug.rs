//! The bugs that the reference interpreter can be given, one at a time.

use std::fmt;

macro_rules! bugs {
    ($($bug:ident, $meant:literal, $says:literal;)*) => {
        /// One realistic mistake of an interpreter.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Bug {
            $(#[doc = concat!("It ", $says, ".")] $bug,)*
        }

        impl Bug {
            /// Every bug, in the order of the matrix.
            pub const ALL: &'static [Self] = &[$(Self::$bug),*];

            /// What an interpreter with this bug does.
            #[must_use]
            pub fn says(self) -> &'static str {
                match self { $(Self::$bug => $says,)* }
            }

            /// The name of the case that is to find it.
            #[must_use]
            pub fn meant_for(self) -> &'static str {
                match self { $(Self::$bug => $meant,)* }
            }
        }
    };
}

bugs! {
    LiftsNumbersAsText, "round trip", "lifts `1` as `\"1\"`";
    ForgetsEmptyObjects, "round trip", "lifts no empty objects";
    DropsUnicode, "round trip", "stores texts without what is not ASCII";
    EscapesTwice, "idempotence of norm", "escapes a `$` again each time it normalises";
    SharesByName, "restriction", "stores a resource once for all devices, under its name";
    DropsWords, "instantiation", "normalises texts that mention labels away";
    ClaimsExact, "exactness", "declares to hold all as it is, but holds no notes";
    DropsImages, "versions", "does not hold which image a container has";
    LosesMarker, "membership marker", "stores nothing for a member with nothing";
    WritesAllButOne, "execution", "does not write the last change of a plan";
    KeepsResources, "execution", "never plans to remove a resource";
    CountsNoRemovals, "account", "does not count removed devices";
    TellsNoProgress, "account", "ends without telling the last progress";
    WritesAgain, "idempotence of apply", "writes every member again when nothing changes";
    PlansUnchanged, "second plan", "plans for members of which nothing changes";
    FencesForNothing, "empty plan", "takes the fence for an empty plan";
    TouchesUnchanged, "untouched devices", "writes every member when one changes";
    DryRunWrites, "dry run", "writes in a dry run";
    DryRunTellsNothing, "dry run", "tells nothing of a dry run";
    UnknownIsAbsent, "undetermined devices", "removes members whose membership is unknown";
    RemovesUndetermined, "undetermined resources", "removes resources that unknown labels decide";
    IgnoresRevision, "stale revision", "applies plans of any revision";
    ChecksLate, "stale revision", "checks the revision after the first write";
    IgnoresFleet, "stale fleet", "applies a plan with the objects of another fleet";
    IgnoresInventory, "stale inventory", "applies a plan with the objects of another inventory";
    LowersAnything, "inexpressible fleet", "leaves out in silence what it cannot express";
    NamesNoDevice, "inexpressible fleet", "does not say on which device a fleet is inexpressible";
    IgnoresShrink, "shrink guard", "lets any number of members leave";
    PrunesUnlisted, "pruning", "removes members that a partial inventory does not list";
    PrunesOnPartial, "pruning", "removes members on the word of a partial inventory";
    RemovesKept, "kept removals", "removes members that were to be kept";
    KeepsEverything, "kept removals", "writes nothing at all when removed members are to be kept";
    RevisesByReading, "revision", "changes the revision when it observes";
    RevisesByContent, "revision", "has the same revision whenever it holds the same";
    RevisesOwnWrites, "foreign writes", "does not change the revision when others write";
    RemembersState, "repair", "plans from what it last wrote instead of what is held";
    RemembersRevision, "second controller", "compares plans with the revision that it last saw";
    ChecksThenTakes, "race", "checks the revision, and takes the fence some time later";
    KeepsWriting, "takeover", "looks at the fence only when it takes it";
    SplitsDevices, "whole devices", "writes the resources of a device one after the other";
    LocksForEver, "convergence", "is shut out by the fence of a controller that died";
    ResumesByCount, "convergence", "skips as many changes as a controller wrote before it died";
    ContentsLast, "contents", "stores contents after the devices that name them";
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.says())
    }
}
