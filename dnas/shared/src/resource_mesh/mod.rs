//! Tasks: what is asked, who may run it, what came out, and how it ended.

mod entries;

pub use entries::*;
