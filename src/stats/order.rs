//! Order statistics of columns: medians and other quantiles, without sorting.

use super::sort::Column;
use super::whole::{Whole, each_column};
use crate::data::ordered::Float;
use crate::error::{Error, Result};
use crate::runtime::memory::{make_room, reserved};
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

/// Between which of ascending values, whose weights are given added up, a share of the weight lies:
/// their mean is the quantile (type 2 of Hyndman and Fan, "Sample quantiles in statistical
/// packages", 1996, the averaged inverted distribution function). They are one where it is inside a
/// weight; values without weight are passed over. There is at least one value.
pub fn weighted_places(cumulated: &[f64], share: f64) -> (usize, usize) {
    let last = cumulated.len() - 1;
    let wanted = share * cumulated[last];
    let place = cumulated.partition_point(|&sum| sum < wanted).min(last);
    if cumulated[place] - wanted > f64::EPSILON {
        return (place, place);
    }
    // The next value that weighs anything; none where this is the last of them.
    let next = cumulated.partition_point(|&sum| sum <= cumulated[place]);
    (place, if next > last { place } else { next })
}

/// Values that are read between two looks at the cancel flag.
const POLL_VALUES: usize = 1 << 18;

/// Values that are compared with one bracket before the next: they stay in the nearest cache.
const CHUNK: usize = 1024;

/// Numbers that are looked at first, to bracket the places.
const SAMPLE: usize = 1 << 14;

/// Fewer numbers than this are selected from a copy at once; so are places in more brackets than this.
const SMALL: usize = 4 * SAMPLE;
const MOST_BRACKETS: usize = 8;

/// The order statistics of every column at some shares between 0 and 1, ascending.
///
/// A sample brackets each place; numbers below a bracket are counted, and the few inside gathered and selected from
/// (after R. W. Floyd and R. L. Rivest, "Expected time bounds for selection", 1975). Where a place lies outside its
/// bracket after all, numbers are selected from a copy. Linear in the values, and the column is only read.
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

/// The numbers at pairs of neighbouring places, ascending, of the ascending order.
fn numbers_at<F: Float>(values: &[F], ends: &Ends<F>, places: &[usize], cancel: &Cancel) -> Result<Vec<F>> {
    let is_end = |place: usize| place == 0 || place + 1 == ends.count;
    let end = |place: usize| if place == 0 { ends.low } else { ends.high };
    let wanted = places.chunks_exact(2).filter(|pair| !pair.iter().all(|&place| is_end(place))).count();
    if ends.low == ends.high || wanted == 0 {
        return Ok(places.iter().map(|&place| end(place)).collect());
    }
    if ends.count >= SMALL
        && wanted <= MOST_BRACKETS
        && let Some(mut brackets) = Bracket::of(values, ends, places, cancel)?
    {
        let mut found = reserved(places.len())?;
        for pair in places.chunks_exact(2) {
            if pair.iter().all(|&place| is_end(place)) {
                found.extend(pair.iter().map(|&place| end(place)));
            } else if let Some(bracket) = brackets.pop() {
                found.extend(bracket.select(pair));
            }
        }
        return Ok(found);
    }
    let mut numbers = reserved(ends.count)?;
    for piece in values.chunks(POLL_VALUES) {
        cancel.check()?;
        numbers.extend(piece.iter().copied().filter(is_number));
    }
    Ok(select(&mut numbers, places))
}

/// Selects from the left to the right: what was selected before parts the rest.
fn select<F: Float>(numbers: &mut [F], places: &[usize]) -> Vec<F> {
    let mut begin = 0;
    let each = |&place: &usize| {
        if place >= begin {
            numbers[begin..].select_nth_unstable_by_key(place - begin, |number| number.key());
            begin = place + 1;
        }
        numbers[place]
    };
    places.iter().map(each).collect()
}

/// Two numbers between which a pair of places lies.
struct Bracket<F> {
    low: F,
    high: F,
    /// How many numbers lie below, and how many inside.
    below: usize,
    inside: usize,
    /// The numbers inside; none if both ends are equal.
    numbers: Vec<F>,
}

impl<F: Float> Bracket<F> {
    /// The brackets of all pairs that are not both ends, the last one first; None if one misses its places.
    fn of(values: &[F], ends: &Ends<F>, places: &[usize], cancel: &Cancel) -> Result<Option<Vec<Self>>> {
        let sample = sample(values);
        let is_inner = |pair: &&[usize]| pair.iter().any(|&place| place > 0 && place + 1 < ends.count);
        let mut brackets: Vec<Self> =
            places.chunks_exact(2).filter(is_inner).map(|pair| Self::guess(&sample, ends, pair)).collect();
        let mut room = [ends.low; CHUNK];
        for (number, chunk) in values.chunks(CHUNK).enumerate() {
            if number % (POLL_VALUES / CHUNK) == 0 {
                cancel.check()?;
            }
            brackets.iter_mut().try_for_each(|bracket| bracket.take(chunk, &mut room))?;
        }
        brackets.reverse();
        let pairs = places.chunks_exact(2).filter(is_inner).rev();
        let all_hold = brackets
            .iter()
            .zip(pairs)
            .all(|(bracket, pair)| pair[0] >= bracket.below && pair[1] < bracket.below + bracket.inside);
        Ok(all_hold.then_some(brackets))
    }

