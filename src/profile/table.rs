//! The columns of a table, part by part.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::column::{ColumnProfile, FINISHED, IN_THE_MAKING};
use super::pairs::Pairs;
use crate::error::{Error, Result};
use crate::persistence::decoding::{counted, grown};
use crate::persistence::{Checked, Kind};
use crate::runtime::Workers;
use crate::runtime::memory::make_room;

/// The most parts that a profile keeps apart.
pub const MOST_PARTS: usize = 1024;

/// One part of a table: its rows, read in one go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// How many rows.
    pub rows: u64,
    /// The columns and their names, in the order of the table.
    #[serde(deserialize_with = "grown")]
    pub columns: Vec<NamedColumn>,
    /// How these go together.
    pub pairs: Pairs,
}

/// A column and its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedColumn {
    /// The name, as UTF-8.
    #[serde(deserialize_with = "counted")]
    name: Vec<u8>,
    /// What can be said of it.
    pub column: ColumnProfile,
}

impl NamedColumn {
    /// Names a column.
    pub fn new(name: &str, column: ColumnProfile) -> Self {
        Self { name: name.as_bytes().to_vec(), column }
    }

    /// The name.
    pub fn name(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.name)
    }
}

impl Part {
    /// The rows of this part and the ones that follow. Columns that one of them lacks are missing from its rows.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Value`] for too many values.
    pub fn merged(&self, next: &Self) -> Result<Self> {
        let mut columns = Vec::with_capacity(self.columns.len());
        let others: BTreeMap<&[u8], &ColumnProfile> =
            next.columns.iter().map(|column| (&column.name[..], &column.column)).collect();
        for mine in &self.columns {
            let column = match others.get(&mine.name[..]) {
                Some(theirs) => mine.column.merged(theirs)?,
                None => lacking(&mine.column, next.rows),
            };
            columns.push(NamedColumn { name: mine.name.clone(), column });
        }
        let known: BTreeMap<&[u8], usize> = self.columns.iter().map(|column| &column.name[..]).zip(0..).collect();
        let mut places = Vec::with_capacity(next.columns.len());
        for theirs in &next.columns {
            places.push(known.get(&theirs.name[..]).copied().unwrap_or(columns.len()) as u32);
            if !known.contains_key(&theirs.name[..]) {
                columns.push(NamedColumn { name: theirs.name.clone(), column: lacking(&theirs.column, self.rows) });
            }
        }
        let pairs = self.pairs.merged(&next.pairs, &places);
        Ok(Self { rows: self.rows.saturating_add(next.rows), columns, pairs })
    }

    fn pruned(self, size: usize) -> Result<Self> {
        let columns = self
            .columns
            .into_iter()
            .map(|NamedColumn { name, column }| Ok(NamedColumn { name, column: column.pruned(size)? }))
            .collect::<Result<_>>()?;
        Ok(Self { rows: self.rows, columns, pairs: self.pairs })
    }

    fn check(&self) -> Result<()> {
        let fail = |reason: &str| Err(Error::model_file(reason));
        let names: BTreeSet<&[u8]> = self.columns.iter().map(|column| &column.name[..]).collect();
        if names.len() != self.columns.len() {
            return fail("a column of a profile occurs twice");
        }
        self.pairs.check(self.rows, self.columns.len())?;
        for NamedColumn { name, column } in &self.columns {
            column.check()?;
            if std::str::from_utf8(name).is_err() || column.rows() != self.rows {
                return fail("a column of a profile has another number of rows than the part");
            }
        }
        Ok(())
    }
}

/// A column with so many missing values more.
fn lacking(column: &ColumnProfile, rows: u64) -> ColumnProfile {
    let mut column = column.clone();
    column.missing = column.missing.saturating_add(rows);
    column
}

