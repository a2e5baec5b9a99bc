/** Loads the inference policies that ship with Ripple. */
import { join } from 'node:path'
import { readYaml } from '../../config/file.ts'
import { type Policies, policiesSchema } from './policy.ts'

const SHIPPED = join(import.meta.dirname, '../../../manifests/distributed/inference_policy.yaml')

/** Reads the policies that ship with Ripple. Throws `RIPPLE_CONFIG_INVALID`, which names the field and its line. */
export function loadPolicies(): Policies {
  return readYaml(SHIPPED, policiesSchema)
}
