//! A progress bar on standard error, only on a terminal; and the wish to stop.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use experiments::cell::CellResult;
use experiments::runner::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over the cells of a batch.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar that shows itself only where somebody sees it.
    pub(crate) fn new(title: &str, quiet: bool) -> Self {
        let shown = !quiet && std::io::stderr().is_terminal();
        let target =
            if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target).with_message(title.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Does what writes to the terminal without the bar in the way.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn started(&self, total: usize, finished_before: usize) {
        self.0.set_length(total as u64);
        self.0.set_position(finished_before as u64);
    }

    fn finished(&self, _cell: &CellResult) {
        self.0.inc(1);
    }
}

/// Set once the user asks to stop: what is being run is finished and kept.
pub(crate) fn stop_on_interrupt() -> Arc<AtomicBool> {
    static STOP: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    STOP.get_or_init(|| {
        let stop = Arc::new(AtomicBool::new(false));
        let wish = Arc::clone(&stop);
        // Without a handler an interrupt ends the process, and the journal is as whole as before.
        let _ = ctrlc::set_handler(move || {
            if wish.swap(true, Ordering::Relaxed) {
                std::process::exit(super::exit::Exit::Incomplete as i32);
            }
        });
        stop
    })
    .clone()
}
