/** Defines the formats of texts and numbers in JSON schemas: their checks, and patterns for some of them. */
import type { Format as AjvFormat } from 'ajv'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { z } from 'zod'
import type { Json } from '../../types/json.ts'
import { type Matched, readPattern } from './pattern.ts'

const raw = String.raw
const monthDay = [
  '(01|03|05|07|08|10|12)-(0[1-9]|[12][0-9]|30|31)',
  '(04|06|09|11)-(0[1-9]|[12][0-9]|30)',
  // A leap day would need a pattern of its own, so it is left out.
  '02-(0[1-9]|1[0-9]|2[0-8])',
].join('|')
const hour = '([01][0-9]|2[0-3])'
const date = `[12][0-9]{3}-(${monthDay})`
const time = raw`${hour}:[0-5][0-9]:[0-5][0-9](\.[0-9]{3})?(Z|[+-]${hour}:[0-5][0-9])`
const uuidOf = (version: string) =>
  `[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`
const uuid = uuidOf('4')
const uuids = Object.fromEntries([...'1345678'].map((version) => [`uuid${version}`, uuidOf(version)]))
const octet = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
const ipv4 = raw`${octet}(\.${octet}){3}`
const network = raw`(${octet}\.${octet}\.0\.0\/16|${octet}\.${octet}\.${octet}\.0\/24|${ipv4}\/32)`
const count = '[1-9][0-9]{0,3}'
const clock = `T(${count}H(${count}M)?(${count}S)?|${count}M(${count}S)?|${count}S)`

/**
 * Lengths of the texts of formats, in characters. No pattern makes more than `most`, and a `minLength` of up to `least` is
 * not enforced. Texts of at most `counted` characters are counted: an address may have no more before its @.
 */
export const FORMAT_CHARS = { least: 3, counted: 64, most: 600 } as const

/** Patterns of texts without a length of their own. Their repetitions are bounded so that a model comes to an end. */
const free = addresses(
  (most) => `{1,${most}}`,
  (most) => `{0,${most}}`,
)
/** The same patterns for texts whose characters are counted: without other bounds the grammar is much shorter. */
const bounded = addresses(
  () => '+',
  () => '*',
)

function addresses(some: (most: number) => string, any: (most: number) => string) {
  // Validators of addresses refuse two hyphens in a row, and more than 64 characters before the @.
  const label = `[a-z0-9]${some(20)}(-[a-z0-9]${some(20)})${any(2)}`
  const domain = raw`(${label}\.)${some(4)}[a-z]{2,12}`
  const email = `[a-zA-Z0-9]${some(20)}([._+-][a-zA-Z0-9]${some(20)})${any(2)}@${domain}`
  const path = raw`(\/[a-zA-Z0-9._~-]${some(40)})${any(8)}\/?`
  const uri = raw`https?:\/\/${domain}${path}(\?[a-zA-Z0-9._~=&-]${some(60)})?`
  const host = raw`${label}(\.${label})${any(4)}`
  return {
    ...{ email, 'idn-email': email, 'name-email': email },
    ...{ hostname: host, 'idn-hostname': host },
    ...{ uri, url: uri, iri: uri, 'uri-reference': uri },
  }
}

/** Patterns of formats; they are stricter than the formats. */
const patterns: Readonly<Record<string, string>> = {
  date,
  time,
  'date-time': `${date}T${time}`,
  duration: `P(${count}D(${clock})?|${clock})`,
  uuid,
  ...uuids,
  guid: uuid,
  ipv4,
  ipvanyaddress: ipv4,
  ipv6: '[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}',
  cidrv4: network,
  ipv4network: network,
  ipvanynetwork: network,
  base64: raw`([a-zA-Z0-9+\/]{4})*([a-zA-Z0-9+\/]{2}==|[a-zA-Z0-9+\/]{3}=)?`,
  base64url: '([a-zA-Z0-9_-]{4})*',
  ...free,
}

