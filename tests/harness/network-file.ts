import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { EpochRules } from '../../host/config/epoch.ts'
import { readNetwork } from '../../host/config/network.ts'

/** Writes the file of a local network whose epochs are other ones than its own, and gives its path for `RIPPLE_NETWORK_FILE`. */
export async function networkFile(folder: string, epoch: Partial<EpochRules>): Promise<string> {
  const file = join(folder, 'network.yaml')
  const local = readNetwork('local')
  await writeFile(file, stringify({ ...local, epoch: { ...local.epoch, ...epoch } }))
  return file
}
