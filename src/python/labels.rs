//! Labels of training rows from numpy, one or more for each row.

use std::borrow::Cow;

use ndarray::ArrayView2;
use pyo3::prelude::*;

use super::convert::{Matrix, contiguous};
use crate::error::Result;
use crate::tree::{Outputs, Targets};

/// A matrix of class codes, or of numbers: a row of labels for each row of X.
#[derive(FromPyObject)]
pub(super) enum LabelMatrix<'py> {
    #[pyo3(transparent)]
    Classes(Matrix<'py, u32>),
    #[pyo3(transparent)]
    Numbers(Matrix<'py, f64>),
}

impl LabelMatrix<'_> {
    /// The labels where they lie.
    pub(super) fn view(&self) -> LabelView<'_> {
        match self {
            Self::Classes(codes) => LabelView::Classes(codes.as_array()),
            Self::Numbers(values) => LabelView::Numbers(values.as_array()),
        }
    }
}

/// Labels where they lie, which another thread may read.
#[derive(Clone, Copy)]
pub(super) enum LabelView<'a> {
    Classes(ArrayView2<'a, u32>),
    Numbers(ArrayView2<'a, f64>),
}

impl<'a> LabelView<'a> {
    /// The labels row by row: where they lie if they do so, else a copy.
    pub(super) fn rows(self) -> Result<LabelRows<'a>> {
        Ok(match self {
            Self::Classes(codes) => LabelRows::Classes(contiguous(codes)?),
            Self::Numbers(values) => LabelRows::Numbers(contiguous(values)?, values.ncols()),
        })
    }
}

/// Labels row by row.
pub(super) enum LabelRows<'a> {
    Classes(Cow<'a, [u32]>),
    Numbers(Cow<'a, [f64]>, usize),
}

impl LabelRows<'_> {
    /// The labels as trees learn them; `outputs` says how many classes there are.
    pub(super) fn targets<'b>(&'b self, outputs: &'b Outputs) -> Targets<'b> {
        match self {
            Self::Classes(codes) => Targets::Classes { codes, counts: outputs.class_counts() },
            Self::Numbers(values, outputs) => Targets::Numbers { values, outputs: *outputs },
        }
    }
}

/// What trees answer with: the shares of so many classes for every output, or else numbers.
pub(super) fn outputs_of(class_counts: Option<Vec<u32>>, numbers: usize) -> Outputs {
    class_counts.map_or(Outputs::Numbers(u32::try_from(numbers).unwrap_or(u32::MAX)), Outputs::Classes)
}
