//! The coordinator zomes of `resource_mesh`, a module for each: one wasm, so that it is compiled once (see `ripple_coordinator`).

pub mod accounting;
pub mod resources;
pub mod scheduling;

use hdk::prelude::*;
use ripple_coordinator::open_to_all;

/// Lets every peer hand messages to `scheduling`. The engine calls this once for each zome name.
#[hdk_extern]
pub fn init() -> ExternResult<InitCallbackResult> {
    open_to_all("scheduling", &["receive"])?;
    Ok(InitCallbackResult::Pass)
}
