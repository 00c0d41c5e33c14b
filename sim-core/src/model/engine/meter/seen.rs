//! What conditions see of what is counted.

use super::{Meter, Meters, SliceRecord};
use crate::model::watch::{self, Counted, Watch, Watched};

/// What a condition sees: how many of what it counts there were, and of how many, in the slices that
/// were closed since it last looked and in the open one; how many slices are closed; how many there
/// are now.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::engine) struct Seen {
    pub(in crate::model::engine) slices: usize,
    pub(in crate::model::engine) closed: (u64, u64),
    pub(in crate::model::engine) open: (u64, u64),
    pub(in crate::model::engine) level: u32,
}

impl Meters {
    /// What a condition looks at: counts of the slices from this one on.
    pub(in crate::model::engine) fn seen(&self, watch: &Watch, from: usize) -> Seen {
        self.subjects[watch.subject as usize].seen(watch.measure, from)
    }
}

impl Meter {
    fn seen(&self, measure: Watched, from: usize) -> Seen {
        let closed = &self.closed[from.min(self.closed.len())..];
        let sum = |of: &dyn Fn(&SliceRecord) -> u64| closed.iter().map(of).sum::<u64>();
        let ended = (sum(&|slice| slice.outcomes.total()), self.outcomes.total());
        let counted = |what| match what {
            Counted::Arrivals => {
                (sum(&|slice| slice.arrivals), self.arrivals - self.arrivals_before_slice)
            }
            Counted::Outcome(outcome) => {
                (sum(&|slice| slice.outcomes.of(outcome)), self.outcomes.of(outcome))
            }
            Counted::Failed => (sum(&|slice| slice.outcomes.failed()), self.outcomes.failed()),
            Counted::Goodput => (sum(&|slice| slice.goodput), self.goodput),
            Counted::Retries => (sum(&|slice| slice.retries), self.retries),
        };
        let mut level = 0;
        let (closed_counted, open_counted) = match measure {
            Watched::Rate(what) | Watched::Count(what) | Watched::Share(what) => counted(what),
            Watched::SlowerThan(time) => {
                let nanos = time.as_nanos();
                let closed = sum(&|slice| slice.response_time.above(nanos));
                (closed, self.response_time.above(nanos))
            }
            Watched::Mean(of) | Watched::Max(of) => {
                level = match of {
                    watch::Level::QueueLength => self.queue.get(),
                    watch::Level::BusyWorkers => self.busy.get(),
                    watch::Level::InFlight => self.in_flight.get(),
                };
                (0, 0)
            }
        };
        Seen {
            slices: self.closed.len(),
            closed: (closed_counted, ended.0),
            open: (open_counted, ended.1),
            level,
        }
    }
}
