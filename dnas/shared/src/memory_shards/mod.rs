//! How a vector space is cut into shards, who keeps them, and how far copies have caught up.

mod entries;
pub mod limits;
mod queries;
pub mod rules;
#[cfg(test)]
mod tests;

pub use entries::*;
pub use queries::*;
