//! Why a selector is not true of a device.

use std::collections::{HashMap, HashSet};

use super::eval::kleene;
use super::print::write_test;
use super::{Selector, Test, View};
use crate::facts::{Facts, Knowledge};

/// How many reasons are given before the rest is only counted.
const MAX_REASONS: usize = 64;

impl Selector {
    /// The tests that decided that this selector is not true of `facts`, each as a sentence part
    /// with the value that was found; none if it is true.
    ///
    /// ```
    /// use escadre_algebra::{Facts, label, semver};
    /// let s = label("role").eq("camera") & label("firmware").ge(semver("2.1"));
    /// let d = Facts::of("a", [("firmware", "1.9")])?;
    /// assert_eq!(s.failing(&d), [
    ///     "`role = camera` is false: no label role",
    ///     "`firmware >= 2.1.0` is false: firmware = \"1.9\"",
    /// ]);
    /// # Ok::<(), escadre_algebra::NameError>(())
    /// ```
    #[must_use]
    pub fn failing(&self, facts: &Facts) -> Vec<String> {
        if self.matches(facts) == Some(true) {
            return Vec::new();
        }
        let answers = all_answers(self, facts);
        let answer = |node: &Self| answers.get(&node.address()).copied().flatten();
        let mut seen = HashSet::new();
        let mut reasons = Vec::new();
        // Each entry: a node, and the answer that it should have given.
        let mut stack = vec![(self, true)];
        while let Some((node, wanted)) = stack.pop() {
            if answer(node) == Some(wanted) || !seen.insert((node.address(), wanted)) {
                continue;
            }
            match node.view() {
                View::Not(inner) => stack.push((inner, !wanted)),
                View::And(parts) | View::Or(parts) => {
                    stack.extend(parts.iter().rev().map(|part| (part, wanted)));
                }
                View::Test(test) => reasons.push(reason(test, wanted, answer(node), facts)),
                View::All | View::None => reasons.push("it holds nowhere".to_owned()),
                View::Invalid(problem) => reasons.push(format!("it means nothing: {problem}")),
            }
        }
        let mut distinct = HashSet::new();
        reasons.retain(|reason| distinct.insert(reason.clone()));
        if reasons.len() > MAX_REASONS {
            let n_more = reasons.len() - MAX_REASONS;
            reasons.truncate(MAX_REASONS);
            reasons.push(format!("… and {n_more} more"));
        }
        reasons
    }
}

/// What every node says of `facts`, by Kleene's rules, keyed by address.
fn all_answers(root: &Selector, facts: &Facts) -> HashMap<usize, Option<bool>> {
    let mut answers: HashMap<usize, Option<bool>> = HashMap::new();
    for node in root.postorder() {
        let mut parts =
            node.view().children().iter().map(|p| answers.get(&p.address()).copied().flatten());
        let answer = match node.view() {
            View::All => Some(true),
            View::None | View::Invalid(_) => Some(false),
            View::Test(test) => test.matches(facts),
            View::Not(_) => parts.next().flatten().map(|b| !b),
            View::And(_) => kleene(parts, false),
            View::Or(_) => kleene(parts, true),
        };
        answers.insert(node.address(), answer);
    }
    answers
}

fn reason(test: &Test, wanted: bool, answer: Option<bool>, facts: &Facts) -> String {
    let mut text = String::from("`");
    // Writing to a string does not fail.
    let _ = write_test(&mut text, test, !wanted);
    text.push_str(if answer.is_some() { "` is false: " } else { "` is undetermined: " });
    match test.key() {
        Some(key) => match facts.label(key.as_str()) {
            Knowledge::Known(value) => text.push_str(&format!("{key} = {value:?}")),
            Knowledge::Absent => text.push_str(&format!("no label {key}")),
            Knowledge::Unknown => text.push_str(&format!("the label {key} is unknown")),
        },
        None => text.push_str(&format!("the id is {:?}", facts.id().as_str())),
    }
    text
}
