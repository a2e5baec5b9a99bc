// ts-rs made these types from Rust, and `npm run types:build` bundles them. Do not edit them here.

/**
 * An issuer, with the right to sign.
 */
export type Issuer = { 
/**
 * The issuer's Ed25519 key, in hex.
 */
key: string, 
/**
 * The founder's signature over the delegate's key, in hex; none for the founder.
 */
delegation: string | null, };

/**
 * The membrane of a private network. It stands in the properties of each DNA, so it is part of their hashes.
 */
export type Membrane = { 
/**
 * The founder's Ed25519 key, in hex.
 */
founder: string, 
/**
 * The network's id. It is in every signature, so a document of another network of the same founder is worth nothing.
 */
network: string, };

/**
 * The proof that an agent is a member. Each chain of the agent in the network begins with it.
 */
export type MembraneProof = { 
/**
 * The network's id.
 */
network: string, 
/**
 * The member's agent key.
 */
agent: string, 
/**
 * The end of the invite, in milliseconds since 1970. The issuer has judged it: validation knows no time.
 */
invite_expires_at: number | null, 
/**
 * The issuer of the proof.
 */
issuer: Issuer, 
/**
 * The issuer's signature, in hex.
 */
signature: string, };

/**
 * The end of an agent's membership, signed by an issuer. Any member may publish it.
 */
export type Revocation = { 
/**
 * The network's id.
 */
network: string, 
/**
 * The agent that is a member no longer.
 */
agent: string, 
/**
 * The issuer's clock, in milliseconds since 1970.
 */
at: number, 
/**
 * The issuer of the revocation.
 */
issuer: Issuer, 
/**
 * The issuer's signature, in hex.
 */
signature: string, };
