import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { BlockFiles } from '../../../host/artifacts/block-files.ts'
import { importContent, toBytes } from '../../../host/artifacts/cid.ts'

const program = join(import.meta.dirname, 'give-up-reads.fixture.ts')

test('an abandoned read leaves no file open, for which Node would end the process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ripple-blocks-'))
  await promisify(execFile)(process.execPath, ['--expose-gc', program, folder])
  const bytes = new Uint8Array(300_000)
  const store = new BlockFiles(folder)
  const block = await importContent(bytes, async () => {})
  expect(await toBytes(store.get(block))).toEqual(Buffer.from(bytes))
  await store.delete(block)
  await expect(toBytes(store.get(block))).rejects.toMatchObject({ name: 'NotFoundError' })
  await rm(folder, { recursive: true })
})
