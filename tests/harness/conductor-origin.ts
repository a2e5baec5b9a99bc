// The secret origin of a running conductor's admin interface, as its owner may read it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { originIn } from '../../host/processes/origin.ts'

/** Reads the origin that the conductor of a daemon's data folder accepts. */
export async function conductorOrigin(data: string): Promise<string> {
  const config = parse(await readFile(join(data, 'conductor', 'conductor.yaml'), 'utf8'))
  const origin = originIn(config.admin_interfaces[0].driver.allowed_origins)
  if (origin === null) throw new TypeError(`the conductor of ${data} has no origin of its own`)
  return origin
}
