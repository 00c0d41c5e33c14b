//! Zones: callers ask hosts in their own zone first, and spill over as Envoy does.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::below;
use crate::policy::Problems;

/// Callers ask instances in their own zone, as far as these have more than the callers' share; what
/// does not fit there goes to the zones that have room. For services with `zones`, asked by callers
/// that have one, too. Envoy's zone aware routing (source/common/upstream/load_balancer_impl.cc,
/// `regenerateLocalityRoutingStructures` and `tryChooseLocalLocalityHosts`).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ZoneAware {
    /// With fewer instances than these, healthy or not, zones are not looked at.
    pub min_cluster_size: u32,
    /// The share of requests that zones are looked at for, 0 to 1.
    pub routing_enabled: f64,
}

impl Default for ZoneAware {
    fn default() -> Self {
        Self { min_cluster_size: 6, routing_enabled: 1.0 }
    }
}

impl ZoneAware {
    pub(super) fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.within("routing_enabled", self.routing_enabled, 0.0, 1.0);
        problems
    }
}

/// Where callers ask from: their own zone, and the share of them that is in each.
#[derive(Clone, Debug, PartialEq)]
pub struct CallerZones {
    /// Their own zone.
    pub own: u16,
    /// By zone: the share of the callers that is there, in 1/10,000.
    pub shares: Vec<u64>,
}

/// All of something, in the unit that Envoy counts shares in.
pub const WHOLE: u64 = 10_000;

/// The zone that a request goes to; `None` if zones are not looked at. `healthy` says how many
/// healthy hosts each zone has.
pub(super) fn choose<R: Rng>(
    zone_aware: &ZoneAware,
    callers: &CallerZones,
    healthy: &[u32],
    hosts: usize,
    draws: &mut R,
) -> Option<u16> {
    let own = usize::from(callers.own);
    let zones = healthy.iter().filter(|hosts| **hosts > 0).count();
    if zones < 2 || hosts < zone_aware.min_cluster_size as usize || *healthy.get(own)? == 0 {
        return None;
    }
    let is_looked_at = zone_aware.routing_enabled >= 1.0
        || below(draws, WHOLE as usize) < (zone_aware.routing_enabled * WHOLE as f64) as usize;
    if !is_looked_at {
        return None;
    }
    let total: u64 = healthy.iter().map(|hosts| u64::from(*hosts)).sum();
    let upstream = |zone: usize| WHOLE * u64::from(healthy[zone]) / total;
    let local = |zone: usize| callers.shares.get(zone).copied().unwrap_or(0);
    if upstream(own) >= local(own) {
        return Some(callers.own);
    }
    // Only so many may stay that the own zone gets no more than the others.
    let stays = WHOLE * upstream(own) / local(own);
    if (below(draws, WHOLE as usize) as u64) < stays {
        return Some(callers.own);
    }
    let residual =
        |zone: usize| if zone == own { 0 } else { upstream(zone).saturating_sub(local(zone)) };
    let room: u64 = (0..healthy.len()).map(residual).sum();
    if room == 0 {
        // Rounding has left nothing: any zone that has somebody.
        let nth = below(draws, zones);
        let mut with_hosts = (0..healthy.len()).filter(|zone| healthy[*zone] > 0);
        return with_hosts.nth(nth).map(|zone| zone as u16);
    }
    let mut drawn = below(draws, room as usize) as u64;
    for zone in 0..healthy.len() {
        if drawn < residual(zone) {
            return Some(zone as u16);
        }
        drawn -= residual(zone);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Component, Purpose, Stream};

    /// The share of requests that each of three zones gets from callers in the first.
    fn shares(callers: [u64; 3], healthy: [u32; 3]) -> Option<[f64; 3]> {
        let mut draws = Stream::new(1, 0, Component::named("zones"), Purpose::Faults);
        let callers = CallerZones { own: 0, shares: callers.to_vec() };
        let hosts = healthy.iter().sum::<u32>() as usize;
        let mut counts = [0; 3];
        for _ in 0..100_000 {
            let zone = choose(&ZoneAware::default(), &callers, &healthy, hosts, &mut draws)?;
            counts[usize::from(zone)] += 1;
        }
        Some(counts.map(|count| f64::from(count) / 100_000.0))
    }

    fn near(is: Option<[f64; 3]>, should: [f64; 3]) {
        let is = is.unwrap();
        let off = is.iter().zip(should).all(|(is, should)| (is - should).abs() < 0.006);
        assert!(off, "{is:?} {should:?}");
    }

    #[test]
    fn who_has_enough_at_home_stays_there() {
        assert_eq!(shares([3_333, 3_333, 3_333], [2, 2, 2]), Some([1.0, 0.0, 0.0]));
        assert_eq!(shares([1_000, 4_500, 4_500], [2, 2, 2]), Some([1.0, 0.0, 0.0]));
    }

    #[test]
    fn the_rest_goes_where_there_is_room() {
        // Envoy's documentation: half of the callers here, a quarter of the hosts: half may stay. The
        // others have 50 % and 25 % of the hosts for 25 % of the callers each: all goes to the second.
        near(shares([5_000, 2_500, 2_500], [2, 4, 2]), [0.5, 0.5, 0.0]);
        // A third of the hosts at home for all of the callers.
        near(shares([10_000, 0, 0], [2, 2, 2]), [0.3333, 0.3333, 0.3333]);
    }

    #[test]
    fn zones_are_not_looked_at_where_they_say_nothing() {
        assert_eq!(shares([5_000, 2_500, 2_500], [2, 2, 1]), None, "fewer than six");
        assert_eq!(shares([5_000, 2_500, 2_500], [0, 4, 4]), None, "nobody at home");
        assert_eq!(shares([5_000, 2_500, 2_500], [8, 0, 0]), None, "only one zone");
        let wrong = ZoneAware { routing_enabled: 2.0, ..ZoneAware::default() };
        assert_eq!(wrong.check().0.len(), 1);
    }
}
