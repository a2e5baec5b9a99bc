//! Questions, and how the rules answer them.

use crate::text;
use ripple_shared::membrane::{self, Membrane};
use ripple_shared::receipt::{chain, read_event, Problem, SignedBytes};
use ripple_shared::resource_mesh::{
    self as mesh, LinkBase, LinkKind, MeshEntry, Refusal, Resolution,
};
use ripple_shared::signed::Signed;
use ripple_shared::{check, ActionHash, ActionHashB64, AgentPubKeyB64, DnaHashB64, Written};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The action that is to be judged.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct At {
    #[serde(with = "text")]
    author: AgentPubKeyB64,
    seq: u32,
    #[serde(with = "text")]
    dna_hash: DnaHashB64,
    max_action_seq: u32,
}

impl From<At> for mesh::At {
    fn from(at: At) -> Self {
        Self {
            author: at.author.into(),
            action_seq: at.seq,
            dna_hash: at.dna_hash.into(),
            max_action_seq: at.max_action_seq,
        }
    }
}

/// An event as the host writes it; its time decides nothing.
#[derive(Deserialize)]
struct Event {
    #[serde(with = "text")]
    hash: ActionHashB64,
    #[serde(with = "text")]
    author: AgentPubKeyB64,
    seq: u32,
    entry: MeshEntry,
}

impl From<Event> for mesh::Known {
    fn from(event: Event) -> Self {
        Self {
            hash: event.hash.into(),
            author: event.author.into(),
            action_seq: event.seq,
            entry: event.entry,
        }
    }
}

/// Why something may not be written.
#[derive(Serialize)]
pub struct Refused {
    code: &'static str,
    text: String,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code(),
            text: refusal.to_string(),
        }
    }
}

/// What the rules say of an entry.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be written.
    Valid(bool),
    /// It may not.
    Refused(Refused),
    /// This event has to be known first.
    Missing(ActionHashB64),
}

/// An entry, its author and the events that are known; `null` for a hash that is known to be of something else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckEntry {
    entry: MeshEntry,
    at: At,
    known: HashMap<String, Option<Event>>,
}

impl CheckEntry {
    /// The verdict.
    pub fn answer(self) -> Verdict {
        let events: HashMap<String, Option<mesh::Known>> = self
            .known
            .into_iter()
            .map(|(hash, event)| (hash, event.map(Into::into)))
            .collect();
        let fetch = |hash: &ActionHash| {
            events
                .get(&hash.to_string())
                .cloned()
                .ok_or_else(|| hash.clone())
        };
        match mesh::check_entry(&self.entry, &self.at.into(), fetch) {
            Ok(Ok(())) => Verdict::Valid(true),
            Ok(Err(refusal)) => Verdict::Refused(refusal.into()),
            Err(missing) => Verdict::Missing(missing.into()),
        }
    }
}

/// What the rules say of a link.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkVerdict {
    /// It may be written from this base.
    Base(LinkBase),
    /// It may not be written.
    Refused(Refused),
}

/// A link's kind, author, target and length of tag.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckLink {
    kind: LinkKind,
    at: At,
    target: Event,
    tag_bytes: usize,
}

impl CheckLink {
    /// The verdict.
    pub fn answer(self) -> LinkVerdict {
        match mesh::check_link(
            self.kind,
            &self.at.into(),
            &self.target.into(),
            self.tag_bytes,
        ) {
            Ok(base) => LinkVerdict::Base(base),
            Err(refusal) => LinkVerdict::Refused(refusal.into()),
        }
    }
}

/// An agent and its membrane proof.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckMembership {
    membrane: Option<Membrane>,
    #[serde(with = "text")]
    agent: AgentPubKeyB64,
    /// Read on its own, because a hash in it cannot be read from JSON text.
    proof: serde_json::Value,
}

impl CheckMembership {
    /// The reason why the agent is not a member; none if it is one.
    pub fn answer(self) -> Option<String> {
        let proof = match serde_json::from_value(self.proof) {
            Ok(proof) => proof,
            Err(_) => return Some("the membrane proof cannot be read".to_owned()),
        };
        let proof: Option<membrane::MembraneProof> = proof;
        let left = membrane::check_membership(self.membrane.as_ref(), &self.agent, proof.as_ref());
        refusal(left)
    }
}

/// A revocation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRevocation {
    membrane: Option<Membrane>,
    revocation: serde_json::Value,
}

impl CheckRevocation {
    /// The reason why the revocation is worth nothing; none if it counts.
    pub fn answer(self) -> Option<String> {
        match serde_json::from_value(self.revocation) {
            Ok(revocation) => refusal(membrane::check_revocation(self.membrane.as_ref(), &revocation)),
            Err(_) => Some("the revocation cannot be read".to_owned()),
        }
    }
}

fn refusal(left: Result<Vec<Signed>, check::Refusal>) -> Option<String> {
    let checked = left.and_then(|signatures| signatures.iter().try_for_each(Signed::verify));
    checked.err().map(|why| why.to_string())
}

/// A task and events of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolve {
    #[serde(with = "text")]
    task: ActionHashB64,
    events: Vec<Event>,
}

impl Resolve {
    /// The reading.
    pub fn answer(self) -> Option<Resolution> {
        let events: Vec<_> = self.events.into_iter().map(mesh::Known::from).collect();
        mesh::resolve(self.task.as_ref(), &events)
    }
}

/// An entry and the facts of the action that is to write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encode {
    entry: MeshEntry,
    #[serde(with = "text")]
    author: AgentPubKeyB64,
    seq: u32,
    at: u64,
    #[serde(with = "text")]
    prev_action: ActionHashB64,
}

/// An event as a chain keeps it, but for the signature.
#[derive(Serialize)]
pub struct Encoded {
    hash: ActionHashB64,
    /// The bytes to sign, in hex.
    action: String,
    /// In hex.
    entry: String,
}

impl Encode {
    /// The bytes; none for what cannot be encoded.
    pub fn answer(self) -> Option<Encoded> {
        let entry = chain::encode_entry(&self.entry).ok()?;
        let header = chain::Header {
            author: self.author.into(),
            timestamp: i64::try_from(self.at.checked_mul(1_000)?).ok()?,
            action_seq: self.seq,
            prev_action: Some(self.prev_action.into()),
        };
        let action = chain::encode_action(&chain::create(header, &self.entry, &entry)).ok()?;
        let hash: ActionHash = chain::hash(&action);
        Some(Encoded {
            hash: hash.into(),
            action: hex(&action),
            entry: hex(&entry),
        })
    }
}

/// What signed bytes are.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// An event that its author signed.
    Event(Written<MeshEntry>),
    /// Something else.
    Problem(Problem),
}

impl Reading {
    /// Reads signed bytes; none for what is not even cbor of them.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let signed = SignedBytes::decode(bytes)?;
        Some(match read_event(&signed, "event") {
            Ok(event) => Self::Event(event),
            Err(problem) => Self::Problem(problem),
        })
    }
}

/// The hash of an action from its bytes.
pub fn hash_action(bytes: &[u8]) -> ActionHashB64 {
    let hash: ActionHash = chain::hash(bytes);
    hash.into()
}

fn hex(bytes: &[u8]) -> String {
    let digit = |four: u8| char::from_digit(four.into(), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)])
        .collect()
}
