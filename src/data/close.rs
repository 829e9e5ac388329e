//! Neighbouring values between which no threshold may stand.

/// Two neighbouring values closer than this count as equal, as in scikit-learn.
const CLOSE: f32 = 1e-7;

/// Whether a threshold may stand between two values.
#[inline]
fn are_apart(low: f32, high: f32) -> bool {
    high > low + CLOSE
}

/// Which codes of a column are close to the next one.
///
/// Values lie far from each other in memory, and most codes are apart: a bit for each tells so
/// without a look at them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CloseCodes {
    /// Empty where all are apart.
    bits: Vec<u64>,
}

impl CloseCodes {
    /// Compares the largest value of every code with the smallest one of the next.
    pub fn fill(&mut self, highest: &[f32], lowest: &[f32]) {
        self.bits.clear();
        for (code, (&low, &high)) in highest.iter().zip(lowest.iter().skip(1)).enumerate() {
            if !are_apart(low, high) {
                self.bits.resize(highest.len().div_ceil(64), 0);
                self.bits[code / 64] |= 1 << (code % 64);
            }
        }
    }

    fn is_close_to_next(&self, code: u32) -> bool {
        self.bits[code as usize / 64] >> (code % 64) & 1 == 1
    }

    /// Whether a threshold may stand between two codes.
    #[inline]
    pub fn separates(&self, low: u32, high: u32, highest: &[f32], lowest: &[f32]) -> bool {
        // What parts one code from the next parts it from all behind, too. Of neighbours that are
        // close to each other, the ends may be apart.
        low < high
            && (self.bits.is_empty()
                || !self.is_close_to_next(low)
                || !self.is_close_to_next(high - 1)
                || are_apart(highest[low as usize], lowest[high as usize]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bits_tell_what_the_values_do(
            mut values in prop::collection::vec((0u32..300, 0u32..2), 1..200), scale in prop::sample::select(vec![2e-8_f32, 1e-7, 1e-3]),
        ) {
            values.sort_unstable();
            values.dedup();
            let mut lowest: Vec<f32> = values.iter().map(|&(step, half)| scale * (step as f32 + half as f32 / 2.0)).collect();
            lowest.dedup();
            let highest: Vec<f32> = lowest.iter().map(|value| value + scale / 4.0).collect();
            for highest in [&lowest, &highest] {
                let mut close = CloseCodes::default();
                close.fill(highest, &lowest);
                for low in 0..lowest.len() {
                    for high in 0..lowest.len() {
                        let expected = low < high && are_apart(highest[low], lowest[high]);
                        prop_assert_eq!(close.separates(low as u32, high as u32, highest, &lowest), expected);
                    }
                }
            }
        }
    }
}
