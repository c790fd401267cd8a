//! The checks, a file a family of laws, and the list of the cases.

mod application;
mod consent;
mod controllers;
mod kills;
mod knowledge;
mod normal;
mod revisions;
mod stale;

use super::bench::{Bench, Hook};
use super::case::Case;

macro_rules! case {
    ($name:literal, $law:literal, [$($need:ident),*], $check:path) => {
        Case {
            name: $name,
            law: $law,
            needs: &[$(Hook::$need),*],
            check: |stand| Box::pin($check(stand)),
        }
    };
}

/// Every case, in the order of a report.
#[must_use]
pub fn cases<B: Bench>() -> Vec<Case<B>> {
    let mut cases = meaning();
    cases.extend(refusals());
    cases.extend(concurrency());
    cases
}

/// What a target holds after an apply that nothing disturbs.
fn meaning<B: Bench>() -> Vec<Case<B>> {
    vec![
        case!("round trip", "lift ∘ lower = norm ∘ erase", [], normal::round_trip),
        case!("idempotence of norm", "norm ∘ norm = norm", [], normal::idempotence),
        case!("restriction", "norm(s·f) = s·norm(f), on the target", [], normal::restriction),
        case!(
            "instantiation",
            "norm(x)@d = norm(x@d) on every device d",
            [],
            normal::instantiation
        ),
        case!("exactness", "norm(x) = x, where that is declared", [Exact], normal::exactness),
        case!("versions", "what differs in two versions is held differently", [], normal::versions),
        case!(
            "membership marker",
            "a member with nothing ≠ no member",
            [MembershipMarker],
            normal::membership
        ),
        case!(
            "execution",
            "observe ∘ apply(p) = p, executed on what was held",
            [],
            application::execution
        ),
        case!("account", "what apply tells is what it did", [], application::account),
        case!("idempotence of apply", "apply ∘ apply = apply", [], application::idempotence),
        case!("second plan", "plan(f, held after apply(f)) = ∅", [], application::second_plan),
        case!("empty plan", "apply(∅) writes nothing", [], application::empty_plan),
        case!(
            "untouched devices",
            "a device without a change in the plan is not written",
            [Stamps],
            application::untouched
        ),
        case!("dry run", "dry run = apply without its writes", [], application::dry_run),
        case!(
            "undetermined devices",
            "a device whose membership is unknown stays as it is",
            [],
            knowledge::devices_stay
        ),
        case!(
            "undetermined resources",
            "a resource with an unknown path stays as it is",
            [],
            knowledge::resources_stay
        ),
    ]
}

/// What is refused before the first write.
fn refusals<B: Bench>() -> Vec<Case<B>> {
    vec![
        case!(
            "stale revision",
            "a plan of another revision is refused before the first write",
            [Fence],
            stale::revision
        ),
        case!("stale fleet", "a plan of another fleet is refused", [], stale::fleet),
        case!("stale inventory", "a plan of another inventory is refused", [], stale::inventory),
        case!(
            "inexpressible fleet",
            "lower names the resource and a device, and nothing is written",
            [Inexpressible],
            stale::inexpressible
        ),
        case!("shrink guard", "many members leave only with consent", [], consent::shrink_guard),
        case!(
            "pruning",
            "members leave only on the word of a complete inventory",
            [],
            consent::pruning
        ),
        case!(
            "kept removals",
            "keep_removed: all changes but removals",
            [],
            consent::kept_removals
        ),
    ]
}

/// What holds when others write, and when controllers die.
fn concurrency<B: Bench>() -> Vec<Case<B>> {
    vec![
        case!(
            "revision",
            "the revision changes iff something was written",
            [],
            revisions::revision
        ),
        case!(
            "foreign writes",
            "another writer's change changes the revision",
            [Drift],
            revisions::foreign
        ),
        case!("repair", "drift is planned for and undone", [Drift], revisions::repair),
        case!(
            "second controller",
            "of two plans of one revision one is applied; the other writes nothing",
            [SecondController, Fence],
            controllers::second
        ),
        case!(
            "race",
            "two applies at once end as one of them alone",
            [SecondController, Fence],
            controllers::race
        ),
        case!(
            "takeover",
            "an apply stops at its first write after another took the fence",
            [SecondController, Fence, Drive],
            controllers::takeover
        ),
        case!(
            "whole devices",
            "killed anywhere, a device is as before or as after",
            [Kills],
            kills::whole
        ),
        case!(
            "convergence",
            "killed anywhere, applying again ends in the same state",
            [Kills],
            kills::convergence
        ),
        case!(
            "contents",
            "killed anywhere, what is held names no content that is not there",
            [Kills, Contents],
            kills::contents
        ),
    ]
}
