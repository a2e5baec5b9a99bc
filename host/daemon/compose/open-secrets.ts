/** Opens the secrets of a data folder. */
import { join } from 'node:path'
import type { Env } from '../../config/env.ts'
import { dataPaths } from '../../config/paths.ts'
import { environmentSecrets, type Secrets, secretChain } from '../../config/secrets.ts'
import { type SecretFiles, secretFiles } from '../../config/secrets-file.ts'
import { readPassphrase } from '../../processes/passphrase.ts'

/** The sources of a data folder's secrets. */
export interface OpenSecrets {
  /** All sources, in the order of their precedence. */
  readonly all: Secrets
  /** The secrets in files, which can be changed. */
  readonly files: SecretFiles
}

/** Lists the sources of secrets without opening them. The passphrase is read, or made, at the first need. */
export function openSecrets(data: string, env: Pick<Env, 'secrets'>): OpenSecrets {
  const { secrets, passphrase, conductor } = dataPaths(data)
  const files = secretFiles({
    folder: secrets,
    passphrase: () => readPassphrase(passphrase, join(conductor, 'lair')),
  })
  return { all: secretChain([environmentSecrets(env.secrets), files]), files }
}
