//! Processor sharing: all that work on a processor at a time do so side by side, each on one core at most.
//!
//! Those who work are in groups, an instance each. The cores are dealt among the groups by weight, but
//! none gets more than its limit or than it has jobs; what it leaves is dealt among the others
//! (max–min fairness: D. Bertsekas and R. Gallager, Data Networks, 1992, 6.5.2). Within a group all jobs
//! have the same, so that a job of so much work ends when the group has worked so much *per job*: that is
//! the group's own time, and jobs end in the order of their ends in it.

use std::collections::{BTreeMap, HashMap};

use crate::kernel::SimTime;

/// Whoever works.
pub(crate) type Job = u32;

/// A processor, shared by groups of jobs.
#[derive(Debug)]
pub(crate) struct Processor {
    cores: f64,
    speed: f64,
    now: SimTime,
    groups: Vec<Group>,
    /// In which group a job is, where in its order, and when it began.
    places: HashMap<Job, (usize, End, SimTime)>,
    begun: u64,
}

/// When a job ends in the time of its group (the bits of a number that is not negative, which are ordered
/// as the number is), and which of several came first.
type End = (u64, u64);

#[derive(Debug)]
struct Group {
    limit: f64,
    weight: Option<f64>,
    is_frozen: bool,
    /// How much each of its jobs has worked since somebody last began with none there, in nanoseconds.
    worked: f64,
    /// How much of a second each of its jobs works in a second.
    rate: f64,
    jobs: BTreeMap<End, Job>,
}

impl Processor {
    /// A processor with so many cores, each so fast, and these groups: the limit of each, in cores, and
    /// its weight.
    pub(crate) fn new(
        cores: f64,
        speed: f64,
        groups: impl Iterator<Item = (Option<f64>, Option<f64>)>,
    ) -> Self {
        let group = |(limit, weight): (Option<f64>, Option<f64>)| Group {
            limit: limit.unwrap_or(f64::INFINITY),
            weight,
            is_frozen: false,
            worked: 0.0,
            rate: 0.0,
            jobs: BTreeMap::new(),
        };
        Self {
            cores,
            speed,
            now: SimTime::ZERO,
            groups: groups.map(group).collect(),
            places: HashMap::new(),
            begun: 0,
        }
    }

    /// A job begins that needs a core for so many nanoseconds at speed 1.
    pub(crate) fn begin(&mut self, now: SimTime, group: usize, job: Job, demand_ns: f64) {
        self.advance(now);
        self.begun += 1;
        let state = &mut self.groups[group];
        if state.jobs.is_empty() {
            // Small numbers are the exact ones.
            state.worked = 0.0;
        }
        let end = ((state.worked + demand_ns).to_bits(), self.begun);
        state.jobs.insert(end, job);
        self.places.insert(job, (group, end, now));
        self.deal();
    }

    /// A job is stopped, if it works here; when it began.
    pub(crate) fn stop(&mut self, now: SimTime, job: Job) -> Option<SimTime> {
        self.advance(now);
        let (group, end, begun) = self.places.remove(&job)?;
        self.groups[group].jobs.remove(&end);
        self.deal();
        Some(begun)
    }

    /// Nobody of a group works, or they do again.
    pub(crate) fn freeze(&mut self, now: SimTime, group: usize, is_frozen: bool) {
        self.advance(now);
        self.groups[group].is_frozen = is_frozen;
        self.deal();
    }

    /// The jobs that have ended by now, in the order in which they did, each with when it began.
    pub(crate) fn ended(&mut self, now: SimTime) -> Vec<(Job, SimTime)> {
        self.advance(now);
        let mut ended = Vec::new();
        for group in &mut self.groups {
            while let Some(first) = group.jobs.first_entry() {
                // Less than half a nanosecond is left: that is rounding.
                let left = f64::from_bits(first.key().0) - group.worked;
                if left > 0.5 * group.rate {
                    break;
                }
                let job = first.remove();
                let begun = self.places.remove(&job).map_or(now, |(.., begun)| begun);
                ended.push((job, begun));
            }
        }
        if !ended.is_empty() {
            self.deal();
        }
        ended
    }

