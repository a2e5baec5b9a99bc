import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { pageFolder } from '../../../host/api/page-files.ts'
import { sha256Hex } from '../../../host/codec/digest.ts'
import { buildPage } from '../../../host/ui/build.ts'

/** Most bytes of the script that the first view needs, compressed. */
const FIRST_BYTES_MAX = 250_000

test("the shipped page is built from its sources: else 'npm run ui:build'", async () => {
  const built = await buildPage()
  expect((await readdir(pageFolder)).sort()).toEqual([...built.keys()].sort())
  for (const [name, bytes] of built)
    expect([name, sha256Hex(await readFile(join(pageFolder, name)))]).toEqual([name, sha256Hex(bytes)])
  expect(gzipSync(built.get('app.js') ?? '').length).toBeLessThan(FIRST_BYTES_MAX)
})

test('the page requests nothing from other hosts', async () => {
  for (const [name, bytes] of await buildPage()) {
    const addresses =
      Buffer.from(bytes)
        .toString()
        .match(/https?:\/\/[\w.-]+/g) ?? []
    // Names of XML's namespaces, and what zod and marked say in an error, are no requests.
    expect([name, addresses.filter((one) => !/www\.w3\.org|json-schema\.org|github\.com/.test(one))]).toEqual(
      [name, []],
    )
  }
})
