//! The command `escadre`: everything that can be done with a `fleet.lock`.

fn main() -> std::process::ExitCode {
    escadre::cli::run_lock()
}
