//! What reading a file allocates: never more than the stated multiple of its length.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use treering::ensemble::Forest;
use treering::persistence::{
    Array, Blob, ColumnType, Description, MOST_GROWTH, Outputs, Schema, Value, from_bytes, read_model, write_model,
};
use treering::tree::Tree;

struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(change: isize) {
    // A thread that ends has no counters any more.
    let _ = HELD.try_with(|held| {
        held.set(held.get() + change);
        let _ = MOST.try_with(|most| most.set(most.get().max(held.get())));
    });
}

// SAFETY: every call is passed on to the system's allocator as it came.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // For a while, both may be there.
        count(size as isize);
        let moved = unsafe { System.realloc(block, layout, size) };
        count(-(layout.size() as isize));
        moved
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The bytes held at most while `work` runs, beyond those held before.
fn allocated<T>(work: impl FnOnce() -> T) -> usize {
    let before = HELD.get();
    MOST.set(before);
    drop(work());
    (MOST.get() - before) as usize
}

/// A file of any content, whole as far as its header and checksum say.
fn sealed(kind: u16, content: &[u8]) -> Vec<u8> {
    let mut bytes = b"TREERING\x01\x00".to_vec();
    bytes.extend(kind.to_le_bytes());
    bytes.extend((content.len() as u64).to_le_bytes());
    bytes.extend(content);
    let checksum = crc32fast::hash(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

fn description(attributes: Vec<Value>) -> Description {
    let schema = Schema { columns: 1, names: None, column_type: ColumnType::Float64, outputs: Outputs::Columns };
    let (class, version) = (b"tree.X"[..].into(), b"1"[..].into());
    Description { class, version, schema, parameters: vec![Value::Map(0)], attributes }
}

/// A count of `count` in postcard's encoding.
fn varint(mut count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while count > 0x7f {
        bytes.push(count as u8 | 0x80);
        count >>= 7;
    }
    bytes.push(count as u8);
    bytes
}

/// Whether all readers stay within the stated multiple, whatever they make of the file.
fn check(name: &str, bytes: &[u8]) {
    let most = allocated(|| read_model(bytes).map(|(description, _)| description))
        .max(allocated(|| from_bytes::<Forest>(bytes)))
        .max(allocated(|| from_bytes::<Tree>(bytes)));
    // The least is for messages.
    assert!(most <= MOST_GROWTH * bytes.len() + 1024, "{name}: {most} bytes for a file of {}", bytes.len());
}

mod persistence {
    use super::*;

    #[test]
    fn claims_make_no_room() {
        for size in [10usize, 1000, 100_000, 3_000_000] {
            for claim in [size - 9, size, usize::MAX / 2] {
                let claimed = |before: &[u8]| {
                    let mut content = [before, &varint(claim)].concat();
                    content.resize(content.len() + size, 0);
                    content
                };
                // columns, classes, depth; then nodes
                check("nodes", &sealed(1, &claimed(&[1, 1, 1, 0])));
                check("values", &sealed(1, &claimed(&[1, 1, 1, 0, 0])));
                check("class counts", &sealed(1, &claimed(&[1, 0])));
                check("trees", &sealed(2, &claimed(&[1, 1, 1])));
                check("keys", &sealed(2, &claimed(&[1, 1, 1, 0])));
                // class, version, columns; then names
                check("names", &sealed(4, &claimed(&[0, 0, 1, 1])));
                check("outputs", &sealed(4, &claimed(&[0, 0, 1, 0, 0, 2])));
                check("parameters", &sealed(4, &claimed(&[0, 0, 1, 0, 0, 0])));
                check("attributes", &sealed(4, &claimed(&[0, 0, 1, 0, 0, 0, 0])));
                check("a class name", &sealed(4, &claimed(&[])));
            }
        }
    }

    #[test]
    fn the_shortest_entries_stay_within_the_multiple() {
        for size in [100usize, 10_000, 1_000_000] {
            // A tree of nothing: columns, kind and number of outputs, depth, no nodes, no values.
            let trees = [&[1, 1, 1][..], &varint(size), &[0, 1, 1, 0, 0, 0].repeat(size), &varint(0)].concat();
            check("trees of nothing", &sealed(2, &trees));
            let parameters = |count: usize, value: &[u8]| {
                let content = [&[0, 0, 1, 0, 0, 0][..], &varint(count), &value.repeat(count), &[0]].concat();
                check(&format!("{value:?}"), &sealed(4, &content));
            };
            parameters(size, &[0]); // None
            parameters(size, &[2, 0]); // a whole number of no bytes
            parameters(size, &[4, 1, 65]); // a text of one letter
            parameters(size, &[9, 0, 0, 0]); // an array of nothing
            parameters(size, &[11, 0]); // objects of no shape
            parameters(size, &[11, 1, 0]);
            parameters(size, &[9, 1, 60, 1, 0, 1, 0]);
            let names = [&[0, 0, 1, 1][..], &varint(size), &vec![0; size]].concat();
            check("names", &sealed(4, &names));
            let shape = [&[0, 0, 1, 0, 0, 0, 1, 11][..], &varint(size), &vec![1; size]].concat();
            check("a shape", &sealed(4, &shape));
            // Many lists of the longest shapes that the rest has bytes for.
            let shapes = [&[0, 0, 1, 0, 0, 0][..], &varint(size), &[11], &varint(size - 1), &vec![1; size]].concat();
            check("room for values, and for a shape", &sealed(4, &shapes));
        }
    }

    #[test]
    fn honest_files_take_little_more_than_their_length() {
        let elements = Blob(vec![0; 800_000].into());
        let array = Value::Array(Box::new(Array { dtype: b"<f8"[..].into(), shape: vec![100_000], elements }));
        let attributes = vec![Value::Map(1), Value::Text(b"mean_"[..].into()), array];
        let bytes = write_model(&description(attributes), &[]).unwrap();
        let most = allocated(|| read_model(&bytes).map(|(description, _)| description));
        assert!(read_model(&bytes).is_ok());
        assert!(most < bytes.len() + 4096, "{most} bytes for a file of {}", bytes.len());
    }

    #[test]
    fn the_counter_counts() {
        assert_eq!(allocated(|| Vec::<u64>::with_capacity(100)), 800);
        assert_eq!(allocated(|| (vec![0u8; 10], vec![0u8; 20])), 30);
        assert!(allocated(|| (0..1000u64).filter(|number| number % 3 < 4).collect::<Vec<_>>()) > 8000);
    }
}
