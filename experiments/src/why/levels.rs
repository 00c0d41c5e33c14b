//! How deep everything lies: clients, the calls they make, the services that these reach, and so on.

use sim_core::model::record::SubjectKind;
use sim_core::model::spec::{EdgeSpec, Model};

/// A client, a call or a service, and how many calls deep it lies.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Level {
    pub(super) kind: SubjectKind,
    pub(super) name: String,
    /// 0 for a client and its calls, 1 for what these reach.
    pub(super) depth: u32,
    /// Of a call: who makes it. Of a service: the calls that reach it.
    pub(super) from: Vec<(SubjectKind, String)>,
    /// The clients whose calls lead here.
    pub(super) users: Vec<String>,
}

/// All levels that clients' calls reach, each once, from the clients inward along the calls: a call
/// stands before what it reaches.
pub(super) fn levels(model: &Model) -> Vec<Level> {
    let mut walk = Walk { model, levels: Vec::new() };
    for client in &model.clients {
        let level = Level {
            kind: SubjectKind::Client,
            name: client.name.to_string(),
            depth: 0,
            from: Vec::new(),
            users: vec![client.name.to_string()],
        };
        walk.levels.push(level);
        walk.calls_of(&client.name, SubjectKind::Client, 0, &client.name, &mut Vec::new());
    }
    walk.levels
}

struct Walk<'m> {
    model: &'m Model,
    levels: Vec<Level>,
}

impl Walk<'_> {
    /// The calls that a caller makes, and what they reach. `way` is how it was reached itself.
    fn calls_of(
        &mut self,
        caller: &str,
        kind: SubjectKind,
        depth: u32,
        user: &str,
        way: &mut Vec<String>,
    ) {
        let model = self.model;
        for edge in model.edges.iter().filter(|edge| made_by(edge, caller)) {
            let service = &model.services[model.endpoints[edge.to.index()].service.index()];
            let caller = (kind, caller.to_owned());
            let call = (SubjectKind::Edge, edge.name.to_string());
            self.add(call.clone(), depth, caller, user);
            let reached = (SubjectKind::Service, service.name.to_string());
            let is_new = self.add(reached, depth + 1, call, user);
            // What lies behind it is known by now, or it calls itself through others.
            if !is_new || way.iter().any(|name| **name == *service.name) {
                continue;
            }
            way.push(service.name.to_string());
            self.calls_of(&service.name, SubjectKind::Service, depth + 1, user, way);
            way.pop();
        }
    }

    /// Notes a level; says whether anything behind it may be new.
    fn add(
        &mut self,
        (kind, name): (SubjectKind, String),
        depth: u32,
        from: (SubjectKind, String),
        user: &str,
    ) -> bool {
        let is_it = |level: &&mut Level| level.kind == kind && level.name == name;
        if let Some(level) = self.levels.iter_mut().find(is_it) {
            let is_new_user = level.users.iter().all(|known| known != user);
            let is_deeper = depth > level.depth;
            level.depth = level.depth.max(depth);
            if is_new_user {
                level.users.push(user.to_owned());
            }
            if !level.from.contains(&from) {
                level.from.push(from);
            }
            return is_new_user || is_deeper;
        }
        self.levels.push(Level {
            kind,
            name,
            depth,
            from: vec![from],
            users: vec![user.to_owned()],
        });
        true
    }
}

/// Whether a call is one of a client's or of a service's, by its name: `api.checkout->payment`.
fn made_by(edge: &EdgeSpec, caller: &str) -> bool {
    let Some((from, _)) = edge.name.split_once("->") else { return false };
    from == caller || from.split_once('.').is_some_and(|(service, _)| service == caller)
}
