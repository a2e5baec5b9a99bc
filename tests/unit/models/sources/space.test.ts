/** The check that a disk has room for a download. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { freeBytes, needRoom } from '../../../../host/models/sources/space.ts'

const MiB = 1024 * 1024
const spare = limits.model_disk_spare_bytes
const path = '/models/a.gguf'

test('a disk with room for the file and its reserve suffices', async () => {
  await needRoom(path, 10 * MiB, 0, async () => 10 * MiB + spare)
})

test('a replaced part counts as free room', async () => {
  await needRoom(path, 10 * MiB, 4 * MiB, async () => 6 * MiB + spare)
})

test('a short disk is reported with the missing amount', async () => {
  const check = needRoom(path, 10 * MiB, 0, async () => 9 * MiB + spare)
  const mib = spare / MiB
  await expect(check).rejects.toMatchObject({
    code: 'RIPPLE_DISK_SHORT',
    facts: { what: 'a.gguf', path: '/models', needs_mib: 10 + mib, free_mib: 9 + mib, short_mib: 1 },
  })
})

test('the real disk has some room, but not for everything', async () => {
  expect(await freeBytes(tmpdir())).toBeGreaterThan(0)
  await expect(needRoom(join(tmpdir(), 'a.gguf'), 2 ** 60)).rejects.toMatchObject({
    code: 'RIPPLE_DISK_SHORT',
  })
})
