//! Services and the steps of their handlers.

use serde_json::{Map, Value, json};

use super::draw::Drawing;
use super::leaves;
use super::names::ServiceNames;
use crate::schema::{Schema, Shape};

/// Steps inside so many others are simple ones.
const DEEPEST: usize = 3;

impl Drawing {
    /// The service that is being drawn: what it names is given.
    pub(super) fn service(&mut self, schema: Schema<'static>) -> Option<Value> {
        let names = self.names.services.get(self.service?)?.clone();
        let Shape::Record { properties, .. } = schema.shape() else { return None };
        let mut service = Map::new();
        for (key, schema) in properties {
            if matches!(key, "steps" | "endpoints") || !self.has(key, &names.pools) {
                continue;
            }
            let value = match (key, schema.shape()) {
                ("pools", Shape::Map { values, .. }) => {
                    let pools = names.pools.iter();
                    let pools = pools.filter_map(|pool| {
                        let drawn = self.within("pools", |drawing| drawing.at(pool, values))?;
                        Some((pool.clone(), drawn))
                    });
                    Some(Value::Object(pools.collect()))
                }
                _ => self.at(key, schema),
            };
            service.extend(value.map(|value| (key.to_owned(), value)));
        }
        self.fit_instances(&mut service, &names);
        if names.endpoints.is_empty() {
            service.insert("steps".to_owned(), self.handler());
            return Some(service.into());
        }
        let mut endpoints = Map::new();
        for name in names.endpoints {
            let mut endpoint = json!({ "steps": self.handler() });
            if let (Some(pool), true) = (names.pools.first(), names.pools.len() > 1) {
                endpoint["pool"] = pool.as_str().into();
            }
            endpoints.insert(name, endpoint);
        }
        if service.contains_key("replication") {
            for (endpoint, role) in endpoints.values_mut().zip(["primary", "replica"]) {
                endpoint["role"] = role.into();
            }
        }
        service.insert("endpoints".to_owned(), endpoints.into());
        Some(service.into())
    }

    /// As many instances as those need who follow a primary, or come and go.
    fn fit_instances(&mut self, service: &mut Map<String, Value>, names: &ServiceNames) {
        if let Some(scaler) = service.get_mut("autoscaler") {
            scaler["kubernetes"]["min"] = 1.into();
            scaler["kubernetes"]["max"] = 5.into();
            service.insert("instances".to_owned(), 2.into());
            service.remove("replication");
        }
        if names.endpoints.is_empty() {
            service.remove("replication");
        }
        if service.contains_key("replication") {
            service.insert("instances".to_owned(), 3.into());
            self.names.primaries.push(names.name.clone());
        }
    }

    fn has(&mut self, key: &str, pools: &[String]) -> bool {
        match key {
            "pools" => !pools.is_empty(),
            _ => self.dice.chance(super::likely::presence(key)),
        }
    }

    /// What a request does: most often it works first.
    fn handler(&mut self) -> Value {
        let number = self.dice.from(1, 4);
        let step = step_schema();
        let mut steps = self.list("steps", step, number);
        if self.dice.chance(85) {
            steps.insert(0, json!({ "work": leaves::demand(self) }));
        }
        steps.into()
    }

    /// A step of any kind for which there is all that it needs.
    pub(super) fn step(&mut self, schema: Schema<'static>) -> Option<Value> {
        let Shape::Choice { words, mut tags } = schema.shape() else { return None };
        let nests = |tag: &str| {
            ["branch", "parallel", "spawn", "lock", "transaction", "cache", "if_applied"]
                .contains(&tag)
        };
        if self.inside >= DEEPEST {
            tags.retain(|(tag, _)| !nests(tag));
        }
        self.inside += 1;
        let step = self.choice(&words, tags);
        self.inside -= 1;
        step
    }
}

/// The schema of a step: that of a service's.
fn step_schema() -> Schema<'static> {
    let service = |schema: Schema<'static>| match schema.shape() {
        Shape::Map { values, .. } => Some(values),
        _ => None,
    };
    let property = |schema: Schema<'static>, name: &str| match schema.shape() {
        Shape::Record { properties, .. } => {
            properties.into_iter().find(|(key, _)| *key == name).map(|(_, schema)| schema)
        }
        _ => None,
    };
    let steps = property(crate::schema::document(), "services")
        .and_then(service)
        .and_then(|service| property(service, "steps"));
    match steps.map(Schema::shape) {
        Some(Shape::List { items, .. }) => items,
        _ => Schema::anything(),
    }
}
