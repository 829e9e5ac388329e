//! Bindings of [`crate::drift::stream`].

use std::sync::{Mutex, MutexGuard, PoisonError};

use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::convert::Vector;
use super::detached::detached;
use crate::drift::stream::{
    Adwin, Cusum, Ddm, Detector, Eddm, HddmA, HddmW, KsWin, PageHinkley, Parameter, ReferenceKs, Signal, Watcher,
};
use crate::persistence::{from_bytes, to_bytes};
use crate::runtime::Cancel;

/// A parameter as Python's object.
#[derive(IntoPyObject)]
enum Given {
    Float(f64),
    Optional(Option<f64>),
    Int(u64),
    Bool(bool),
    Text(&'static str),
}

impl From<Parameter> for Given {
    fn from(parameter: Parameter) -> Self {
        match parameter {
            Parameter::Float(value) => Self::Float(value),
            Parameter::Optional(value) => Self::Optional(value),
            Parameter::Int(value) => Self::Int(value),
            Parameter::Bool(value) => Self::Bool(value),
            Parameter::Text(value) => Self::Text(value),
        }
    }
}

/// The size of a reference, and the statistic and the p-value of a window that is full.
type Test = (u64, Option<f64>, Option<f64>);

/// A detector at work.
#[pyclass(frozen, name = "Watcher", module = "treering._core.stream")]
struct PyWatcher(Mutex<Watcher>);

impl PyWatcher {
    fn of(detector: Detector) -> PyResult<Self> {
        Ok(Self(Mutex::new(Watcher::new(detector)?)))
    }

    fn lock(&self) -> MutexGuard<'_, Watcher> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl PyWatcher {
    #[staticmethod]
    fn page_hinkley(min_instances: u64, delta: f64, threshold: f64, alpha: f64, mode: &str) -> PyResult<Self> {
        Self::of(Detector::PageHinkley(PageHinkley::new(min_instances, delta, threshold, alpha, mode.parse()?)))
    }

    #[staticmethod]
    fn cusum(
        mean: Option<f64>,
        std: Option<f64>,
        slack: f64,
        threshold: f64,
        warm_start: u64,
        mode: &str,
    ) -> PyResult<Self> {
        Self::of(Detector::Cusum(Cusum::new(mean, std, slack, threshold, warm_start, mode.parse()?)))
    }

    #[staticmethod]
    fn adwin(delta: f64, clock: u64, max_buckets: u64, min_window_length: u64, grace_period: u64) -> PyResult<Self> {
        Self::of(Detector::Adwin(Adwin::new(delta, clock, max_buckets, min_window_length, grace_period)))
    }

    #[staticmethod]
    fn ddm(warm_start: u64, warning_threshold: f64, drift_threshold: f64) -> PyResult<Self> {
        Self::of(Detector::Ddm(Ddm::new(warm_start, warning_threshold, drift_threshold)))
    }

    #[staticmethod]
    fn eddm(warm_start: u64, alpha: f64, beta: f64) -> PyResult<Self> {
        Self::of(Detector::Eddm(Eddm::new(warm_start, alpha, beta)))
    }

    #[staticmethod]
    fn hddm_a(drift_confidence: f64, warning_confidence: f64, two_sided_test: bool) -> PyResult<Self> {
        Self::of(Detector::HddmA(HddmA::new(drift_confidence, warning_confidence, two_sided_test)))
    }

    #[staticmethod]
    fn hddm_w(drift_confidence: f64, warning_confidence: f64, lambda_val: f64, two_sided_test: bool) -> PyResult<Self> {
        Self::of(Detector::HddmW(HddmW::new(drift_confidence, warning_confidence, lambda_val, two_sided_test)))
    }

    #[staticmethod]
    fn kswin(alpha: f64, window_size: u64, stat_size: u64, seed: u64) -> PyResult<Self> {
        Self::of(Detector::KsWin(KsWin::new(alpha, window_size, stat_size, seed)))
    }

    /// Of an ascending reference.
    #[staticmethod]
    fn reference_ks(py: Python<'_>, reference: Vector<'_, f64>, window_size: u64, alpha: f64) -> PyResult<Self> {
        let reference = reference.as_array().to_vec();
        Self::of(Detector::ReferenceKs(detached(py, |_| ReferenceKs::new(&reference, window_size, alpha))?))
    }

    /// Takes one value.
    fn update(&self, value: f64) -> PyResult<()> {
        self.lock().update_many(&[value], &Cancel::new())?;
        Ok(())
    }

    /// Takes values; the places of those at which a drift was detected.
    fn update_many<'py>(&self, py: Python<'py>, values: Vector<'py, f64>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let values = values.as_array().to_vec();
        let found = detached(py, |cancel| self.lock().update_many(&values, cancel))?;
        Ok(found.into_iter().map(|place| place as i64).collect::<Vec<_>>().into_pyarray(py))
    }

    fn reset(&self) {
        self.lock().reset();
    }

    #[getter]
    fn drift_detected(&self) -> bool {
        self.lock().signal() == Signal::Drift
    }

    #[getter]
    fn warning_detected(&self) -> bool {
        self.lock().signal() == Signal::Warning
    }

    #[getter]
    fn seen(&self) -> u64 {
        self.lock().seen()
    }

    #[getter]
    fn detections(&self) -> u64 {
        self.lock().detections()
    }

    /// The name of its class.
    #[getter]
    fn name(&self) -> &'static str {
        self.lock().detector().name()
    }

    /// The parameters, by name.
    fn parameters(&self) -> Vec<(&'static str, Given)> {
        self.lock().detector().parameters().into_iter().map(|(name, value)| (name, value.into())).collect()
    }

    /// Of ADWIN's window: how many values, their mean, their squares about it; None of other detectors.
    fn window(&self) -> Option<(f64, f64, f64)> {
        match self.lock().detector() {
            Detector::Adwin(adwin) => {
                let window = adwin.window();
                Some((window.count, window.mean, window.squares))
            }
            _ => None,
        }
    }

    /// Of a window beside a reference: the reference's size, and statistic and p-value once the window is full; None of
    /// other detectors.
    fn test(&self, py: Python<'_>) -> PyResult<Option<Test>> {
        detached(py, |cancel| {
            let watcher = self.lock();
            let Detector::ReferenceKs(found) = watcher.detector() else { return Ok(None) };
            Ok(Some((found.reference_size(), found.statistic()?, found.pvalue(cancel)?)))
        })
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &detached(py, |_| to_bytes(&*self.lock()))?))
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        Ok(Self(Mutex::new(detached(py, |_| from_bytes(data))?)))
    }
}

#[pymodule(name = "stream")]
pub(crate) mod stream_module {
    #[pymodule_export]
    use super::PyWatcher;
}