const zods = {
  cuid: z.cuid(),
  cuid2: z.cuid2(),
  ulid: z.ulid(),
  xid: z.xid(),
  ksuid: z.ksuid(),
  nanoid: z.nanoid(),
  base64: z.base64(),
  base64url: z.base64url(),
  cidrv4: z.cidrv4(),
  cidrv6: z.cidrv6(),
  e164: z.e164(),
  jwt: z.jwt(),
  emoji: z.emoji(),
}
const { cidrv4, cidrv6 } = zods
const address = z.union([z.ipv4(), z.ipv6()])
const anyNetwork = z.union([cidrv4, cidrv6])
const pydantics = {
  ipvanyaddress: address,
  ipvanynetwork: anyNetwork,
  ipvanyinterface: z.union([anyNetwork, address]),
  ipv4network: cidrv4,
  ipv6network: cidrv6,
  ipv4interface: cidrv4,
  ipv6interface: cidrv6,
}

/** Formats that describe the purpose of a text, and leave every text valid. */
const anyText = 'path file-path directory-path password binary textarea multiline markdown html color'.split(
  ' ',
)

/** Patterns that zod writes next to its formats; each pattern means the same as its format. */
const zodPatterns: ReadonlySet<Json | undefined> = new Set(
  [
    ...[z.email(), z.uuid(), z.ipv4(), z.ipv6(), z.iso.date(), z.iso.datetime(), z.iso.duration()],
    ...Object.values(zods),
  ].map((form) => z.toJSONSchema(form).pattern),
)

/** Whether a pattern adds nothing to the format next to it. */
export function isOfFormat(pattern: Json | undefined): boolean {
  return zodPatterns.has(pattern)
}

/** Ranges of number formats in the schemas of Rust and OpenAPI. */
export const formatRanges: Readonly<Record<string, readonly [min: number, max: number]>> = {
  int8: [-128, 127],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  uint8: [0, 255],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, Number.POSITIVE_INFINITY],
  uint: [0, Number.POSITIVE_INFINITY],
}

/** The check of each known format, in ajv's form. */
export const formatChecks: Readonly<Record<string, AjvFormat>> = {
  ...Object.fromEntries(anyText.map((name) => [name, true])),
  ...Object.fromEntries(
    Object.entries({ ...zods, ...pydantics }).map(([name, form]) => [
      name,
      (text: string) => form.safeParse(text).success,
    ]),
  ),
  ...fullFormats,
  url: fullFormats.uri,
  iri: fullFormats.uri,
  'iri-reference': fullFormats['uri-reference'],
  'idn-email': fullFormats.email,
  'idn-hostname': true,
  guid: fullFormats.uuid,
  ...Object.fromEntries(Object.keys(uuids).map((name) => [name, fullFormats.uuid])),
  'json-string': isJson,
  'name-email': (text) => z.email().safeParse(/<([^<>]+)>$/.exec(text)?.[1] ?? text).success,
  ...Object.fromEntries(
    Object.entries(formatRanges).map(([name, [min, max]]) => [
      name,
      { type: 'number', validate: (value: number) => value >= min && value <= max },
    ]),
  ),
}

/** Returns the patterns of a format, one for free texts and one for counted texts; null for a format without a pattern. */
export function formatPattern(format: string): { readonly free: Matched; readonly counted: Matched } | null {
  const matched = matchedBy(patterns, format)
  return matched && { free: matched, counted: matchedBy(bounded, format) ?? matched }
}

function matchedBy(among: Readonly<Record<string, string>>, format: string): Matched | null {
  const pattern = Object.hasOwn(among, format) ? among[format] : undefined
  return pattern === undefined ? null : (readPattern(`^(${pattern})$`)?.matched ?? null)
}

/** Whether a format leaves every text valid, so that it needs no grammar. */
export function isFreeFormat(format: string): boolean {
  return formatChecks[format] === true
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
