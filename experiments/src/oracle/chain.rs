//! Equal hosts of one server each, as a Markov chain: the slow, plainly correct model of a balancer
//! that looks at the requests outstanding.

/// Whom a balancer gives a request to, by the requests that each host has.
#[derive(Clone, Copy, Debug)]
pub(super) enum Joins {
    /// One of those with the fewest.
    Least,
    /// The lesser of two different hosts.
    LesserOfTwo,
    /// The lesser of two hosts drawn with replacement, which may be the same.
    LesserOfTwoDrawn,
}

impl Joins {
    /// With which probability each host gets the next request; of equals each with the same.
    fn shares(self, outstanding: &[usize]) -> Vec<f64> {
        let hosts = outstanding.len();
        let mut shares = vec![0.0; hosts];
        if let Self::Least = self {
            let fewest = outstanding.iter().min();
            let equals = outstanding.iter().filter(|n| Some(*n) == fewest).count() as f64;
            for (share, n) in shares.iter_mut().zip(outstanding) {
                *share = if Some(n) == fewest { 1.0 / equals } else { 0.0 };
            }
            return shares;
        }
        let (first, second) = (0..hosts, 0..hosts);
        let same = matches!(self, Self::LesserOfTwoDrawn);
        let pairs: Vec<(usize, usize)> = first
            .flat_map(|a| second.clone().map(move |b| (a, b)))
            .filter(|(a, b)| same || a != b)
            .collect();
        for (a, b) in &pairs {
            for (host, other) in [(*a, *b), (*b, *a)] {
                shares[host] += match outstanding[host].cmp(&outstanding[other]) {
                    std::cmp::Ordering::Less => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Greater => 0.0,
                } / pairs.len() as f64;
            }
        }
        shares
    }
}

/// How many requests are in the whole system on average, where each host serves one a second and
/// is busy for `load` of the time: Gauss and Seidel's iteration over all states.
pub(super) fn mean_in_system(joins: Joins, hosts: usize, load: f64) -> f64 {
    let chain = Chain::new(joins, hosts, load);
    let probabilities = chain.stationary();
    let in_system = |state: usize| chain.outstanding(state).iter().sum::<usize>() as f64;
    probabilities.iter().enumerate().map(|(state, p)| p * in_system(state)).sum()
}

/// States with more requests than are reached with about this probability are left out.
const NEVER: f64 = 1e-11;

/// The probabilities are settled when a sweep moves less than this between states.
const SETTLED: f64 = 1e-10;

/// States are numbers in base `longest + 1`, a digit a host.
struct Chain {
    hosts: usize,
    /// No host has more than this: with a second choice the probability falls at least as fast as that
    /// of all hosts being so busy, as `load^(hosts · n)`.
    longest: usize,
    arrivals: f64,
    /// The value of a host's digit.
    places: Vec<usize>,
    /// For each state and host, at which rate requests come to the host.
    arriving: Vec<f64>,
}

impl Chain {
    fn new(joins: Joins, hosts: usize, load: f64) -> Self {
        let longest = (libm::log(NEVER) / (hosts as f64 * libm::log(load))).ceil() as usize;
        let places = (0..hosts).scan(1, |place, _| {
            let this = *place;
            *place *= longest + 1;
            Some(this)
        });
        let places = places.collect();
        let arrivals = load * hosts as f64;
        let mut chain = Self { hosts, longest, arrivals, places, arriving: Vec::new() };
        chain.arriving =
            (0..chain.states()).flat_map(|state| chain.arrivals(joins, state)).collect();
        chain
    }

    fn states(&self) -> usize {
        self.places.iter().max().map_or(1, |place| place * (self.longest + 1))
    }

    fn at(&self, state: usize, host: usize) -> usize {
        state / self.places[host] % (self.longest + 1)
    }

    fn outstanding(&self, state: usize) -> Vec<usize> {
        (0..self.hosts).map(|host| self.at(state, host)).collect()
    }

    /// A host that is full turns its share of the arrivals away.
    fn arrivals(&self, joins: Joins, state: usize) -> Vec<f64> {
        let outstanding = self.outstanding(state);
        let shares = joins.shares(&outstanding).into_iter().zip(outstanding);
        shares
            .map(|(share, n)| if n < self.longest { self.arrivals * share } else { 0.0 })
            .collect()
    }

    fn stationary(&self) -> Vec<f64> {
        let mut p = vec![1.0 / self.states() as f64; self.states()];
        let outflow: Vec<f64> = (0..p.len()).map(|state| self.outflow(state)).collect();
        loop {
            let mut moved = 0.0;
            for state in 0..p.len() {
                let balanced = self.inflow(state, &p) / outflow[state];
                moved += (balanced - p[state]).abs();
                p[state] = balanced;
            }
            let sum: f64 = p.iter().sum();
            p.iter_mut().for_each(|p| *p /= sum);
            if moved < SETTLED {
                return p;
            }
        }
    }

    /// What comes into a state: an arrival at a host that had one less, an end at one that had one
    /// more.
    fn inflow(&self, state: usize, p: &[f64]) -> f64 {
        let mut inflow = 0.0;
        for (host, place) in self.places.iter().enumerate() {
            let n = self.at(state, host);
            if n > 0 {
                let before = state - place;
                inflow += self.arriving[before * self.hosts + host] * p[before];
            }
            if n < self.longest {
                inflow += p[state + place];
            }
        }
        inflow
    }

    /// At which rate a state is left.
    fn outflow(&self, state: usize) -> f64 {
        let arriving = &self.arriving[state * self.hosts..][..self.hosts];
        let busy = (0..self.hosts).filter(|host| self.at(state, *host) > 0).count();
        arriving.iter().sum::<f64>() + busy as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_is_an_m_m_1_queue() {
        // L = ρ / (1 − ρ).
        let in_system = mean_in_system(Joins::Least, 1, 0.5);
        assert!((in_system - 1.0).abs() < 1e-8, "{in_system}");
    }

    #[test]
    fn the_shorter_of_two_queues_has_its_published_mean() {
        // Two hosts at load 0.5 and a third of all ties each way: between a pooled M/M/2 (4/3) and
        // two lone queues (2).
        let in_system = mean_in_system(Joins::Least, 2, 0.5);
        assert!(in_system > 4.0 / 3.0 && in_system < 2.0, "{in_system}");
        // Of two hosts, two different ones are all there are.
        let two = mean_in_system(Joins::LesserOfTwo, 2, 0.5);
        assert!((two - in_system).abs() < 1e-9, "{two} {in_system}");
    }

    #[test]
    fn shares_add_up_and_prefer_the_lesser() {
        for joins in [Joins::Least, Joins::LesserOfTwo, Joins::LesserOfTwoDrawn] {
            let shares = joins.shares(&[1, 0, 3]);
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{joins:?} {shares:?}");
            assert!(shares[1] > shares[0] && shares[0] >= shares[2], "{joins:?} {shares:?}");
        }
        // Of nine ordered pairs the longest queue is drawn against itself in one.
        assert!((Joins::LesserOfTwoDrawn.shares(&[1, 0, 3])[2] - 1.0 / 9.0).abs() < 1e-12);
    }
}
