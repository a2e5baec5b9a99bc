//! What every integrity zome shares. Everything here decides what a peer accepts, so it is part of each DNA's hash.

mod act;
mod anchor;
mod listing;
mod membrane;
mod properties;
mod stored;
mod verdict;
mod written;

pub use act::{read_act, Act};
pub use anchor::anchor_hash;
pub use listing::{check_listing, number_tag, Listed, Place};
pub use membrane::{check_genesis, check_joining, check_signatures, Joining};
pub use properties::NetworkProperties;
pub use stored::Stored;
pub use verdict::{invalid, verdict};
pub use written::{must_get_written, with_writing};
