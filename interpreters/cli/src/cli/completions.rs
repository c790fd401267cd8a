//! `completions`: scripts for shells.

use super::Code;
use super::args::{self, Completions};
use super::context::Context;
use super::error::Failure;

pub(crate) fn run(args: &Completions, context: &mut Context<'_>) -> Result<Code, Failure> {
    let mut command = args::command(&context.program, context.reads_lock());
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, context.program.clone(), &mut script);
    context.out.put(&String::from_utf8_lossy(&script))?;
    Ok(Code::Done)
}
