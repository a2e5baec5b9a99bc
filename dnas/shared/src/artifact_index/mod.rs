//! What is kept on IPFS: which content, where it came from, and who keeps it.

mod entries;
pub mod limits;
pub mod rules;
#[cfg(test)]
mod tests;

pub use entries::*;
