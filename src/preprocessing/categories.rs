//! Columns of categories: texts, and what stands for a missing one.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::runtime::memory::{filled, make_room, reserved};

/// One category.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Category {
    /// A text.
    Text(Box<str>),
    /// Python's None.
    None,
    /// Not a number.
    Nan,
}

impl Category {
    fn rank(&self) -> u8 {
        match self {
            Self::Text(_) => 0,
            Self::None => 1,
            Self::Nan => 2,
        }
    }
}

/// Texts by their code points, then None, then NaN, as in scikit-learn.
impl Ord for Category {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Category {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A column as numbers of its categories, in the order of their first appearance.
#[derive(Debug, Default)]
pub struct CategoryColumn {
    codes: Vec<u32>,
    categories: Vec<Category>,
    // The standard hash, whose key differs from process to process: strangers cannot choose texts that
    // collide.
    texts: HashMap<Box<str>, u32>,
    none: Option<u32>,
    nan: Option<u32>,
}

impl CategoryColumn {
    /// Makes room for so many rows more.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub fn reserve(&mut self, rows: usize) -> Result<()> {
        make_room(&mut self.codes, rows)
    }

    /// Adds a row; returns the number of its category.
    #[inline]
    pub fn push(&mut self, text: &str) -> u32 {
        let code = self.code(text);
        self.codes.push(code);
        code
    }

    /// Adds a row of a category that another row has.
    #[inline]
    pub fn push_code(&mut self, code: u32) {
        self.codes.push(code);
    }

    /// Adds a row without a text: None, or NaN.
    pub fn push_missing(&mut self, is_none: bool) -> u32 {
        let (known, category) = if is_none { (&mut self.none, Category::None) } else { (&mut self.nan, Category::Nan) };
        let code = *known.get_or_insert_with(|| {
            self.categories.push(category);
            self.categories.len() as u32 - 1
        });
        self.codes.push(code);
        code
    }

    #[inline]
    fn code(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.texts.get(text) {
            return code;
        }
        let code = self.categories.len() as u32;
        self.categories.push(Category::Text(text.into()));
        self.texts.insert(text.into(), code);
        code
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.codes.len()
    }

    /// The categories in order, and how many rows each has. O(rows + k log k).
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub fn learn(&self) -> Result<Vec<(&Category, u64)>> {
        let mut counts = filled(0, self.categories.len())?;
        for &code in &self.codes {
            counts[code as usize] += 1;
        }
        let mut learned: Vec<_> = self.categories.iter().zip(counts).collect();
        learned.sort_unstable();
        Ok(learned)
    }

    /// Writes the place of each row's category among the known ones to `places`, every `step`-th of them
    /// from the first; −1 for one that is not known. Returns those, in the order of their appearance.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] if there is not a place for each row; [`crate::ErrorKind::Memory`].
    pub fn find(&self, known: &[Category], places: &mut [i64], step: usize) -> Result<Vec<&Category>> {
        let step = step.max(1);
        if places.len().div_ceil(step) < self.codes.len() {
            return Err(Error::shape("places for the rows", self.codes.len(), places.len().div_ceil(step)));
        }
        let by_category: HashMap<&Category, i64> =
            known.iter().enumerate().map(|(place, category)| (category, place as i64)).collect();
        let mut of_code = reserved(self.categories.len())?;
        of_code.extend(self.categories.iter().map(|category| by_category.get(category).copied().unwrap_or(-1)));
        for (place, &code) in places.iter_mut().step_by(step).zip(&self.codes) {
            *place = of_code[code as usize];
        }
        Ok(self.categories.iter().zip(of_code).filter(|&(_, place)| place < 0).map(|(category, _)| category).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn categories() -> impl Strategy<Value = Vec<Category>> {
        let one = prop_oneof![
            4 => ".{0,6}".prop_map(|text| Category::Text(text.into())),
            1 => Just(Category::None),
            1 => Just(Category::Nan),
        ];
        (prop::collection::vec(one, 1..8), prop::collection::vec(any::<prop::sample::Index>(), 0..60))
            .prop_map(|(few, picks)| picks.iter().map(|pick| pick.get(&few).clone()).collect())
    }

    fn column(rows: &[Category]) -> CategoryColumn {
        let mut column = CategoryColumn::default();
        for row in rows {
            match row {
                Category::Text(text) => column.push(text),
                Category::None => column.push_missing(true),
                Category::Nan => column.push_missing(false),
            };
        }
        column
    }

    proptest! {
        #[test]
        fn rows_are_found_among_what_was_learned(rows in categories(), others in categories()) {
            let (own, other) = (column(&rows), column(&others));
            let learned = own.learn()?;
            prop_assert!(learned.windows(2).all(|pair| pair[0].0 < pair[1].0));
            for (category, count) in &learned {
                prop_assert_eq!(rows.iter().filter(|row| row == category).count() as u64, *count);
            }
            let known: Vec<Category> = learned.into_iter().map(|(category, _)| category.clone()).collect();
            for (column, rows) in [(&own, &rows), (&other, &others)] {
                let mut places = vec![7; 2 * rows.len()];
                let unknown = column.find(&known, &mut places, 2)?;
                for (row, place) in rows.iter().zip(places.iter().step_by(2)) {
                    prop_assert_eq!(known.iter().position(|one| one == row).map_or(-1, |place| place as i64), *place);
                    prop_assert_eq!(*place < 0, unknown.contains(&row));
                }
            }
        }
    }

    #[test]
    fn too_few_places_are_refused() {
        let mut column = CategoryColumn::default();
        column.push("a");
        column.push("b");
        assert!(column.find(&[], &mut [0], 1).is_err());
    }
}
