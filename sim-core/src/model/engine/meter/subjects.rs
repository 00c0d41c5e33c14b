//! What is measured of a request inside its instance: at which subjects.

use crate::model::spec::{EndpointId, EndpointSpec, Model};

/// The subjects at which a request is measured inside its instance.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::engine) struct Subjects {
    service: u32,
    /// That of an endpoint that is measured apart from its service.
    endpoint: Option<u32>,
}

impl Subjects {
    /// Those of an endpoint whose own subject is this, if it has one.
    pub(in crate::model::engine) fn of(
        model: &Model,
        endpoint: EndpointId,
        own: Option<u32>,
    ) -> Self {
        let service = model.endpoints[endpoint.index()].service;
        let service = (model.clients.len() + model.edges.len() + service.index()) as u32;
        match own {
            Some(task) if model.is_task(endpoint) => Self { service: task, endpoint: None },
            endpoint => Self { service, endpoint },
        }
    }
}

impl IntoIterator for Subjects {
    type Item = u32;
    type IntoIter = EachSubject;

    #[inline(always)]
    fn into_iter(self) -> EachSubject {
        EachSubject { next: Some(self.service), last: self.endpoint }
    }
}

/// One after the other: a loop over them has one place that books, so that it is inlined there.
pub(in crate::model::engine) struct EachSubject {
    next: Option<u32>,
    last: Option<u32>,
}

impl Iterator for EachSubject {
    type Item = u32;

    #[inline(always)]
    fn next(&mut self) -> Option<u32> {
        std::mem::replace(&mut self.next, self.last.take())
    }
}

/// The subject of each endpoint that is measured apart from its service, behind those of the
/// clients, the edges and the services.
pub(in crate::model::engine) fn subjects_of_endpoints(model: &Model) -> Vec<Option<u32>> {
    let mut next = (model.clients.len() + model.edges.len() + model.services.len()) as u32;
    let subject = |(index, endpoint): (usize, &EndpointSpec)| {
        let several = model.services[endpoint.service.index()].endpoints.len() > 1;
        let apart = several || model.is_task(EndpointId(index as u16));
        let subject = apart.then_some(next);
        next += u32::from(apart);
        subject
    };
    model.endpoints.iter().enumerate().map(subject).collect()
}
