//! Presence: said by remote signal, never written to a chain.

use hdk::prelude::*;
use ripple_integrity::NetworkProperties;
use ripple_shared::agent_registry::{check_card, NodeCapability, Presence};
use ripple_shared::membrane::Membrane;
use ripple_shared::AgentPubKeyB64;

/// What a peer says to another.
#[derive(Serialize, Deserialize, Debug)]
pub struct Word {
    /// How it is now.
    pub presence: Presence,
    /// Its own card, for a peer that may not have it: the DHT brings it only after both have synced.
    pub card: Option<NodeCapability>,
}

/// A beat and who shall hear it.
#[derive(Serialize, Deserialize, Debug)]
pub struct Beat {
    /// What to say.
    pub word: Word,
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
        /// How it is now.
        presence: Presence,
        /// Its card, where it told it.
        card: Option<NodeCapability>,
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
    send_remote_signal(beat.word, agents)
}

/// Passes another peer's beat on to the daemon; one out of bounds, with a card of someone
/// else, or with a card that its network refuses, is dropped.
#[hdk_extern]
pub fn recv_remote_signal(word: Word) -> ExternResult<()> {
    let from = call_info()?.provenance.into();
    let membrane = NetworkProperties::try_from_dna_properties()?.membrane;
    if !is_within_bounds(&word, &from, membrane.as_ref()) {
        return Ok(());
    }
    let Word { presence, card } = word;
    emit_signal(Signal::Presence { from, presence, card })
}

fn is_within_bounds(word: &Word, from: &AgentPubKeyB64, membrane: Option<&Membrane>) -> bool {
    let Word { presence, card } = word;
    presence.addresses.len() <= ADDRESSES_MAX
        && presence.addresses.iter().all(|address| address.len() <= ADDRESS_BYTES_MAX)
        && card.as_ref().is_none_or(|card| check_card(card, from, membrane).is_ok())
}
