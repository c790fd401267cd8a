//! One server.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::TestbedError;
use crate::health::{DEADLINE, Probe, greets, is_healthy, wait_for};
use crate::install::{NATS_SERVER_VERSION, nats_server};
use crate::ports::{free_ports, with_free_ports};
use crate::supervisor::Supervised;

/// How a server is started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// More lines of its configuration, such as `authorization { … }`.
    pub config: String,
    /// The program; the installed one if it is not given.
    pub program: Option<PathBuf>,
    /// How many bytes JetStream stores at most; what the disk holds if it is not given.
    pub max_file_store: Option<u64>,
    /// Whether it has no JetStream.
    pub without_jetstream: bool,
}

/// A NATS server with JetStream on a free loopback port, in a folder of its own; it ends with this value.
#[derive(Debug)]
pub struct NatsServer {
    // Dropped before the folder, which it writes to.
    process: Option<Supervised>,
    program: PathBuf,
    max_file_store: Option<u64>,
    without_jetstream: bool,
    max_file_bytes: Option<u64>,
    ports: Ports,
    dir: TempDir,
}

/// The loopback ports of a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) client: u16,
    pub(crate) monitor: u16,
    pub(crate) route: u16,
}

impl NatsServer {
    /// A server as it is without configuration.
    ///
    /// # Errors
    /// It cannot be installed, or is not ready in time.
    pub fn start() -> Result<Self, TestbedError> {
        Self::start_with(&Options::default())
    }

    /// A server with `options`.
    ///
    /// # Errors
    /// It cannot be installed, or is not ready in time.
    pub fn start_with(options: &Options) -> Result<Self, TestbedError> {
        with_free_ports(|| {
            let mut server = Self::prepare(options, Ports::free()?)?;
            server.write_config(&options.config)?;
            server.run()?;
            server.wait()?;
            Ok(server)
        })
    }

    /// A server that does not run yet.
    pub(crate) fn prepare(options: &Options, ports: Ports) -> Result<Self, TestbedError> {
        let program = options.program.clone();
        let program = program.map_or_else(|| nats_server(NATS_SERVER_VERSION), Ok)?;
        let dir = tempfile::tempdir().map_err(TestbedError::io(Path::new("a temporary folder")))?;
        let Options { max_file_store, without_jetstream, .. } = *options;
        let (process, max_file_bytes) = (None, None);
        Ok(Self { process, program, max_file_store, without_jetstream, max_file_bytes, ports, dir })
    }

    /// Writes the configuration file: what every server has, then `more`.
    pub(crate) fn write_config(&self, more: &str) -> Result<(), TestbedError> {
        let Ports { client, monitor, .. } = self.ports;
        let store = self.dir.path().join("store");
        let limit = self.max_file_store.map(|n| format!(", max_file_store: {n}"));
        let (store, limit) = (store.display().to_string(), limit.unwrap_or_default());
        let jetstream = match self.without_jetstream {
            true => String::new(),
            false => format!("jetstream {{ store_dir: {store:?}{limit} }}"),
        };
        let text = format!(
            "listen: \"127.0.0.1:{client}\"\nhttp: \"127.0.0.1:{monitor}\"\n{jetstream}\n{more}\n"
        );
        let path = self.config_path();
        fs::write(&path, text).map_err(TestbedError::io(&path))
    }

    /// Starts the process.
    pub(crate) fn run(&mut self) -> Result<(), TestbedError> {
        let arguments = ["-c".to_owned(), self.config_path().display().to_string()];
        let (limit, log) = (self.max_file_bytes, self.log_path());
        let process = Supervised::start_within(limit, &self.program, &arguments, &log);
        self.process = Some(process.map_err(TestbedError::io(&self.program))?);
        Ok(())
    }

    /// Waits until it answers and its JetStream is well.
    pub(crate) fn wait(&mut self) -> Result<(), TestbedError> {
        let (ports, log) = (self.ports, self.log_path());
        let process = &mut self.process;
        wait_for("nats-server", &log, DEADLINE, || {
            if process.as_mut().is_none_or(Supervised::has_ended) {
                return Probe::Never("it ended by itself".to_owned());
            }
            match greets(ports.client).and_then(|()| is_healthy(ports.monitor, "/healthz")) {
                Ok(()) => Probe::Ready,
                Err(missing) => Probe::NotYet(missing),
            }
        })
    }

    /// Where clients connect.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.ports.client)
    }

    /// Kills it as `kill -9` does: what it did not write to its files is lost.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it again on the same port and the same files, and waits until it is ready.
    ///
    /// # Errors
    /// It is not ready in time.
    pub fn restart(&mut self) -> Result<(), TestbedError> {
        self.kill();
        self.run()?;
        self.wait()
    }

    /// From the next start on it can let no file grow beyond so many bytes: writing fails then as it does on a
    /// full disk.
    pub fn limit_files(&mut self, max_file_bytes: Option<u64>) {
        self.max_file_bytes = max_file_bytes;
    }

    /// What it printed.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn log(&self) -> Result<String, TestbedError> {
        let path = self.log_path();
        let bytes = fs::read(&path).map_err(TestbedError::io(&path))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn config_path(&self) -> PathBuf {
        self.dir.path().join("nats.conf")
    }

    fn log_path(&self) -> PathBuf {
        self.dir.path().join("log")
    }
}

impl Ports {
    /// Three ports that were free a moment ago.
    pub(crate) fn free() -> Result<Self, TestbedError> {
        let [client, monitor, route] = free_ports()?;
        Ok(Self { client, monitor, route })
    }
}
