//! From what the scenario file states to what the machine follows.

use super::axes::{Denominator, Verdict};
use super::open_for::OpenFor;
use super::policy::{BreakerPolicy, OpenTime};
use super::rates::Rates;
use super::trip::Trip;
use super::{Breaker, BreakerPreset};
use crate::policy::limit::Limit;
use crate::policy::outcome::{Outcome, OutcomeSet};
use crate::policy::problem::{Problem, Problems};

/// The failures of servers and of the network, and a missed deadline.
const FAILURES: &[Outcome] = &[
    Outcome::ServerError,
    Outcome::Throttled,
    Outcome::Overflow,
    Outcome::Refused,
    Outcome::Reset,
    Outcome::Unresolved,
    Outcome::ConnectTimeout,
    Outcome::Timeout,
    Outcome::Deadline,
    Outcome::DeadlockVictim,
    Outcome::Lost,
];

/// What says nothing about the callee.
const IGNORED: &[Outcome] = &[
    Outcome::Cancelled,
    Outcome::RejectedBreaker,
    Outcome::RejectedBulkhead,
    Outcome::RejectedLimit,
    Outcome::RejectedBudget,
    Outcome::RejectedShed,
];

impl Breaker {
    /// Checks the breaker and fills in what it leaves to its preset or to the defaults.
    ///
    /// # Errors
    /// Every mistake, with the field it is at.
    pub fn resolve(&self) -> Result<BreakerPolicy, Problems> {
        let mut problems = Problems::default();
        let full = self.filled(&mut problems);
        let trip = problems.note(full.checked_trip(self.preset));
        let rates = full.rates();
        full.check_rates(trip.as_ref(), &mut problems);
        let open = problems.note(full.open_time(self.preset));
        full.check_half_open(&mut problems);
        let failures = full.failures.as_deref().unwrap_or(FAILURES);
        let ignored = full.ignored.as_deref().unwrap_or(IGNORED);
        check_outcomes(failures, ignored, &mut problems);
        let (Some(trip), Some(open)) = (trip, open) else { return Err(problems) };
        let half_open_minimum = rates.minimum_calls;
        let most = trip.most_calls().unwrap_or(u32::MAX);
        problems.or_none().map(|()| BreakerPolicy {
            trip,
            rates: Rates { minimum_calls: rates.minimum_calls.min(most), ..rates },
            half_open_minimum,
            slow_after: full.slow_after,
            judged_on: full.judged_on.unwrap_or_default(),
            denominator: full.denominator.unwrap_or_default(),
            failures: OutcomeSet::of(failures),
            ignored: OutcomeSet::of(ignored),
            open,
            due: full.due.unwrap_or_default(),
            transition: full.transition.unwrap_or_default(),
            half_open_calls: full.permits(),
            half_open_surplus: full.half_open_surplus.unwrap_or_default(),
            half_open_verdict: full.half_open_verdict.unwrap_or_default(),
            half_open_for: full.half_open_for,
            probes: full.probes.unwrap_or_default(),
            late_results: full.late_results.unwrap_or_default(),
            forgets: full.forgets.unwrap_or_default(),
            serialised: full.serialised.unwrap_or_default(),
        })
    }

    /// This breaker, with what its preset says where it says nothing itself.
    fn filled(&self, problems: &mut Problems) -> Self {
        let twice = self.open_for.is_some() && self.open_backoff.is_some();
        problems.note_if(twice, "open_backoff", "says again what `open_for` says: give one");
        let preset = self.preset.map(BreakerPreset::defaults).unwrap_or_default();
        let rated = self.trip.as_ref().is_none_or(Trip::takes_rates);
        let open_given = self.open_for.is_some() || self.open_backoff.is_some();
        // A trip rule or an open time that is given replaces the preset's, and what belongs to it.
        Self {
            preset: self.preset,
            trip: self.trip.clone().or(preset.trip),
            failure_rate: self.failure_rate.or(preset.failure_rate.filter(|_| rated)),
            slow_rate: self.slow_rate.or(preset.slow_rate.filter(|_| rated)),
            slow_after: self.slow_after.or(preset.slow_after.filter(|_| rated)),
            minimum_calls: self.minimum_calls.or(preset.minimum_calls.filter(|_| rated)),
            threshold: self.threshold.or(preset.threshold),
            arithmetic: self.arithmetic.or(preset.arithmetic),
            judged_on: self.judged_on.or(preset.judged_on),
            denominator: self.denominator.or(preset.denominator.filter(|_| rated)),
            failures: self.failures.clone().or(preset.failures),
            ignored: self.ignored.clone().or(preset.ignored),
            open_for: self.open_for.or(preset.open_for.filter(|_| !open_given)),
            open_backoff: self.open_backoff.clone().or(preset.open_backoff.filter(|_| !open_given)),
            due: self.due.or(preset.due),
            transition: self.transition.or(preset.transition),
            half_open_calls: self.half_open_calls.or(preset.half_open_calls),
            half_open_surplus: self.half_open_surplus.or(preset.half_open_surplus),
            half_open_verdict: self.half_open_verdict.or(preset.half_open_verdict),
            half_open_for: self.half_open_for.or(preset.half_open_for),
            probes: self.probes.or(preset.probes),
            late_results: self.late_results.or(preset.late_results),
            forgets: self.forgets.or(preset.forgets),
            serialised: self.serialised.or(preset.serialised),
            scope: self.scope,
        }
    }

