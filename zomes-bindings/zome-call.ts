/**
 * Calls a zome function of this machine's conductor. Hashes travel as base64 strings and digests as hex, so neither
 * payload nor answer needs a conversion.
 */
export type ZomeCall = (
  role: string,
  zome: string,
  fn: string,
  payload: unknown,
  signal: AbortSignal,
) => Promise<unknown>

/** Calls a function of one DNA, whose zomes answer with the type that the caller names. */
export type DnaCall = <T>(zome: string, fn: string, payload: unknown, signal: AbortSignal) => Promise<T>

/** Binds calls to a role. The zomes are this machine's own, so their answers' types are taken as generated. */
export function callsOf(role: string, call: ZomeCall): DnaCall {
  return async <T>(zome: string, fn: string, payload: unknown, signal: AbortSignal) =>
    (await call(role, zome, fn, payload, signal)) as T
}
