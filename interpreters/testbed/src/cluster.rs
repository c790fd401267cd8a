//! Three servers that are one.

use crate::error::TestbedError;
use crate::ports::with_free_ports;
use crate::server::{NatsServer, Options, Ports};

/// How many servers a cluster has.
const N: usize = 3;

/// A cluster of three servers, whose streams can have three replicas.
#[derive(Debug)]
pub struct NatsCluster {
    servers: Vec<NatsServer>,
}

impl NatsCluster {
    /// A cluster that has elected its leader.
    ///
    /// # Errors
    /// A server cannot be installed, or is not ready in time.
    pub fn start() -> Result<Self, TestbedError> {
        Self::start_with(&Options::default())
    }

    /// A cluster whose servers have `options`.
    ///
    /// # Errors
    /// A server cannot be installed, or is not ready in time.
    pub fn start_with(options: &Options) -> Result<Self, TestbedError> {
        with_free_ports(|| Self::try_start(options))
    }

    fn try_start(options: &Options) -> Result<Self, TestbedError> {
        let ports = (0..N).map(|_| Ports::free()).collect::<Result<Vec<_>, _>>()?;
        let routes: Vec<String> =
            ports.iter().map(|ports| format!("nats://127.0.0.1:{}", ports.route)).collect();
        let mut servers = Vec::new();
        for (i, ports) in ports.into_iter().enumerate() {
            let mut server = NatsServer::prepare(options, ports)?;
            server.write_config(&format!(
                "server_name: n{i}\ncluster {{ name: escadre, listen: \"127.0.0.1:{}\", routes: [{}] }}\n{}",
                ports.route,
                routes.iter().map(|route| format!("\"{route}\"")).collect::<Vec<_>>().join(", "),
                options.config,
            ))?;
            server.run()?;
            servers.push(server);
        }
        servers.iter_mut().try_for_each(NatsServer::wait)?;
        Ok(Self { servers })
    }

    /// Where clients connect: all servers, separated by commas.
    #[must_use]
    pub fn url(&self) -> String {
        self.servers.iter().map(NatsServer::url).collect::<Vec<_>>().join(",")
    }

    /// The servers, named `n0`, `n1` and `n2`.
    pub fn servers(&mut self) -> &mut [NatsServer] {
        &mut self.servers
    }
}
