//! What TCP makes of loss: it sends again, and again, after a time that doubles.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{Bytes, SimDuration};
use crate::policy::Problems;

/// Lost segments are sent again after the retransmission timeout of RFC 6298 with the constants of
/// Linux 6 (include/net/tcp.h): a loss is latency. The window is not modelled: all segments of a
/// message are sent at once. Of a message that lost segments while at least three behind them came
/// through, those are sent again after a round trip (fast retransmit).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tcp {
    /// The retransmission timeout of a link over which no round trip has been measured
    /// (`TCP_TIMEOUT_INIT`), and that of the first attempt to connect.
    pub initial_rto: SimDuration,
    /// The least that the timeout is above the measured round trip (`TCP_RTO_MIN`).
    pub min_rto: SimDuration,
    /// The longest timeout (`TCP_RTO_MAX`).
    pub max_rto: SimDuration,
    /// How often a message is sent again (`tcp_retries2`), as a time: that which so many doublings of
    /// the least timeout take, 924.6 s for 15. Whoever has not come through by then is `lost`.
    pub retries: u32,
    /// After which time a message is given up, whatever `retries` says (`TCP_USER_TIMEOUT`).
    pub give_up: Option<SimDuration>,
    /// When connections are opened.
    pub handshake: Handshake,
    /// How often opening a connection is tried again (`tcp_syn_retries`): 6 is 127 s. Then the
    /// outcome is `connect_timeout`.
    pub syn_retries: u32,
    /// The most bytes that a segment carries.
    pub segment: Bytes,
}

/// When the connections of a link are opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Handshake {
    /// Long before: attempts find them open.
    #[default]
    Before,
    /// For each attempt anew: a round trip before it, which can be lost, too.
    PerAttempt,
}

impl Default for Tcp {
    fn default() -> Self {
        Self {
            initial_rto: SimDuration::from_secs(1),
            min_rto: SimDuration::from_millis(200),
            max_rto: SimDuration::from_secs(120),
            retries: 15,
            give_up: None,
            handshake: Handshake::Before,
            syn_retries: 6,
            segment: Bytes(1_460),
        }
    }
}

impl Tcp {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Every mistake, with the field it is at.
    pub fn check(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        problems.above_zero("initial_rto", self.initial_rto);
        problems.above_zero("min_rto", self.min_rto);
        problems.not_below("max_rto", Some(self.max_rto), "min_rto", self.min_rto);
        problems.not_below("max_rto", Some(self.max_rto), "initial_rto", self.initial_rto);
        if let Some(give_up) = self.give_up {
            problems.above_zero("give_up", give_up);
        }
        problems.note_if(self.segment.0 == 0, "segment", "must be above zero");
        problems.note_if(self.retries > 100, "retries", "must be 100 at most");
        problems.note_if(self.syn_retries > 100, "syn_retries", "must be 100 at most");
        problems.or_none()
    }

    /// How long after it was first sent a message is given up: `tcp_model_timeout` (Linux 6,
    /// net/ipv4/tcp_timer.c).
    pub(crate) fn message_given_up(&self) -> SimDuration {
        let by_retries = self.doubled(self.min_rto, self.retries);
        self.give_up.map_or(by_retries, |give_up| by_retries.min(give_up))
    }

    /// How long after its first try a connection is given up.
    pub(crate) fn connection_given_up(&self) -> SimDuration {
        let by_retries = self.doubled(self.initial_rto, self.syn_retries);
        self.give_up.map_or(by_retries, |give_up| by_retries.min(give_up))
    }

    /// How long so many retries take, the wait after the last included.
    fn doubled(&self, first: SimDuration, retries: u32) -> SimDuration {
        let waits = (0..=retries).map(|nth| self.backed_off(first, nth).as_nanos());
        SimDuration::from_nanos(waits.fold(0, u64::saturating_add))
    }

    /// The timeout after so many retries.
    pub(crate) fn backed_off(&self, rto: SimDuration, retries: u32) -> SimDuration {
        let factor = 1_u64.checked_shl(retries).unwrap_or(u64::MAX);
        rto.saturating_mul(factor).min(self.max_rto)
    }
}

