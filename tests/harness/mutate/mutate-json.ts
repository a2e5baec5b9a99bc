/** Mutates JSON documents, and writes them as texts that need not be valid. */
import { limits } from '../../../host/limits.ts'
import type { Prng } from '../sim/random.ts'

/** A value whose JSON text is written as it is, for texts that no value has. */
class Raw {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Values that programs rarely expect. */
function oddValue(random: Prng): unknown {
  const text = random.pick([
    '',
    ' ',
    'a\u0000b',
    '\ud800',
    '\u202e',
    '../../etc/passwd',
    '%00',
    '💥',
    'null',
    '__proto__',
  ])
  return random.pick<unknown>([
    ...[
      null,
      true,
      false,
      0,
      -1,
      1.5,
      2 ** 31,
      2 ** 53,
      -(2 ** 63),
      1e308,
      '0',
      text,
      text,
      [],
      {},
      [[]],
      [null],
    ],
    ...[
      new Raw('-0'),
      new Raw('1e999'),
      new Raw('NaN'),
      new Raw('01'),
      new Raw('"\\u00'),
      new Raw(''),
      new Raw("'a'"),
    ],
    'x'.repeat(random.pick([64, 65, 128, 129, 4_096, 70_000])),
    Array(random.pick([33, 1_025, 5_000])).fill(0),
    Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`k${at}`, at])),
    new Raw('['.repeat(limits.json_depth_max) + ']'.repeat(limits.json_depth_max)),
    new Raw(`${'{"a":'.repeat(20_000)}0${'}'.repeat(20_000)}`),
  ])
}

/** Changes one or two places of a document, adds the names of the changes to `how`, and returns its text. */
export function mutatedJson(body: unknown, random: Prng, how: string[]): string {
  let root: { value: unknown } = { value: structuredClone(body) }
  for (let left = random.int(1, 2); left > 0; left -= 1) {
    const places = placesOf(root)
    const { holder, key } = random.pick(places)
    const value = Reflect.get(holder, key)
    const [name, change] = random.pick(changes)
    how.push(`${name} ${places.length === 1 ? 'the body' : String(key)}`)
    change({ holder, key, value, random })
    if (!Object.hasOwn(root, 'value')) root = { value: null }
  }
  return jsonOf(root.value)
}

interface Place {
  readonly holder: object
  readonly key: string
  readonly value: unknown
  readonly random: Prng
}

const changes: readonly (readonly [string, (place: Place) => void])[] = [
  ['replace', ({ holder, key, random }) => Reflect.set(holder, key, oddValue(random))],
  ['replace', ({ holder, key, random }) => Reflect.set(holder, key, oddValue(random))],
  ['drop', ({ holder, key }) => Reflect.deleteProperty(holder, key)],
  ['list', ({ holder, key, value }) => Reflect.set(holder, key, [value, value])],
  ['object', ({ holder, key, value }) => Reflect.set(holder, key, { [key]: value })],
  [
    'rename',
    ({ holder, key, value }) => {
      Reflect.deleteProperty(holder, key)
      Reflect.set(holder, `${key}_`, value)
    },
  ],
  [
    'add to',
    ({ holder, random }) => {
      if (Array.isArray(holder)) holder.push(oddValue(random))
      else
        Reflect.set(holder, random.pick(['constructor', 'toString', 'x'.repeat(300), '']), oddValue(random))
    },
  ],
  ['near', ({ holder, key, value, random }) => Reflect.set(holder, key, nearTo(value, random))],
]

function nearTo(value: unknown, random: Prng): unknown {
  if (typeof value === 'number') return value + random.pick([-1, 1, 0.5, 1e9])
  return typeof value === 'string' ? `${value}${random.pick([' ', 'é', '\0'])}` : [value]
}

/** Lists the places of a document that can be changed. */
function placesOf(holder: object): { holder: object; key: string }[] {
  return Object.entries(holder).flatMap(([key, value]) => [
    { holder, key },
    ...(typeof value === 'object' && value !== null && !(value instanceof Raw) ? placesOf(value) : []),
  ])
}

function jsonOf(value: unknown): string {
  if (value instanceof Raw) return value.text
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}:${jsonOf(inner)}`)
    .join(',')}}`
}
