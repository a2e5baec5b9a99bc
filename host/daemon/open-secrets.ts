import { join } from 'node:path'
import type { Env } from '../config/env.ts'
import { dataPaths } from '../config/paths.ts'
import { environmentSecrets, type Secrets, secretChain } from '../config/secrets.ts'
import { type SecretFiles, secretFiles } from '../config/secrets-file.ts'
import { readPassphrase } from '../supervise/passphrase.ts'

/** The secrets of a data folder. */
export interface OpenSecrets {
  /** All links of the chain, in their order. */
  readonly all: Secrets
  /** Those in files, which can be changed. */
  readonly files: SecretFiles
}

/** Names the places of secrets; opens none of them. The passphrase is read, or made, when one is first needed. */
export function openSecrets(data: string, env: Pick<Env, 'secrets'>): OpenSecrets {
  const { secrets, passphrase, conductor } = dataPaths(data)
  const files = secretFiles({
    folder: secrets,
    passphrase: () => readPassphrase(passphrase, join(conductor, 'lair')),
  })
  return { all: secretChain([environmentSecrets(env.secrets), files]), files }
}
