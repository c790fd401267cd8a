//! `lock`: the fleet as a file.

use std::fs;
use std::path::Path;

use escadre_algebra::{EncodeOptions, Fleet};

use super::args::Lock;
use super::context::Context;
use super::error::Failure;
use super::{Code, files};

pub(crate) fn run(args: &Lock, context: &mut Context<'_>) -> Result<Code, Failure> {
    let fleet = context.fleet()?;
    if let Some(problem) = fleet.problems().first() {
        return Err(Failure::new(format!("the fleet has an invalid part: {problem}"))
            .help("correct it: a file could not say what was meant"));
    }
    let out = args.out.clone().unwrap_or_else(|| context.lock_path());
    let options = EncodeOptions { origins: !args.no_origins };
    let text = fleet.encode(&options).map_err(|error| Failure::of(&error))?;
    if args.check {
        return check(&out, args.no_origins, &fleet, &text, context);
    }
    if out == Path::new("-") {
        context.out.put(&text)?;
        return Ok(Code::Done);
    }
    let (path, digest) = (out.display(), fleet.digest().short());
    if fs::read(&out).is_ok_and(|old| old == text.as_bytes()) {
        context.out.line(&format!("{path} is up to date: fleet {digest}"))?;
        return Ok(Code::Done);
    }
    files::write(&out, &text)?;
    context.out.line(&format!("{path} written: fleet {digest}"))?;
    Ok(Code::Done)
}

/// Whether the file is what would be written.
fn check(
    out: &Path,
    no_origins: bool,
    fleet: &Fleet,
    text: &str,
    context: &mut Context<'_>,
) -> Result<Code, Failure> {
    let path = out.display();
    let mut again = format!("{} lock", context.program);
    if out != Path::new("fleet.lock") {
        again.push_str(&format!(" -o {path}"));
    }
    if no_origins {
        again.push_str(" --no-origins");
    }
    let help = format!("run `{again}` and commit the file");
    let old = fs::read(out);
    let old = old.map_err(|e| Failure::file("read", out, &e).help(help.clone()))?;
    if old == text.as_bytes() {
        let digest = fleet.digest().short();
        context.out.line(&format!("{path} is up to date: fleet {digest}"))?;
        return Ok(Code::Done);
    }
    let why = match Fleet::decode(&old) {
        Ok(old) if old.digest() == fleet.digest() => {
            "it is the same fleet, but its form or the places that wrote it differ".to_owned()
        }
        Ok(old) => {
            let (old, new) = (old.digest().short(), fleet.digest().short());
            format!("it is fleet {old}, the present one is {new}")
        }
        Err(error) => error.to_string(),
    };
    let help = match context.reads_lock() {
        true => help,
        false => format!("{help}; `plan --against {path}` shows what changes"),
    };
    Err(Failure::new(format!("{path} is out of date: {why}")).help(help))
}
