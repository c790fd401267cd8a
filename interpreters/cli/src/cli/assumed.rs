//! What is assumed of the devices that could exist, and which fleets are asked about.

use std::path::Path;

use escadre_algebra::Fleet;
use escadre_algebra::analysis::{Analysis, Assumptions, TooLarge};

use super::args::{Assumed, Reading};
use super::context::{Context, decode_fleet, read_fleet, read_inventory};
use super::error::Failure;
use super::problems::UPGRADE;
use super::{git, problems};

/// A fleet that is asked about, and what readers know it as.
pub(crate) struct Named {
    /// What readers know it as.
    pub(crate) name: String,
    /// The file that it was read from, from where the command runs or from the root of the repository.
    pub(crate) file: Option<String>,
    pub(crate) fleet: Fleet,
}

impl Named {
    /// The fleet that `place` names: a file, `REV:PATH` of git, or `-`; else the present one.
    ///
    /// Its parts may mean nothing, or nothing to this version.
    pub(crate) fn read(place: Option<&str>, context: &mut Context<'_>) -> Result<Self, Failure> {
        let Some(place) = place else { return Self::present(context) };
        let path = Path::new(place);
        let (fleet, file) = match git::at_revision(place) {
            Some(at) => (
                decode_fleet(path, &at.read()?)?,
                Some(at.path.trim_start_matches("./").to_owned()),
            ),
            None => (read_fleet(path)?, (place != "-").then(|| place.to_owned())),
        };
        let name = if place == "-" { "standard input".to_owned() } else { place.to_owned() };
        Ok(Self { name, file, fleet })
    }

    /// As `read`, where an inventory may be assumed: only one of both is standard input.
    pub(crate) fn read_assuming(
        place: Option<&str>,
        assumed: &Assumed,
        context: &mut Context<'_>,
    ) -> Result<Self, Failure> {
        let present = place.is_none().then(|| context.lock_path());
        one_standard_input([
            place.map(Path::new),
            present.as_deref(),
            assumed.assume_inventory.as_deref(),
        ])?;
        Self::read(place, context)
    }

    fn present(context: &mut Context<'_>) -> Result<Self, Failure> {
        let fleet = context.fleet()?;
        if !context.reads_lock() {
            return Ok(Self { name: "the fleet of this program".to_owned(), file: None, fleet });
        }
        let path = context.lock_path();
        let standard_input = path == Path::new("-");
        let name = path.display().to_string();
        Ok(Self {
            file: (!standard_input).then(|| name.clone()),
            name: if standard_input { "standard input".to_owned() } else { name },
            fleet,
        })
    }

    /// This fleet, if this version knows what everything in it means.
    pub(crate) fn understood(self) -> Result<Self, Failure> {
        problems::understood_as(&self.name, &self.fleet)?;
        Ok(self)
    }

    /// This fleet, if no newer version wrote operators of it.
    pub(crate) fn known(self) -> Result<Self, Failure> {
        match self.fleet.problems().iter().find(|problem| problem.is_foreign()) {
            None => Ok(self),
            Some(problem) => {
                let message = format!("{} has an unknown part: {problem}", self.name);
                Err(Failure::new(message).help(UPGRADE))
            }
        }
    }
}

/// That standard input is read once at most.
pub(crate) fn one_standard_input<'a>(
    places: impl IntoIterator<Item = Option<&'a Path>>,
) -> Result<(), Failure> {
    let n = places.into_iter().flatten().filter(|place| *place == Path::new("-")).count();
    if n > 1 {
        return Err(Failure::new("standard input cannot be read twice")
            .help("give all but one of what is `-` as files"));
    }
    Ok(())
}

/// What `assumed` says of the devices.
pub(crate) fn assumptions(assumed: &Assumed, reading: &Reading) -> Result<Assumptions, Failure> {
    let mut assumptions = match &assumed.assume_inventory {
        Some(path) => Assumptions::learn(&read_inventory(path, reading)?),
        None => Assumptions::default(),
    };
    let wrong = |error: escadre_algebra::NameError| Failure::of(&error);
    for label in &assumed.label {
        let values = label.values.iter().map(String::as_str);
        assumptions = assumptions.values(label.key.as_str(), values).map_err(wrong)?;
    }
    for key in &assumed.required {
        assumptions = assumptions.required(key.as_str()).map_err(wrong)?;
    }
    for key in &assumed.reported {
        assumptions = assumptions.reported(key.as_str()).map_err(wrong)?;
    }
    Ok(assumptions)
}

/// An analysis of `fleets` under `assumptions`, each question with the budget that was given.
pub(crate) fn analysis<'a>(
    fleets: impl IntoIterator<Item = &'a Fleet>,
    assumptions: &Assumptions,
    assumed: &Assumed,
) -> Analysis {
    let analysis = Analysis::of(fleets).assuming(assumptions.clone());
    match assumed.budget {
        Some(steps) => analysis.with_budget(steps),
        None => analysis,
    }
}

/// Why something is undecided, and what to do about it.
pub(crate) fn undecided(error: TooLarge) -> String {
    format!("{error}; give a larger `--budget`, or assume more of the devices")
}
