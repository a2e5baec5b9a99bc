import { createCipheriv } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Artifacts } from '../../host/artifacts/port.ts'
import { limits } from '../../host/limits.ts'

/** An implementation on an empty store, which can be closed and opened again. */
export interface ArtifactsBed extends AsyncDisposable {
  readonly artifacts: Artifacts
  /** Closes the implementation and opens it on what it kept. */
  reopen(): Promise<Artifacts>
}

const MiB = 1024 * 1024

/** CIDs of `bytesOf(length)`, the same whichever implementation adds them: names that others hold must not move. */
const knownCids: ReadonlyArray<readonly [length: number, cid: string]> = [
  [0, 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'],
]

const lengths = [0, 1, MiB - 1, MiB, MiB + 1, 5 * MiB]
const absent = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'

/** Bytes that look random and are the same in every run. */
export function bytesOf(length: number): Uint8Array {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16))
  return new Uint8Array(cipher.update(Buffer.alloc(length, length % 251)))
}

/** Tests an implementation of the port `Artifacts`. */
export function artifactsConformance(name: string, open: () => Promise<ArtifactsBed>): void {
  describe(`artifacts: ${name}`, () => {
    let bed: ArtifactsBed
    let artifacts: Artifacts
    const soon = () => AbortSignal.timeout(20_000)
    beforeAll(async () => {
      bed = await open()
      artifacts = bed.artifacts
    })
    afterAll(() => bed[Symbol.asyncDispose]())

    it.each(lengths)('%i bytes that are added are here and pinned, and come back', async (length) => {
      const content = bytesOf(length)
      const cid = await artifacts.add(content, soon())
      expect(cid.startsWith(length > MiB ? 'bafybei' : 'bafkrei')).toBe(true)
      expect(await artifacts.has(cid, soon())).toBe(true)
      expect(Buffer.from(await artifacts.get(cid, [], soon())).equals(content)).toBe(true)
      expect(await artifacts.ls(soon())).toContainEqual({ cid, bytes: length })
    })

    it.each(knownCids)('%i bytes keep the CID that they always had', async (length, cid) => {
      expect(await artifacts.add(bytesOf(length), soon())).toBe(cid)
    })

    it('the same bytes added twice have one CID and one pin', async () => {
      const cid = await artifacts.add(bytesOf(77), soon())
      expect(await artifacts.add(bytesOf(77), soon())).toBe(cid)
      const pins = await artifacts.ls(soon())
      expect(pins.filter((pin) => pin.cid === cid)).toEqual([{ cid, bytes: 77 }])
    })

    it('pinning and unpinning work again and may be repeated', async () => {
      const cid = await artifacts.add(bytesOf(78), soon())
      await artifacts.pin(cid, [], soon())
      await artifacts.unpin(cid, soon())
      await artifacts.unpin(cid, soon())
      expect((await artifacts.ls(soon())).map((pin) => pin.cid)).not.toContain(cid)
      await artifacts.add(bytesOf(78), soon())
      await artifacts.pin(cid, [], soon())
      expect(await artifacts.ls(soon())).toContainEqual({ cid, bytes: 78 })
    })

    it('unpinning keeps a block that another pin still needs', async () => {
      const big = bytesOf(2 * MiB)
      const whole = await artifacts.add(big, soon())
      const part = await artifacts.add(big.subarray(0, MiB), soon())
      await artifacts.unpin(part, soon())
      expect(Buffer.from(await artifacts.get(whole, [], soon())).equals(Buffer.from(big))).toBe(true)
    })

    it('a request for an absent artifact ends at its deadline', async () => {
      expect(await artifacts.has(absent, soon())).toBe(false)
      const started = performance.now()
      const got = artifacts.get(absent, [], AbortSignal.timeout(500))
      await expect(got).rejects.toMatchObject({ code: 'RIPPLE_ARTIFACT_UNAVAILABLE' })
      const pinned = artifacts.pin(absent, [], AbortSignal.timeout(500))
      await expect(pinned).rejects.toMatchObject({ code: 'RIPPLE_ARTIFACT_UNAVAILABLE' })
      expect(performance.now() - started).toBeLessThan(5_000)
    })

    it('a request for an absent artifact stops when the caller aborts', async () => {
      const caller = new AbortController()
      const got = artifacts.get(absent, [], caller.signal)
      setTimeout(() => caller.abort(), 50)
      await expect(got).rejects.toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
    })

    it.each(['', 'x', '../../etc/passwd', 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52z'])(
      '%j is refused as a CID',
      async (text) => {
        const refused = { code: 'RIPPLE_CID_INVALID' }
        await expect(artifacts.get(text, [], soon())).rejects.toMatchObject(refused)
        await expect(artifacts.has(text, soon())).rejects.toMatchObject(refused)
        await expect(artifacts.pin(text, [], soon())).rejects.toMatchObject(refused)
        await expect(artifacts.unpin(text, soon())).rejects.toMatchObject(refused)
      },
    )

    it('an artifact above the bound is refused before any of it is stored', async () => {
      const tooMuch = Object.defineProperty(new Uint8Array(0), 'length', {
        value: limits.artifact_bytes_max + 1,
      })
      await expect(artifacts.add(tooMuch, soon())).rejects.toMatchObject({
        code: 'RIPPLE_ARTIFACT_TOO_LARGE',
      })
    })

    it('content and pins survive a restart', async () => {
      const cid = await artifacts.add(bytesOf(79), soon())
      const before = await artifacts.ls(soon())
      artifacts = await bed.reopen()
      expect(new Set(await artifacts.ls(soon()))).toEqual(new Set(before))
      expect(Buffer.from(await artifacts.get(cid, [], soon())).equals(bytesOf(79))).toBe(true)
    })
  })
}
