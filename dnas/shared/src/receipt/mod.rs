//! Receipts: the signed bytes of a task's events, and what they show to somebody who trusts neither side.

pub mod chain;
mod events;
mod file;
mod report;
mod reveal;
#[cfg(test)]
mod tests;
mod verify;

pub use events::read_event;
pub use file::{Receipt, Reveal, SignedBytes, VERSION};
pub use report::{Problem, Report, Summary};
pub use verify::verify;
