/** A function that every peer may call. */
export interface OpenFunction {
  readonly zome: string
  readonly fn: string
}

/** The functions that `init` opens to all. The grant is a private entry: a chain that came from peers lacks it. */
export const openFunctions: readonly OpenFunction[] = [
  { zome: 'heartbeat', fn: 'recv_remote_signal' },
  { zome: 'scheduling', fn: 'receive' },
]
