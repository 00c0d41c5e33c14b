//! Every aggregation on a record written by hand.

use scenarios::expectation::{Aggregation, MeasureTerm, Phase, Quantity, Subject};
use sim_core::kernel::{SimDuration, SimTime};
use sim_core::model::record::{MeasurePlan, RunRecord};
use sim_core::policy::{Outcome, Policy};

use super::*;
use crate::phases::Phases;
use crate::testing::{Recording, seconds, study_with_outage};

const AFTER_10: Phase = Phase::After(SimDuration::from_secs(10));

fn ms(n: u64) -> SimTime {
    SimTime::from_nanos(n * 1_000_000)
}

fn plan() -> MeasurePlan {
    let variant = &study_with_outage().variants[0];
    let boundaries: Vec<_> = Phases::of(variant).boundaries([SimDuration::from_secs(10)]).collect();
    let bin = SimDuration::from_millis(10);
    MeasurePlan::new(variant.model.length, bin, variant.steady.bin, &boundaries)
}

fn term(aggregation: Aggregation, name: &str, quantity: Quantity, phase: Phase) -> MeasureTerm {
    let subject = Subject { name: name.into(), quantity };
    MeasureTerm { aggregation, subject, window: None, phase }
}

fn peak(window_ms: u64, phase: Phase) -> MeasureTerm {
    let window = Some(SimDuration::from_millis(window_ms));
    MeasureTerm { window, ..term(Aggregation::PeakRate, "payment", Quantity::Usual, phase) }
}

fn meter(term: &MeasureTerm) -> Result<Meter, MeasureError> {
    let variant = &study_with_outage().variants[0];
    Meter::new(term, &variant.model, &Phases::of(variant))
}

fn read(record: &RunRecord, term: &MeasureTerm) -> Option<f64> {
    meter(term).unwrap().read(record, &Phases::of(&study_with_outage().variants[0]))
}

#[test]
fn a_peak_is_the_largest_count_of_a_window_that_lies_wholly_in_the_phase() {
    let mut run = Recording::new(&plan());
    // 5 + 4 arrivals straddle the edge between two windows of 100 ms: neither holds all nine.
    run.arrive("payment", ms(91_095), 5).arrive("payment", ms(91_100), 4);
    // Before the fault ended and after the phase: not in it.
    run.arrive("payment", ms(89_999), 50).arrive("payment", ms(100_000), 50);
    let record = run.finish();
    assert_eq!(read(&record, &peak(10, AFTER_10)), Some(500.0));
    assert_eq!(read(&record, &peak(100, AFTER_10)), Some(50.0));
    assert_eq!(read(&record, &peak(1000, AFTER_10)), Some(9.0));
    // Windows start at multiples of their width: [88, 96) ms reaches out of the phase, and
    // [96, 104) out of its end.
    assert_eq!(read(&record, &peak(8000, AFTER_10)), None);
    assert_eq!(read(&record, &peak(30_000, AFTER_10)), None);
}

#[test]
fn rates_counts_and_shares_are_of_the_phase() {
    let mut run = Recording::new(&plan());
    run.arrive("shop", seconds(95), 30).arrive("shop", seconds(101), 999);
    run.end("shop", seconds(95), 15, Outcome::Ok, 20).end(
        "shop",
        seconds(96),
        3,
        Outcome::Timeout,
        2000,
    );
    run.end("shop", seconds(97), 2, Outcome::Degraded, 20);
    run.slice("shop->payment", seconds(95)).arrivals = 40;
    run.slice("shop->payment", seconds(95)).retries = 10;
    run.slice("payment", seconds(95)).arrivals = 36;
    let record = run.finish();
    let value = |aggregation, name: &str, quantity| {
        read(&record, &term(aggregation, name, quantity, AFTER_10))
    };
    let timeout = Quantity::Outcome(Outcome::Timeout);
    for (aggregation, name, quantity, expected) in [
        (Aggregation::Rate, "shop", Quantity::Usual, 3.0),
        (Aggregation::Count, "shop", Quantity::Usual, 30.0),
        (Aggregation::Count, "shop", timeout, 3.0),
        (Aggregation::Count, "shop->payment", Quantity::Retries, 10.0),
        (Aggregation::Rate, "shop", Quantity::Goodput, 1.5),
        (Aggregation::Share, "shop", timeout, 0.15),
        (Aggregation::Share, "shop", Quantity::Failed, 0.15),
        (Aggregation::Availability, "shop", Quantity::Usual, 0.75),
        (Aggregation::Amplification, "shop", Quantity::Usual, 40.0 / 30.0),
        (Aggregation::Amplification, "shop->payment", Quantity::Usual, 40.0 / 30.0),
        (Aggregation::Amplification, "payment", Quantity::Usual, 36.0 / 30.0),
    ] {
        assert_eq!(value(aggregation, name, quantity), Some(expected), "{aggregation:?}({name})");
    }
    assert_eq!(value(Aggregation::Availability, "payment", Quantity::Usual), None);
}