    /// When the next job ends, if nothing happens before.
    pub(crate) fn next_end(&self) -> Option<SimTime> {
        let end = |group: &Group| {
            let (end, _) = group.jobs.first_key_value()?.0;
            let left = (f64::from_bits(*end) - group.worked).max(0.0);
            (group.rate > 0.0).then(|| left / group.rate)
        };
        let soonest = self.groups.iter().filter_map(end).reduce(f64::min)?;
        // The nearest nanosecond; further away than time goes is never.
        let nanos = libm::round(soonest);
        let fits = nanos < (u64::MAX - self.now.as_nanos()) as f64;
        fits.then(|| SimTime::from_nanos(self.now.as_nanos() + nanos as u64))
    }

    /// How many jobs would work if there were cores enough.
    pub(crate) fn runnable(&self) -> u32 {
        let groups = self.groups.iter().filter(|group| !group.is_frozen);
        groups.map(|group| group.jobs.len() as u32).sum()
    }

    /// How many cores are at work.
    pub(crate) fn busy_cores(&self) -> f64 {
        self.groups.iter().map(|group| group.rate / self.speed * group.jobs.len() as f64).sum()
    }

    fn advance(&mut self, now: SimTime) {
        let passed = now.since(self.now).as_nanos() as f64;
        self.now = now;
        for group in self.groups.iter_mut().filter(|group| !group.jobs.is_empty()) {
            group.worked += passed * group.rate;
        }
    }