/// Adds parts that follow one another up as they come, in constant memory: always two that are equally long, so that
/// bounds widen with the logarithm of their number alone.
#[derive(Debug, Default)]
pub struct Builder {
    /// At place k the sum of 2ᵏ parts, if there is one waiting for another.
    waiting: Vec<Option<Part>>,
}

impl Builder {
    /// Adds the next part.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Value`] for too many values.
    pub fn push(&mut self, part: Part) -> Result<()> {
        let mut part = part;
        for place in 0.. {
            if place == self.waiting.len() {
                self.waiting.push(None);
            }
            match self.waiting[place].take() {
                None => {
                    self.waiting[place] = Some(part);
                    return Ok(());
                }
                Some(before) => part = before.merged(&part)?.pruned(IN_THE_MAKING)?,
            }
        }
        Ok(())
    }

    /// The whole table as one part; None if there was none.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Value`] for too many values.
    pub fn finish(self) -> Result<Option<Part>> {
        // The longest came first.
        let mut all: Option<Part> = None;
        for part in self.waiting.into_iter().rev().flatten() {
            all = Some(match all {
                None => part,
                Some(before) => before.merged(&part)?,
            });
        }
        all.map(|part| part.pruned(FINISHED)).transpose()
    }
}

/// What can be said of a table: its parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// In the order of their bytes.
    #[serde(deserialize_with = "grown")]
    parts: Vec<Part>,
}

impl Profile {
    /// The profile of a table in one part.
    pub fn of(part: Part) -> Self {
        Self { parts: vec![part] }
    }

    /// The parts.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The profile of these parts and others, whichever comes first.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Value`] beyond [`MOST_PARTS`]; [`crate::ErrorKind::Memory`].
    pub fn merged(&self, other: &Self) -> Result<Self> {
        let count = self.parts.len() + other.parts.len();
        if count > MOST_PARTS {
            return Err(Error::value(
                "a profile",
                format!("{count} parts"),
                format!("at most {MOST_PARTS}: make one of them by compact() first"),
            ));
        }
        let mut parts = Vec::new();
        make_room(&mut parts, count)?;
        parts.extend(self.parts.iter().chain(&other.parts).cloned());
        check_rows(&parts)?;
        let mut keyed = parts.into_iter().map(|part| Ok((bytes_of(&part)?, part))).collect::<Result<Vec<_>>>()?;
        keyed.sort_by(|one, next| one.0.cmp(&next.0));
        Ok(Self { parts: keyed.into_iter().map(|(_, part)| part).collect() })
    }

    /// All parts as one, added up in the order of their bytes.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Value`] for too many values, [`crate::ErrorKind::Cancelled`].
    pub fn whole(&self, workers: Workers<'_>) -> Result<Part> {
        // Two by two: as many sums of sums as the logarithm of their number.
        let mut parts: Vec<Part> = self.parts.clone();
        while parts.len() > 1 {
            parts =
                workers.map(parts.len().div_ceil(2), |pair| match &parts[2 * pair..parts.len().min(2 * pair + 2)] {
                    [one, next] => one.merged(next),
                    one => Ok(one[0].clone()),
                })?;
        }
        parts.pop().ok_or_else(|| Error::internal("a profile without parts"))
    }

    /// The same as a profile of one part, of bounded size.
    ///
    /// # Errors
    /// As [`Profile::whole`].
    pub fn compact(&self, workers: Workers<'_>) -> Result<Self> {
        if self.parts.len() == 1 {
            return Ok(self.clone());
        }
        Ok(Self::of(self.whole(workers)?.pruned(FINISHED)?))
    }
}

/// Refuses more rows than anything is counted by.
fn check_rows(parts: &[Part]) -> Result<()> {
    const MOST: u64 = 1 << 62;
    let rows = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.rows));
    if rows < MOST { Ok(()) } else { Err(Error::value("the rows of a profile", rows, "fewer than 2^62")) }
}

