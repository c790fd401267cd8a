//! How long work goes on, told on a terminal.

use escadre_interpreter::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Look;

/// A bar on standard error, where somebody watches.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    pub(crate) fn new(look: Look, quiet: bool) -> Self {
        let bar = ProgressBar::with_draw_target(
            Some(0),
            match look.terminal && !quiet {
                true => ProgressDrawTarget::stderr(),
                false => ProgressDrawTarget::hidden(),
            },
        );
        let template = match look.colour {
            true => "{bar:30.green/dim} {human_pos}/{human_len} devices, {eta} left",
            false => "{bar:30} {human_pos}/{human_len} devices, {eta} left",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        Self(bar)
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
        self.0.suspend(|| tracing::warn!("{message}"));
    }
}
