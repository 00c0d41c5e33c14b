//! What holds for every limiter, against slow and plainly correct models.

use proptest::prelude::*;
use serde_json::json;

use super::*;

pub(super) fn at_ms(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

pub(super) fn in_ms(ms: u64) -> SimDuration {
    SimDuration::from_millis(ms)
}

pub(super) fn asks(machine: &mut impl Counting, now: SimTime, ticket: u64) -> Asked {
    machine.ask(now, Ticket(ticket), Demand::ONE)
}

/// How many of so many calls pass at once.
pub(super) fn admitted(machine: &mut impl Counting, now: SimTime, calls: usize) -> usize {
    (0..calls).filter(|_| asks(machine, now, u64::MAX) == Asked::Admitted).count()
}

fn every_limiter() -> Vec<Limiter> {
    let read = |name: &str| serde_json::from_value(json!({ name: {} })).unwrap();
    Limiter::CATALOGUE.iter().map(|entry| read(entry.name)).collect()
}

#[test]
fn every_limiter_has_defaults_that_are_right_and_is_written_as_it_is_read() {
    for limiter in every_limiter() {
        let text = serde_json::to_string(&limiter).unwrap();
        assert_eq!(serde_json::from_str::<Limiter>(&text).unwrap(), limiter);
        assert_eq!(limiter.check(), Ok(()), "{text}");
    }
}

#[test]
fn no_limiter_takes_a_parameter_that_it_does_not_know() {
    for limiter in every_limiter() {
        let mut value = serde_json::to_value(&limiter).unwrap();
        value[limiter.name()]["wrong"] = 1.into();
        assert!(serde_json::from_value::<Limiter>(value).is_err(), "{}", limiter.name());
    }
}

#[test]
fn a_limit_and_a_time_of_zero_are_mistakes() {
    for limiter in every_limiter() {
        let value = serde_json::to_value(&limiter).unwrap();
        let fields = value[limiter.name()].as_object().unwrap();
        for (field, given) in fields {
            let may_be_zero = ["max_wait", "timeout_duration", "refuses"].contains(&field.as_str());
            let a_queue_may_be_none = limiter.name() == "leaky-bucket-queue" && field == "capacity";
            if may_be_zero || a_queue_may_be_none {
                continue;
            }
            let zero = if given.is_string() { json!("0s") } else { json!(0) };
            let mut wrong = value.clone();
            wrong[limiter.name()][field] = zero;
            let wrong: Limiter = serde_json::from_value(wrong).unwrap();
            let problems = wrong.check().unwrap_err();
            assert_eq!(problems.0[0].path, format!("{}.{field}", limiter.name()));
        }
    }
}

#[test]
fn only_who_waits_for_cycles_finds_more_permits_than_there_are() {
    let most = |value| serde_json::from_value::<Limiter>(value).unwrap().most();
    let resilience4j = |timeout: &str| {
        json!({ "resilience4j": {
            "limit_for_period": 7, "limit_refresh_period": "1s", "timeout_duration": timeout,
        } })
    };
    assert_eq!(most(resilience4j("0s")), Some(7));
    assert_eq!(most(resilience4j("1ns")), Some(14), "at the end of a cycle");
    assert_eq!(most(resilience4j("1s")), Some(14));
    assert_eq!(most(resilience4j("1000000001ns")), Some(21));
    assert_eq!(most(resilience4j("1000000000s")), None);
    assert_eq!(most(json!({ "leaky-bucket-queue": {} })), None);
    assert_eq!(most(json!({ "token-bucket": { "capacity": 5 } })), Some(5));
    assert_eq!(most(json!({ "leaky-bucket-meter": { "burst": 5 } })), Some(5));
    assert_eq!(most(json!({ "fixed-window": { "limit": 5 } })), Some(5));
    assert_eq!(most(json!({ "sliding-log": { "limit": 5 } })), Some(5));
    assert_eq!(most(json!({ "sliding-counter": { "limit": 5 } })), Some(5));
}

/// Limiters that let nobody wait, with a limit of a few in a few nanoseconds.
fn small_limiters(limit: u32, rate: u32, ns: u64) -> Vec<Limiter> {
    let per = SimDuration::from_nanos(ns);
    let at_once = SimDuration::ZERO;
    vec![
        Limiter::TokenBucket(token_bucket::TokenBucket {
            capacity: limit,
            refill: rate,
            per,
            max_wait: at_once,
        }),
        Limiter::LeakyBucketMeter(leaky_bucket_meter::LeakyBucketMeter { burst: limit, rate, per }),
        Limiter::LeakyBucketQueue(leaky_bucket_queue::LeakyBucketQueue { capacity: 0, rate, per }),
        Limiter::FixedWindow(fixed_window::FixedWindow { limit, window: per }),
        Limiter::SlidingLog(sliding_log::SlidingLog { limit, window: per }),
        Limiter::SlidingCounter(sliding_counter::SlidingCounter { limit, window: per }),
        Limiter::Resilience4j(resilience4j::Resilience4j {
            limit_for_period: limit,
            limit_refresh_period: per,
            timeout_duration: at_once,
            refuses: resilience4j::Refusal::AtOnce,
        }),
    ]
}

/// Steps in time, and what is asked after each.
fn asked(most: u32) -> impl Strategy<Value = Vec<(u64, Demand)>> {
    let demand = (1..=most, 0..=most).prop_map(|(cost, leaves)| Demand { cost, leaves });
    prop::collection::vec((prop_oneof![Just(0), 0_u64..40, 0_u64..400], demand), 1..120)
}

/// The definition of a token bucket: in no stretch of time that ends now does more pass than
/// `burst` and what came in during it. Times the length of `per`, all of it is whole.
fn conforms(passed: &[(u64, u32)], now: u64, wanted: u64, burst: u32, rate: u32, per: u64) -> bool {
    let since = |start: u64| {
        let counted =
            passed.iter().filter(|(at, _)| *at >= start).map(|(_, cost)| u64::from(*cost));
        let came_in =
            u128::from(burst) * u128::from(per) + u128::from(now - start) * u128::from(rate);
        u128::from(counted.sum::<u64>() + wanted) * u128::from(per) <= came_in
    };
    since(now) && passed.iter().all(|(start, _)| since(*start))
}

proptest! {
    #[test]
    fn token_bucket_and_meter_let_through_what_the_definition_does(
        asked in asked(4), burst in 1_u32..8, rate in 1_u32..5, per in 1_u64..50,
    ) {
        for limiter in small_limiters(burst, rate, per).into_iter().take(2) {
            let mut machine = limiter.start(SimTime::ZERO);
            let (mut now, mut passed) = (0, Vec::new());
            for (step, demand) in &asked {
                now += step;
                let expected = conforms(&passed, now, demand.permits(), burst, rate, per);
                let answer = machine.ask(SimTime::from_nanos(now), Ticket(0), *demand);
                prop_assert_eq!(answer == Asked::Admitted, expected, "{} at {}", limiter.name(), now);
                if expected {
                    passed.push((now, demand.cost));
                }
            }
        }
    }

    #[test]
    fn the_log_lets_through_what_a_list_of_all_that_passed_does(
        asked in asked(4), limit in 1_u32..8, window in 1_u64..100,
    ) {
        let mut log = small_limiters(limit, 1, window)[4].start(SimTime::ZERO);
        let (mut now, mut passed) = (0, Vec::<(u64, u32)>::new());
        for (step, demand) in asked {
            now += step;
            let counted = passed.iter().filter(|(at, _)| at + window > now);
            let used: u64 = counted.map(|(_, cost)| u64::from(*cost)).sum();
            let expected = used + demand.permits() <= u64::from(limit);
            let answer = log.ask(SimTime::from_nanos(now), Ticket(0), demand);
            prop_assert_eq!(answer == Asked::Admitted, expected);
            if expected {
                passed.push((now, demand.cost));
            }
        }
    }

    #[test]
    fn the_counter_lets_through_what_its_estimate_allows(
        asked in asked(4), limit in 1_u32..8, window in 1_u64..100,
    ) {
        let mut counter = small_limiters(limit, 1, window)[5].start(SimTime::ZERO);
        let (mut now, mut passed) = (0, Vec::<(u64, u32)>::new());
        for (step, demand) in asked {
            now += step;
            let counted = |index: u64| {
                let of = passed.iter().filter(|(at, _)| at / window == index);
                of.map(|(_, cost)| u64::from(*cost)).sum::<u64>()
            };
            let (index, elapsed) = (now / window, now % window);
            let before = index.checked_sub(1).map_or(0, counted);
            let estimate = before * (window - elapsed) + (counted(index) + demand.permits()) * window;
            let expected = estimate <= u64::from(limit) * window;
            let answer = counter.ask(SimTime::from_nanos(now), Ticket(0), demand);
            prop_assert_eq!(answer == Asked::Admitted, expected);
            if expected {
                passed.push((now, demand.cost));
            }
        }
    }

    #[test]
    fn who_comes_when_told_passes_and_who_comes_sooner_does_not(
        asked in asked(4), limit in 1_u32..8, rate in 1_u32..5, per in 1_u64..50,
    ) {
        for limiter in small_limiters(limit, rate, per) {
            let mut machine = limiter.start(SimTime::ZERO);
            let mut now = SimTime::ZERO;
            for (step, demand) in &asked {
                now += SimDuration::from_nanos(*step);
                let wait = machine.retry_after(now, *demand);
                let passes = |after: SimDuration| {
                    machine.clone().ask(now + after, Ticket(0), *demand) == Asked::Admitted
                };
                if wait == SimDuration::MAX {
                    prop_assert!(limiter.most().is_some_and(|most| demand.permits() > u64::from(most)));
                } else {
                    prop_assert!(passes(wait), "{} too late", limiter.name());
                    let sooner = wait.saturating_sub(SimDuration::from_nanos(1));
                    prop_assert!(wait.is_zero() || !passes(sooner), "{} too soon", limiter.name());
                }
                machine.ask(now, Ticket(0), *demand);
            }
        }
    }

    /// Reservations as well: in no stretch of time do more pass than the burst and what came in.
    #[test]
    fn those_who_waited_for_tokens_pass_no_faster_than_the_tokens_come(
        asked in asked(3), burst in 3_u32..8, rate in 1_u32..5, per in 1_u64..50, wait in 0_u64..200,
    ) {
        let max_wait = SimDuration::from_nanos(wait);
        let per_time = SimDuration::from_nanos(per);
        let bucket = token_bucket::TokenBucket { capacity: burst, refill: rate, per: per_time, max_wait };
        let mut tokens = bucket.start(SimTime::ZERO);
        let (mut now, mut passed, mut costs) = (SimTime::ZERO, Vec::new(), Vec::new());
        for (step, demand) in asked {
            let next = now + SimDuration::from_nanos(step);
            while let Some(due) = tokens.wakes_at().filter(|due| *due <= next) {
                let mut woken = Vec::new();
                tokens.wake(due, &mut woken);
                prop_assert!(!woken.is_empty());
                passed.extend(woken.iter().map(|(who, _)| (due.as_nanos(), costs[who.0 as usize])));
            }
            now = next;
            let ticket = Ticket(costs.len() as u64);
            costs.push(demand.cost);
            if tokens.ask(now, ticket, Demand { leaves: 0, ..demand }) == Asked::Admitted {
                passed.push((now.as_nanos(), demand.cost));
            }
        }
        for last in 0..passed.len() {
            let (before, (now, cost)) = (&passed[..last], passed[last]);
            // Who waited is released at the first whole nanosecond, and so up to one late.
            prop_assert!(conforms(before, now + 1, u64::from(cost), burst, rate, per));
        }
    }

    /// A cycle of Resilience4j grants `limit` permits, to whoever reserved them first.
    #[test]
    fn cycles_grant_their_permits_in_the_order_of_the_asking(
        steps in prop::collection::vec(0_u64..60, 1..150),
        limit in 1_u32..5, period in 1_u64..50, timeout in 0_u64..200,
    ) {
        let mut cycles = resilience4j::Resilience4j {
            limit_for_period: limit,
            limit_refresh_period: SimDuration::from_nanos(period),
            timeout_duration: SimDuration::from_nanos(timeout),
            refuses: resilience4j::Refusal::AtOnce,
        }
        .start(SimTime::ZERO);
        let mut granted = std::collections::BTreeMap::<u64, u32>::new();
        let mut now = 0;
        for (ticket, step) in steps.into_iter().enumerate() {
            now += step;
            cycles.wake(SimTime::from_nanos(now), &mut Vec::new());
            let first = (now / period..).find(|cycle| granted.get(cycle).copied().unwrap_or(0) < limit);
            let cycle = first.unwrap();
            let wait = (cycle * period).saturating_sub(now);
            let expected = match wait {
                0 => Asked::Admitted,
                _ if wait <= timeout => Asked::Waits,
                _ => Asked::TurnedAway,
            };
            let told = cycles.retry_after(SimTime::from_nanos(now), Demand::ONE);
            prop_assert_eq!(told, SimDuration::from_nanos(wait));
            let answer = cycles.ask(SimTime::from_nanos(now), Ticket(ticket as u64), Demand::ONE);
            prop_assert_eq!(answer, expected);
            if answer != Asked::TurnedAway {
                *granted.entry(cycle).or_default() += 1;
            }
        }
    }
}

#[test]
fn a_limiter_for_which_nobody_waits_needs_no_waking() {
    for limiter in every_limiter() {
        let mut machine = limiter.start(at_ms(0));
        assert_eq!(machine.ask(at_ms(0), Ticket(1), Demand::ONE), Asked::Admitted);
        assert_eq!(machine.wakes_at(), None, "{}", limiter.name());
    }
}