    /// Five standard deviations of a place in the sample to either side.
    fn guess(sample: &[F], ends: &Ends<F>, pair: &[usize]) -> Self {
        let margin = 2.5 * (sample.len() as f64).sqrt();
        let place = |place: usize| place as f64 / ends.count as f64 * sample.len() as f64;
        let (first, last) = (place(pair[0]) - margin, place(pair[1]) + margin);
        let low = if first < 0.0 { None } else { sample.get(first as usize) };
        let high = sample.get(last as usize);
        let (low, high) = (low.copied().unwrap_or(ends.low), high.copied().unwrap_or(ends.high));
        Self { low, high, below: 0, inside: 0, numbers: Vec::new() }
    }

    fn take(&mut self, chunk: &[F], room: &mut [F; CHUNK]) -> Result<()> {
        let (low, high) = (self.low, self.high);
        self.below += chunk.iter().filter(|&&value| value < low).count();
        if low == high {
            self.inside += chunk.iter().filter(|&&value| value == low).count();
            return Ok(());
        }
        // Both comparisons are made, since a branch between them would be guessed wrong too often.
        #[allow(clippy::needless_bitwise_bool)]
        let is_inside = |value: F| (value >= low) & (value <= high);
        let mut kept = 0;
        for eight in chunk.chunks(8) {
            // Most eights have none inside; of the others each value is written, and kept if it is.
            if eight.iter().fold(false, |any, &value| any | is_inside(value)) {
                for &value in eight {
                    room[kept % CHUNK] = value;
                    kept += usize::from(is_inside(value));
                }
            }
        }
        self.inside += kept;
        make_room(&mut self.numbers, kept)?;
        self.numbers.extend_from_slice(&room[..kept.min(CHUNK)]);
        Ok(())
    }

    fn select(mut self, pair: &[usize]) -> Vec<F> {
        if self.low == self.high {
            return vec![self.low; pair.len()];
        }
        let inside: Vec<usize> = pair.iter().map(|place| place - self.below).collect();
        select(&mut self.numbers, &inside)
    }
}

/// Numbers from places that follow no period, sorted.
fn sample<F: Float>(values: &[F]) -> Vec<F> {
    /// 2⁶⁴ by the golden ratio: its multiples are spread evenly, and differently for any period.
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    let place = |number: u64| ((u128::from(number.wrapping_mul(GOLDEN)) * values.len() as u128) >> 64) as usize;
    let mut sample: Vec<F> = (0..SAMPLE as u64).map(|number| values[place(number)]).filter(is_number).collect();
    sample.sort_unstable_by_key(|number| number.key());
    sample
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, ShapeBuilder};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn weighted_places_pass_over_what_weighs_nothing() {
        assert_eq!(weighted_places(&[1.0, 2.0, 3.0], 0.5), (1, 1));
        assert_eq!(weighted_places(&[1.0, 2.0, 3.0, 4.0], 0.5), (1, 2));
        assert_eq!(weighted_places(&[1.0, 2.0, 2.0, 2.0, 4.0], 0.5), (1, 4));
        assert_eq!(weighted_places(&[0.0, 0.0, 1.0], 1.0), (2, 2));
        assert_eq!(weighted_places(&[0.0], 0.3), (0, 0));
    }

    proptest! {
        #[test]
        fn places_are_those_of_sorted_columns(
            values in prop::collection::vec(prop_oneof![Just(f64::NAN), -9.0..9.0_f64, any::<f64>(), (0..4).prop_map(f64::from)], 0..900),
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

    #[test]
    fn large_columns_of_any_pattern_are_selected_exactly() -> Result<()> {
        const ROWS: usize = 200_000;
        let mut stream = crate::runtime::Stream::new(7);
        let patterns: [Vec<f64>; 6] = [
            (0..ROWS).map(|_| stream.uniform() - 0.3).collect(),
            (0..ROWS).map(|row| row as f64).collect(),
            (0..ROWS).map(|row| (row % 24) as f64).collect(),
            (0..ROWS).map(|row| if row % 3 == 0 { f64::NAN } else { -((row * 7919 % ROWS) as f64) }).collect(),
            // What no sample sees: the places of the few large numbers.
            (0..ROWS).map(|row| if row < ROWS - 40 { 5.0 } else { 1e300 * row as f64 / ROWS as f64 }).collect(),
            (0..ROWS).map(|row| if row % 2 == 0 { f64::NEG_INFINITY } else { f64::INFINITY }).collect(),
        ];
        let shares = [0.0, 1e-5, 0.25, 0.5, 0.75, 0.9999, 1.0];
        for values in patterns {
            let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
            sorted.sort_by(f64::total_cmp);
            let singles: Vec<f32> = values.iter().map(|&value| value as f32).collect();
            let found = [of_values(&values, &shares, &Cancel::new())?, of_values(&singles, &shares, &Cancel::new())?];
            for (at, share) in shares.iter().enumerate() {
                let place = share * (sorted.len() - 1) as f64;
                let expected = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
                assert_eq!(found[0].around[at], expected);
                let rounded = |value: f64| f64::from(value as f32);
                assert_eq!(found[1].around[at], (rounded(expected.0), rounded(expected.1)));
            }
        }
        Ok(())
    }
}
