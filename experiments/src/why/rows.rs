//! What is read off a run, by subject: how calls multiply, wasted work, views of success.

use sim_core::model::record::{RunRecord, SubjectKind};
use sim_core::model::spec::Model;
use sim_core::policy::Outcome;

use super::levels::Level;
use crate::measure::{Slices, Totals, named};
use crate::phases::TimeRange;

/// One figure of one subject.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) subject: (SubjectKind, String),
    pub(super) depth: u32,
    pub(super) what: What,
}

/// What is read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// Arrivals over those of these: of a call, over its caller's; of a service, over the calls that reach
    /// it.
    Factor { from: Vec<(SubjectKind, String)> },
    /// Arrivals per call of these users.
    EndToEnd { users: Vec<String> },
    /// The share of busy worker time spent for nobody.
    Wasted,
    /// The share of good answers among those that a service gave.
    Dashboard,
    /// The share of a client's calls that ended well.
    Users,
    /// The share of a client's calls that were answered with something to make do with.
    Degraded,
}

/// All rows: those of the waterfall in its order, two a level; then the others by subject.
pub(super) fn rows(model: &Model, levels: &[Level]) -> Vec<Row> {
    let row = |level: &Level, what| Row {
        subject: (level.kind, level.name.clone()),
        depth: level.depth,
        what,
    };
    let mut rows = Vec::new();
    for level in levels {
        rows.push(row(level, What::Factor { from: level.from.clone() }));
        rows.push(row(level, What::EndToEnd { users: level.users.clone() }));
    }
    let named = |name: &str| {
        let is_service =
            move |level: &&Level| level.kind == SubjectKind::Service && level.name == name;
        levels.iter().find(is_service)
    };
    for level in model.services.iter().filter_map(|service| named(&service.name)) {
        rows.push(row(level, What::Wasted));
        rows.push(row(level, What::Dashboard));
    }
    for level in levels.iter().filter(|level| level.kind == SubjectKind::Client) {
        rows.push(row(level, What::Users));
        rows.push(row(level, What::Degraded));
    }
    rows
}

impl Row {
    /// The figure of a run in a range.
    pub(super) fn read(&self, record: &RunRecord, range: TimeRange) -> Option<f64> {
        let totals = |(kind, name): &(SubjectKind, String)| {
            Slices::within(&record.plan, &named(record, *kind, name), range).totals()
        };
        let own = totals(&self.subject);
        let arrivals = |of: &(SubjectKind, String)| totals(of).arrivals;
        match &self.what {
            What::Factor { from } if from.is_empty() => Some(1.0),
            What::Factor { from } => over(own.arrivals, from.iter().map(arrivals).sum()),
            What::EndToEnd { users } => {
                let calls = |user: &String| arrivals(&(SubjectKind::Client, user.clone()));
                over(own.arrivals, users.iter().map(calls).sum())
            }
            // It is booked when a request ends, and may have been done before the range began.
            What::Wasted => (own.busy_integral_ns > 0)
                .then(|| (own.wasted_ns as f64 / own.busy_integral_ns as f64).min(1.0)),
            What::Dashboard => dashboard(&own),
            What::Users => over(own.good(), own.ended()),
            What::Degraded => over(own.outcomes.of(Outcome::Degraded), own.ended()),
        }
    }
}

/// What a service sees of itself: it cannot know that an answer came too late, nor of whom nothing
/// answered; and what it makes do with is answered with a 200.
fn dashboard(totals: &Totals) -> Option<f64> {
    let unseen = totals.outcomes.of(Outcome::Refused);
    let good = [Outcome::Ok, Outcome::OkLate, Outcome::Degraded];
    let good: u64 = good.into_iter().map(|outcome| totals.outcomes.of(outcome)).sum();
    over(good, totals.ended() - unseen)
}

fn over(count: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| count as f64 / of as f64)
}
