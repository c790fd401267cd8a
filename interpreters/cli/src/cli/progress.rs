//! How long work goes on, told on a terminal: a bar below whatever is logged.

use std::io::{self, Write};
use std::sync::{LazyLock, Mutex, PoisonError};

use escadre_interpreter::{PROGRESS, Progress};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::output::Look;

/// All bars of this process.
static BARS: LazyLock<MultiProgress> =
    LazyLock::new(|| MultiProgress::with_draw_target(ProgressDrawTarget::hidden()));

/// Shows bars from now on, where somebody watches.
pub(crate) fn show(look: Look, quiet: bool) {
    if look.terminal && !quiet {
        BARS.set_draw_target(ProgressDrawTarget::stderr());
    }
}

/// Standard error, above the bars.
pub(crate) struct AboveBars;

impl Write for AboveBars {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        BARS.suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn bar(bars: &MultiProgress, template: &str) -> ProgressBar {
    let bar = bars.add(ProgressBar::new(0));
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar
}

/// How many devices are written.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    pub(crate) fn new(look: Look) -> Self {
        Self(bar(
            &BARS,
            match look.colour {
                true => "{bar:30.green/dim} {human_pos}/{human_len} devices, {eta} left",
                false => "{bar:30} {human_pos}/{human_len} devices, {eta} left",
            },
        ))
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn begin(&mut self, n_total: usize) {
        self.0.set_length(n_total as u64);
    }

    fn advance(&mut self, n_done: usize) {
        self.0.set_position(n_done as u64);
    }

    fn note(&mut self, message: &str) {
        tracing::warn!("{message}");
    }
}

/// A bar of how far reading a target is, as interpreters tell it by the events of [`PROGRESS`].
pub(crate) fn reading<S>() -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let reading = Reading { bars: &BARS, shown: Mutex::default() };
    reading.with_filter(filter_fn(|metadata| metadata.target() == PROGRESS))
}

struct Reading<'a> {
    bars: &'a MultiProgress,
    shown: Mutex<Option<ProgressBar>>,
}

impl<S: Subscriber> Layer<S> for Reading<'static> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut told = Told::default();
        event.record(&mut told);
        self.show(&told);
    }
}

impl Reading<'_> {
    fn show(&self, told: &Told) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if told.done >= told.total {
            if let Some(bar) = shown.take() {
                bar.finish_and_clear();
            }
            return;
        }
        let template = "{msg} {bar:30} {human_pos}/{human_len}";
        let bar = shown.get_or_insert_with(|| bar(self.bars, template));
        bar.set_length(told.total);
        bar.set_message(told.what.clone());
        bar.set_position(told.done);
    }
}

/// What an event of [`PROGRESS`] says.
#[derive(Debug, Default)]
struct Told {
    what: String,
    done: u64,
    total: u64,
}

impl Visit for Told {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "done" => self.done = value,
            "total" => self.total = value,
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.what = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use indicatif::{InMemoryTerm, MultiProgress, ProgressDrawTarget};

    use super::{Reading, Told};

    #[test]
    fn a_reading_is_shown_while_it_goes_on_and_leaves_nothing() {
        let terminal = InMemoryTerm::new(10, 80);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let bars = MultiProgress::with_draw_target(target);
        let reading = Reading { bars: &bars, shown: Mutex::default() };
        let told = |done, total| Told { what: "reading the bucket".to_owned(), done, total };
        reading.show(&told(250_000, 1_000_000));
        let shown = terminal.contents();
        assert!(shown.starts_with("reading the bucket"), "{shown}");
        assert!(shown.ends_with("250,000/1,000,000"), "{shown}");
        reading.show(&told(1_000_000, 1_000_000));
        assert_eq!(terminal.contents(), "");
    }
}
