//! `operator`: `Fleet` objects of a Kubernetes cluster, carried out continuously.

mod rbac;

use std::time::Duration;

use clap::{Args, Subcommand};
use escadre_kube::{Address, client};
use escadre_operator::{Operator, Options, RunError, definition};
use tokio::sync::watch;

use self::rbac::Rbac;
use super::Code;
use super::context::Context;
use super::error::Failure;
use super::kube::rbac::{Format, namespace, print};
use super::runtime::runtime;
use super::target::advised;

/// What is logged unless something else is asked for: what was found, but not each request.
pub(crate) const LOG: &str = "warn,escadre_operator=info";

/// Carry out the `Fleet` objects of a cluster, continuously. No fleet is needed.
///
/// An object of a Kubernetes cluster has the content of a `fleet.lock`, and says on which devices and on which target it is
/// carried out: the nodes of the cluster, or a NATS bucket. Drift is repaired; who wrote what, and what
/// is refused, is in the object's status and events. Of several operators one leads, the others wait.
/// It ends at SIGTERM or SIGINT, between two requests.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example: escadre operator crd | kubectl apply -f -\n\
         then escadre operator rbac --namespace fleet | kubectl apply -f -\n\
         then escadre operator --namespace fleet\n\
    Exit codes: 0 done, 1 an error (also of usage, or an object that is not ready, with --once)"
)]
pub(crate) struct OperatorArgs {
    #[command(subcommand)]
    task: Option<Action>,
    /// The cluster: a context of the kubeconfig, or `kube:`, the current one or that of the pod.
    #[arg(long, value_name = "CLUSTER", default_value = "kube:")]
    cluster: Address,
    /// Only objects of this namespace; those of all namespaces if none is named.
    #[arg(long, value_name = "NAME", value_parser = namespace)]
    namespace: Option<String>,
    /// The namespace of the lease by which operators take turns; that of the context if none is named.
    #[arg(long, value_name = "NAME", value_parser = namespace)]
    own_namespace: Option<String>,
    /// How long an operator leads that does not renew its lease, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=3600))]
    leadership: u64,
    /// How long an apply that was killed is waited for, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=3600))]
    lease: u64,
    /// How long the pods of one node are waited for where a strategy asks for it, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    wait: u64,
    /// The image of pods that only have others pulled (`prepull`): a program that does nothing.
    #[arg(long, value_name = "IMAGE", default_value_t = Options::default().pause)]
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pause: String,
    /// Look at every object once, and end.
    #[arg(long)]
    once: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    Crd(Crd),
    Rbac(Rbac),
}

/// Print the definition of `Fleet` objects, for `kubectl apply -f -`.
#[derive(Debug, Args)]
#[command(after_help = "Example: escadre operator crd | kubectl apply -f -\n\
    Exit codes: 0 done, 1 an error (also of usage)")]
struct Crd {
    /// YAML, or a JSON list.
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    format: Format,
}

pub(crate) fn run(args: &OperatorArgs, context: &mut Context<'_>) -> Result<Code, Failure> {
    match &args.task {
        Some(Action::Crd(crd)) => {
            let definition = serde_json::to_value(definition());
            let definition = definition.map_err(|error| Failure::of(&error))?;
            print(&[definition], crd.format, context)
        }
        Some(Action::Rbac(rbac)) => rbac.run(context),
        None => runtime()?.block_on(operate(args, context)),
    }
}

async fn operate(args: &OperatorArgs, context: &mut Context<'_>) -> Result<Code, Failure> {
    let (client, here) = client(&args.cluster).await.map_err(|error| advised(&error))?;
    let options = Options {
        namespace: args.namespace.clone(),
        own_namespace: args.own_namespace.clone().unwrap_or(here),
        leadership: Duration::from_secs(args.leadership),
        lease: Duration::from_secs(args.lease),
        pods: Duration::from_secs(args.wait),
        pause: args.pause.clone(),
    };
    let operator = Operator::new(client, options);
    if args.once {
        return once(&operator, context).await;
    }
    let stopped = stopped()?;
    operator.run(stopped).await.map_err(|error| not_run(&error))?;
    Ok(Code::Done)
}

/// Looks once, and tells what was found of each object, one a line.
async fn once(operator: &Operator, context: &mut Context<'_>) -> Result<Code, Failure> {
    let looked = operator.once().await.map_err(|error| not_run(&error))?;
    let mut n_bad = 0;
    for object in &looked {
        let (namespace, name) = (&object.namespace, &object.name);
        // What is suspended is as its owner wants it.
        n_bad += usize::from(!object.is_ready && object.reason != "Suspended");
        let message = object.message.lines().next().unwrap_or_default();
        context.out.line(&format!("{namespace}/{name}: {}: {message}", object.reason))?;
    }
    match n_bad {
        0 => Ok(Code::Done),
        n => Err(Failure::new(format!("{n} of {} objects are not ready", looked.len()))
            .help("`kubectl describe fleet NAME` says more of each")),
    }
}

/// Whether this process was asked to end.
fn stopped() -> Result<watch::Receiver<bool>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let listening = |kind| {
        signal(kind).map_err(|error| Failure::caused("signals cannot be listened for", &error))
    };
    let mut terminate = listening(SignalKind::terminate())?;
    let mut interrupt = listening(SignalKind::interrupt())?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        // Nobody may wait for it any more.
        let _ = stop.send(true);
        // A second signal ends this at once.
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(1);
    });
    Ok(stopped)
}

fn not_run(error: &RunError) -> Failure {
    let failure = Failure::of(error);
    match error.help() {
        Some(help) => failure.help(help),
        None => failure,
    }
}
