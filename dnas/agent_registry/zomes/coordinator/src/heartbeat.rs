//! Presence: said by remote signal, never written to a chain.

use hdk::prelude::*;
use ripple_shared::{agent_registry::Presence, AgentPubKeyB64};

/// A beat and who shall hear it.
#[derive(Serialize, Deserialize, Debug)]
pub struct Beat {
    /// What to say.
    pub presence: Presence,
    /// Who shall hear it.
    pub to: Vec<AgentPubKeyB64>,
}

/// What the daemon hears of a beat.
#[derive(Serialize, Deserialize, Debug)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Signal {
    /// Another peer is there.
    Presence {
        /// The peer, as the conductor has verified it.
        from: AgentPubKeyB64,
        /// What it says.
        presence: Presence,
    },
}

/// Most addresses of a beat.
const ADDRESSES_MAX: usize = 16;
/// Longest address, in bytes.
const ADDRESS_BYTES_MAX: usize = 256;

/// Sends a beat. Nobody answers it and it may be lost.
#[hdk_extern]
pub fn beat(beat: Beat) -> ExternResult<()> {
    let agents = beat.to.into_iter().map(AgentPubKey::from).collect();
    send_remote_signal(beat.presence, agents)
}

/// Passes another peer's beat on to the daemon; one out of bounds is dropped.
#[hdk_extern]
pub fn recv_remote_signal(presence: Presence) -> ExternResult<()> {
    let long = |address: &String| address.len() > ADDRESS_BYTES_MAX;
    if presence.addresses.len() > ADDRESSES_MAX || presence.addresses.iter().any(long) {
        return Ok(());
    }
    let from = call_info()?.provenance.into();
    emit_signal(Signal::Presence { from, presence })
}
