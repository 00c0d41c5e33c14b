//! What holds for every throttle.

use std::convert::Infallible;

use rand::TryRng;

use super::*;
use crate::kernel::SimDuration;
use crate::policy::backoff::scripted::LOWEST;

/// Draws that fill the unit interval evenly: multiples of the golden ratio.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Even(u64);

impl TryRng for Even {
    type Error = Infallible;

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        Ok(self.0)
    }

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|bits| (bits >> 32) as u32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(0);
        Ok(())
    }
}

fn every_throttle() -> Vec<Throttle> {
    let read = |name: &str| serde_json::from_value(serde_json::json!({ name: {} })).unwrap();
    Throttle::CATALOGUE.iter().map(|entry| read(entry.name)).collect()
}

#[test]
fn every_throttle_has_defaults_that_are_right_and_is_written_as_it_is_read() {
    for throttle in every_throttle() {
        let text = serde_json::to_string(&throttle).unwrap();
        assert_eq!(serde_json::from_str::<Throttle>(&text).unwrap(), throttle);
        assert_eq!(throttle.check(), Ok(()), "{text}");
    }
}

#[test]
fn no_throttle_takes_a_parameter_that_it_does_not_know() {
    for throttle in every_throttle() {
        let mut value = serde_json::to_value(&throttle).unwrap();
        value[throttle.name()]["wrong"] = 1.into();
        assert!(serde_json::from_value::<Throttle>(value).is_err(), "{}", throttle.name());
    }
}

#[test]
fn mistakes_are_placed_under_the_throttle() {
    let throttle = Throttle::Google(google::Google { k: 0.5, ..google::Google::default() });
    let message = "`google.k` must be a number from 1 on, not 0.5";
    assert_eq!(throttle.check().unwrap_err().to_string(), message);
}

const T0: SimTime = SimTime::ZERO;

fn throttled_often(gate: &mut ThrottleGate, outcome: Outcome) {
    let ending = Ending { outcome, took: SimDuration::ZERO };
    for ticket in 0..100 {
        let answer = gate.ask(T0, Ticket(ticket), &mut Even(u64::MAX / 3));
        if let Answer::Admit(pass) = answer {
            gate.ended(T0, pass, ending, &mut Released::new());
        }
    }
}

#[test]
fn all_pass_while_all_is_well_and_some_do_not_when_the_backend_refuses() {
    for throttle in every_throttle() {
        let mut well = throttle.start(T0).on(Side::Caller);
        throttled_often(&mut well, Outcome::Ok);
        let answer = well.ask(T0, Ticket(200), &mut LOWEST.clone());
        assert_eq!(answer, Answer::Admit(Pass::default()), "{}", throttle.name());
        // 429 is an answer like others to Envoy, and the only news to the AWS SDKs.
        let bad = match throttle {
            Throttle::AwsAdaptive(_) => Outcome::Throttled,
            _ => Outcome::Overflow,
        };
        for (side, rejection) in
            [(Side::Caller, Outcome::RejectedLimit), (Side::Callee, Outcome::RejectedShed)]
        {
            let mut gate = throttle.start(T0).on(side);
            throttled_often(&mut gate, bad);
            let expected = match throttle {
                Throttle::AwsAdaptive(_) => Answer::Wait,
                _ => Answer::Reject(rejection),
            };
            assert_eq!(gate.ask(T0, Ticket(200), &mut LOWEST.clone()), expected);
        }
    }
}

#[test]
fn a_gate_that_waits_can_be_left_and_woken() {
    let mut gate =
        Throttle::AwsAdaptive(aws_adaptive::AwsAdaptive::default()).start(T0).on(Side::Caller);
    let ending = Ending { outcome: Outcome::Throttled, took: SimDuration::ZERO };
    gate.ended(T0, Pass::default(), ending, &mut Released::new());
    for ticket in 0..2 {
        assert_eq!(gate.ask(T0, Ticket(ticket), &mut LOWEST.clone()), Answer::Wait);
    }
    gate.withdrawn(T0, Ticket(0), &mut Released::new());
    let due = gate.wakes_at().unwrap();
    assert_eq!(due, SimTime::from_nanos(2_000_000_000), "half a token a second");
    let mut released = Released::new();
    gate.wake(due, &mut released);
    assert_eq!(released, [(Ticket(1), Answer::Admit(Pass::default()))]);
    assert_eq!(gate.wakes_at(), None);
}

#[test]
fn a_throttle_that_makes_calls_wait_turns_none_away() {
    let adaptive: Throttle =
        serde_json::from_value(serde_json::json!({ "aws-adaptive": {} })).unwrap();
    let mut gate = adaptive.start(SimTime::ZERO).on(Side::Caller);
    assert_eq!(gate.probability(SimTime::ZERO), 0.0);
}

#[test]
fn a_throttle_for_which_nobody_waits_needs_no_waking() {
    for throttle in every_throttle() {
        let mut gate = throttle.start(SimTime::ZERO).on(Side::Caller);
        gate.ask(SimTime::ZERO, Ticket(1), &mut { LOWEST });
        assert_eq!(gate.wakes_at(), None, "{}", throttle.name());
    }
}
