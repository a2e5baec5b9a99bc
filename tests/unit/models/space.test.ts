import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { coverInSteps, freeBytes, takeRoom } from '../../../host/models/space.ts'

const MiB = 1024 * 1024
const spare = limits.model_disk_spare_bytes

test('a disk with room for the file and something to spare will do', async () => {
  using _room = await takeRoom('a.gguf', '/models', 10 * MiB, async () => 10 * MiB + spare)
})

test('a disk that is short of it says by how much', async () => {
  const check = takeRoom('a.gguf', '/models', 10 * MiB, async () => 9 * MiB + spare)
  const mib = spare / MiB
  await expect(check).rejects.toMatchObject({
    code: 'RIPPLE_DISK_SHORT',
    facts: { what: 'a.gguf', path: '/models', needs_mib: 10 + mib, free_mib: 9 + mib, short_mib: 1 },
  })
})

test('the real disk has some room, and not for everything', async () => {
  expect(await freeBytes(tmpdir())).toBeGreaterThan(0)
  await expect(takeRoom('a.gguf', tmpdir(), 2 ** 60)).rejects.toMatchObject({ code: 'RIPPLE_DISK_SHORT' })
})

describe('of two downloads at once', () => {
  const free = async (): Promise<number> => 15 * MiB + spare
  const take = (mib: number) => takeRoom('a.gguf', '/models', mib * MiB, free)

  test('the second counts on no room that the first has yet to fill', async () => {
    const [first, second] = await Promise.allSettled([take(10), take(10)])
    expect([first.status, second]).toMatchObject([
      'fulfilled',
      { reason: { code: 'RIPPLE_DISK_SHORT', facts: { free_mib: 5 + spare / MiB, short_mib: 5 } } },
    ])
    if (first.status === 'fulfilled') first.value[Symbol.dispose]()
    using room = await take(10)
    await room.cover(4 * MiB)
    using _other = await take(10)
  })

  test('each may have its own disk', async () => {
    using _room = await take(10)
    using _elsewhere = await takeRoom('a.gguf', '/elsewhere', 10 * MiB, free)
  })
})

test('a file whose size nobody says takes room in steps, until there is none', async () => {
  const step = limits.unknown_size_step_bytes
  let disk = step + spare
  using room = await takeRoom('a.gguf', '/models', 0, async () => disk)
  const cover = coverInSteps(room)
  await cover(0)
  disk -= step - 1
  await cover(step - 1)
  await expect(cover(step)).rejects.toMatchObject({ code: 'RIPPLE_DISK_SHORT' })
})
