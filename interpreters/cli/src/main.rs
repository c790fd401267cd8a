//! The command `escadre`: everything that can be done with a `fleet.lock`.

#[cfg(feature = "allocator")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    escadre::cli::run_lock()
}
