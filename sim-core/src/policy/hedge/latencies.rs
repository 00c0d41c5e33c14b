//! How long requests take: a percentile over a sliding window, renewed from time to time.

use std::collections::{BTreeMap, VecDeque};

use crate::kernel::{SimDuration, SimTime};

/// How the delay is found from what was observed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// Which share of the requests takes no longer than the delay.
    pub(super) share: f64,
    /// How often the delay is renewed.
    pub(super) refresh: SimDuration,
    /// Requests are counted in buckets of this length, and only full ones are looked at.
    pub(super) bucket: SimDuration,
    /// How many buckets are looked at.
    pub(super) buckets: usize,
    /// To what the times are rounded down.
    pub(super) unit: SimDuration,
    /// Times that are longer count as this.
    pub(super) longest: SimDuration,
    /// The least delay.
    pub(super) least: SimDuration,
    /// The delay while no bucket is full; `None`: no copy is sent.
    pub(super) unknown: Option<SimDuration>,
}

type Counts = BTreeMap<u64, u64>;

/// How long requests take.
#[derive(Clone, Debug)]
pub struct Latencies {
    rule: Rule,
    current: Counts,
    full: VecDeque<Counts>,
    /// When the current bucket is full.
    bucket_ends: SimTime,
    /// When the delay is renewed.
    refreshes: SimTime,
    delay: Option<SimDuration>,
}

impl Latencies {
    pub(super) fn new(rule: Rule) -> Self {
        Self {
            rule,
            current: Counts::new(),
            full: VecDeque::new(),
            bucket_ends: SimTime::ZERO + rule.bucket,
            refreshes: SimTime::ZERO + rule.refresh,
            delay: None,
        }
    }

    /// The delay, as it was when it was last renewed; `None` if no copy is to be sent.
    pub(super) fn delay(&mut self, now: SimTime) -> Option<SimDuration> {
        self.catch_up(now);
        // What takes longer than can be told is not hedged.
        self.delay.filter(|delay| *delay < self.rule.longest)
    }

    pub(super) fn observed(&mut self, sent: SimTime, now: SimTime) {
        self.catch_up(now);
        // The library subtracts two readings of a clock that shows whole units.
        let unit = self.rule.unit.as_nanos();
        let units = now.as_nanos() / unit - sent.as_nanos() / unit;
        let longest = self.rule.longest.as_nanos() / unit;
        *self.current.entry(units.min(longest)).or_default() += 1;
    }

    /// Closes the buckets and renews the delay as often as was due, in order; at one instant the
    /// bucket is closed first.
    fn catch_up(&mut self, now: SimTime) {
        self.skip_what_changes_nothing(now);
        while self.bucket_ends.min(self.refreshes) <= now {
            if self.bucket_ends <= self.refreshes {
                self.bucket_ends += self.rule.bucket;
                self.full.push_back(std::mem::take(&mut self.current));
                if self.full.len() > self.rule.buckets {
                    self.full.pop_front();
                }
            } else {
                self.refreshes += self.rule.refresh;
                self.delay = self.renewed();
            }
        }
    }

    /// After a long silence all buckets are empty, and so are those that follow.
    fn skip_what_changes_nothing(&mut self, now: SimTime) {
        let (bucket, refresh) = (self.rule.bucket.as_nanos(), self.rule.refresh.as_nanos());
        let horizon = bucket.saturating_mul(self.rule.buckets as u64 + 2) + refresh * 2;
        let silent = now.since(self.bucket_ends.min(self.refreshes)).as_nanos();
        if silent > horizon.saturating_mul(2) {
            self.current.clear();
            self.full = vec![Counts::new(); self.rule.buckets].into();
            let skipped = SimDuration::from_nanos(silent - horizon);
            let buckets = skipped.as_nanos() / bucket;
            let refreshes = skipped.as_nanos() / refresh;
            self.bucket_ends += SimDuration::from_nanos(buckets * bucket);
            self.refreshes += SimDuration::from_nanos(refreshes * refresh);
        }
    }

