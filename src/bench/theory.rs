//! What theory says about queues: birth-and-death processes, of which every queue here is one.

/// A number that goes up and down by one: requests in a queue with exponential times.
pub(super) struct BirthDeath {
    /// The rate from `n` to `n + 1`, per second.
    births: Vec<f64>,
    /// The share of time that the number is `n`.
    shares: Vec<f64>,
}

impl BirthDeath {
    /// The process whose rate up from `n` is `birth(n)` and whose rate down from `n` is `death(n)`,
    /// per second, for numbers up to `most`.
    pub(super) fn new(
        most: usize,
        birth: impl Fn(usize) -> f64,
        death: impl Fn(usize) -> f64,
    ) -> Self {
        let births: Vec<f64> = (0..most).map(birth).collect();
        // Outwards from the likeliest number, so that whatever is too small to write is nothing.
        let likeliest = (0..most).find(|n| births[*n] <= death(n + 1)).unwrap_or(most);
        let mut shares = vec![0.0; most + 1];
        shares[likeliest] = 1.0;
        for n in likeliest..most {
            shares[n + 1] = shares[n] * births[n] / death(n + 1);
        }
        for n in (0..likeliest).rev() {
            shares[n] = shares[n + 1] * death(n + 1) / births[n];
        }
        let total: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= total);
        Self { births, shares }
    }

    /// M/M/c: calls at random at `rate`, each served for `demand_s` on the mean by one of `servers`.
    pub(super) fn open(rate: f64, servers: u32, demand_s: f64) -> Self {
        // A longer queue has no share that a number could hold.
        let most = servers as usize + 8_000;
        Self::new(most, |_| rate, |n| n.min(servers as usize) as f64 / demand_s)
    }

    /// The mean of something that depends on the number.
    pub(super) fn mean(&self, of: impl Fn(usize) -> f64) -> f64 {
        self.shares.iter().enumerate().map(|(n, share)| of(n) * share).sum()
    }

    /// The standard error of the time average of something that depends on the number, when it is
    /// watched for `seconds`, many times as long as the process remembers.
    ///
    /// W. Whitt, *Asymptotic formulas for Markov processes with applications to simulation*,
    /// Operations Research 40 (1992): the variance is `2/t · Σ (Σ_{i≤j} (f(i) − f̄) πᵢ)² / (λⱼ πⱼ)`.
    pub(super) fn standard_error(&self, of: impl Fn(usize) -> f64, seconds: f64) -> f64 {
        let mean = self.mean(&of);
        let weights: Vec<f64> =
            self.shares.iter().enumerate().map(|(n, share)| (of(n) - mean) * share).collect();
        // The sums up to `j` and beyond it are each other's negatives; the one with the smaller
        // terms loses no digits.
        let mut beyond: Vec<f64> = vec![0.0; weights.len()];
        for n in (0..weights.len() - 1).rev() {
            beyond[n] = beyond[n + 1] + weights[n + 1];
        }
        let (mut up_to, mut share_up_to, mut sum) = (0.0, 0.0, 0.0);
        for (n, birth) in self.births.iter().enumerate() {
            up_to += weights[n];
            share_up_to += self.shares[n];
            let part: f64 = if share_up_to < 0.5 { up_to } else { beyond[n] };
            let flow = birth * self.shares[n];
            if flow > 0.0 {
                sum += part * part / flow;
            }
        }
        (2.0 * sum / seconds).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a / b - 1.0).abs() < 1e-6, "{a} is not {b}");
    }

    fn number(n: usize) -> f64 {
        n as f64
    }

    #[test]
    fn of_one_server_theory_is_in_every_textbook() {
        let queue = BirthDeath::open(0.9, 1, 1.0);
        close(queue.mean(number), 9.0);
        // Whitt 1992: 2ρ(1+ρ)/(1−ρ)⁴ over the time.
        close(queue.standard_error(number, 1e6), (2.0_f64 * 0.9 * 1.9 / 1e-4 / 1e6).sqrt());
        // A busy period and an idle one take turns: 1.8 by the theory of renewals.
        let (idle, busy): (f64, f64) = (1.0 / 0.9, 10.0);
        let alternating = (idle * idle * 1_900.0 + busy * busy * idle * idle)
            / ((idle + busy) * (idle + busy) * (idle + busy));
        let is_busy = |n: usize| f64::from(u8::from(n > 0));
        close(queue.mean(is_busy), 0.9);
        close(queue.standard_error(is_busy, 1e6), (alternating / 1e6).sqrt());
    }

    #[test]
    fn of_two_servers_too() {
        // M/M/2 at 4/5: L = 2ρ/(1−ρ²).
        close(BirthDeath::open(1.6, 2, 1.0).mean(number), 1.6 / 0.36);
    }

    #[test]
    fn of_so_many_servers_that_nobody_waits_the_number_is_poisson() {
        let queue = BirthDeath::open(10.0, 500, 1.0);
        close(queue.mean(number), 10.0);
        // Its covariance falls as exp(−t).
        close(queue.standard_error(number, 1e6), (2.0_f64 * 10.0 / 1e6).sqrt());
    }
}
