//! What holds whatever happens: random calls against every library's breaker.

use proptest::prelude::*;

use super::*;

/// Something that happens, so many milliseconds after the thing before.
#[derive(Clone, Copy, Debug)]
enum Op {
    Ask,
    /// The call under way at this place, modulo how many there are, ends.
    End(usize, bool),
}

fn ops() -> impl Strategy<Value = Vec<(u64, Op)>> {
    let op = prop_oneof![
        3 => Just(Op::Ask),
        2 => (0..20_usize, prop::bool::weighted(0.4)).prop_map(|(place, good)| Op::End(place, good)),
    ];
    let pause = prop_oneof![6 => 0..30_u64, 2 => 0..500_u64, 1 => 900..1_200_u64];
    prop::collection::vec((pause, op), 1..300)
}

/// The breaker of each library, quick to open and open for a second.
fn breakers() -> Vec<Value> {
    let few = json!({ "consecutive": { "failures": 2 } });
    let window = json!({ "count-window": { "size": 4 } });
    vec![
        json!({ "preset": "resilience4j", "trip": window, "open_for": "1s", "half_open_calls": 3 }),
        json!({ "preset": "gobreaker", "trip": few, "denominator": "results", "open_for": "1s", "half_open_calls": 3 }),
        json!({ "preset": "opossum", "open_for": "1s" }),
        json!({ "preset": "polly-v8", "minimum_calls": 2, "open_for": "1s" }),
        json!({ "preset": "cockatiel", "trip": few, "open_for": "1s" }),
        json!({ "preset": "linkerd2", "trip": few, "open_for": "1s" }),
        json!({ "preset": "pybreaker", "trip": few, "open_for": "1s" }),
        json!({ "preset": "article-4", "trip": few, "open_for": "1s" }),
    ]
}

/// Drives a breaker; calls that end are those that were admitted, at once or later.
struct Run {
    bench: Bench,
    now: u64,
    under_way: Vec<Pass>,
}

impl Run {
    fn of(breaker: Value) -> Self {
        Self { bench: Bench::of(breaker), now: 0, under_way: Vec::new() }
    }

    fn wait(&mut self, pause: u64) {
        self.now += pause;
        while let Some(due) = self.bench.machine.wakes_at().filter(|due| *due <= ms(self.now)) {
            self.bench.machine.wake(due, &mut self.bench.released);
            self.admit_released();
        }
    }

    fn admit_released(&mut self) {
        for (_, answer) in self.bench.released.drain(..) {
            assert_ne!(answer, Answer::Wait);
            if let Answer::Admit(pass) = answer {
                self.under_way.push(pass);
            }
        }
    }

    fn ask(&mut self) -> Answer {
        let answer = self.bench.ask(self.now);
        if let Answer::Admit(pass) = answer {
            self.under_way.push(pass);
        }
        answer
    }

    fn end(&mut self, place: usize, good: bool) {
        if !self.under_way.is_empty() {
            let pass = self.under_way.remove(place % self.under_way.len());
            self.bench.ends(self.now, pass, good);
            self.admit_released();
        }
    }

    fn step(&mut self, (pause, op): (u64, Op)) {
        self.wait(pause);
        match op {
            Op::Ask => drop(self.ask()),
            Op::End(place, good) => self.end(place, good),
        }
    }
}

