/** Turns the tokens of Markdown into elements: no HTML, no image, and nothing that loads by itself. */
import type { MarkedToken, Token, Tokens } from 'marked'
import type { ComponentChildren, VNode } from 'preact'
import { Copy } from '../../../parts/hash.tsx'
import { words } from '../../../words/words.ts'

/** The deepest nesting that is laid out; what is deeper is shown as its text. */
const DEPTH_MAX = 16
/** The heading of an answer's first level: the page's own headings are above it. */
const HEADING_FIRST = 3
const HEADING_LAST = 6

/** Addresses that a person may open by a click. */
const OPENED = /^(https?|mailto):/i

/** Returns the element of a block. */
export function blockOf(token: Token, depth = 0): ComponentChildren {
  if (depth > DEPTH_MAX) return token.raw
  const one = token as MarkedToken
  switch (one.type) {
    case 'space':
      return null
    case 'code':
      return <Code text={one.text} language={one.lang ?? ''} />
    case 'heading':
      return heading(one, depth)
    case 'hr':
      return <hr />
    case 'blockquote':
      return <blockquote dir="auto">{blocksOf(one.tokens, depth + 1)}</blockquote>
    case 'list':
      return list(one, depth)
    case 'table':
      return table(one, depth)
    case 'paragraph':
      return <p dir="auto">{inlinesOf(one.tokens, depth + 1)}</p>
    case 'text':
      return one.tokens ? inlinesOf(one.tokens, depth + 1) : plain(one.text)
    case 'html':
    case 'def':
      return <p dir="auto">{one.raw}</p>
    default:
      return inlineOf(token, depth)
  }
}

/** Returns the elements of blocks. */
export function blocksOf(tokens: readonly Token[], depth: number): ComponentChildren[] {
  return tokens.map((token) => blockOf(token, depth))
}

function inlinesOf(tokens: readonly Token[], depth: number): ComponentChildren[] {
  return tokens.map((token) => inlineOf(token, depth))
}

function inlineOf(token: Token, depth: number): ComponentChildren {
  if (depth > DEPTH_MAX) return token.raw
  const one = token as MarkedToken
  switch (one.type) {
    case 'strong':
      return <strong>{inlinesOf(one.tokens, depth + 1)}</strong>
    case 'em':
      return <em>{inlinesOf(one.tokens, depth + 1)}</em>
    case 'del':
      return <del>{inlinesOf(one.tokens, depth + 1)}</del>
    case 'codespan':
      return <code>{one.text}</code>
    case 'br':
      return <br />
    case 'link':
      return link(one, depth)
    case 'image':
      return one.text
    case 'checkbox':
      return one.checked ? words.ask.markdown.done : words.ask.markdown.open
    case 'text':
      return one.tokens ? inlinesOf(one.tokens, depth + 1) : plain(one.text)
    case 'escape':
      return one.text
    default:
      return token.raw
  }
}

function heading({ depth: level, tokens }: Tokens.Heading, depth: number): VNode {
  const Level = `h${Math.min(HEADING_FIRST - 1 + level, HEADING_LAST)}` as 'h3'
  return <Level dir="auto">{inlinesOf(tokens, depth + 1)}</Level>
}

function list({ ordered, start, items }: Tokens.List, depth: number): VNode {
  const rows = items.map((item) => <li dir="auto">{blocksOf(item.tokens, depth + 1)}</li>)
  return ordered ? <ol start={start === '' ? 1 : start}>{rows}</ol> : <ul>{rows}</ul>
}

function table({ header, rows, align }: Tokens.Table, depth: number): VNode {
  const side = (at: number) => align[at] ?? undefined
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by keyboard.
    <section class="wide" tabIndex={0} aria-label={words.ask.markdown.table}>
      <table>
        <thead>
          <tr>
            {header.map(({ tokens }, at) => (
              <th scope="col" class={side(at)}>
                {inlinesOf(tokens, depth + 1)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {row.map(({ tokens }, at) => (
                <td class={side(at)}>{inlinesOf(tokens, depth + 1)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** Shows a link's text, and its address as a link that a click opens. An address of another kind is text. */
function link({ href, text, tokens }: Tokens.Link, depth: number): ComponentChildren {
  const address = OPENED.test(href) ? (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {href}
    </a>
  ) : (
    href
  )
  if (text === href || `mailto:${text}` === href) return address
  return (
    <>
      {inlinesOf(tokens, depth + 1)} ({address})
    </>
  )
}

function Code({ text, language }: { text: string; language: string }) {
  const { markdown } = words.ask
  return (
    <figure class="code">
      <figcaption>
        <span>{language === '' ? markdown.code : markdown.codeIn(language)}</span>
        <Copy text={text} />
      </figcaption>
      <pre dir="ltr">
        <code>{text}</code>
      </pre>
    </figure>
  )
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&nbsp;': '\u00a0',
}

/** Returns a text with the few character references that models write. */
function plain(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (name) => entities[name] ?? name)
}
