//! What coordinator zomes share. None of it is consensus: it may change without changing a network.

mod holders;
mod listed;
mod open;
mod read;
mod signed;

pub use holders::holders_of;
pub use listed::{listed, write_listed, written};
pub use open::open_to_all;
pub use read::{app_records_after, document, links_from, local_record, newest, own_key, type_of};
pub use signed::{signed_bytes, SignedBytes};
