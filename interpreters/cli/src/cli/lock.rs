//! `lock`: the fleet as a file.

use std::fs;
use std::path::Path;

use escadre_algebra::{EncodeOptions, Fleet};

use super::args::Lock;
use super::context::Context;
use super::error::Failure;
use super::{Code, files, problems, shell};

pub(crate) fn run(args: &Lock, context: &mut Context<'_>) -> Result<Code, Failure> {
    let fleet = context.fleet()?;
    problems::carried(&fleet)?;
    let out = args.out.clone().unwrap_or_else(|| context.lock_path());
    let encode =
        |origins| fleet.encode(&EncodeOptions { origins }).map_err(|error| Failure::of(&error));
    if args.check {
        return check(args, &out, &fleet, encode, context);
    }
    let text = encode(!args.no_origins)?;
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

/// Whether the file is what would be written, in its own form: with or without origins.
fn check(
    args: &Lock,
    out: &Path,
    fleet: &Fleet,
    encode: impl Fn(bool) -> Result<String, Failure>,
    context: &mut Context<'_>,
) -> Result<Code, Failure> {
    if out == Path::new("-") {
        return Err(Failure::new("`-` cannot be checked: it is no file")
            .help("name the file to check with `-o FILE`"));
    }
    let path = out.display();
    let help = format!("run `{}` and commit the file", again(args, out, context));
    let old = fs::read(out);
    let old = old.map_err(|e| Failure::file("read", out, &e).help(help.clone()))?;
    let forms: &[bool] = if args.no_origins { &[false] } else { &[true, false] };
    for origins in forms {
        if old == encode(*origins)?.as_bytes() {
            let digest = fleet.digest().short();
            context.out.line(&format!("{path} is up to date: fleet {digest}"))?;
            return Ok(Code::Done);
        }
    }
    let help = match context.reads_lock() {
        true => help,
        false => format!("{help}; `plan --against {}` shows what changes", shell::path(out)),
    };
    let why = match Fleet::decode(&old) {
        Ok(_) if old.contains(&b'\r') => {
            "its lines end in CR LF, which Git or an editor made of LF; keep them with \
             `fleet.lock text eol=lf` in `.gitattributes`"
                .to_owned()
        }
        Ok(old) if old.digest() == fleet.digest() => {
            "it is the same fleet, but its form or the places that wrote it differ".to_owned()
        }
        Ok(old) => {
            let (old, new) = (old.digest().short(), fleet.digest().short());
            format!("it is fleet {old}, the present one is {new}")
        }
        Err(error) => return Err(Failure::fleet(out, &old, &error).help(help)),
    };
    Err(Failure::new(format!("{path} is out of date: {why}")).help(help))
}

/// The command that writes the file anew.
fn again(args: &Lock, out: &Path, context: &Context<'_>) -> String {
    let mut again = format!("{}{} lock", context.program, context.lock_option());
    let usual = out == context.lock_path();
    if !usual {
        again.push_str(&format!(" -o {}", shell::path(out)));
    }
    if args.no_origins {
        again.push_str(" --no-origins");
    }
    again
}
