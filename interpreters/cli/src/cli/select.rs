//! `select`: which devices a selector accepts.

use std::collections::BTreeSet;

use escadre_algebra::{Bound, Column, Columns, Matches, Selector, Test, Version};
use escadre_interpreter::present::number;

use super::Code;
use super::args::Select;
use super::close;
use super::context::{Context, columns};
use super::error::Failure;

pub(crate) fn run(args: &Select, context: &mut Context<'_>) -> Result<Code, Failure> {
    let selector = Selector::parse(&args.selector)?;
    if let Some(problem) = selector.problems().first() {
        return Err(Failure::new(format!("this selector means nothing: {}", problem.message()))
            .help("see `select --help`"));
    }
    let inventory = context.inventory(&args.listing)?;
    let columns = columns(&inventory)?;
    let Matches { hold, undetermined } = columns.matches(&selector);
    if args.count {
        context.out.line(&hold.len().to_string())?;
    } else {
        for row in hold.iter() {
            context.out.line(columns.id(row))?;
            if context.out.is_closed() {
                break;
            }
        }
    }
    let n_undetermined = undetermined.len();
    if n_undetermined > 0 {
        context.note(&format!(
            "{} more may be selected: labels that decide it are unknown",
            number(n_undetermined)
        ));
    }
    for note in doubts(&selector, columns) {
        context.note(&note);
    }
    Ok(Code::Done)
}

/// Tests that no device can pass for how they are written, each told once.
fn doubts(selector: &Selector, columns: &Columns) -> BTreeSet<String> {
    let tests = selector.atoms().into_iter().filter(|_| !columns.is_empty());
    // A device that may have any label may have this one.
    let some_may = (0..columns.len()).any(|row| columns.unlisted_unknown(row));
    let doubt = |test: &Test| {
        let key = test.key()?.as_str();
        let Some(column) = columns.column(key) else {
            let known: BTreeSet<&str> =
                columns.columns().iter().map(|column| column.key().as_str()).collect();
            let meant = close::suggestion(key, known).map(|near| format!("; did you mean {near}?"));
            let doubt = format!("no device has the label `{key}`{}", meant.unwrap_or_default());
            return (!some_may).then_some(doubt);
        };
        match test {
            Test::Compare { bound: Bound::Integer(bound), .. } => versions_only(*bound, column),
            _ => None,
        }
    };
    tests.filter_map(doubt).collect()
}

/// That a label which is compared with the integer `bound` is a version wherever it is known.
fn versions_only(bound: i64, column: &Column) -> Option<String> {
    let n_devices = column.n_devices();
    let mut n_versions = 0;
    for (at, n_devices) in n_devices.into_iter().enumerate().filter(|(_, n)| *n > 0) {
        let value = column.value(at);
        if value.parse::<i64>().is_ok() {
            return None;
        }
        n_versions += if Version::parse(value).is_some() { n_devices } else { 0 };
    }
    let key = column.key();
    let noun = if n_versions == 1 { "device" } else { "devices" };
    (n_versions > 0).then(|| {
        format!(
            "`{key}` is no integer on {} {noun}; write `{bound}.0` to compare versions",
            number(n_versions)
        )
    })
}