#[test]
fn times_are_in_seconds_and_percentiles_are_of_all_slices_together() {
    let mut run = Recording::new(&plan());
    run.end("shop", seconds(91), 98, Outcome::Ok, 10).end(
        "shop",
        seconds(95),
        2,
        Outcome::Timeout,
        2000,
    );
    let waiting = run.slice("payment", seconds(91));
    let mut recorder = sim_core::stats::Recorder::new();
    recorder.record(1_000_000);
    recorder.record(3_000_000);
    let recorded = recorder.close();
    waiting.waiting_time = recorded.histogram;
    waiting.waiting_time_sum_ns = recorded.sum_ns;
    let record = run.finish();
    let value = |aggregation, name: &str, quantity| {
        read(&record, &term(aggregation, name, quantity, AFTER_10)).unwrap()
    };
    assert_eq!(value(Aggregation::Mean, "shop", Quantity::Usual), (0.98 + 4.0) / 100.0);
    assert_eq!(value(Aggregation::Max, "shop", Quantity::ResponseTime), 2.0);
    let close =
        |value: f64, expected: f64| assert!((value / expected - 1.0).abs() < 0.005, "{value}");
    close(value(Aggregation::Percentile(50.0), "shop", Quantity::Usual), 0.010);
    close(value(Aggregation::Percentile(99.0), "shop", Quantity::ResponseTime), 2.0);
    close(value(Aggregation::Mean, "payment", Quantity::WaitingTime), 0.002);
    close(value(Aggregation::Max, "payment", Quantity::WaitingTime), 0.003);
}

#[test]
fn levels_are_averaged_over_time() {
    let mut run = Recording::new(&plan());
    let second = 1_000_000_000_u128;
    let slice = run.slice("payment", seconds(91));
    slice.queue_integral_ns = 50 * second;
    slice.queue_max = 70;
    slice.busy_integral_ns = 12 * second;
    slice.wasted_ns = 3 * second;
    let record = run.finish();
    let value = |aggregation, quantity| {
        read(&record, &term(aggregation, "payment", quantity, AFTER_10)).unwrap()
    };
    assert_eq!(value(Aggregation::Mean, Quantity::QueueLength), 5.0);
    assert_eq!(value(Aggregation::Max, Quantity::QueueLength), 70.0);
    assert_eq!(value(Aggregation::Mean, Quantity::BusyWorkers), 1.2);
    // 4 instances of 3 workers.
    assert_eq!(value(Aggregation::Mean, Quantity::Utilization), 1.2 / 12.0);
    assert_eq!(value(Aggregation::Wasted, Quantity::Usual), 0.25);
}

