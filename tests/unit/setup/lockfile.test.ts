import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

const root = resolve(import.meta.dirname, '../../..')
const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      link: z.boolean().optional(),
      integrity: z.string().optional(),
      resolved: z.string().optional(),
    }),
  ),
})

describe.each(['package-lock.json', 'tests/kubo-rpc/package-lock.json'])('%s', (file) => {
  const { packages } = lockfile.parse(JSON.parse(readFileSync(join(root, file), 'utf8')))
  // The project itself and its own folders have other paths.
  const fetched = Object.entries(packages).filter(
    ([path, { link }]) => path.includes('node_modules/') && !link,
  )

  test('each fetched package has a sha512 hash, also for other platforms', () => {
    expect(fetched.length).toBeGreaterThan(100)
    const unpinned = fetched.filter(([, { integrity = '' }]) => !/^sha512-[\w+/]{86}==$/.test(integrity))
    expect(unpinned.map(([path]) => path)).toEqual([])
  })

  test("each package comes from the user's own npm registry", () => {
    expect(fetched.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([])
  })
})
