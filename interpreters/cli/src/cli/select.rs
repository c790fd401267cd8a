//! `select`: which devices a selector accepts.

use std::collections::BTreeSet;

use escadre_algebra::{Bound, Facts, Inventory, Knowledge, Selector, Test, Version};
use escadre_interpreter::present::number;

use super::Code;
use super::args::Select;
use super::close;
use super::context::Context;
use super::error::Failure;

pub(crate) fn run(args: &Select, context: &mut Context<'_>) -> Result<Code, Failure> {
    let selector = Selector::parse(&args.selector)?;
    if let Some(problem) = selector.problems().first() {
        return Err(Failure::new(format!("this selector means nothing: {}", problem.message()))
            .help("see `select --help`"));
    }
    let inventory = context.inventory(&args.listing)?;
    let (mut n_selected, mut n_undetermined) = (0_usize, 0_usize);
    for facts in inventory.devices() {
        match selector.matches(facts) {
            Some(true) => {
                n_selected += 1;
                if !args.count {
                    context.out.line(facts.id().as_str())?;
                }
            }
            Some(false) => {}
            None => n_undetermined += 1,
        }
        if context.out.is_closed() {
            break;
        }
    }
    if args.count {
        context.out.line(&n_selected.to_string())?;
    }
    if n_undetermined > 0 {
        context.note(&format!(
            "{} more may be selected: labels that decide it are unknown",
            number(n_undetermined)
        ));
    }
    for note in doubts(&selector, &inventory) {
        context.note(&note);
    }
    Ok(Code::Done)
}

/// Tests that no device can pass for how they are written, each told once.
fn doubts(selector: &Selector, inventory: &Inventory) -> BTreeSet<String> {
    let devices = inventory.devices();
    let tests = selector.atoms().into_iter().filter(|_| !devices.is_empty());
    let doubt = |test: &Test| {
        let key = test.key()?.as_str();
        if devices.iter().all(|facts| facts.label(key) == Knowledge::Absent) {
            let known: BTreeSet<&str> =
                devices.iter().flat_map(Facts::labels).map(|label| label.key.as_str()).collect();
            let meant = close::suggestion(key, known).map(|near| format!("; did you mean {near}?"));
            return Some(format!("no device has the label `{key}`{}", meant.unwrap_or_default()));
        }
        match test {
            Test::Compare { bound: Bound::Integer(bound), .. } => {
                versions_only(key, *bound, devices)
            }
            _ => None,
        }
    };
    tests.filter_map(doubt).collect()
}

/// That a label which is compared with the integer `bound` is a version wherever it is known.
fn versions_only(key: &str, bound: i64, devices: &[Facts]) -> Option<String> {
    let mut n_versions = 0;
    for facts in devices {
        let Knowledge::Known(value) = facts.label(key) else { continue };
        if value.parse::<i64>().is_ok() {
            return None;
        }
        n_versions += usize::from(Version::parse(value).is_some());
    }
    let noun = if n_versions == 1 { "device" } else { "devices" };
    (n_versions > 0).then(|| {
        format!(
            "`{key}` is no integer on {} {noun}; write `{bound}.0` to compare versions",
            number(n_versions)
        )
    })
}