#[test]
fn baselines_are_means_before_the_first_fault() {
    let variant = &study_with_outage().variants[0];
    let phases = Phases::of(variant);
    let mut run = Recording::new(&plan());
    run.arrive("payment", seconds(30), 4000).arrive("payment", seconds(5), 999);
    run.slice("payment", seconds(30)).queue_integral_ns = 80_000_000_000;
    run.slice("payment", seconds(30)).queue_max = 9;
    let record = run.finish();
    let baseline = |term: &MeasureTerm, stated| {
        BaselineMeter::new(term, &variant.model, &phases, stated).unwrap().read(&record, &phases)
    };
    let of = |aggregation, quantity| term(aggregation, "payment", quantity, AFTER_10);
    assert_eq!(baseline(&peak(100, AFTER_10), None), Some(100.0));
    assert_eq!(baseline(&peak(100, AFTER_10), Some(12.0)), Some(12.0));
    assert_eq!(baseline(&of(Aggregation::Count, Quantity::Usual), None), Some(1000.0));
    let max_queue = of(Aggregation::Max, Quantity::QueueLength);
    assert_eq!(baseline(&max_queue, Some(12.0)), Some(2.0), "a stated rate is no queue length");
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    use Aggregation::*;
    let usual = |aggregation, name| term(aggregation, name, Quantity::Usual, Phase::All);
    let with = |aggregation, name, quantity| term(aggregation, name, quantity, Phase::All);
    let windowed = MeasureTerm { window: Some(SimDuration::from_secs(1)), ..usual(Rate, "shop") };
    for (term, message) in [
        (
            usual(Rate, "payments"),
            "there is no `payments` to measure; there are `shop`, `shop->payment`, `payment`",
        ),
        (usual(PeakRate, "shop"), "a peak needs a window: write peak_rate(shop, 1s, …)"),
        (
            peak(0, Phase::All),
            "a window of 0s cannot be counted: it has to be a whole number of milliseconds",
        ),
        (windowed, "only a peak has a window; leave the 1s out"),
        (
            usual(Share, "shop"),
            "share does not go with `shop`: a share is of what ended: name an outcome, failed or goodput",
        ),
        (
            with(Percentile(99.0), "shop", Quantity::Retries),
            "percentile does not go with `shop:retries`: only response_time and waiting_time are times",
        ),
        (
            with(Rate, "payment", Quantity::Retries),
            "rate does not go with `payment:retries`: a client or a call retries; a service cannot tell",
        ),
        (
            with(Mean, "shop", Quantity::WaitingTime),
            "mean does not go with `shop:waiting_time`: nothing waits there",
        ),
        (
            usual(Wasted, "shop"),
            "wasted does not go with `shop`: only services and endpoints have workers",
        ),
    ] {
        assert_eq!(meter(&term).unwrap_err().to_string(), message);
    }
}

#[test]
fn a_pool_without_a_limit_has_no_utilization() {
    let mut variant = study_with_outage().variants.remove(0);
    variant.model.services[0].pools[0].workers = None;
    let term = term(Aggregation::Mean, "payment", Quantity::Utilization, Phase::All);
    let error = Meter::new(&term, &variant.model, &Phases::of(&variant)).unwrap_err();
    assert_eq!(error, MeasureError::NoLimit { subject: "payment".into() });
}

#[test]
fn open_connections_are_those_of_a_connection_pool() {
    let mut variant = study_with_outage().variants.remove(0);
    let term = term(Aggregation::Max, "shop->payment", Quantity::OpenConnections, Phase::All);
    let error = Meter::new(&term, &variant.model, &Phases::of(&variant)).unwrap_err().to_string();
    assert!(error.ends_with("and in_flight counts them"), "{error}");
    let layers = r#"[{ "connection_pool": { "kind": { "plain": {} } } }]"#;
    let policy = Policy { layers: serde_json::from_str(layers).unwrap(), ..Policy::default() };
    variant.model.edges[0].policy = policy.resolve().unwrap();
    assert!(Meter::new(&term, &variant.model, &Phases::of(&variant)).is_ok());
}

#[test]
fn the_rate_bin_divides_every_window() {
    let ms = SimDuration::from_millis;
    assert_eq!(rate_bin([ms(10), ms(100), ms(1000)]), ms(10));
    assert_eq!(rate_bin([ms(10), ms(25)]), ms(5));
    assert_eq!(rate_bin([ms(3), ms(1000)]), ms(1));
    assert_eq!(rate_bin([]), ms(1000));
}