proptest! {
    #[test]
    fn there_are_never_more_probes_than_permits(ops in ops()) {
        for breaker in breakers() {
            let permits = resolve(breaker.clone()).unwrap().half_open_calls as usize;
            let mut run = Run::of(breaker.clone());
            for op in &ops {
                run.step(*op);
                // A closed breaker's passes carry small marks, a half-open one's the highest bit.
                let probes = run.under_way.iter().filter(|pass| pass.mark > u32::MAX / 2);
                let mut trials: Vec<u32> = probes.map(|pass| pass.generation).collect();
                trials.sort_unstable();
                let most = trials.chunk_by(|a, b| a == b).map(<[u32]>::len).max();
                prop_assert!(most.unwrap_or(0) <= permits, "{breaker}: {most:?}");
            }
        }
    }

    #[test]
    fn nobody_waits_unless_somebody_is_under_way(ops in ops()) {
        for breaker in breakers() {
            let mut run = Run::of(breaker.clone());
            for op in &ops {
                run.step(*op);
                let waiting = run.bench.machine.waiting();
                prop_assert!(waiting == 0 || !run.under_way.is_empty(), "{breaker}");
                let alone = resolve(breaker.clone()).unwrap().serialised;
                prop_assert!(!alone || run.under_way.len() <= 1, "{breaker}");
            }
        }
    }

    /// gobreaker: how calls of an older generation end makes no difference to any answer. That they
    /// end does: `afterRequest` looks at the clock, and may begin a new interval.
    #[test]
    fn results_of_an_older_generation_do_not_matter_where_they_are_dropped(ops in ops()) {
        let breaker = json!({
            "preset": "gobreaker", "open_for": "1s", "half_open_calls": 3,
            "trip": { "gobreaker": { "interval": "2s", "consecutive_failures": 2 } },
        });
        let (mut one, mut other) = (Run::of(breaker.clone()), Run::of(breaker));
        for (pause, op) in ops {
            one.wait(pause);
            other.wait(pause);
            match op {
                Op::Ask => {
                    prop_assert_eq!(one.ask(), other.ask());
                    prop_assert_eq!(one.bench.state(), other.bench.state());
                }
                Op::End(_, _) if one.under_way.is_empty() => {}
                Op::End(place, good) => {
                    let place = place % one.under_way.len();
                    let newest = one.under_way.iter().map(|pass| pass.generation).max();
                    let late = Some(one.under_way[place].generation) != newest;
                    one.end(place, good);
                    other.end(place, good != late);
                }
            }
        }
    }

    /// Changes follow each other as they must.
    #[test]
    fn it_opens_before_it_is_half_open_and_closes_from_there(ops in ops()) {
        for breaker in breakers() {
            let acting = breaker["preset"] == "article-4";
            let mut run = Run::of(breaker);
            for op in &ops {
                run.step(*op);
                let Changes { opened, half_opened, closed } = run.bench.machine.changes();
                prop_assert!(half_opened <= opened && closed <= opened);
                prop_assert!(acting || closed <= half_opened);
            }
        }
    }
}

/// Resilience4j with a time window, as slowly and plainly as it can be written.
struct Plain {
    state: BreakerState,
    results: Vec<(u64, bool)>,
    opened: u64,
    permits: u32,
    trial: Vec<bool>,
}

const WINDOW_S: u64 = 3;
const MINIMUM: usize = 4;
const PERMITS: u32 = 3;

fn half(failures: usize, calls: usize) -> bool {
    failures * 2 >= calls
}

impl Plain {
    fn ask(&mut self, now: u64) -> bool {
        if self.state == Open && now > self.opened + 1_000 {
            (self.state, self.permits, self.trial) = (HalfOpen, PERMITS, Vec::new());
        }
        match self.state {
            Closed => true,
            Open => false,
            HalfOpen => {
                let permitted = self.permits > 0;
                self.permits -= u32::from(permitted);
                permitted
            }
        }
    }

    fn end(&mut self, now: u64, good: bool) {
        match self.state {
            Open => {}
            Closed => {
                self.results.push((now, !good));
                let second = now / 1_000;
                let inside = |at: &u64| at / 1_000 + WINDOW_S > second;
                let recent: Vec<_> = self.results.iter().filter(|(at, _)| inside(at)).collect();
                let failures = recent.iter().filter(|(_, failed)| *failed).count();
                if recent.len() >= MINIMUM && half(failures, recent.len()) {
                    (self.state, self.opened) = (Open, now);
                }
            }
            HalfOpen => {
                self.trial.push(!good);
                let failures = self.trial.iter().filter(|failed| **failed).count();
                if self.trial.len() < MINIMUM.min(PERMITS as usize) {
                    return;
                }
                if half(failures, self.trial.len()) {
                    (self.state, self.opened) = (Open, now);
                } else {
                    (self.state, self.results) = (Closed, Vec::new());
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn a_machine_agrees_with_a_slow_model_that_keeps_every_result(ops in ops()) {
        let trip = json!({ "time-window": { "buckets": WINDOW_S } });
        let mut run = Run::of(json!({
            "preset": "resilience4j", "trip": trip, "minimum_calls": MINIMUM,
            "open_for": "1s", "half_open_calls": PERMITS,
        }));
        let mut plain = Plain {
            state: Closed, results: Vec::new(), opened: 0, permits: 0, trial: Vec::new(),
        };
        for (pause, op) in ops {
            run.wait(pause);
            match op {
                Op::Ask => {
                    let admitted = matches!(run.ask(), Answer::Admit(_));
                    prop_assert_eq!(admitted, plain.ask(run.now));
                }
                Op::End(place, good) => {
                    if !run.under_way.is_empty() {
                        plain.end(run.now, good);
                    }
                    run.end(place, good);
                }
            }
            prop_assert_eq!(run.bench.state(), plain.state);
        }
    }
}
