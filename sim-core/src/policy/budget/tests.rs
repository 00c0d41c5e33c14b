//! What holds for every budget, and a driver that tells a budget of calls in the right order.

use super::*;

/// The end of an attempt that the policy retries if it failed.
pub(super) fn end(outcome: Outcome) -> AttemptEnd {
    AttemptEnd { outcome, retryable: outcome.is_failure(), forbidden: false }
}

/// Tells a budget of calls that last no time.
pub(super) struct Driver {
    pub(super) machine: BudgetMachine,
    pub(super) now: SimTime,
}

pub(super) fn driver(budget: Budget) -> Driver {
    assert_eq!(budget.check(), Ok(()));
    Driver { machine: budget.start(SimTime::ZERO), now: SimTime::ZERO }
}

impl Driver {
    /// The end of an attempt that is not followed by a question.
    pub(super) fn ends(&mut self, outcome: Outcome) {
        let memory = &mut self.started();
        self.machine.attempt_ends(self.now, memory, end(outcome));
        self.machine.call_ends(self.now, memory, outcome);
    }

    /// A call of one attempt that fails: whether it may be retried. It is not.
    pub(super) fn fails(&mut self, outcome: Outcome) -> bool {
        let memory = &mut self.started();
        self.machine.attempt_ends(self.now, memory, end(outcome));
        let allowed = self.machine.may_retry(self.now, memory, outcome);
        self.machine.call_ends(self.now, memory, outcome);
        allowed
    }

    /// A call whose attempts end so, as long as the budget lets it: how many it made.
    pub(super) fn call(&mut self, outcomes: &[Outcome]) -> usize {
        let memory = &mut self.started();
        for (attempt, outcome) in outcomes.iter().enumerate() {
            self.machine.attempt_ends(self.now, memory, end(*outcome));
            let last = attempt + 1 == outcomes.len();
            if last || !self.machine.may_retry(self.now, memory, *outcome) {
                self.machine.call_ends(self.now, memory, *outcome);
                return attempt + 1;
            }
            self.machine.attempt_starts(self.now, memory);
        }
        0
    }

    /// A call whose first attempt is out.
    pub(super) fn started(&mut self) -> CallMemory {
        let mut memory = CallMemory::default();
        self.machine.call_starts(self.now, &mut memory);
        self.machine.attempt_starts(self.now, &mut memory);
        memory
    }

    pub(super) fn hedges(&mut self) -> bool {
        self.machine.may_hedge(self.now, &mut CallMemory::default())
    }

    pub(super) fn level(&mut self) -> f64 {
        self.machine.level(self.now)
    }
}

fn every_budget() -> Vec<Budget> {
    let read = |name: &str| serde_json::from_value(serde_json::json!({ name: {} })).unwrap();
    Budget::CATALOGUE.iter().map(|entry| read(entry.name)).collect()
}

#[test]
fn every_budget_has_defaults_that_are_right_and_is_written_as_it_is_read() {
    for budget in every_budget() {
        let text = serde_json::to_string(&budget).unwrap();
        assert_eq!(serde_json::from_str::<Budget>(&text).unwrap(), budget);
        assert_eq!(budget.check(), Ok(()), "{text}");
    }
}

#[test]
fn no_budget_takes_a_parameter_that_it_does_not_know() {
    for budget in every_budget() {
        let mut value = serde_json::to_value(&budget).unwrap();
        value[budget.name()]["wrong"] = 1.into();
        assert!(serde_json::from_value::<Budget>(value).is_err(), "{}", budget.name());
    }
}

#[test]
fn mistakes_are_placed_under_the_budget() {
    let budget = Budget::Grpc(grpc::Grpc { max_tokens: 0, token_ratio: 0.1 });
    assert_eq!(budget.check().unwrap_err().to_string(), "`grpc.max_tokens` must be from 1 to 1000");
}

/// Under a dead server every budget lets through some retries at first (but for the one that counts
/// failures from the first call on) and, however long the calls go on, no more than its share: at
/// most every third call or sixty.
#[test]
fn every_budget_bounds_the_retries_under_a_dead_server() {
    for budget in every_budget() {
        let mut driver = driver(budget.clone());
        let (mut retries, mut retries_at_first) = (0, 0);
        for call in 0..20_000_u64 {
            driver.now = SimTime::from_nanos(call * 10_000_000);
            let allowed = match budget {
                // A limit on concurrency: each call leaves a retry in its backoff.
                Budget::Envoy(_) | Budget::EnvoyBudget(_) => {
                    let memory = &mut driver.started();
                    driver.machine.attempt_ends(driver.now, memory, end(Outcome::ServerError));
                    driver.machine.may_retry(driver.now, memory, Outcome::ServerError)
                }
                _ => driver.fails(Outcome::ServerError),
            };
            retries += u64::from(allowed);
            retries_at_first += u64::from(allowed && call < 20);
        }
        let never = matches!(budget, Budget::BrookerBreaker(_));
        assert_eq!(retries_at_first == 0, never, "{}", budget.name());
        assert!(retries <= 20_000 / 3, "{}: {retries}", budget.name());
    }
}

#[test]
fn a_level_is_how_much_is_left_to_spend() {
    let read = |budget: serde_json::Value| driver(serde_json::from_value(budget).unwrap());
    // 3 a second of a window of 10 s: 30 retries, of which a call that failed has taken one.
    let mut tower =
        read(serde_json::json!({ "tower": { "min_per_sec": 3, "retry_percent": 0.5 } }));
    assert_eq!(tower.level(), 30.0);
    assert!(tower.fails(Outcome::ServerError));
    assert_eq!(tower.level(), 29.0);
    // 10 % of 40 calls may fail: after one of them, three more.
    let mut brooker = read(serde_json::json!({ "brooker-breaker": {} }));
    for _ in 0..39 {
        brooker.call(&[Outcome::Ok]);
    }
    brooker.ends(Outcome::ServerError);
    assert_eq!(brooker.level(), 3.0);
}

#[test]
fn a_hedge_is_paid_for_as_the_retry_of_an_attempt_that_timed_out() {
    let bucket = super::token_bucket::TokenBucket { capacity: 2.0, ..Default::default() };
    let mut driver = driver(Budget::TokenBucket(bucket));
    let mut memory = driver.started();
    let mut hedge = || driver.machine.may_hedge(driver.now, &mut memory);
    assert_eq!((hedge(), hedge(), hedge()), (true, true, false));
}
