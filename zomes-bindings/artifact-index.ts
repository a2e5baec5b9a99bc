import type { Artifact, PinCommitment, Provenance } from './generated/artifact-index.ts'
import type { Written } from './generated/shared.ts'
import { callsOf, type ZomeCall } from './zome-call.ts'

/** Functions that write to the own chain. */
export const artifactIndexWrites: readonly string[] = ['add', 'add_batch', 'record', 'commit_pin']

/** `artifact_index`: what is on IPFS, where it came from, and who keeps it. Reads tell what has arrived here. */
export interface ArtifactIndex {
  readonly artifacts: {
    /** Indexes one artifact; resolves to the action's hash. */
    add(artifact: Artifact, signal: AbortSignal): Promise<string>
    /** Indexes up to 64 artifacts in one commit: all or none. */
    addBatch(artifacts: readonly Artifact[], signal: AbortSignal): Promise<string[]>
    /** The artifacts that have a CID, whoever indexed them, oldest first. */
    byCid(cid: string, signal: AbortSignal): Promise<Written<Artifact>[]>
    /** The artifacts that this peer indexed, oldest first. */
    mine(signal: AbortSignal): Promise<Written<Artifact>[]>
  }
  readonly provenance: {
    /** States where an artifact came from: for its producer, and for whoever indexed it. */
    record(provenance: Provenance, signal: AbortSignal): Promise<string>
    /** What was stated about the origin of an artifact, given by its action's hash. */
    of(artifact: string, signal: AbortSignal): Promise<Written<Provenance>[]>
  }
  readonly replication: {
    /** Promises to keep an artifact. */
    commitPin(pin: PinCommitment, signal: AbortSignal): Promise<string>
    /** The promises to keep an artifact, ended ones included. */
    pins(artifact: string, signal: AbortSignal): Promise<Written<PinCommitment>[]>
  }
}

/** The client of `artifact_index`. Every call rejects as `call` does. */
export function artifactIndex(call: ZomeCall): ArtifactIndex {
  const ask = callsOf('artifact_index', call)
  return {
    artifacts: {
      add: (artifact, signal) => ask('artifacts', 'add', artifact, signal),
      addBatch: (artifacts, signal) => ask('artifacts', 'add_batch', artifacts, signal),
      byCid: (cid, signal) => ask('artifacts', 'by_cid', cid, signal),
      mine: (signal) => ask('artifacts', 'mine', null, signal),
    },
    provenance: {
      record: (provenance, signal) => ask('provenance', 'record', provenance, signal),
      of: (artifact, signal) => ask('provenance', 'of', artifact, signal),
    },
    replication: {
      commitPin: (pin, signal) => ask('replication', 'commit_pin', pin, signal),
      pins: (artifact, signal) => ask('replication', 'pins', artifact, signal),
    },
  }
}