    fn renewed(&self) -> Option<SimDuration> {
        if self.full.is_empty() {
            return self.rule.unknown;
        }
        let units = self.percentile().or(self.rule.unknown.map(|_| 0))?;
        let delay = SimDuration::from_nanos(units * self.rule.unit.as_nanos());
        Some(delay.max(self.rule.least))
    }

    /// The time that the share of the requests did not exceed, in units; `None` without requests.
    fn percentile(&self) -> Option<u64> {
        let mut counts = Counts::new();
        for (units, count) in self.full.iter().flatten() {
            *counts.entry(*units).or_default() += count;
        }
        let all: u64 = counts.values().sum();
        // A hair below: 0.99 · 100 is 99 and not one more because 0.99 is not quite 0.99.
        let rank = (self.rule.share * all as f64 * (1.0 - f64::EPSILON)).ceil();
        let mut below = 0;
        for (units, count) in counts {
            below += count;
            if below as f64 >= rank {
                return Some(units);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, ms};
    use super::*;

    fn rule() -> Rule {
        Rule {
            share: 0.9,
            refresh: SimDuration::from_secs(3),
            bucket: SimDuration::from_secs(10),
            buckets: 3,
            unit: SimDuration::from_millis(1),
            longest: SimDuration::from_secs(2),
            least: SimDuration::from_millis(1),
            unknown: None,
        }
    }

    #[test]
    fn a_bucket_counts_once_it_is_full_and_the_delay_is_renewed_after_that() {
        let mut latencies = Latencies::new(rule());
        for n in 1..=10 {
            latencies.observed(at(0), at(n * 10));
        }
        assert_eq!(latencies.delay(at(11_999)), None);
        assert_eq!(latencies.delay(at(12_000)), Some(ms(90)));
    }

    #[test]
    fn at_one_instant_the_bucket_is_closed_before_the_delay_is_renewed() {
        let mut latencies = Latencies::new(Rule { refresh: SimDuration::from_secs(5), ..rule() });
        latencies.observed(at(0), at(20));
        assert_eq!(latencies.delay(at(9_999)), None);
        assert_eq!(latencies.delay(at(10_000)), Some(ms(20)));
    }

    #[test]
    fn what_is_older_than_three_buckets_is_forgotten() {
        let mut latencies = Latencies::new(rule());
        latencies.observed(at(0), at(500));
        latencies.observed(at(12_000), at(12_020));
        assert_eq!(latencies.delay(at(24_000)), Some(ms(500)));
        assert_eq!(latencies.delay(at(39_000)), Some(ms(500)));
        // The first bucket drops out at 40 s; the delay is renewed at 42 s.
        assert_eq!(latencies.delay(at(41_999)), Some(ms(500)));
        assert_eq!(latencies.delay(at(42_000)), Some(ms(20)));
    }

    #[test]
    fn a_long_silence_is_skipped_and_comes_to_the_same() {
        for (first, later) in [(1_u64, 3_600_001), (9_999, 7_654_321), (29_999, 98_765_432)] {
            let (mut skipping, mut stepping) = (Latencies::new(rule()), Latencies::new(rule()));
            for latencies in [&mut skipping, &mut stepping] {
                latencies.observed(at(0), at(first));
            }
            for step in (first..later).step_by(500) {
                stepping.delay(at(step));
            }
            for then in [later, later + 10_000, later + 13_000] {
                assert_eq!(skipping.delay(at(then)), stepping.delay(at(then)), "{then}");
                assert_eq!(skipping.bucket_ends, stepping.bucket_ends);
                assert_eq!(skipping.refreshes, stepping.refreshes);
                for latencies in [&mut skipping, &mut stepping] {
                    latencies.observed(at(then - 30), at(then));
                }
            }
        }
    }

    #[test]
    fn times_are_differences_of_whole_units_and_have_a_longest() {
        let mut latencies = Latencies::new(rule());
        let micros = |n| SimTime::ZERO + SimDuration::from_micros(n);
        // From 0.9 to 2.1 ms: two units, though it takes 1.2 ms.
        latencies.observed(micros(900), micros(2_100));
        assert_eq!(latencies.delay(at(12_000)), Some(ms(2)));
        latencies.observed(at(12_000), at(14_000));
        // The longest that can be told is not hedged.
        assert_eq!(latencies.delay(at(42_000)), None);
        assert_eq!(latencies.percentile(), Some(2_000));
    }

    #[test]
    fn the_percentile_is_the_nearest_rank() {
        for (share, percentile) in
            [(0.0, 1), (0.01, 1), (0.011, 2), (0.5, 50), (0.99, 99), (1.0, 100)]
        {
            let mut latencies = Latencies::new(Rule { share, ..rule() });
            (1..=100).for_each(|n| latencies.observed(at(0), at(n)));
            latencies.delay(at(10_000));
            assert_eq!(latencies.percentile(), Some(percentile), "{share}");
        }
    }

    /// Buckets of 300 ms, three of them, renewed every 70 ms.
    fn watch() -> Latencies {
        Latencies::new(Rule {
            share: 0.9,
            refresh: SimDuration::from_millis(70),
            bucket: SimDuration::from_millis(300),
            buckets: 3,
            unit: SimDuration::from_millis(2),
            longest: SimDuration::from_secs(5),
            least: SimDuration::ZERO,
            unknown: Some(SimDuration::from_millis(40)),
        })
    }

    #[test]
    fn a_silence_that_is_skipped_ends_as_one_that_is_lived_through() {
        let at = |ms| SimTime::ZERO + SimDuration::from_millis(ms);
        for silence in [100, 1_499, 1_500, 2_900, 3_280, 3_281, 3_300, 60_007, 3_600_000] {
            let (mut skips, mut lives) = (watch(), watch());
            for latencies in [&mut skips, &mut lives] {
                for n in 0..30 {
                    latencies.observed(at(n * 33), at(n * 33 + 20 + n));
                }
            }
            let from = 30 * 33 + 50;
            for ms in (from..from + silence).step_by(50) {
                lives.delay(at(ms));
            }
            for ms in (from + silence..from + silence + 1_500).step_by(11) {
                assert_eq!(
                    skips.delay(at(ms)),
                    lives.delay(at(ms)),
                    "{ms} ms, {silence} ms of silence"
                );
                for latencies in [&mut skips, &mut lives] {
                    latencies.observed(at(ms - 7), at(ms));
                }
            }
            assert_eq!(skips.bucket_ends, lives.bucket_ends, "{silence}");
            assert_eq!(skips.refreshes, lives.refreshes, "{silence}");
        }
    }

    #[test]
    fn what_takes_longer_than_can_be_told_counts_as_the_longest() {
        let at = |ms| SimTime::ZERO + SimDuration::from_millis(ms);
        let mut latencies = watch();
        latencies.observed(at(0), at(90));
        latencies.observed(at(0), at(5_000));
        latencies.observed(at(0), at(50_000));
        let counted: Vec<(u64, u64)> = latencies.current.into_iter().collect();
        // In units of 2 ms, of which 5 s are 2500.
        assert_eq!(counted, [(2_500, 1)], "the others are of buckets that are closed");
    }

    #[test]
    fn all_but_the_end_of_a_long_silence_is_passed_over_at_once() {
        // Five buckets of 10 s and two renewals of 3 s: 56 s from when the first change is due.
        let mut latencies = Latencies::new(rule());
        latencies.observed(at(0), at(20));
        let due = 3_000;
        latencies.skip_what_changes_nothing(at(due + 112_000));
        assert_eq!((latencies.bucket_ends, latencies.refreshes), (at(10_000), at(due)));
        assert_eq!((latencies.current.len(), latencies.full.len()), (1, 0));
        // Of 112.001 s, 56.001 s: five buckets and eighteen renewals.
        latencies.skip_what_changes_nothing(at(due + 112_001));
        assert_eq!((latencies.bucket_ends, latencies.refreshes), (at(60_000), at(due + 54_000)));
        assert_eq!((latencies.current.len(), latencies.full.len()), (0, 3));
    }
}
