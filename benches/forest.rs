//! Forests: encoding, growing and answering, on one thread, so that figures are about the kernels.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array2;
use treering::data::{CodedMatrix, MatrixView};
use treering::ensemble::{Bootstrap, Forest, ForestParams, fit};
use treering::runtime::{Stream, Workers};
use treering::tree::{Targets, TreeParams};

const COLUMNS: usize = 20;

/// Uniform columns, and two classes that a plane with some noise tells apart.
fn data(rows: usize) -> (Array2<f64>, Vec<u32>) {
    let mut stream = Stream::new(7);
    let x = Array2::from_shape_simple_fn((rows, COLUMNS), || stream.uniform());
    let classes = x.rows().into_iter().map(|row| u32::from(row[0] + row[1] + 0.3 * stream.uniform() > 1.15)).collect();
    (x, classes)
}

fn params(trees: usize, rows: usize) -> ForestParams {
    ForestParams {
        n_estimators: trees,
        tree: TreeParams { max_features: 4, ..TreeParams::new(COLUMNS) },
        bootstrap: Some(Bootstrap { draws: rows, balanced: false }),
    }
}

fn trained(x: &Array2<f64>, classes: &[u32], trees: usize) -> treering::Result<Forest> {
    fit(
        MatrixView::F64(x.view()),
        Targets::Classes { codes: classes, counts: &[2] },
        &params(trees, x.nrows()),
        0,
        Workers::alone(),
    )
}

fn forest(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("forest");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    for rows in [1_000, 10_000, 100_000] {
        let (x, classes) = data(rows);
        group.throughput(Throughput::Elements((rows * COLUMNS) as u64));
        group.bench_with_input(BenchmarkId::new("encode", rows), &x, |bencher, x| {
            bencher.iter(|| CodedMatrix::encode(MatrixView::F64(x.view()), Workers::alone()));
        });
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_with_input(BenchmarkId::new("fit 5 trees", rows), &x, |bencher, x| {
            bencher.iter(|| trained(x, &classes, 5));
        });
        let Ok(forest) = trained(&x, &classes, 100) else { continue };
        let mut row = 0;
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::new("predict one row, 100 trees of", rows), |bencher| {
            bencher.iter(|| {
                row = (row + 1) % rows;
                let one = x.slice(ndarray::s![row..=row, ..]);
                forest.predict(MatrixView::F64(black_box(one)), Workers::alone())
            });
        });
        group.throughput(Throughput::Elements(1_000));
        group.bench_function(BenchmarkId::new("predict 1,000 rows, 100 trees of", rows), |bencher| {
            let batch = x.slice(ndarray::s![..1_000, ..]);
            bencher.iter(|| forest.predict(MatrixView::F64(black_box(batch)), Workers::alone()));
        });
    }
    group.finish();
}

criterion_group!(benches, forest);
criterion_main!(benches);
