//! Closed histograms: small, mergeable in any order, and exact to 1/256 of a value.

use serde::{Deserialize, Serialize};

use super::buckets;

/// How often which values occurred: the buckets that are not empty, and their counts.
///
/// Merging is exact, associative and commutative: the result does not depend on the order. An
/// empty histogram allocates nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Buckets", into = "Buckets")]
pub struct SparseHistogram(histogram::SparseHistogram);

/// The form in files.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Histogram", deny_unknown_fields)]
struct Buckets {
    /// The buckets that are not empty, ascending.
    bucket: Vec<u32>,
    /// How many values each holds.
    count: Vec<u64>,
}

impl Default for SparseHistogram {
    fn default() -> Self {
        Self(histogram::SparseHistogram::with_config(&buckets::CONFIG))
    }
}

impl SparseHistogram {
    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.0.count().iter().sum()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many values there are in buckets above that of this one.
    pub fn above(&self, nanos: u64) -> u64 {
        let own = buckets::of(nanos);
        self.buckets().filter(|(bucket, _)| *bucket > own).map(|(_, count)| count).sum()
    }

    /// Adds another histogram's values.
    pub fn merge(&mut self, other: &Self) {
        if self.is_empty() {
            self.0.clone_from(&other.0);
        } else if !other.is_empty() {
            let sum = self.0.wrapping_add(&other.0);
            debug_assert!(sum.is_ok(), "all histograms share one geometry");
            if let Ok(sum) = sum {
                self.0 = sum;
            }
        }
    }

    /// The values of all of these histograms; for many of them much faster than merging one by
    /// one, with the same result.
    pub fn merged<'a>(histograms: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut totals = vec![0_u64; buckets::COUNT];
        let (mut lowest, mut highest) = (buckets::COUNT, 0);
        for histogram in histograms {
            for (bucket, count) in histogram.buckets() {
                totals[bucket] += count;
            }
            let (first, last) = (histogram.0.index().first(), histogram.0.index().last());
            lowest = first.map_or(lowest, |first| lowest.min(*first as usize));
            highest = last.map_or(highest, |last| highest.max(*last as usize));
        }
        let (buckets, counts) = (lowest..=highest)
            .map(|bucket| (bucket as u32, totals[bucket]))
            .filter(|(_, count)| *count != 0)
            .unzip();
        Self::from_ascending(buckets, counts)
    }

    /// The value below which `p` percent of the values lie, in nanoseconds; `None` if there are
    /// no values. `p` is clamped to 0–100.
    ///
    /// Between two values it is interpolated linearly, as NumPy, R and spreadsheets do by
    /// default (type 7 of Hyndman and Fan 1996); the values of one bucket are taken to lie
    /// evenly in it. The error is below 1/256 of the value, and without bias where the values
    /// are many and spread.
    pub fn percentile(&self, p: f64) -> Option<f64> {
        let last = self.count().checked_sub(1)?;
        let rank = (p.clamp(0.0, 100.0) / 100.0) * last as f64;
        let below = (rank as u64).min(last);
        let lower = self.order_statistic(below)?;
        let fraction = rank - below as f64;
        if fraction <= 0.0 {
            return Some(lower);
        }
        let upper = self.order_statistic((below + 1).min(last))?;
        Some(lower + fraction * (upper - lower))
    }

    /// The share of the values that are larger than `nanos`; `None` if there are no values.
    ///
    /// The values of one bucket are taken to lie evenly in it.
    pub fn fraction_above(&self, nanos: u64) -> Option<f64> {
        let total = self.count();
        let border = buckets::of(nanos);
        let above: f64 = self
            .buckets()
            .skip_while(|(bucket, _)| *bucket < border)
            .map(|(bucket, count)| match bucket == border {
                true => count as f64 * share_of_bucket_above(bucket, nanos),
                false => count as f64,
            })
            .sum();
        (total > 0).then(|| above / total as f64)
    }

    /// The histogram of these buckets, which ascend, and their counts, none of which is zero.
    pub(super) fn from_ascending(buckets: Vec<u32>, counts: Vec<u64>) -> Self {
        let histogram = histogram::SparseHistogram::from_parts(buckets::CONFIG, buckets, counts);
        debug_assert!(histogram.is_ok(), "the buckets ascend");
        histogram.map(Self).unwrap_or_default()
    }

    /// An estimate of the value with `rank` values below it, in nanoseconds: the `k`-th of `c`
    /// values that lie evenly in a bucket lies at `(k − ½)/c` of the way from its lowest to its
    /// highest value, so that what was counted exactly is told exactly.
    fn order_statistic(&self, rank: u64) -> Option<f64> {
        let mut below = 0;
        for (bucket, count) in self.buckets() {
            if rank < below + count {
                let share = ((rank - below) as f64 + 0.5) / count as f64;
                let (start, span) = (buckets::start(bucket), buckets::width(bucket) - 1);
                return Some(start as f64 + share * span as f64);
            }
            below += count;
        }
        None
    }

    /// The buckets that are not empty, ascending, with their counts.
    fn buckets(&self) -> impl Iterator<Item = (usize, u64)> {
        let counts = self.0.count().iter().copied();
        self.0.index().iter().map(|bucket| *bucket as usize).zip(counts)
    }
}

/// The share of a bucket's values that are larger than `nanos`, which is one of them.
fn share_of_bucket_above(bucket: usize, nanos: u64) -> f64 {
    let (start, width) = (buckets::start(bucket), buckets::width(bucket));
    (width - (nanos - start) - 1) as f64 / width as f64
}

impl From<SparseHistogram> for Buckets {
    fn from(histogram: SparseHistogram) -> Self {
        let (_, bucket, count) = histogram.0.into_parts();
        Self { bucket, count }
    }
}

impl TryFrom<Buckets> for SparseHistogram {
    type Error = String;

    fn try_from(Buckets { bucket, count }: Buckets) -> Result<Self, String> {
        if count.contains(&0) {
            return Err("a bucket of a histogram is listed with a count of zero".into());
        }
        let histogram = histogram::SparseHistogram::from_parts(buckets::CONFIG, bucket, count);
        histogram.map(Self).map_err(|error| format!("not a histogram: {error}"))
    }
}
