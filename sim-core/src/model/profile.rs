//! A rate that changes over time, its integral, and the inverse of that: the time at which the
//! n-th event of a unit-rate process happens (time rescaling; Çinlar, *Introduction to Stochastic
//! Processes*, 1975, ch. 4).

use std::sync::Arc;

use crate::kernel::SimTime;

/// A rate that is linear between points and constant after the last.
#[derive(Clone, Debug, PartialEq)]
pub struct RateProfile {
    /// `(time, calls per second)`, ascending in time, the first at zero, no rate below zero. Two
    /// points at one time make a jump.
    pub points: Arc<[(SimTime, f64)]>,
}

impl RateProfile {
    /// The same rate for ever.
    pub fn constant(per_second: f64) -> Self {
        Self { points: Arc::new([(SimTime::ZERO, per_second)]) }
    }

    /// The rate at a time, per second; at a jump, the rate after it.
    pub fn at(&self, time: SimTime) -> f64 {
        let after = self.points.partition_point(|(t, _)| *t <= time);
        let Some(last) = after.checked_sub(1) else { return 0.0 };
        let (t0, r0) = self.points[last];
        match self.points.get(after) {
            None => r0,
            Some((t1, r1)) => {
                let share = time.since(t0).as_secs_f64() / t1.since(t0).as_secs_f64();
                r0 + (r1 - r0) * share
            }
        }
    }
}

/// Walks along the integral of a profile.
#[derive(Clone, Debug)]
pub struct ProfileCursor {
    profile: RateProfile,
    /// The segment that holds the last answer, and the integral at its start.
    segment: usize,
    integral: f64,
}

impl ProfileCursor {
    /// A cursor at time zero.
    pub fn new(profile: RateProfile) -> Self {
        Self { profile, segment: 0, integral: 0.0 }
    }

    /// When the integral of the rate reaches `target`, which must not decrease from one question
    /// to the next; `None` if it never does.
    #[inline]
    pub fn reaches(&mut self, target: f64) -> Option<SimTime> {
        let points = &self.profile.points;
        loop {
            let (t0, r0) = *points.get(self.segment)?;
            let missing = target - self.integral;
            let Some((t1, r1)) = points.get(self.segment + 1).copied() else {
                return (r0 > 0.0).then(|| t0 + seconds(missing / r0));
            };
            let width = t1.since(t0).as_secs_f64();
            let area = (r0 + r1) / 2.0 * width;
            if missing <= area && area > 0.0 {
                return Some((t0 + seconds(within(missing, r0, r1, width))).min(t1));
            }
            self.integral += area;
            self.segment += 1;
        }
    }
}

fn seconds(s: f64) -> crate::kernel::SimDuration {
    crate::kernel::SimDuration::from_secs_f64(s)
}

/// After how many seconds a rate that goes linearly from `r0` to `r1` over `width` seconds has the
/// integral `area`: the root of `slope/2·x² + r0·x = area`, in the form that does not cancel.
fn within(area: f64, r0: f64, r1: f64, width: f64) -> f64 {
    let slope = (r1 - r0) / width;
    let root = (r0 * r0 + 2.0 * slope * area).max(0.0).sqrt();
    if r0 + root > 0.0 { 2.0 * area / (r0 + root) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;

    fn at(s: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs_f64(s)
    }

    #[test]
    fn a_constant_rate_is_evenly_spaced() {
        let mut cursor = ProfileCursor::new(RateProfile::constant(400.0));
        for n in 1..1000_u32 {
            let due = cursor.reaches(f64::from(n)).unwrap();
            assert_eq!(due, at(f64::from(n) / 400.0));
        }
    }

    #[test]
    fn a_ramp_follows_the_square_root() {
        // 0 to 10/s over 10 s: the integral is t²/2.
        let points = [(at(0.0), 0.0), (at(10.0), 10.0)].into();
        let mut cursor = ProfileCursor::new(RateProfile { points });
        assert_eq!(cursor.reaches(2.0), Some(at(2.0)));
        assert_eq!(cursor.reaches(50.0), Some(at(10.0)));
        assert_eq!(cursor.reaches(60.0), Some(at(11.0)));
    }

    #[test]
    fn a_rate_that_ends_at_zero_ends() {
        let points = [(at(0.0), 1.0), (at(5.0), 1.0), (at(5.0), 0.0)].into();
        let profile = RateProfile { points };
        assert_eq!(profile.at(at(4.0)), 1.0);
        assert_eq!(profile.at(at(5.0)), 0.0);
        let mut cursor = ProfileCursor::new(profile);
        assert_eq!(cursor.reaches(5.0), Some(at(5.0)));
        assert_eq!(cursor.reaches(5.5), None);
    }
}
