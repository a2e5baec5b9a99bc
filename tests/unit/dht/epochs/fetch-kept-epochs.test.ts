import { expect, test } from 'vitest'
import { fetchKeptEpochs } from '../../../../host/dht/epochs/fetch-kept-epochs.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'

const rules = { length_ms: 100, kept: 3, max_action_seq: 10, archive_days: null }
const gone = new RippleError('RIPPLE_RESTORE_FAILED', { detail: 'no peer handed it over' })

function stage(failures: Readonly<Record<number, Error>>) {
  const opened: number[] = []
  const missed: number[] = []
  const open = async (epoch: number) => {
    const failure = failures[epoch]
    if (failure) throw failure
    opened.push(epoch)
    return { epoch, cell: [new Uint8Array(), new Uint8Array()] as [Uint8Array, Uint8Array] }
  }
  const written = (_role: string, seed: string) =>
    ['net-epoch6', 'net-epoch8', 'net-epoch9', 'net-epoch10'].includes(seed) ? [{ dna: 'd', head: 'h' }] : []
  const kept = {
    seed: 'net',
    rules,
    guard: { written },
    onMissed: (epoch: number) => void missed.push(epoch),
  }
  return { opened, missed, fetched: fetchKeptEpochs({ open }, 1_050, kept) }
}

test('kept epochs with own writes are opened, the newest first', async () => {
  const { opened, missed, fetched } = stage({})
  await fetched
  expect([opened, missed]).toEqual([[9, 8], []])
})

test('an epoch that no peer hands over is skipped', async () => {
  const { opened, missed, fetched } = stage({ 9: gone })
  await fetched
  expect([opened, missed]).toEqual([[8], [9]])
})

test('an error that a retry may solve rejects', async () => {
  const { fetched } = stage({ 9: new RippleError('RIPPLE_DISK_FULL', { path: '/' }) })
  await expect(fetched).rejects.toMatchObject({ code: 'RIPPLE_DISK_FULL' })
})
