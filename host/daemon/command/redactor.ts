/** Removes secrets from texts that leave this machine in a bug report. */
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import type { Config } from '../../config/config.ts'
import { dataPaths } from '../../config/paths.ts'
import { filterText } from '../../providers/filter/redact.ts'

/** The mask of a secret. */
const MASK = '***'
/** The least characters of a value that is looked for: a shorter one would stand in ordinary words. */
const SECRET_CHARACTERS_MIN = 8

/**
 * Returns a function that masks the secrets of a data folder, everything that looks like a secret, the names of networks in
 * URLs, and the user's home folder.
 */
export async function redactor(config: Config, home: string): Promise<(text: string) => string> {
  const own = await secretsOf(config)
  return (text) => {
    const known = own.reduce((rest, secret) => rest.replaceAll(secret, MASK), text)
    const plain = known
      // The fragment of a join URL is the name of its network, which is enough to join.
      .replaceAll(/(https?:\/\/[^\s"'#\\]+)#[^\s"'\\]+/g, `$1#${MASK}`)
      .replaceAll(/(unix:\/\/[^\s"'?]+)\?k=[\w-]+/g, `$1?k=${MASK}`)
    const masked = filterText(plain, { secrets: 'mask', pii: 'refuse' }, own).text
    return home.length > 1 ? masked.replaceAll(home, '~') : masked
  }
}

/** Reads the secrets of a data folder, longest first, so that none is masked in part. */
async function secretsOf({ data, local, bootstrap_url }: Config): Promise<string[]> {
  const { apiToken, openaiKey, passphrase, conductorConfig } = dataPaths(data)
  const texts = await Promise.all(
    [apiToken, openaiKey, passphrase].map((file) => readFile(file, 'utf8').catch(() => '')),
  )
  const origin = originOf(await readFile(conductorConfig, 'utf8').catch(() => ''))
  const named = [local.name, bootstrap_url?.split('#')[1] ?? '']
  return [...texts, origin, ...named]
    .map((text) => text.trim())
    .filter((text) => text.length >= SECRET_CHARACTERS_MIN)
    .toSorted((one, other) => other.length - one.length)
}

/** Returns the secret origin of a conductor's admin interface; empty without one. */
function originOf(yaml: string): string {
  try {
    const origin: unknown = parse(yaml)?.admin_interfaces?.[0]?.driver?.allowed_origins
    return typeof origin === 'string' ? origin : ''
  } catch {
    return ''
  }
}
