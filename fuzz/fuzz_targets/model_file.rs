//! Bytes that nobody vouches for, as every kind of file; what can be read then predicts.
//!
//! Magic, revision, lengths and checksums are written anew into what the fuzzer made, so that it
//! gets beyond them; one input in sixteen is read as it is.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ndarray::{Array1, Array2, ArrayView1};
use treering::data::MatrixView;
use treering::drift::ReferenceColumn;
use treering::drift::stream::Watcher;
use treering::ensemble::Forest;
use treering::profile::compare::{divergence, kolmogorov_smirnov, wasserstein};
use treering::profile::Profile;
use treering::persistence::{Checked, Kind, Predictor, check_header, from_bytes, kind_of, read_model, to_bytes};
use treering::runtime::{Cancel, Workers};
use treering::stats::alternative::Alternative;
use treering::stats::ks::Method;
use treering::stats::sort::Column;
use treering::tree::{Paths, Tree, Walker};

const HEADER: usize = 20;
const CHECKSUM: usize = 4;

/// Rows of more columns than this would test the machine's memory; trees of half as many are still
/// laid out in both ways.
const MOST_COLUMNS: usize = 1 << 12;

fuzz_target!(|data: &[u8]| {
    let mut bytes = data.to_vec();
    if data.first().is_none_or(|first| first % 16 != 3) {
        mend(&mut bytes);
    }
    let _ = check_header(&bytes, bytes.len() as u64);
    read_all(&bytes);
});

fn read_all(bytes: &[u8]) {
    let _ = from_bytes::<ReferenceColumn>(bytes).inspect(compare);
    let _ = from_bytes::<Profile>(bytes).inspect(use_profile);
    if let Ok(watcher) = from_bytes::<Watcher>(bytes) {
        use_detector(watcher);
    }
    let _ = from_bytes::<Tree>(bytes).inspect(use_tree);
    let _ = from_bytes::<Forest>(bytes).inspect(use_forest);
    if let Ok((description, predictor)) = read_model(bytes) {
        match kind_of(predictor) {
            Some(Kind::Tree) => drop(description.predictor::<Tree>(predictor).inspect(use_tree)),
            Some(Kind::Forest) => drop(description.predictor::<Forest>(predictor).inspect(use_forest)),
            _ => assert!(description.predictor::<Tree>(predictor).is_err()),
        }
    }
}

/// Writes the right magic, revision, length and checksum into a file, and into the one within.
fn mend(bytes: &mut Vec<u8>) {
    if bytes.len() < HEADER + CHECKSUM {
        bytes.resize(HEADER + CHECKSUM, 0);
    }
    let kind = u16::from(bytes[10]) % 7;
    if kind == Kind::Model as u16 {
        let magic = b"TREERING";
        let within = (HEADER..bytes.len() - CHECKSUM).rev().find(|&at| bytes[at..].starts_with(magic));
        let end = bytes.len() - CHECKSUM;
        if let Some(start) = within.filter(|start| end - start >= HEADER + CHECKSUM) {
            let kind = u16::from(bytes[start + 10]) % 4;
            seal(&mut bytes[start..end], kind);
        }
    }
    seal(bytes, kind);
}

/// A detector takes values of every sort that it may, and is written as it was read.
fn use_detector(mut watcher: Watcher) {
    round_trip(&watcher);
    for values in [[0.0, 1.0, 1.0, 0.0], [0.25, 0.5, 1.0, 0.0], [-1e150, 1e150, 3.0, -0.0]] {
        let _ = watcher.update_many(&values, &Cancel::new());
        round_trip(&watcher);
    }
    watcher.reset();
    round_trip(&watcher);
}

/// What is added up and compared with itself holds together, too.
fn use_profile(profile: &Profile) {
    round_trip(profile);
    let Ok(twice) = profile.merged(profile).and_then(|twice| twice.compact(Workers::alone())) else { return };
    assert!(twice.check().is_ok());
    for part in twice.parts() {
        for column in &part.columns {
            let column = &column.column;
            let quantiles = &column.numbers.quantiles;
            let found = [kolmogorov_smirnov(quantiles, quantiles), wasserstein(quantiles, quantiles)];
            assert!(found.iter().all(|bounds| !(bounds.low > bounds.high)));
            let found = divergence(column, column, 10, 0.5, treering::stats::divergence::Divergence::Psi).unwrap();
            assert!(!(found.low > found.high));
        }
    }
}

fn seal(bytes: &mut [u8], kind: u16) {
    let end = bytes.len() - CHECKSUM;
    bytes[..8].copy_from_slice(b"TREERING");
    bytes[8..10].copy_from_slice(&1u16.to_le_bytes());
    bytes[10..12].copy_from_slice(&kind.to_le_bytes());
    bytes[12..HEADER].copy_from_slice(&((end - HEADER) as u64).to_le_bytes());
    let checksum = crc32fast::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(&checksum.to_le_bytes());
}

/// What was read is written to bytes that are read as the same again.
fn round_trip<T: Checked>(value: &T) {
    let bytes = to_bytes(value).expect("what was read can be written");
    let again: T = from_bytes(&bytes).expect("what was written can be read");
    assert_eq!(to_bytes(&again).expect("and written again"), bytes);
}

fn compare(column: &ReferenceColumn) {
    round_trip(column);
    let _ = (column.range(), column.size(), column.missing());
    let values = [-1.0, 0.0, 1e300, f64::NAN];
    let _ = column.ks(Column::F64(ArrayView1::from(&values)), Alternative::TwoSided, Method::Auto, &Cancel::new());
}

/// Rows with every sort of value.
fn rows(columns: usize) -> Option<Array2<f64>> {
    const VALUES: [f64; 7] = [0.0, -0.0, f64::NAN, 1e30, -1e30, 0.5, -3.0];
    (columns <= MOST_COLUMNS)
        .then(|| Array2::from_shape_fn((11, columns), |(row, column)| VALUES[(row * 3 + column) % VALUES.len()]))
}

fn use_tree(tree: &Tree) {
    round_trip(tree);
    let _ = (tree.depths(), tree.leaves(), tree.importances(true), tree.importances(false));
    let _ = tree.pruning_path(&Cancel::new());
    if let Some(rows) = rows(Predictor::columns(tree)) {
        let view = MatrixView::F64(rows.view()).into();
        let trees = [Arc::new(tree.clone())];
        let paths = Paths::down(&trees, view, Workers::alone()).expect("every row has a path");
        let walker = Walker::new(&trees, Workers::alone()).expect("every tree can be laid out");
        let leaves = walker.leaves(&trees, view, Workers::alone()).expect("every row reaches a leaf");
        for (row, leaf) in leaves.into_iter().enumerate() {
            assert_eq!(paths.nodes[paths.starts[row + 1] as usize - 1], leaf);
        }
    }
}

fn use_forest(forest: &Forest) {
    round_trip(forest);
    for tree in forest.trees() {
        use_tree(tree);
    }
    let _ = forest.importances(&Cancel::new());
    if let Some(rows) = rows(Predictor::columns(forest)) {
        let view = MatrixView::F64(rows.view());
        let answers = Array1::from(forest.predict(view, Workers::alone()).expect("every row has an answer"));
        assert!(answers.iter().all(|answer| !answer.is_nan()));
        forest.apply(view, Workers::alone()).expect("every row reaches a leaf of every tree");
    }
}
