//! What the holder shows besides the events: payload and output against their digests.

use super::{Problem, Reveal};
use crate::limits::RAW_BLOCK_BYTES_MAX;
use crate::resource_mesh::{Output, Parameters, Task, TaskResult, Work};
use crate::Digest;
use crypto_secretbox::{aead::Aead, KeyInit, XSalsa20Poly1305};
use ipld_core::cid::{multihash::Multihash, Cid};
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

const SALT_BYTES: usize = 32;
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const CODEC_RAW: u64 = 0x55;
const CODE_SHA2_256: u64 = 0x12;

/// The payload of a task that asks a model.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    input: Input,
    parameters: Sorted,
    seed: u32,
    /// What an answer must look like, where it ends, and how likely repetitions are: shown as they are.
    #[serde(rename = "format")]
    _format: serde_json::Value,
    #[serde(rename = "stop")]
    _stop: serde_json::Value,
    #[serde(rename = "penalties")]
    _penalties: serde_json::Value,
    /// Whether the answer names probabilities, and which tokens are made likelier: most payloads say neither.
    #[serde(rename = "logprobs", default)]
    _logprobs: Option<serde_json::Value>,
    #[serde(rename = "logit_bias", default)]
    _logit_bias: Option<serde_json::Value>,
}

/// What a model is given.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Input {
    Text {
        text: String,
        /// The prompt as tokens of the model; the text is then empty.
        #[serde(default)]
        tokens: Vec<u32>,
    },
    Chat { messages: Vec<Turn> },
    Embed { texts: Vec<String> },
}

/// One turn of a chat; what it calls or answers is not shown in words.
#[derive(Deserialize)]
struct Turn {
    role: String,
    content: String,
}

impl Input {
    /// What was asked, for people.
    fn words(self) -> String {
        match self {
            Self::Text { text, tokens } if tokens.is_empty() => text,
            Self::Text { tokens, .. } => format!("{} tokens", tokens.len()),
            Self::Embed { texts } => texts.join("\n"),
            Self::Chat { messages } => messages
                .iter()
                .map(|Turn { role, content }| format!("{role}: {content}"))
                .collect::<Vec<_>>()
                .join("\n"),
        }
    }
}

/// `Parameters` with its keys in the order of canonical JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sorted {
    context_tokens: u32,
    max_tokens: u32,
    temperature_milli: u32,
    top_k: u32,
    top_p_milli: u32,
}

impl From<&Parameters> for Sorted {
    fn from(parameters: &Parameters) -> Self {
        Self {
            context_tokens: parameters.context_tokens,
            max_tokens: parameters.max_tokens,
            temperature_milli: parameters.temperature_milli,
            top_k: parameters.top_k,
            top_p_milli: parameters.top_p_milli,
        }
    }
}

/// sha256 of the canonical JSON of parameters.
pub(super) fn parameters_digest(parameters: &Parameters) -> Option<Digest> {
    serde_json::to_vec(&Sorted::from(parameters))
        .ok()
        .map(|bytes| Digest::of(&bytes))
}

/// Checks a revealed payload, and gives the prompt of one that asks a model.
pub(super) fn check_payload(
    reveal: &Reveal,
    task: &Task,
    result: &TaskResult,
) -> Result<Option<String>, Problem> {
    let problem = |code, text: &str| Problem::new(code, "reveal.payload", text);
    let (payload, salt) = match (&reveal.payload, &reveal.payload_salt) {
        (None, None) => return Ok(None),
        (Some(payload), Some(salt)) => (payload, salt),
        _ => {
            return Err(problem(
                "incomplete_reveal",
                "a payload and its salt are revealed together",
            ))
        }
    };
    if salt.len() != SALT_BYTES || salted(salt, payload) != task.payload_digest {
        return Err(problem(
            "payload_digest",
            "the payload is not the one that the task names",
        ));
    }
    if payload.len() as u64 != task.payload_bytes {
        return Err(problem(
            "payload_length",
            "the payload has not the length that the task names",
        ));
    }
    if !matches!(task.work, Work::Model { .. }) {
        return Ok(None);
    }
    let asked: Asked = serde_json::from_slice(payload).map_err(|_| {
        problem(
            "payload_form",
            "the payload is not what a model can be asked",
        )
    })?;
    let ran = serde_json::to_vec(&Sorted::from(&result.parameters)).unwrap_or_default();
    if serde_json::to_vec(&asked.parameters).unwrap_or_default() != ran {
        return Err(problem(
            "other_parameters",
            "the worker names other parameters than the payload",
        ));
    }
    if asked.seed != result.seed {
        return Err(problem(
            "other_seed",
            "the worker names another seed than the payload",
        ));
    }
    Ok(Some(asked.input.words()))
}

