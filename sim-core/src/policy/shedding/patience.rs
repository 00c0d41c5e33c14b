//! The patience of those who wait.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{End, Manage, Next, Parameters, Shedder};
use crate::catalogue::Described;
use crate::kernel::{Distribution, SimTime};
use crate::policy::Problems;

/// Each request waits in the queue for as long as its own patience lasts, and then leaves it; what is
/// worked on is worked on to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Patience {
    /// How long one waits, such as "exp(2s)".
    pub patience: Distribution,
    /// From which end the queue is served.
    #[serde(default)]
    pub serve: End,
}

impl Described for Patience {
    const SUMMARY: &'static str = "whoever waits leaves when its own patience is at an end";
    const SOURCE: &'static str = "Erlang-A: C. Palm, Research on telephone traffic carried by full availability \
        groups (1957); N. Gans, G. Koole and A. Mandelbaum, Telephone Call Centers (2003)";
}

impl Parameters for Patience {
    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        let from_a_file = self.patience.names_a_file();
        problems.note_if(from_a_file, "patience", "must be a distribution that needs no file");
        problems
    }

    fn shedder(&self) -> Shedder {
        Shedder::Patience(Waits { serve: self.serve })
    }
}

/// Those who wait, each with a patience of its own, which whoever drives this draws.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    serve: End,
}

impl Manage for Waits {
    fn next(&mut self, _now: SimTime, waiting: &[u32]) -> Option<Next> {
        let class = waiting.iter().position(|waiting| *waiting > 0)?;
        Some(Next { class, end: self.serve })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::super::{Entry, Shedding, Verdict};
    use super::*;
    use crate::kernel::SimDuration;

    #[test]
    fn whoever_is_still_there_is_served_however_long_it_has_waited() {
        let patience = Patience { patience: "exp(2s)".parse().unwrap(), serve: End::Newest };
        let mut queue = patience.shedder();
        assert_eq!(queue.enters(at(0), 0, &[3]), Entry::Keep(None));
        assert_eq!(queue.next(at(0), &[0, 3]), Some(Next { class: 1, end: End::Newest }));
        assert_eq!(queue.next(at(0), &[0, 0]), None);
        assert_eq!(queue.leaves(at(9), SimDuration::from_secs(9), &[0]), Verdict::Serve);
        let shedding = Shedding::Patience(patience.clone());
        assert_eq!(shedding.longest_wait(), None);
        assert_eq!(shedding.patience(), Some(&patience.patience));
    }

    #[test]
    fn patience_that_is_read_from_a_file_is_refused() {
        let good = Patience { patience: "exp(2s)".parse().unwrap(), serve: End::Oldest };
        assert_eq!(good.check().or_none(), Ok(()));
        let patience = "empirical(waits.csv)".parse().unwrap();
        let problems = Patience { patience, ..good }.check().or_none().unwrap_err();
        assert_eq!(problems.0[0].path, "patience");
    }
}
