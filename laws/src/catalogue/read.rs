//! Reading the catalogue's text: a row a line, with `|` between.

use crate::catalogue::{Catalogue, Consequence, Group, Law, NonLaw, Property};
use crate::condition::{Condition, ConditionError};
use crate::implication::Implication;
use crate::parse::ParseError;
use crate::term::Equation;

const LAWS: &str = include_str!("laws.txt");
const NON_LAWS: &str = include_str!("nonlaws.txt");
const IMPLICATIONS: &str = include_str!("implications.txt");
const PROPERTIES: &str = include_str!("properties.txt");

/// A row of the catalogue that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// It has not as many columns as it should.
    #[error("the row `{0}` has too few or too many columns")]
    Columns(&'static str),
    /// A term or equation in it is none.
    #[error("in the row `{row}`:\n{error}")]
    Term {
        /// The row.
        row: &'static str,
        /// What is wrong.
        error: ParseError,
    },
    /// Its condition is none.
    #[error("in the row `{row}`: {error}")]
    Condition {
        /// The row.
        row: &'static str,
        /// What is wrong.
        error: ConditionError,
    },
}

pub(super) fn read() -> Result<Catalogue, CatalogueError> {
    let mut catalogue = Catalogue::default();
    for line in rows(LAWS) {
        match line.strip_prefix("# ") {
            Some(heading) => {
                let [name, about] = columns(heading)?;
                catalogue.groups.push(Group { name, about });
            }
            None => {
                let group = catalogue.groups.last().map_or("", |group| group.name);
                catalogue.laws.push(law(line, group)?);
            }
        }
    }
    catalogue.non_laws = rows(NON_LAWS).map(non_law).collect::<Result<_, _>>()?;
    catalogue.consequences = rows(IMPLICATIONS).map(consequence).collect::<Result<_, _>>()?;
    catalogue.properties = rows(PROPERTIES).map(property).collect::<Result<_, _>>()?;
    Ok(catalogue)
}

fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty())
}

fn columns<const N: usize>(row: &'static str) -> Result<[&'static str; N], CatalogueError> {
    // Candidates have a `|` of their own, without spaces around it.
    let columns: Vec<&str> = row.split(" |").map(str::trim).collect();
    columns.try_into().map_err(|_| CatalogueError::Columns(row))
}

fn equation(text: &str, row: &'static str) -> Result<Equation, CatalogueError> {
    Equation::parse(text).map_err(|error| CatalogueError::Term { row, error })
}

fn law(row: &'static str, group: &'static str) -> Result<Law, CatalogueError> {
    let [id, name, text, condition, meaning] = columns(row)?;
    let is_axiom = condition == "axiom";
    let condition = if is_axiom { "" } else { condition };
    let condition: Condition =
        condition.parse().map_err(|error| CatalogueError::Condition { row, error })?;
    let equation = equation(text, row)?;
    Ok(Law { name, id, group, equation, text, condition, is_axiom, meaning })
}

fn non_law(row: &'static str) -> Result<NonLaw, CatalogueError> {
    let [id, name, text, counterexample, meaning] = columns(row)?;
    Ok(NonLaw { name, id, equation: equation(text, row)?, counterexample, meaning })
}

fn consequence(row: &'static str) -> Result<Consequence, CatalogueError> {
    let [id, name, premises, conclusion, status, meaning] = columns(row)?;
    let implication = Implication::parse(premises, conclusion)
        .map_err(|error| CatalogueError::Term { row, error })?;
    let counterexample = status.strip_prefix("fails: ");
    Ok(Consequence { name, id, implication, counterexample, meaning })
}

fn property(row: &'static str) -> Result<Property, CatalogueError> {
    let [id, name, theorem, meaning] = columns(row)?;
    let theorem = Some(theorem).filter(|theorem| !theorem.is_empty());
    Ok(Property { name, id, theorem, meaning })
}
