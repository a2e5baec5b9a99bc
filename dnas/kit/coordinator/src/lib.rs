//! What coordinator zomes share. None of it is consensus: it may change without changing a network.
//!
//! # Why the three coordinator zomes of a DNA are one wasm
//!
//! The conductor keeps and compiles each wasm once, by the hash of its bytes, whatever the zomes made of it are called,
//! and most of every wasm is the same HDK. With a wasm for each zome, a fresh conductor (Holochain 0.7.1) took 92 s of
//! CPU time and 1.3 GiB to install the hApp; with one for each DNA it takes 44 s and 0.9 GiB.
//!
//! So every function also answers under the names of the other two zomes. That opens nothing to other peers, because a
//! capability grant names the zome as well as the function. No two zomes of a DNA may have functions of one name.

mod holders;
mod listed;
mod open;
mod read;
mod signed;

pub use holders::holders_of;
pub use listed::{listed, write_listed, written};
pub use open::open_to_all;
pub use read::{
    app_records_after, document, links_from, local_record, newest, own_key, record_from_anywhere, type_of,
};
pub use signed::{signed_bytes, SignedBytes};
