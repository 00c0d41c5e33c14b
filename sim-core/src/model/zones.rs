//! Which zone clients and instances are in.

use super::spec::{ClientId, ServiceId};
use crate::kernel::SimDuration;
use crate::policy::balancing::{CallerZones, WHOLE};

/// The zones of a model, numbered from 0; a model without any is [`Zones::default`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Zones {
    /// How many there are.
    pub count: u16,
    /// Of each population of clients, its zone, if it has one; those left out have none.
    pub of_clients: Vec<Option<u16>>,
    /// Of each service, the zones that its instances are in, in turn; those left out have none.
    pub of_services: Vec<Vec<u16>>,
    /// The latency between zones, one way, on top of that of the link.
    pub between: SimDuration,
}

impl Zones {
    /// The zone of a population of clients.
    pub fn of_client(&self, client: ClientId) -> Option<u16> {
        self.of_clients.get(client.index()).copied().flatten()
    }

    /// The zones that the instances of a service are in, in turn.
    pub fn of_service(&self, service: ServiceId) -> &[u16] {
        self.of_services.get(service.index()).map_or(&[], Vec::as_slice)
    }

    /// The zone of an instance.
    pub fn of_instance(&self, service: ServiceId, instance: u32) -> Option<u16> {
        let zones = self.of_service(service);
        zones.get(instance as usize % zones.len().max(1)).copied()
    }

    /// Where the callers of a population are: all in its zone.
    pub(crate) fn callers_of_client(&self, client: ClientId) -> Option<CallerZones> {
        let own = self.of_client(client)?;
        let share = |zone| if zone == own { WHOLE } else { 0 };
        Some(CallerZones { own, shares: (0..self.count).map(share).collect() })
    }

    /// Where the instances of a service call from; `own` is the zone of the one that calls.
    pub(crate) fn callers_of_service(
        &self,
        service: ServiceId,
        instances: u32,
        own: u16,
    ) -> CallerZones {
        let mut counts = vec![0; usize::from(self.count)];
        for instance in 0..instances {
            if let Some(zone) = self.of_instance(service, instance) {
                counts[usize::from(zone)] += 1;
            }
        }
        let shares = counts.iter().map(|count| WHOLE * count / u64::from(instances.max(1)));
        CallerZones { own, shares: shares.collect() }
    }
}