fn bytes_of(part: &Part) -> Result<Vec<u8>> {
    postcard::to_stdvec(part).map_err(|error| Error::internal(format!("encoding failed: {error}")))
}

impl Checked for Profile {
    const KIND: Kind = Kind::Profile;

    fn check(&self) -> Result<()> {
        if self.parts.is_empty() || self.parts.len() > MOST_PARTS {
            return Err(Error::model_file("a profile has no possible number of parts"));
        }
        check_rows(&self.parts).map_err(|error| Error::model_file(error.to_string()))?;
        self.parts.iter().try_for_each(Part::check)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array1;
    use proptest::prelude::*;

    use super::*;
    use crate::persistence::{from_bytes, to_bytes};
    use crate::profile::column::Numbers;
    use crate::runtime::Cancel;
    use crate::stats::sort::Column;

    fn part(numbers: &[f64]) -> Part {
        let array = Array1::from(numbers.to_vec());
        let (numbers, missing) = Numbers::of(Column::F64(array.view()), None, &Cancel::new()).expect("numbers");
        let column = ColumnProfile { missing, numbers, ..ColumnProfile::empty() };
        let pairs = Pairs::of(&[], vec![0], Workers::alone()).expect("no pairs");
        Part { rows: array.len() as u64, columns: vec![NamedColumn::new("x", column)], pairs }
    }

    #[test]
    fn parts_that_lack_a_column_miss_its_values() -> Result<()> {
        let mut other = part(&[1.0, 2.0]);
        other.columns[0].name = b"y".to_vec();
        let all = part(&[3.0]).merged(&other)?;
        assert_eq!(all.rows, 3);
        let missing: Vec<_> = all.columns.iter().map(|each| (each.name().into_owned(), each.column.missing)).collect();
        assert_eq!(missing, [("x".into(), 2), ("y".into(), 1)]);
        all.check()
    }

    #[test]
    fn a_long_stream_keeps_its_bounds() -> Result<()> {
        let mut builder = Builder::default();
        let count = 300;
        for block in 0..count {
            let numbers: Vec<f64> = (0..2000).map(|i| f64::from(i * 300 + block)).collect();
            builder.push(part(&numbers))?;
        }
        let Some(all) = builder.finish()? else { panic!("no part") };
        let quantiles = &all.columns[0].column.numbers.quantiles;
        assert_eq!((all.rows, quantiles.len() <= FINISHED), (600_000, true));
        assert!(quantiles.widest() < 600_000 / 250, "{}", quantiles.widest());
        for value in [0.0, 1234.0, 300_000.0, 599_999.0] {
            let (low, high) = quantiles.up_to(value);
            assert!(low as f64 <= value + 1.0 && value < high as f64);
        }
        all.check()?;
        assert!(Builder::default().finish()?.is_none());
        Ok(())
    }

    proptest! {
        #[test]
        fn parts_in_any_order_have_the_same_bytes(
            parts in prop::collection::vec(prop::collection::vec(-9.0..9.0_f64, 1..30), 1..6), turn in 0_usize..6,
        ) {
            let profiles: Vec<Profile> = parts.iter().map(|numbers| Profile::of(part(numbers))).collect();
            let merge = |profiles: &[Profile]| {
                profiles[1..].iter().try_fold(profiles[0].clone(), |all, next| all.merged(next))
            };
            let forwards = merge(&profiles)?;
            let mut turned = profiles.clone();
            turned.rotate_left(turn % profiles.len());
            turned.reverse();
            prop_assert_eq!(to_bytes(&merge(&turned)?)?, to_bytes(&forwards)?);
            prop_assert_eq!(from_bytes::<Profile>(&to_bytes(&forwards)?)?, forwards.clone());
            let compact = forwards.compact(Workers::alone())?;
            prop_assert_eq!(compact.parts()[0].rows as usize, parts.iter().map(Vec::len).sum::<usize>());
            prop_assert!(compact.check().is_ok());
        }
    }
}
