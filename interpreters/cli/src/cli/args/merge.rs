//! The arguments of `merge`.

use std::path::PathBuf;

use clap::Args;

use super::common::Reading;
use super::review::Assumed;

/// Merge two changes of one fleet by what they mean: what each changed alone is taken over.
///
/// Where both changed the same path on the same devices, differently, the merged fleet has both
/// candidates there: `plan` refuses it and names them, until one is chosen.
#[derive(Debug, Args)]
#[command(after_help = MERGE)]
pub(crate) struct Merge {
    /// The fleet that both come from: a file that `lock` wrote, `REV:PATH` of git, or `-`.
    pub(crate) base: String,
    /// Our change of it.
    pub(crate) ours: String,
    /// Their change of it.
    pub(crate) theirs: String,
    /// Where to write the merged fleet; else to standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) assumed: Assumed,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

const MERGE: &str = "\
As a merge driver of git, for every `fleet.lock`:
  git config merge.escadre.name 'fleets by what they mean'
  git config merge.escadre.driver 'escadre merge %O %A %B -o %A'
  echo 'fleet.lock merge=escadre' >> .gitattributes
Exit codes: 0 merged, 1 an error (also of usage), 2 both sides clash (the file is written), 3 undecided";
