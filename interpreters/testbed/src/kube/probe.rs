//! Requests over TLS, which the program makes: it is there anyway.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::error::TestbedError;
use crate::health::Probe;

/// Who asks the servers of a cluster.
#[derive(Clone, Debug)]
pub(crate) struct Prober {
    pub(crate) program: PathBuf,
    /// The certificate of the authority that is trusted.
    pub(crate) authority: PathBuf,
    /// The file of the token that is shown.
    pub(crate) token: PathBuf,
}

impl Prober {
    /// The status of one answer.
    pub(crate) fn status(&self, url: &str) -> Result<u16, TestbedError> {
        let output = self.command(Duration::ZERO, &[url.to_owned()]).output();
        let output = output.map_err(TestbedError::io(&self.program))?;
        let status = String::from_utf8_lossy(&output.stdout).trim().parse();
        status.map_err(|_| TestbedError::NoAnswer {
            url: url.to_owned(),
            why: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }

    /// Starts to ask `urls`, one after the other, until each has answered 200.
    pub(crate) fn ask(&self, within: Duration, urls: &[String]) -> Result<Asking, TestbedError> {
        let mut command = self.command(within, urls);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        child.map(Asking).map_err(TestbedError::io(&self.program))
    }

    fn command(&self, within: Duration, urls: &[String]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("probe").arg("--ca").arg(&self.authority).arg("--token").arg(&self.token);
        command.arg("--within").arg(format!("{}s", within.as_secs())).args(urls);
        command.stdin(Stdio::null());
        command
    }
}

/// A process that asks; it ends with this value, and by itself when its time is over.
#[derive(Debug)]
pub(crate) struct Asking(Child);

impl Asking {
    /// What it has found so far.
    pub(crate) fn found(&mut self) -> Probe {
        match self.0.try_wait() {
            Ok(None) => Probe::NotYet("no answer yet".to_owned()),
            Ok(Some(status)) if status.success() => Probe::Ready,
            Ok(Some(_)) => Probe::Never(self.reason()),
            Err(error) => Probe::Never(error.to_string()),
        }
    }

    fn reason(&mut self) -> String {
        let mut text = Vec::new();
        if let Some(stderr) = &mut self.0.stderr {
            // What cannot be read is missing from a message, no more.
            let _ = stderr.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).trim().to_owned()
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        // It may have ended already; how says nothing.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