/// Checks a revealed output; says whether the CID was checked too.
pub(super) fn check_output(reveal: &Reveal, found: Option<&Output>) -> Result<bool, Problem> {
    let problem = |code, text: &str| Problem::new(code, "reveal.output", text);
    let (plain, salt) = match (&reveal.output, &reveal.output_salt) {
        (None, None) if reveal.output_key.is_none() => return Ok(false),
        (Some(plain), Some(salt)) => (plain, salt),
        _ => {
            return Err(problem(
                "incomplete_reveal",
                "an output, its salt and its key are revealed together",
            ))
        }
    };
    let Some(named) = found else {
        return Err(problem(
            "incomplete_reveal",
            "a run that failed has no output to reveal",
        ));
    };
    if salt.len() != SALT_BYTES || salted(salt, plain) != named.digest {
        return Err(problem(
            "output_digest",
            "the output is not the one that the result names",
        ));
    }
    if plain.len() as u64 != named.bytes {
        return Err(problem(
            "output_length",
            "the output has not the length that the result names",
        ));
    }
    let sealed = match (&reveal.output_key, named.encrypted) {
        (None, false) => None,
        (Some(key), true) if key.len() == KEY_BYTES => Some(seal(plain, salt, key)),
        _ => {
            return Err(problem(
                "incomplete_reveal",
                "a key of 32 bytes is revealed exactly with an encrypted output",
            ))
        }
    };
    let pinned = sealed.as_deref().unwrap_or(plain);
    if pinned.len() > RAW_BLOCK_BYTES_MAX {
        return Ok(false);
    }
    if raw_cid(pinned).as_deref() != Some(named.cid.as_str()) {
        return Err(problem(
            "output_cid",
            "what is pinned under the CID is not this output",
        ));
    }
    Ok(true)
}

/// Checks how much of a revealed output its attempt went on with, against the digest that its Grant names; none where that is
/// not revealed.
pub(super) fn check_prefix(
    reveal: &Reveal,
    named: Option<&Digest>,
) -> Result<Option<u64>, Problem> {
    let problem = |code, text: &str| Problem::new(code, "reveal.prefix_bytes", text);
    let Some(bytes) = reveal.prefix_bytes else {
        return Ok(None);
    };
    let (Some(named), Some(salt), Some(output)) = (named, &reveal.payload_salt, &reveal.output)
    else {
        return Err(problem(
            "incomplete_reveal",
            "a prefix is revealed with the output and the payload's salt, and only where a Grant names one",
        ));
    };
    let prefix = usize::try_from(bytes)
        .ok()
        .and_then(|end| output.get(..end));
    match prefix {
        Some(prefix) if salted(salt, prefix) == *named => Ok(Some(bytes)),
        _ => Err(problem(
            "prefix_digest",
            "the output does not begin with the text that the Grant names",
        )),
    }
}

/// The ciphertext that is pinned: `crypto_secretbox` with the salt's first 24 bytes as nonce.
pub(super) fn seal(plain: &[u8], salt: &[u8], key: &[u8]) -> Vec<u8> {
    let nonce = &salt[..NONCE_BYTES];
    let cipher = XSalsa20Poly1305::new(key.into());
    // It fails only where memory cannot hold the result; nothing then has the right CID.
    cipher.encrypt(nonce.into(), plain).unwrap_or_default()
}

/// The CID of one raw block.
pub(super) fn raw_cid(bytes: &[u8]) -> Option<String> {
    let digest = Multihash::<64>::wrap(CODE_SHA2_256, &sha2::Sha256::digest(bytes)).ok()?;
    Some(Cid::new_v1(CODEC_RAW, digest).to_string())
}

pub(super) fn salted(salt: &[u8], bytes: &[u8]) -> Digest {
    Digest::of(&[salt, bytes].concat())
}
