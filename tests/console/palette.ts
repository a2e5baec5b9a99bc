/** Makes a PNG smaller: 256 colours in place of all, which is enough for text on plain ground. */
import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = 8
const COLOURS_MAX = 256

/** A picture of 8 bits a channel, without interlacing, as a browser writes it. */
interface Picture {
  readonly width: number
  readonly height: number
  /** Bytes of a pixel: 3 without, 4 with transparency, which is left out. */
  readonly step: number
  readonly pixels: Buffer
}

/** Returns the picture with the colours that it has most often; any other becomes the nearest of them. */
export function withPalette(png: Buffer): Buffer {
  const picture = read(png)
  const { width, height, step, pixels } = picture
  const colourAt = (pixel: number): number => pixels.readUIntBE(pixel * step, 3)
  const counts = new Map<number, number>()
  for (let pixel = 0; pixel < width * height; pixel++) {
    const colour = colourAt(pixel)
    counts.set(colour, (counts.get(colour) ?? 0) + 1)
  }
  const palette = [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, COLOURS_MAX)
    .map(([colour]) => colour)
  const nearest = new Map(palette.map((colour, index) => [colour, index]))
  for (const colour of counts.keys()) if (!nearest.has(colour)) nearest.set(colour, indexOf(colour, palette))
  const lines = Buffer.alloc((width + 1) * height)
  for (let pixel = 0; pixel < width * height; pixel++)
    lines[pixel + Math.floor(pixel / width) + 1] = nearest.get(colourAt(pixel)) ?? 0
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // Eight bits for each pixel, which name a colour of the palette.
  header.set([8, 3, 0, 0, 0], 8)
  return Buffer.concat([
    png.subarray(0, SIGNATURE),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap(channels))),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function channels(colour: number): [number, number, number] {
  return [colour >> 16, (colour >> 8) & 0xff, colour & 0xff]
}

function indexOf(colour: number, palette: readonly number[]): number {
  const [red, green, blue] = channels(colour)
  let [best, least] = [0, Number.POSITIVE_INFINITY]
  palette.forEach((one, index) => {
    const [r, g, b] = channels(one)
    const away = (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2
    if (away < least) [best, least] = [index, away]
  })
  return best
}

function read(png: Buffer): Picture {
  const data: Buffer[] = []
  let header: Buffer = Buffer.alloc(0)
  for (let at = SIGNATURE; at < png.length; ) {
    const length = png.readUInt32BE(at)
    const name = png.toString('latin1', at + 4, at + 8)
    const content = png.subarray(at + 8, at + 8 + length)
    if (name === 'IHDR') header = content
    if (name === 'IDAT') data.push(content)
    at += length + 12
  }
  const [width, height, step] = [header.readUInt32BE(0), header.readUInt32BE(4), header[9] === 6 ? 4 : 3]
  return { width, height, step, pixels: unfiltered(inflateSync(Buffer.concat(data)), width * step, step) }
}

/** Undoes the filter of each line (PNG, section 9). */
function unfiltered(lines: Buffer, wide: number, step: number): Buffer {
  const pixels = Buffer.alloc((lines.length / (wide + 1)) * wide)
  for (let line = 0; line * (wide + 1) < lines.length; line++) {
    const filter = lines[line * (wide + 1)] ?? 0
    for (let x = 0; x < wide; x++) {
      const at = line * wide + x
      const left = x < step ? 0 : (pixels[at - step] ?? 0)
      const up = line === 0 ? 0 : (pixels[at - wide] ?? 0)
      const corner = x < step || line === 0 ? 0 : (pixels[at - wide - step] ?? 0)
      pixels[at] = (lines[at + line + 1] ?? 0) + guess(filter, left, up, corner)
    }
  }
  return pixels
}

function guess(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left
  if (filter === 2) return up
  if (filter === 3) return (left + up) >> 1
  if (filter !== 4) return 0
  const sum = left + up - corner
  const [a, b, c] = [Math.abs(sum - left), Math.abs(sum - up), Math.abs(sum - corner)]
  if (a <= b && a <= c) return left
  return b <= c ? up : corner
}

function chunk(name: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), content])
  const whole = Buffer.alloc(named.length + 8)
  whole.writeUInt32BE(content.length, 0)
  whole.set(named, 4)
  whole.writeUInt32BE(crc32(named), named.length + 4)
  return whole
}