    /// Deals the cores among the groups that work.
    fn deal(&mut self) {
        let most = |group: &Group| match group.is_frozen {
            true => 0.0,
            false => (group.jobs.len() as f64).min(group.limit),
        };
        let weight = |group: &Group| group.weight.unwrap_or(group.jobs.len() as f64);
        let mut hungry: Vec<usize> =
            (0..self.groups.len()).filter(|g| most(&self.groups[*g]) > 0.0).collect();
        let mut left = self.cores;
        self.groups.iter_mut().for_each(|group| group.rate = 0.0);
        loop {
            let weights: f64 = hungry.iter().map(|g| weight(&self.groups[*g])).sum();
            let (full, still): (Vec<usize>, Vec<usize>) = hungry.iter().partition(|g| {
                let group = &self.groups[**g];
                most(group) * weights <= left * weight(group)
            });
            let to_share = if full.is_empty() { &still } else { &full };
            let mut dealt = 0.0;
            for place in to_share {
                let group = &mut self.groups[*place];
                let gets = match full.is_empty() {
                    true => left * weight(group) / weights,
                    false => most(group),
                };
                group.rate = gets * self.speed / group.jobs.len() as f64;
                dealt += gets;
            }
            left -= dealt;
            if full.is_empty() || still.is_empty() {
                return;
            }
            hungry = still;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use proptest::prelude::*;

    const MS: f64 = 1e6;

    fn at(ms: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(ms)
    }

    fn one(cores: f64, speed: f64) -> Processor {
        Processor::new(cores, speed, [(None, None)].into_iter())
    }

    #[test]
    fn each_has_a_core_as_long_as_there_are_enough() {
        let mut processor = one(2.0, 1.0);
        processor.begin(at(0), 0, 1, 10.0 * MS);
        processor.begin(at(0), 0, 2, 10.0 * MS);
        assert_eq!(processor.next_end(), Some(at(10)));
        // A third: two thirds of a core each. 5 ms are left of the first two, or 7.5 ms then.
        processor.begin(at(5), 0, 3, 10.0 * MS);
        assert_eq!(processor.next_end().map(|end| end.as_nanos()), Some(12_500_000));
        let ended = processor.ended(SimTime::from_nanos(12_500_000));
        assert_eq!(ended, [(1, at(0)), (2, at(0))]);
        // The third has worked 5 ms in those 7.5 ms.
        assert_eq!(processor.next_end().map(|end| end.as_nanos()), Some(17_500_000));
        assert_eq!(processor.busy_cores(), 1.0);
    }

    #[test]
    fn a_core_that_is_half_as_fast_takes_twice_as_long() {
        let mut processor = one(1.0, 0.5);
        processor.begin(at(0), 0, 1, 10.0 * MS);
        assert_eq!(processor.next_end(), Some(at(20)));
    }

    #[test]
    fn what_one_leaves_is_there_for_the_others() {
        // Four cores: a group limited to one, one with a single job, one with as many as it likes.
        let groups = [(Some(1.0), None), (None, None), (None, None)];
        let mut processor = Processor::new(4.0, 1.0, groups.into_iter());
        for job in 0..10 {
            processor.begin(at(0), 0, job, 1e9);
        }
        processor.begin(at(0), 1, 20, 1e9);
        for job in 30..38 {
            processor.begin(at(0), 2, job, 1e9);
        }
        // 1 for the limited; of the other 3 in turn 1/9 · … the single job has a ninth of them, less
        // than its core: all nine have a third.
        let rates: Vec<f64> = processor.groups.iter().map(|group| group.rate).collect();
        assert_eq!(rates[0], 0.1);
        assert!((rates[1] - 1.0 / 3.0).abs() < 1e-12 && (rates[2] - 1.0 / 3.0).abs() < 1e-12);
        assert!((processor.busy_cores() - 4.0).abs() < 1e-12);
    }

    #[test]
    fn weights_share_what_is_short() {
        let groups = [(None, Some(3.0)), (None, Some(1.0))];
        let mut processor = Processor::new(2.0, 1.0, groups.into_iter());
        for job in 0..4 {
            processor.begin(at(0), usize::from(job >= 2), job, 1e9);
        }
        assert_eq!(processor.groups[0].rate, 0.75);
        assert_eq!(processor.groups[1].rate, 0.25);
    }

    #[test]
    fn nobody_works_while_frozen_and_one_that_is_stopped_makes_room() {
        let mut processor = one(1.0, 1.0);
        processor.begin(at(0), 0, 1, 10.0 * MS);
        processor.begin(at(0), 0, 2, 10.0 * MS);
        processor.freeze(at(4), 0, true);
        assert_eq!(processor.next_end(), None);
        processor.freeze(at(100), 0, false);
        assert_eq!(processor.stop(at(104), 2), Some(at(0)));
        assert_eq!(processor.stop(at(104), 2), None);
        // 2 ms of work by 4 ms, 2 ms more by 104 ms, then alone.
        assert_eq!(processor.next_end(), Some(at(110)));
        assert_eq!(processor.ended(at(110)), [(1, at(0))]);
        assert_eq!(processor.next_end(), None);
    }

    proptest! {
        /// Against a clock that goes in small steps.
        #[test]
        fn jobs_end_when_small_steps_of_work_add_up_to_them(
            jobs in prop::collection::vec((0_u64..50, 1_u64..40), 1..12), cores in 1_u32..4
        ) {
            let mut jobs = jobs;
            jobs.sort_unstable();
            let mut processor = one(f64::from(cores), 1.0);
            let mut ends = vec![None; jobs.len()];
            let mut begun = 0;
            loop {
                let next = jobs.get(begun).map(|(begins, _)| at(*begins));
                match (next, processor.next_end()) {
                    (Some(begins), end) if end.is_none_or(|end| begins < end) => {
                        processor.begin(begins, 0, begun as u32, jobs[begun].1 as f64 * MS);
                        begun += 1;
                    }
                    (_, Some(end)) => {
                        for (job, _) in processor.ended(end) {
                            ends[job as usize] = Some(end.as_nanos() as f64 / MS);
                        }
                    }
                    (None, None) => break,
                    (Some(_), None) => unreachable!(),
                }
            }
            let step = 0.01;
            let mut left: Vec<f64> = jobs.iter().map(|(_, demand)| *demand as f64).collect();
            let mut clock = 0.0;
            while left.iter().any(|left| *left > 0.0) {
                let present = |(job, left): (usize, &f64)| {
                    (*left > 0.0 && jobs[job].0 as f64 <= clock + 1e-9).then_some(job)
                };
                let at_work: Vec<usize> = left.iter().enumerate().filter_map(present).collect();
                let rate = (f64::from(cores) / at_work.len() as f64).min(1.0);
                clock += step;
                for job in at_work {
                    left[job] -= rate * step;
                    if left[job] <= 0.0 {
                        let end = ends[job].unwrap();
                        prop_assert!((end - clock).abs() < 1.0, "{job}: {end} {clock}");
                    }
                }
            }
        }
    }
}
