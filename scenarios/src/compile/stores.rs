//! Stores, effects, caches and brokers.

use std::sync::Arc;

use sim_core::model::broker::BrokerSpec;
use sim_core::model::cache::{CacheSpec, Contents, Entries};
use sim_core::model::spec::{EffectSpec, StoreSpec};
use sim_core::model::store;

use super::calls::{CallBook, CallSite, Caller, Carries};
use super::{Compiler, id};
use crate::document::{Broker, Cache, Lock, LockMode};
use crate::suggest::{did_you_mean, one_of};
use crate::tree::Place;

impl<'a> Compiler<'a, '_> {
    pub(super) fn stores(&self) -> Vec<StoreSpec> {
        let stores = self.document.stores.iter().map(|(name, store)| StoreSpec {
            name: name.as_str().into(),
            tables: store.tables.iter().map(|table| Arc::from(table.as_str())).collect(),
            deadlocks: store.deadlocks,
        });
        stores.collect()
    }

    pub(super) fn effects(&self) -> Vec<EffectSpec> {
        let effects = self.document.effects.iter().map(|(name, effect)| EffectSpec {
            name: name.as_str().into(),
            per: effect.per,
            recognises: effect.recognises_keys,
        });
        effects.collect()
    }

    pub(super) fn caches(&mut self) -> Vec<CacheSpec> {
        let document = self.document;
        for (name, cache) in &document.caches {
            self.check_cache(cache, &Place::keys(["caches", name]));
        }
        let caches = document.caches.iter().map(|(name, cache)| CacheSpec {
            name: name.as_str().into(),
            contents: cache.contents,
            scope: cache.scope,
            single_flight: cache.single_flight,
            stale_while_revalidate: cache.stale_while_revalidate,
            stale_if_error: cache.stale_if_error,
        });
        caches.collect()
    }

    fn check_cache(&mut self, cache: &Cache, place: &Place) {
        let contents = place.key("contents");
        match cache.contents {
            Contents::HitRatio(share) => {
                if !(0.0..=1.0).contains(&share) {
                    self.error(&contents.key("hit_ratio"), "a hit ratio is from 0 to 1");
                }
                let needs_keys = [
                    ("single_flight", cache.single_flight),
                    ("stale_while_revalidate", cache.stale_while_revalidate.is_some()),
                    ("stale_if_error", cache.stale_if_error.is_some()),
                ];
                for (key, _) in needs_keys.iter().filter(|(_, given)| *given) {
                    let title = format!("`{key}` needs entries, and a hit ratio has none");
                    self.error(&place.key(key), title)
                        .helps
                        .push("write `contents = { keys = { ttl = … } }`".to_owned());
                }
            }
            Contents::Keys(Entries { capacity, ttl, warm }) => {
                let keys = contents.key("keys");
                if capacity == Some(0) {
                    self.error(&keys.key("capacity"), "there has to be room for one entry");
                }
                if capacity.is_some_and(|room| warm > room) {
                    self.error(&keys.key("warm"), "there is no room for so many entries");
                }
                let ages = cache.stale_while_revalidate.or(cache.stale_if_error).is_some();
                if ages && ttl.is_none() {
                    self.error(&contents, "without a `ttl`, nothing is ever stale");
                }
            }
        }
    }

    pub(super) fn brokers(&mut self, calls: &mut CallBook<'a>) -> Vec<BrokerSpec> {
        let document = self.document;
        let mut brokers = Vec::new();
        for (name, broker) in &document.brokers {
            let place = Place::keys(["brokers", name]);
            self.check_redelivery(broker, &place);
            let edge = calls.edge(CallSite {
                caller: Caller::Service(name),
                to: &broker.deliver.to.0,
                policy: broker.deliver.policy.as_ref().map(|policy| policy.0.as_str()),
                priority: None,
                carries: Carries { keys: None, idempotency: broker.deliver.idempotency_key },
                place: place.key("deliver"),
            });
            brokers.push(BrokerSpec {
                name: name.as_str().into(),
                edge,
                consumers: broker.consumers,
                capacity: broker.capacity,
                redelivery: broker.redelivery,
            });
        }
        brokers
    }

    fn check_redelivery(&mut self, broker: &Broker, place: &Place) {
        let redelivery = broker.redelivery;
        if redelivery.delay.is_zero() && redelivery.max_deliveries.is_none() {
            let place = place.key("redelivery").key("delay");
            let title =
                "a message that fails at once would be delivered without end at one instant";
            self.error(&place, title)
                .helps
                .push("give redelivery a delay, or `max_deliveries`".to_owned());
        }
    }

    /// A lock, whose store has been checked before.
    pub(super) fn lock(&mut self, lock: &Lock, until_commit: bool, place: &Place) -> store::Lock {
        let document = self.document;
        let index = document.stores.get_index_of(&lock.store.0).unwrap_or(0);
        let tables = document.stores.get(&lock.store.0).map_or(&[][..], |store| &store.tables);
        let known = || tables.iter().map(String::as_str);
        let table = match &lock.table {
            None if tables.len() < 2 => 0,
            None => {
                let title = "the store has several tables, and this names none of them";
                let help = format!("say which: `table = …` with {}", one_of(known()));
                self.error(place, title).helps.push(help);
                0
            }
            Some(name) => known().position(|table| table == name).unwrap_or_else(|| {
                let title = format!("the store has no table `{name}`");
                let tables = match tables.is_empty() {
                    true => "its `tables` are not given".to_owned(),
                    false => format!("the tables are {}", one_of(known())),
                };
                let helps = did_you_mean(name, known()).into_iter().chain([tables]);
                self.error(&place.key("table"), title).helps.extend(helps);
                0
            }),
        };
        let wait = lock.wait.or_else(|| document.stores.get(&lock.store.0)?.lock_wait);
        let exclusive = lock.mode == LockMode::Exclusive;
        store::Lock { store: id(index), table: id(table), exclusive, wait, until_commit }
    }
}
