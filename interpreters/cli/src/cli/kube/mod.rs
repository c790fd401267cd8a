//! Kubernetes: a cluster as a target and as an inventory, and the rights that this needs.

pub(super) mod rbac;
mod status;

use clap::{Args, Subcommand};
use escadre_interpreter::inventory::{ReadInventory, ReadOptions};
use escadre_kube::{Address, AddressError, InventoryError, Kube, connect};

use self::rbac::Rbac;
use self::status::StatusArgs;
use super::Code;
use super::context::Context;
use super::error::Failure;
use super::runtime::runtime;
use super::target::{Task, advised};

/// Kubernetes: which rights a fleet needs, how its pods are doing. No fleet is needed.
///
/// A cluster is `kube:CONTEXT`, a context of the kubeconfig (KUBECONFIG, else `~/.kube/config`), as
/// `kubectl config get-contexts` lists them; `kube:` is the current one, or that of the pod this runs
/// in. With `-i kube:CONTEXT` its nodes are the inventory, and with `--target kube:CONTEXT` they are
/// given what the fleet says: each node bears labels, which DaemonSets and ConfigMaps of the namespace
/// go by. `kube:CONTEXT?namespace=NAME` names another namespace than that of the context.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: escadre kube rbac --user ann --namespace fleet | kubectl apply -f -\n\
         then escadre plan -i kube: --target 'kube:?namespace=fleet'\n\
    Exit codes: 0 done, 1 an error (also of usage)"
)]
pub(crate) struct KubeArgs {
    #[command(subcommand)]
    task: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Rbac(Rbac),
    Status(StatusArgs),
}

pub(crate) fn run(args: &KubeArgs, context: &mut Context<'_>) -> Result<Code, Failure> {
    match &args.task {
        Action::Rbac(rbac) => rbac.run(context),
        Action::Status(status) => status.run(context),
    }
}

/// Does `task` with the cluster of `address`: connecting to it writes nothing.
pub(crate) fn with_cluster<T: Task>(address: &Address, task: T) -> Result<T::Output, Failure> {
    let runtime = runtime()?;
    let mut cluster = runtime.block_on(open(address))?;
    // What the task waits for is done by this runtime.
    let _entered = runtime.enter();
    task.run(&mut cluster)
}

/// The nodes of the cluster at `address`.
pub(crate) fn nodes(address: &str, options: &ReadOptions) -> Result<ReadInventory, Failure> {
    let address: Address = address.parse().map_err(|error: AddressError| {
        Failure::caused(format!("`{address}` is no cluster"), &error)
            .help("for example `-i kube:CONTEXT`; a file of this name is `./kube:…`")
    })?;
    runtime()?.block_on(async {
        let cluster = open(&address).await?;
        cluster.read_inventory(options).await.map_err(|error| match error {
            InventoryError::Server(error) => advised(&error),
            InventoryError::Nodes(error) => error.into(),
            error => Failure::of(&error),
        })
    })
}

async fn open(address: &Address) -> Result<Kube, Failure> {
    connect(address).await.map_err(|error| advised(&error))
}
