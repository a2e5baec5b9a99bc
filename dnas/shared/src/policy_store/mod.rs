//! Policies, what was decided by them, and the seals of the audit log.

mod entries;
pub mod limits;
mod queries;
pub mod rules;
#[cfg(test)]
mod tests;

pub use entries::*;
pub use queries::*;
