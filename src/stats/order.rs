//! Order statistics of columns: medians and other quantiles, without sorting.

use super::sort::Column;
use super::whole::{Whole, each_column};
use crate::data::ordered::Float;
use crate::data::sorting::Key;
use crate::error::{Error, Result};
use crate::runtime::memory::{filled, reserved};
use crate::runtime::{Cancel, Workers};

/// The numbers of one column around some shares of them; NaN is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderStatistics {
    /// How many numbers the column has.
    pub count: usize,
    /// For each share `q` the numbers at the places below and above `q (count - 1)`, which are the same where
    /// it is whole; NaN for a column without numbers.
    pub around: Vec<(f64, f64)>,
}

/// Values that are read between two looks at the cancel flag.
const POLL_VALUES: usize = 1 << 18;

/// Fewer numbers than this are sorted.
const SORTED: usize = 512;

/// Leading bits of the keys by which numbers are counted: the counts stay in the nearest cache.
const COUNTED_BITS: u32 = 12;

/// The order statistics of every column at some shares between 0 and 1, ascending.
///
/// Numbers are counted by their leading bits, and only those in the buckets that hold an asked-for place are
/// gathered, to be counted by their next bits. Linear in the values, whatever they are, and the column is only read.
///
/// # Errors
/// [`crate::ErrorKind::Parameter`] for shares that are none or not ascending, [`crate::ErrorKind::Memory`],
/// [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use ndarray::array;
/// use treering::runtime::Workers;
/// use treering::stats::order::order_statistics;
/// use treering::stats::sort::Column;
///
/// let values = array![4.0, f64::NAN, 1.0, 3.0, 2.0];
/// let found = order_statistics(&[Column::F64(values.view())], &[0.5, 1.0], Workers::alone())?;
/// assert_eq!((found[0].count, found[0].around.as_slice()), (4, [(2.0, 3.0), (4.0, 4.0)].as_slice()));
/// # Ok::<(), treering::Error>(())
/// ```
pub fn order_statistics(columns: &[Column<'_>], shares: &[f64], workers: Workers<'_>) -> Result<Vec<OrderStatistics>> {
    check_shares(shares)?;
    each_column(columns, workers, |values| match values {
        Whole::F32(values) => of_values(values, shares, workers.cancel()),
        Whole::F64(values) => of_values(values, shares, workers.cancel()),
    })
}

pub(super) fn check_shares(shares: &[f64]) -> Result<()> {
    if shares.iter().all(|share| (0.0..=1.0).contains(share)) && shares.is_sorted() {
        return Ok(());
    }
    Err(Error::parameter("shares", "between 0 and 1, ascending", format!("{shares:?}")))
}

/// The order statistics of one column at ascending shares.
pub(super) fn of_values<F: Float>(values: &[F], shares: &[f64], cancel: &Cancel) -> Result<OrderStatistics> {
    let Some(ends) = Ends::of(values, cancel)? else {
        return Ok(OrderStatistics { count: 0, around: vec![(f64::NAN, f64::NAN); shares.len()] });
    };
    let last = ends.count - 1;
    let mut places = reserved(2 * shares.len())?;
    for share in shares {
        let place = share * last as f64;
        places.extend([place.floor() as usize, (place.ceil() as usize).min(last)]);
    }
    let found = numbers_at(values, &ends, &places, cancel)?;
    let around = found.chunks_exact(2).map(|pair| (pair[0].widen(), pair[1].widen())).collect();
    Ok(OrderStatistics { count: ends.count, around })
}

/// How many numbers there are, the least and the greatest of them.
struct Ends<F> {
    count: usize,
    low: F,
    high: F,
}

impl<F: Float> Ends<F> {
    /// None without numbers.
    fn of(values: &[F], cancel: &Cancel) -> Result<Option<Self>> {
        const LANES: usize = 4;
        let Some(first) = values.iter().copied().find(is_number) else { return Ok(None) };
        let (mut low, mut high, mut count) = ([first; LANES], [first; LANES], [0_usize; LANES]);
        for piece in values.chunks(POLL_VALUES) {
            cancel.check()?;
            for four in piece.chunks(LANES) {
                for (lane, &value) in four.iter().enumerate() {
                    low[lane] = if value < low[lane] { value } else { low[lane] };
                    high[lane] = if value > high[lane] { value } else { high[lane] };
                    count[lane] += usize::from(is_number(&value));
                }
            }
        }
        let low = low.into_iter().fold(first, |low, value| if value < low { value } else { low });
        let high = high.into_iter().fold(first, |high, value| if value > high { value } else { high });
        Ok(Some(Self { count: count.iter().sum(), low, high }))
    }
}

fn is_number<F: Float>(value: &F) -> bool {
    !value.widen().is_nan()
}

/// Numbers whose leading bits are equal, and the places among all that they take.
struct Bucket<F> {
    number: usize,
    before: usize,
    asked: Vec<usize>,
    numbers: Vec<F>,
}

/// The numbers that stand at some places, ascending, of the ascending order.
fn numbers_at<F: Float>(values: &[F], ends: &Ends<F>, places: &[usize], cancel: &Cancel) -> Result<Vec<F>> {
    let (low, high) = (ends.low.key(), ends.high.key());
    if low == high {
        return filled(ends.low, places.len());
    }
    if ends.count < SORTED {
        let mut sorted: Vec<F> = values.iter().copied().filter(is_number).collect();
        sorted.sort_unstable_by_key(|value| value.key());
        return Ok(places.iter().map(|&place| sorted.get(place).copied().unwrap_or(ends.high)).collect());
    }
    let bits = u64::BITS - high.above(low, 0).leading_zeros();
    let shift = bits.saturating_sub(COUNTED_BITS);
    let bucket_of = |value: F| value.key().above(low, shift) as usize;
    let mut counts = filled(0_usize, 1 << COUNTED_BITS)?;
    for piece in values.chunks(POLL_VALUES) {
        cancel.check()?;
        for &value in piece.iter().filter(|value| is_number(*value)) {
            counts[bucket_of(value)] += 1;
        }
    }
    // Both ends are known; only what stands between them has to be looked for.
    let (mut number, mut before) = (0, 0);
    let mut buckets: Vec<Bucket<F>> = Vec::new();
    for &place in places.iter().filter(|&&place| place > 0 && place + 1 < ends.count) {
        while number + 1 < counts.len() && place >= before + counts[number] {
            before += counts[number];
            number += 1;
        }
        match buckets.last_mut() {
            Some(bucket) if bucket.number == number => bucket.asked.push(place),
            _ => buckets.push(Bucket { number, before, asked: vec![place], numbers: reserved(counts[number])? }),
        }
    }
    let mut slots = filled(0_u32, counts.len())?;
    for (slot, bucket) in (1..).zip(&buckets) {
        slots[bucket.number] = slot;
    }
    for piece in values.chunks(POLL_VALUES) {
        cancel.check()?;
        for &value in piece.iter().filter(|value| is_number(*value)) {
            let slot = slots[bucket_of(value)] as usize;
            if slot > 0 {
                buckets[slot - 1].numbers.push(value);
            }
        }
    }
    let mut found = reserved(places.len())?;
    found.extend(places.iter().take_while(|&&place| place == 0).map(|_| ends.low));
    for Bucket { before, asked, numbers, .. } in buckets {
        let inside: Vec<usize> = asked.iter().map(|place| place - before).collect();
        if let Some(ends) = Ends::of(&numbers, cancel)? {
            found.extend(numbers_at(&numbers, &ends, &inside, cancel)?);
        }
    }
    // After those of the buckets come the places of the greatest number.
    found.resize(places.len(), ends.high);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, ShapeBuilder};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn places_are_those_of_sorted_columns(
            values in prop::collection::vec(prop_oneof![Just(f64::NAN), -9.0..9.0_f64, any::<f64>(), (0..4).prop_map(f64::from)], 0..9000),
            mut shares in prop::collection::vec(0.0..=1.0_f64, 0..6),
            by_columns: bool,
        ) {
            shares.sort_by(f64::total_cmp);
            let shape = ndarray::Ix2(values.len() / 6, 6);
            let shape = if by_columns { shape.f() } else { shape.into() };
            let x = Array2::from_shape_vec(shape, values[..values.len() / 6 * 6].to_vec()).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let columns: Vec<Column<'_>> = x.columns().into_iter().map(Column::F64).collect();
            for threads in [1, 3] {
                let found = order_statistics(&columns, &shares, Workers::unstoppable(threads))?;
                prop_assert_eq!(found.len(), 6);
                for (column, statistics) in x.columns().into_iter().zip(found) {
                    let mut sorted: Vec<f64> = column.iter().copied().filter(|value| !value.is_nan()).collect();
                    sorted.sort_by(f64::total_cmp);
                    prop_assert_eq!(statistics.count, sorted.len());
                    for (share, (low, high)) in shares.iter().zip(statistics.around) {
                        if sorted.is_empty() {
                            prop_assert!(low.is_nan() && high.is_nan());
                        } else {
                            let place = share * (sorted.len() - 1) as f64;
                            prop_assert_eq!((low, high), (sorted[place.floor() as usize], sorted[place.ceil() as usize]));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn shares_are_between_zero_and_one() {
        let x = Array2::<f64>::zeros((3, 1));
        for shares in [[-0.1, 0.5], [0.5, 1.1], [0.7, 0.3], [f64::NAN, 0.5]] {
            assert!(order_statistics(&[Column::F64(x.column(0))], &shares, Workers::alone()).is_err());
        }
    }
}
