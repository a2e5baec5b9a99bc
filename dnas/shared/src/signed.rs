//! Ed25519 signatures over plain bytes, ready to be verified by whoever runs the rules.

use crate::check::{require, Checked, Refusal};

/// A signature that a document carries. Zomes verify it with the conductor's host function, the rules' wasm by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The raw Ed25519 key.
    pub public_key: [u8; 32],
    /// Its signature.
    pub signature: [u8; 64],
    /// The bytes that it signed.
    pub message: Vec<u8>,
    /// The refusal where the signature does not cover the bytes.
    pub otherwise: &'static str,
}

impl Signed {
    /// Reads a key and a signature in lower-case hex.
    pub fn read(public_key: &str, signature: &str, message: String, otherwise: &'static str) -> Result<Self, Refusal> {
        Ok(Self {
            public_key: bytes(public_key).ok_or(Refusal::Rule("a key is 64 lower-case hex digits"))?,
            signature: bytes(signature).ok_or(Refusal::Rule("a signature is 128 lower-case hex digits"))?,
            message: message.into_bytes(),
            otherwise,
        })
    }

    /// Verifies the signature. The strict check leaves one signature for a key and a text.
    #[cfg(feature = "receipt")]
    pub fn verify(&self) -> Checked {
        let signature = ed25519_dalek::Signature::from_bytes(&self.signature);
        let covers = ed25519_dalek::VerifyingKey::from_bytes(&self.public_key)
            .is_ok_and(|key| key.verify_strict(&self.message, &signature).is_ok());
        self.judge(covers)
    }

    /// The refusal unless the signature `covers` the bytes.
    pub fn judge(&self, covers: bool) -> Checked {
        require(covers, self.otherwise)
    }
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = 16 * nibble(pair[0])? + nibble(pair[1])?;
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}
