//! Waiting until a server is ready.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::TestbedError;

/// How long a server may take to be ready; a loaded machine takes seconds, not minutes.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);

/// What a look at a server found.
pub(crate) enum Probe {
    Ready,
    /// What is missing.
    NotYet(String),
    /// Why it will never be ready.
    Never(String),
}

/// Waits until `probe` finds `program` ready; `log` is told where it does not get so within `deadline`.
pub(crate) fn wait_for(
    program: &str,
    log: &Path,
    deadline: Duration,
    mut probe: impl FnMut() -> Probe,
) -> Result<(), TestbedError> {
    let begin = Instant::now();
    loop {
        let missing = match probe() {
            Probe::Ready => return Ok(()),
            Probe::NotYet(_) if begin.elapsed() <= deadline => {
                std::thread::park_timeout(PAUSE);
                continue;
            }
            Probe::NotYet(missing) | Probe::Never(missing) => missing,
        };
        let waited_ms = begin.elapsed().as_millis();
        let (program, log) = (program.to_owned(), end_of(log));
        return Err(TestbedError::NotReady { program, waited_ms, missing, log });
    }
}

/// The last lines of the file `log`.
pub(crate) fn end_of(log: &Path) -> String {
    end_of_text(&String::from_utf8_lossy(&std::fs::read(log).unwrap_or_default()))
}

/// The last lines of `text`.
pub(crate) fn end_of_text(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// Whether the server on `port` greets a client.
pub(crate) fn greets(port: u16) -> Result<(), String> {
    let stream = connect(port)?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).map_err(|error| error.to_string())?;
    if line.starts_with("INFO ") { Ok(()) } else { Err("it does not greet".to_owned()) }
}

/// Whether the server that speaks HTTP on `port` says at `path` that all of it is well.
pub(crate) fn is_healthy(port: u16, path: &str) -> Result<(), String> {
    get(port, path).map(|_| ())
}

/// What the server that speaks HTTP on `port` answers at `path`, head and all, if it has it.
pub(crate) fn get(port: u16, path: &str) -> Result<String, String> {
    let mut stream = connect(port)?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(|error| error.to_string())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|error| error.to_string())?;
    let is_well = answer.lines().next().is_some_and(|line| line.contains(" 200 "));
    if is_well { Ok(answer) } else { Err(answer.lines().last().unwrap_or_default().to_owned()) }
}

fn connect(port: u16) -> Result<TcpStream, String> {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(1));
    let stream = stream.map_err(|error| error.to_string())?;
    let timeout = Some(Duration::from_secs(2));
    stream.set_read_timeout(timeout).map_err(|error| error.to_string())?;
    Ok(stream)
}
