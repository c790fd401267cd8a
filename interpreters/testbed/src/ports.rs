//! Free loopback ports.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use crate::error::TestbedError;

/// How often free ports are looked for: another process may take one in between.
pub(crate) const N_TRIES: usize = 5;

/// Ports of 127.0.0.1 that were free a moment ago, and differ.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N], TestbedError> {
    let found = || {
        let bind = |_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        // All are held at once, so that they differ.
        let listeners = (0..N).map(bind).collect::<Result<Vec<_>, _>>()?;
        let mut ports = [0; N];
        for (port, listener) in ports.iter_mut().zip(&listeners) {
            *port = listener.local_addr()?.port();
        }
        Ok(ports)
    };
    found().map_err(TestbedError::io(Path::new("127.0.0.1")))
}

/// Starts with new ports as long as another process took one of them.
pub(crate) fn with_free_ports<T>(
    mut start: impl FnMut() -> Result<T, TestbedError>,
) -> Result<T, TestbedError> {
    let mut tried = 1;
    loop {
        match start() {
            Err(TestbedError::NotReady { log, .. })
                if tried < N_TRIES && log.contains("address already in use") =>
            {
                tried += 1;
            }
            done => return done,
        }
    }
}