/// What is known of the round trips of a link, whoever measured them: as Linux's cache of metrics by
/// destination.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RoundTrips {
    /// The smoothed round trip and its variation, once there is one.
    measured: Option<(u64, u64)>,
}

impl RoundTrips {
    /// A message came through at once (Karn: others measure nothing). RFC 6298, 2.2 and 2.3.
    pub(crate) fn measure(&mut self, round_trip: SimDuration) {
        let now = round_trip.as_nanos();
        self.measured = Some(match self.measured {
            None => (now, now / 2),
            Some((smoothed, variation)) => {
                let off = smoothed.abs_diff(now);
                (smoothed - smoothed / 8 + now / 8, variation - variation / 4 + off / 4)
            }
        });
    }

    /// The round trip as it is known, if it is.
    pub(crate) fn smoothed(&self) -> Option<SimDuration> {
        self.measured.map(|(smoothed, _)| SimDuration::from_nanos(smoothed))
    }

    /// The retransmission timeout. Linux bounds the four variations from below, not the whole
    /// (`tcp_rtt_estimator`).
    pub(crate) fn timeout(&self, tcp: &Tcp) -> SimDuration {
        let Some((smoothed, variation)) = self.measured else { return tcp.initial_rto };
        let above = variation.saturating_mul(4).max(tcp.min_rto.as_nanos());
        SimDuration::from_nanos(smoothed.saturating_add(above)).min(tcp.max_rto)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> SimDuration {
        SimDuration::from_millis(n)
    }

    #[test]
    fn linux_gives_up_after_127_s_and_924_6_s() {
        let tcp = Tcp::default();
        assert_eq!(tcp.connection_given_up(), ms(127_000));
        assert_eq!(tcp.message_given_up(), ms(924_600));
        let impatient = Tcp { give_up: Some(ms(30_000)), ..tcp };
        assert_eq!(impatient.connection_given_up(), ms(30_000));
        assert_eq!(impatient.message_given_up(), ms(30_000));
    }

    #[test]
    fn the_timeout_is_a_second_then_a_round_trip_and_at_least_200_ms() {
        let (tcp, mut trips) = (Tcp::default(), RoundTrips::default());
        assert_eq!(trips.timeout(&tcp), ms(1_000));
        // The first measurement: R + max(4 · R/2, 200 ms).
        trips.measure(ms(40));
        assert_eq!(trips.timeout(&tcp), ms(240));
        let mut slow = RoundTrips::default();
        slow.measure(ms(400));
        assert_eq!(slow.timeout(&tcp), ms(1_200));
        // What does not vary comes to R + 200 ms.
        (0..100).for_each(|_| slow.measure(ms(400)));
        assert!(slow.timeout(&tcp).as_nanos().abs_diff(ms(600).as_nanos()) < 1_000);
        // RFC 6298, 2.3: 7/8 · 400 + 1/8 · 800 = 450.
        slow.measure(ms(800));
        assert!(slow.smoothed().unwrap().as_nanos().abs_diff(ms(450).as_nanos()) < 1_000);
    }

    #[test]
    fn timeouts_double_up_to_the_longest() {
        let tcp = Tcp::default();
        let waits: Vec<u64> =
            (0..12).map(|n| tcp.backed_off(ms(200), n).as_nanos() / 1_000_000).collect();
        assert_eq!(waits[..4], [200, 400, 800, 1_600]);
        assert_eq!(waits[9..], [102_400, 120_000, 120_000]);
        assert_eq!(tcp.backed_off(ms(200), 200), ms(120_000));
    }

    #[test]
    fn mistakes_name_their_field() {
        let wrong = Tcp {
            min_rto: ms(0),
            max_rto: ms(500),
            segment: Bytes(0),
            retries: 101,
            ..Tcp::default()
        };
        let problems = wrong.check().unwrap_err();
        let places: Vec<&str> = problems.0.iter().map(|p| p.path.as_str()).collect();
        assert_eq!(places, ["min_rto", "max_rto", "segment", "retries"]);
    }
}
