//! A number that changes over time, such as how many wait.

use crate::kernel::SimTime;

/// A number that changes over time: its integral and its largest value.
///
/// A level that rises at `t` is one higher from `t` on, so that the integral up to an end gains
/// `end - t`, and loses as much where the level falls: what happens at `t` adds or takes away `t`, and
/// the ends are put in when a slice is closed. No change has to be multiplied by how long the level
/// had lasted.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::model::engine) struct Level {
    level: u32,
    max: u32,
    /// The integral of the open slice, less `level × end`: modulo 2¹²⁸, since it is mostly negative.
    without_end: u128,
}

impl Level {
    /// One more.
    #[inline]
    pub(in crate::model::engine) fn up(&mut self, now: SimTime) {
        self.without_end = self.without_end.wrapping_sub(now.as_nanos().into());
        self.level += 1;
        self.max = self.max.max(self.level);
    }

    /// One less.
    #[inline]
    pub(in crate::model::engine) fn down(&mut self, now: SimTime) {
        debug_assert!(self.level > 0, "something ended that never began");
        self.without_end = self.without_end.wrapping_add(now.as_nanos().into());
        self.level -= 1;
    }

    /// From one value to another.
    pub(in crate::model::engine) fn moves(&mut self, now: SimTime, from: u32, to: u32) {
        (from..to).for_each(|_| self.up(now));
        (to..from).for_each(|_| self.down(now));
    }

    /// From one value to another, however far apart they are.
    pub(in crate::model::engine) fn jumps(&mut self, now: SimTime, from: u32, to: u32) {
        let by = u128::from(from.abs_diff(to)) * u128::from(now.as_nanos());
        if from < to {
            self.without_end = self.without_end.wrapping_sub(by);
            self.level += to - from;
            self.max = self.max.max(self.level);
        } else {
            debug_assert!(self.level >= from - to, "something ended that never began");
            self.without_end = self.without_end.wrapping_add(by);
            self.level -= from - to;
        }
    }

    /// The present value.
    pub(in crate::model::engine) fn get(&self) -> u32 {
        self.level
    }

    /// The integral of the open slice up to now.
    pub(super) fn integral(&self, now: SimTime) -> u128 {
        self.without_end.wrapping_add(u128::from(self.level) * u128::from(now.as_nanos()))
    }

    pub(super) fn close(&mut self, end: SimTime) -> (u128, u32) {
        let of_end = u128::from(self.level) * u128::from(end.as_nanos());
        let integral = self.without_end.wrapping_add(of_end);
        self.without_end = 0_u128.wrapping_sub(of_end);
        (integral, std::mem::replace(&mut self.max, self.level))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;

    #[test]
    fn a_level_knows_its_integral_and_its_largest_value() {
        let at = |s| SimTime::ZERO + SimDuration::from_secs(s);
        let mut level = Level::default();
        level.up(at(1));
        level.up(at(2));
        level.down(at(5));
        assert_eq!(level.close(at(10)), (12_000_000_000, 2));
        assert_eq!(level.close(at(11)), (1_000_000_000, 1));
        level.jumps(at(12), 1, 1000);
        level.jumps(at(13), 1000, 3);
        assert_eq!(level.close(at(15)), (1_000_000_000 + 1_000_000_000_000 + 6_000_000_000, 1000));
    }
}
