//! The coordinator zomes of `agent_registry`, a module for each: one wasm, so that it is compiled once (see `ripple_coordinator`).

pub mod capabilities;
pub mod discovery;
pub mod heartbeat;

use hdk::prelude::*;
use ripple_coordinator::open_to_all;

/// Lets every peer send beats to `heartbeat`. The engine calls this once for each zome name.
#[hdk_extern]
pub fn init() -> ExternResult<InitCallbackResult> {
    open_to_all("heartbeat", &["recv_remote_signal"])?;
    Ok(InitCallbackResult::Pass)
}
