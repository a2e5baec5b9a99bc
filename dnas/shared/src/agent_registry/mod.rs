//! Who is there and what they can do.

mod entries;

pub use entries::*;
