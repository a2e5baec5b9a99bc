import type { Config } from '../config/config.ts'
import type { Env } from '../config/env.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { Verdict, VerifyRequest } from '../operations/local.ts'
import type { Remote } from './local.ts'

/** What verifying needs. */
export interface VerifyNeeds {
  readonly file: string
  readonly bytes: Uint8Array
  readonly request: VerifyRequest
  readonly config: Config
  readonly env: Env
  readonly connect: (data: string) => Promise<Remote>
}

/** Verifies. */
export async function verifyFile(needs: VerifyNeeds, _signal: AbortSignal): Promise<Verdict> {
  throw new RippleError('RIPPLE_RECEIPT_INVALID', { detail: needs.file })
}