    fn checked_trip(&self, preset: Option<BreakerPreset>) -> Result<Trip, Problems> {
        let trip = self.trip.clone().ok_or_else(|| missing("trip", "trip", preset))?;
        trip.check().map_err(|problems| problems.inside("trip"))?;
        Ok(trip)
    }

    fn rates(&self) -> Rates {
        Rates {
            failure: self.failure_rate,
            slow: self.slow_rate,
            minimum_calls: self.minimum_calls.unwrap_or(1),
            threshold: self.threshold.unwrap_or_default(),
            arithmetic: self.arithmetic.unwrap_or_default(),
        }
    }

    fn check_rates(&self, trip: Option<&Trip>, problems: &mut Problems) {
        for (field, rate) in [("failure_rate", self.failure_rate), ("slow_rate", self.slow_rate)] {
            if let Some(rate) = rate {
                problems.within(field, rate, 0.0, 1.0);
            }
        }
        let (rate, after) = (self.slow_rate.is_some(), self.slow_after.is_some());
        problems.note_if(rate && !after, "slow_after", "is missing: `slow_rate` needs it");
        problems.note_if(after && !rate, "slow_rate", "is missing: `slow_after` needs it");
        let rated = self.failure_rate.is_some() || rate;
        let needed = self.half_open_verdict == Some(Verdict::Rate);
        if let Some(trip) = trip {
            let name = trip.name();
            let idle = format!("means nothing to `{name}`");
            let takes = trip.takes_rates();
            let unheard = self.failure_rate.is_some() && !takes && !needed;
            problems.note_if(unheard, "failure_rate", &idle);
            problems.note_if(rate && !takes && !needed, "slow_rate", &idle);
            let minimum = self.minimum_calls.is_some() && !takes && !needed;
            problems.note_if(minimum, "minimum_calls", &idle);
            let without = !rated && !trip.trips_without_rates();
            let missing = format!("is missing: `{name}` opens at a rate");
            problems.note_if(without, "failure_rate", missing);
            let early = self.denominator.unwrap_or_default() != Denominator::Results;
            let only_results = matches!(trip, Trip::Consecutive(_) | Trip::CountWindow(_));
            problems.note_if(early && only_results, "denominator", &idle);
        }
        let missing = "is missing: a verdict by `rate` needs it";
        let told = trip.is_none_or(Trip::trips_without_rates);
        problems.note_if(needed && !rated && told, "failure_rate", missing);
    }

    fn open_time(&self, preset: Option<BreakerPreset>) -> Result<OpenTime, Problems> {
        if let Some(backoff) = &self.open_backoff {
            backoff.check().map_err(|problems| problems.inside("open_backoff"))?;
            return Ok(OpenTime::Growing(backoff.clone()));
        }
        match self.open_for {
            Some(OpenFor::Forever) => Ok(OpenTime::Forever),
            Some(OpenFor::Time(time)) if time.is_zero() => {
                Err(Problem::at("open_for", "must be above zero").into())
            }
            Some(OpenFor::Time(time)) => Ok(OpenTime::Fixed(time)),
            None => Err(missing("open_for", "it, `open_backoff`", preset).into()),
        }
    }

    fn permits(&self) -> u32 {
        match self.half_open_calls {
            None => 1,
            Some(Limit::AtMost(calls)) => calls,
            Some(Limit::Unlimited) => u32::MAX,
        }
    }

    fn check_half_open(&self, problems: &mut Problems) {
        let permits = self.permits();
        let message = "must be at least 1: nothing else closes the breaker again";
        problems.note_if(permits == 0, "half_open_calls", message);
        if let Some(time) = self.half_open_for {
            problems.above_zero("half_open_for", time);
        }
        let field = "half_open_verdict";
        match self.half_open_verdict.unwrap_or_default() {
            Verdict::Successes(0) => {
                problems.note_if(true, field, "must ask for at least 1 success");
            }
            Verdict::Successes(n) if n > permits => {
                let message = format!("asks for {n} successes of {permits} calls");
                problems.note_if(true, field, message);
            }
            Verdict::AllSucceed if permits == u32::MAX => {
                let message = "is never reached: `half_open_calls` has no limit";
                problems.note_if(true, field, message);
            }
            _ => {}
        }
    }
}

fn missing(field: &str, give: &str, preset: Option<BreakerPreset>) -> Problem {
    match preset {
        None if give == field => Problem::at(field, "is missing: give it or `preset`"),
        None => Problem::at(field, format!("is missing: give {give} or `preset`")),
        Some(preset) => {
            let message = format!("is missing: `{}` has no default for it", preset.name());
            Problem::at(field, message)
        }
    }
}

fn check_outcomes(failures: &[Outcome], ignored: &[Outcome], problems: &mut Problems) {
    problems.note_if(failures.is_empty(), "failures", "names no outcome: it would never open");
    for (field, outcomes) in [("failures", failures), ("ignored", ignored)] {
        let ok = outcomes.contains(&Outcome::Ok);
        problems.note_if(ok, field, "names `ok`, which is a success");
    }
    for outcome in ignored.iter().filter(|outcome| failures.contains(outcome)) {
        let message = format!("names `{}`, which `failures` names too", outcome.name());
        problems.note_if(true, "ignored", message);
    }
}
