//! Two choices, as Finagle makes them.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Asked, Choose, Chooser, Hosts, Parameters, below};
use crate::catalogue::Described;

/// The one with fewer requests outstanding of two different hosts; of equals, the first drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct P2c {}

impl Described for P2c {
    const SUMMARY: &'static str = "the less loaded of two different hosts; of equals, the first";
    const SOURCE: &'static str = "twitter/finagle @4feb34c, p2c/P2CPick.scala";
}

impl Parameters for P2c {
    fn chooser(&self) -> Chooser {
        Chooser::P2c(*self)
    }
}

/// Two different places below `n`, in the order in which they were drawn; the same twice, without
/// a draw, if there is only one.
pub(super) fn two_below<R: Rng>(draws: &mut R, n: usize) -> (usize, usize) {
    if n == 1 {
        return (0, 0);
    }
    let first = below(draws, n);
    let second = below(draws, n - 1);
    (first, if second >= first { second + 1 } else { second })
}

impl Choose for P2c {
    fn choose<R: Rng>(&mut self, hosts: &Hosts, _asked: Asked, draws: &mut R) -> u32 {
        let (first, second) = two_below(draws, hosts.candidates.len());
        let (first, second) = (hosts.candidates[first], hosts.candidates[second]);
        if hosts.outstanding(first) <= hosts.outstanding(second) { first } else { second }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::rng;
    use super::*;
    use crate::policy::backoff::scripted::{HIGHEST, LOWEST};

    #[test]
    fn the_two_are_different_and_every_pair_is_equally_likely() {
        let mut rng = rng();
        let mut pairs = [[0_f64; 4]; 4];
        for _ in 0..12_000 {
            let (first, second) = two_below(&mut rng, 4);
            pairs[first][second] += 1.0;
        }
        for (first, row) in pairs.iter().enumerate() {
            assert_eq!(row[first], 0.0);
        }
        let chi2: f64 = (0..16)
            .filter(|pair| pair / 4 != pair % 4)
            .map(|pair| pairs[pair / 4][pair % 4] - 1_000.0)
            .map(|off| off * off / 1_000.0)
            .sum();
        assert!(chi2 < 37.4, "chi-square {chi2} with 11 degrees of freedom, p = 1e-4");
        assert_eq!(two_below(&mut { LOWEST }, 3), (0, 1));
        assert_eq!(two_below(&mut { HIGHEST }, 3), (2, 1));
        assert_eq!(two_below(&mut { HIGHEST }, 1), (0, 0));
    }
}
