import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { RippleError } from '../errors/ripple-error.ts'
import { type Policies, readPolicies } from './policy.ts'

/** The policy that ships with Ripple. */
export const shippedPolicy = join(import.meta.dirname, '../../manifests/distributed/inference_policy.yaml')

/** Reads the policies of a file. Rejects with `RIPPLE_FILE_UNREADABLE` and `RIPPLE_CONFIG_INVALID`. */
export async function loadPolicies(file: string = shippedPolicy): Promise<Policies> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new RippleError('RIPPLE_FILE_UNREADABLE', { file, detail: cause.message }, { cause })
  })
  return readPolicies(file, parseYaml(file, text))
}

function parseYaml(file: string, text: string): unknown {
  try {
    return parse(text)
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new RippleError('RIPPLE_CONFIG_INVALID', { file, detail }, { cause })
  }
}
