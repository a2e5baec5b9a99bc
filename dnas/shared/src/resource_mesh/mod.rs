//! Tasks: what is asked, who may run it, what came out, and how it ended.

mod entries;
mod event;
mod fallback;
mod links;
mod offer;
mod refusal;
mod resolve;
mod result;
mod rules;
mod task;
#[cfg(test)]
mod tests;

pub use entries::*;
pub use event::{At, Known};
pub use links::{bucket_of, check_link, LinkBase, LinkKind};
pub use refusal::Refusal;
pub use resolve::{resolve, Resolution, TaskState};
pub use rules::check_entry;
