//! How a computed wait is spread.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arithmetic::{nanos, unit, wait};
use crate::kernel::SimDuration;
use crate::policy::Problems;

/// How a computed wait `w` is spread, so that callers that failed together do not return together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Jitter {
    /// Not at all: `w`.
    #[default]
    None,
    /// Over the whole of it: uniform in 0 … `w`.
    Full,
    /// Over its second half: uniform in `w`/2 … `w`.
    Equal,
    /// By a share of it to both sides, 0 to 1: uniform in `w`·(1 − x) … `w`·(1 + x); the longest
    /// waits are longer than the cap.
    Proportional(f64),
    /// By a time that does not depend on it: uniform in `w` … `w` + x.
    Additive(SimDuration),
    /// By a share of it upwards only: uniform in `w` … `w`·(1 + x); the longest waits are longer
    /// than the cap.
    Upward(f64),
}

impl Jitter {
    /// A wait around `w` nanoseconds; takes one draw, unless there is no jitter.
    pub(super) fn spread<R: Rng>(self, w: f64, draws: &mut R) -> SimDuration {
        wait(match self {
            Self::None => w,
            Self::Full => w * unit(draws),
            Self::Equal => w * (0.5 + 0.5 * unit(draws)),
            Self::Proportional(share) => w * (1.0 - share + 2.0 * share * unit(draws)),
            Self::Additive(most) => w + nanos(most) * unit(draws),
            Self::Upward(share) => w * (1.0 + share * unit(draws)),
        })
    }

    /// Notes a share that is none.
    pub(super) fn check(self, problems: &mut Problems) {
        match self {
            Self::Proportional(share) => problems.within("jitter.proportional", share, 0.0, 1.0),
            Self::Upward(share) => problems.within("jitter.upward", share, 0.0, 1_000.0),
            Self::None | Self::Full | Self::Equal | Self::Additive(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{HIGHEST, LOWEST, MIDDLE};
    use super::*;

    fn range(jitter: Jitter) -> [u64; 3] {
        [LOWEST, MIDDLE, HIGHEST].map(|mut draws| {
            let wait = jitter.spread(1e9, &mut draws);
            (wait.as_millis_f64() + 0.5) as u64
        })
    }

    #[test]
    fn each_jitter_has_its_range() {
        assert_eq!(range(Jitter::None), [1000, 1000, 1000]);
        assert_eq!(range(Jitter::Full), [0, 500, 1000]);
        assert_eq!(range(Jitter::Equal), [500, 750, 1000]);
        assert_eq!(range(Jitter::Proportional(0.1)), [900, 1000, 1100]);
        assert_eq!(range(Jitter::Additive(SimDuration::from_millis(100))), [1000, 1050, 1100]);
        assert_eq!(range(Jitter::Upward(0.1)), [1000, 1050, 1100]);
        assert_eq!(range(Jitter::Upward(1.0)), [1000, 1500, 2000]);
    }

    #[test]
    fn jitters_are_written_as_the_scenario_file_writes_them() {
        for (text, jitter) in [
            (r#""none""#, Jitter::None),
            (r#""full""#, Jitter::Full),
            (r#""equal""#, Jitter::Equal),
            (r#"{"proportional":0.1}"#, Jitter::Proportional(0.1)),
            (r#"{"additive":"100ms"}"#, Jitter::Additive(SimDuration::from_millis(100))),
            (r#"{"upward":0.1}"#, Jitter::Upward(0.1)),
        ] {
            assert_eq!(serde_json::from_str::<Jitter>(text).unwrap(), jitter);
            assert_eq!(serde_json::to_string(&jitter).unwrap(), text);
        }
        assert!(serde_json::from_str::<Jitter>(r#""half""#).is_err());
    }

    #[test]
    fn shares_are_checked() {
        let mut problems = Problems::default();
        Jitter::Proportional(1.1).check(&mut problems);
        Jitter::Upward(-0.1).check(&mut problems);
        Jitter::Upward(f64::NAN).check(&mut problems);
        let places: Vec<_> = problems.0.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(places, ["jitter.proportional", "jitter.upward", "jitter.upward"]);
    }
}
