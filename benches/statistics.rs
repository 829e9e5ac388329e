//! Sorting, the Kolmogorov-Smirnov test on sorted samples, and the moments of columns.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{Array1, Array2};
use treering::runtime::{Cancel, Stream, Workers};
use treering::stats::alternative::Alternative;
use treering::stats::ks::{Method, compare_sorted};
use treering::stats::moments::Moments;
use treering::stats::sort::Column;

fn uniform(rows: usize, key: u64) -> Array1<f64> {
    let mut stream = Stream::new(key);
    Array1::from_shape_simple_fn(rows, || stream.uniform())
}

fn kolmogorov_smirnov(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("kolmogorov-smirnov");
    let cancel = Cancel::new();
    for rows in [100, 10_000, 1_000_000] {
        let (first, second) = (uniform(rows, 1), uniform(rows, 2));
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_function(BenchmarkId::new("sort", rows), |bencher| {
            bencher.iter(|| Column::F64(black_box(first.view())).sorted(&cancel));
        });
        let (Ok(first), Ok(second)) =
            (Column::F64(first.view()).sorted(&cancel), Column::F64(second.view()).sorted(&cancel))
        else {
            continue;
        };
        group.bench_function(BenchmarkId::new("compare sorted, asymptotic", rows), |bencher| {
            bencher.iter(|| {
                compare_sorted(&first.values, &second.values, Alternative::TwoSided, Method::Asymptotic, &cancel)
            });
        });
        if rows <= 10_000 {
            group.bench_function(BenchmarkId::new("compare sorted, exact", rows), |bencher| {
                bencher.iter(|| {
                    compare_sorted(&first.values, &second.values, Alternative::TwoSided, Method::Exact, &cancel)
                });
            });
        }
    }
    group.finish();
}

fn moments(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("moments");
    for columns in [1, 50] {
        let rows = 100_000;
        let x = Array2::from_shape_vec((rows, columns), uniform(rows * columns, 3).to_vec()).unwrap_or_default();
        group.throughput(Throughput::Bytes((x.len() * size_of::<f64>()) as u64));
        group.bench_function(BenchmarkId::new("one thread, columns", columns), |bencher| {
            bencher.iter(|| Moments::of(black_box(x.view()), None, Workers::alone()));
        });
    }
    group.finish();
}

criterion_group!(benches, kolmogorov_smirnov, moments);
criterion_main!(benches);
