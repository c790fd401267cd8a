//! Two controllers of one target.

use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::pin;
use std::task::Poll;

use escadre_algebra::{Fleet, Resolved, choose, label};
use escadre_interpreter::{Progress, Snapshot};

use crate::conformance::bench::Bench;
use crate::conformance::case::Checked;
use crate::conformance::failure::{Failure, Stop, ensure, ensure_same};
use crate::conformance::inputs::{all_devices, devices};
use crate::conformance::model::erased;
use crate::conformance::stand::{
    Stand, apply, apply_as, apply_well, consenting, plan, resolve, see, turn,
};

/// of two plans of one revision one is applied; the other writes nothing
pub(super) async fn second<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let all = all_devices().map_err(Failure::new)?;
    let [one, two, three] = [1, 2, 3].map(|version| stand.fleet(version));
    let (one, two, three) = (resolve(&one, &all)?, resolve(&two, &all)?, resolve(&three, &all)?);
    let mut winner = stand.holding(&one).await?;
    let mut loser = stand.bench.reopen(&winner).await?;
    let same = see(&mut loser).await?.held;
    let held = see(&mut winner).await?.held;
    ensure_same(&same, &held, "a second controller sees another state")?;
    let (theirs, _) = plan(&mut loser, &three).await?;
    let (ours, _) = plan(&mut winner, &two).await?;
    apply_well(&mut winner, &ours, &two, &consenting()).await?;
    let mark = stand.mark(&mut winner).await?;
    let applied = apply(&mut loser, &theirs, &three, &consenting()).await?;
    ensure(applied.is_err(), || {
        "two controllers applied two plans of one revision, one after the other".to_owned()
    })?;
    stand.ensure_quiet(&mark, &mut winner, "the controller that lost").await?;
    // It is not shut out: it may plan again.
    turn(&mut loser, &three).await?;
    let held = see(&mut winner).await?.held;
    let wanted = erased(&winner, &three, &Snapshot::empty());
    ensure_same(&held, &wanted, "the controller that lost could not plan again")?;
    Ok(1)
}

/// two applies at once end as one of them alone
pub(super) async fn race<B: Bench>(mut stand: Stand<'_, B>) -> Checked {
    let all = all_devices().map_err(Failure::new)?;
    let one = resolve(&stand.fleet(1), &all)?;
    // One changes every device, the other leaves the cameras as they are.
    let gateways = label("role").eq("gateway");
    let some = choose(gateways, stand.fleet(3), stand.fleet(1));
    let (every, some) = (resolve(&stand.fleet(2), &all)?, resolve(&some, &all)?);
    for (ours, theirs) in [(&every, &some), (&some, &every)] {
        let mut first = stand.holding(&one).await?;
        let mut second = stand.bench.reopen(&first).await?;
        let (our_plan, _) = plan(&mut first, ours).await?;
        let (their_plan, _) = plan(&mut second, theirs).await?;
        let consent = consenting();
        let applying = apply(&mut first, &our_plan, ours, &consent);
        let (us, them) = both(applying, apply(&mut second, &their_plan, theirs, &consent)).await;
        let winner = match (us?, them?) {
            (Ok(_), Err(_)) => ours,
            (Err(_), Ok(_)) => theirs,
            (Ok(_), Ok(_)) => return Err(Failure::new("both of two applies ended well").into()),
            (Err(one), Err(other)) => {
                let said = format!("neither of two applies ended well: {one}; and {other}");
                return Err(Failure::new(said).into());
            }
        };
        let held = see(&mut first).await?.held;
        let wanted = erased(&first, winner, &Snapshot::empty());
        ensure_same(&held, &wanted, "two applies at once end as neither of them alone")?;
    }
    Ok(2)
}

/// The outputs of two futures that are polled in turns.
async fn both<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> (T, T) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let mut outputs = (None, None);
    poll_fn(|context| {
        if outputs.0.is_none() {
            outputs.0 = ready(one.as_mut().poll(context));
        }
        if outputs.1.is_none() {
            outputs.1 = ready(other.as_mut().poll(context));
        }
        match (outputs.0.take(), outputs.1.take()) {
            (Some(one), Some(other)) => Poll::Ready((one, other)),
            waiting => {
                outputs = waiting;
                Poll::Pending
            }
        }
    })
    .await
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Another controller that takes over at the first progress of an apply.
struct Rival<B: Bench> {
    target: B::I,
    wanted: Resolved,
    n_total: usize,
    /// When it took over, and how that ended; `None` before.
    took_over: Option<Result<(), String>>,
    driven_by: PhantomData<fn() -> B>,
}

impl<B: Bench> Progress for Rival<B> {
    fn begin(&mut self, n_total: usize) {
        self.n_total = n_total;
    }
    fn advance(&mut self, n_done: usize) {
        if self.took_over.is_some() || n_done == 0 || n_done >= self.n_total {
            return;
        }
        let turned = B::drive(turn(&mut self.target, &self.wanted));
        self.took_over = Some(match turned {
            Some(Ok(_)) => Ok(()),
            Some(Err(failure)) => Err(failure.to_string()),
            None => Err("the bench drives no future inside of a callback".to_owned()),
        });
    }
    fn note(&mut self, _: &str) {}
}

/// an apply stops at its first write after another took the fence
pub(super) async fn takeover<B: Bench>(stand: Stand<'_, B>) -> Checked {
    let many = devices(stand.bench.n_batch() + 4).map_err(Failure::new)?;
    let (ours, theirs) = (resolve(&stand.fleet(1), &many)?, resolve(&stand.fleet(2), &many)?);
    let mut target = stand.bench.fresh(&many).await?;
    turn(&mut target, &resolve(&Fleet::empty(), &many)?).await?;
    let mut rival: Rival<B> = Rival {
        target: stand.bench.reopen(&target).await?,
        wanted: theirs.clone(),
        n_total: 0,
        took_over: None,
        driven_by: PhantomData,
    };
    let (plan, _) = plan(&mut target, &ours).await?;
    let how = (&consenting(), false);
    let applied = apply_as(&mut target, &plan, &ours, how, &mut rival).await?;
    match &rival.took_over {
        None => {
            let reason = "the target told no progress between two writes: is `n_batch` too small?";
            return Err(Stop::NotRun(reason.to_owned()));
        }
        Some(Err(why)) => {
            let said = format!("another controller could not take over: {why}");
            return Err(Failure::new(said).into());
        }
        Some(Ok(())) => {}
    }
    let held = see(&mut rival.target).await?.held;
    let wanted = erased(&rival.target, &theirs, &Snapshot::empty());
    let said = "an apply went on writing after another controller took over";
    ensure_same(&held, &wanted, said)?;
    ensure(applied.is_err(), || {
        "an apply ended well although another controller took over".to_owned()
    })?;
    Ok(1)
}
