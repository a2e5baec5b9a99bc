//! What makes a card valid, apart from the signature checks, which need the conductor's host.

use super::limits::{
    AGENT_NAME_BYTES_MAX, CARD_TAGS_MAX, CARD_TEXT_BYTES_MAX, GPUS_MAX, MODELS_MAX, PERCENT_MAX,
};
use super::{Compute, Gpu, Inference, Load, NodeCapability, PeerBinding};
use crate::check::{length, line, range, require, Checked, Refusal};
use crate::membrane::{check_membership, Membrane};
use crate::signed::Signed;
use crate::AgentPubKeyB64;

/// Checks a card of `author` and gives the signatures that are left to verify: the peer's, and those of the membership.
pub fn check_card(
    card: &NodeCapability,
    author: &AgentPubKeyB64,
    membrane: Option<&Membrane>,
) -> Result<Vec<Signed>, Refusal> {
    require(&card.node_id == author, "node_id is not the author")?;
    line("agent_name", &card.agent_name, 1, AGENT_NAME_BYTES_MAX)?;
    text("agent_version", &card.agent_version)?;
    line("latency_region", &card.network.latency_region, 0, CARD_TEXT_BYTES_MAX)?;
    length("tags", card.tags.len(), 0, CARD_TAGS_MAX)?;
    card.tags.iter().try_for_each(|tag| text("tags", tag))?;
    check_compute(&card.capabilities.compute)?;
    check_inference(&card.capabilities.inference)?;
    check_load(&card.load)?;
    require(is_utc_time(&card.last_heartbeat), "last_heartbeat is not RFC 3339 in UTC")?;
    let mut signatures = check_membership(membrane, author, card.membership.as_ref())?;
    signatures.push(binding(&card.peer, author)?);
    Ok(signatures)
}

fn check_compute(compute: &Compute) -> Checked {
    text("cpu_arch", &compute.cpu_arch)?;
    length("gpus", compute.gpus.len(), 0, GPUS_MAX)?;
    compute.gpus.iter().try_for_each(check_gpu)?;
    let agree = match &compute.gpu {
        None => compute.gpus.is_empty(),
        Some(gpu) => compute.gpus.contains(gpu),
    };
    require(agree, "gpu is one of gpus, and null only when there are none")
}

fn check_gpu(gpu: &Gpu) -> Checked {
    text("vendor", &gpu.vendor)?;
    text("model", &gpu.model)
}

fn check_inference(inference: &Inference) -> Checked {
    length("models", inference.models.len(), 0, MODELS_MAX)?;
    inference.models.iter().try_for_each(|model| text("models", &model.name))?;
    let named = inference.models.iter().map(|model| &model.name);
    require(inference.models_loaded.iter().eq(named), "models_loaded names the models of models, in their order")
}

fn check_load(load: &Load) -> Checked {
    for percent in [load.cpu_percent, load.gpu_percent, load.memory_percent] {
        range("load", u64::from(percent), 0, u64::from(PERCENT_MAX))?;
    }
    Ok(())
}

fn text(field: &'static str, value: &str) -> Checked {
    line(field, value, 1, CARD_TEXT_BYTES_MAX)
}

/// `2026-01-05T12:00:00Z`, with an optional fraction of one to nine digits. Shape and ranges only: the calendar's
/// finer points (leap years) do not matter to anybody who reads a card.
fn is_utc_time(value: &str) -> bool {
    let bytes = value.as_bytes();
    if !value.is_ascii() || bytes.len() < 20 || bytes[bytes.len() - 1] != b'Z' {
        return false;
    }
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let number = |from: usize, to: usize| value[from..to].parse::<u32>().ok().filter(|_| digits(&bytes[from..to]));
    let within = |from: usize, low: u32, high: u32| number(from, from + 2).is_some_and(|n| (low..=high).contains(&n));
    separators.iter().all(|(at, byte)| bytes[*at] == *byte)
        && digits(&bytes[0..4])
        && within(5, 1, 12)
        && within(8, 1, 31)
        && within(11, 0, 23)
        && within(14, 0, 59)
        && within(17, 0, 60)
        && is_fraction(&bytes[19..bytes.len() - 1])
}

fn is_fraction(bytes: &[u8]) -> bool {
    match bytes.split_first() {
        None => true,
        Some((b'.', rest)) => (1..=9).contains(&rest.len()) && digits(rest),
        Some(_) => false,
    }
}

fn digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

fn binding(peer: &PeerBinding, author: &AgentPubKeyB64) -> Result<Signed, Refusal> {
    let message = format!("ripple-peer-v1:{author}");
    Signed::read(&peer.public_key, &peer.signature, message, "the peer's signature does not cover the agent's key")
}

#[cfg(test)]
mod tests;
