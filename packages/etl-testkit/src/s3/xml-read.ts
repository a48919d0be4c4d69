import { S3Failure } from './errors.js'

/** An element that was read: its own text, and its children in order. Attributes are passed over. */
export interface XmlElement {
  readonly name: string
  readonly text: string
  readonly children: readonly XmlElement[]
}

interface Open {
  readonly name: string
  text: string
  readonly children: XmlElement[]
}

/** Comments, the declaration, CDATA, tags, text: what a request's document is made of. A DOCTYPE is none of them. */
const tokens =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<\/([\w:.-]+)\s*>|<([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y

/**
 * Reads a request's document.
 *
 * @throws S3Failure MalformedXML if it is none, or its root is not `root`.
 */
export function readXml(document: Buffer, root: string): XmlElement {
  const text = document.toString('utf8').replace(/^\ufeff/, '')
  const top: Open = { name: '', text: '', children: [] }
  const stack: Open[] = [top]
  let at = 0
  while (at < text.length) {
    tokens.lastIndex = at
    const token = tokens.exec(text)
    if (!token) throw new S3Failure('MalformedXML')
    at = tokens.lastIndex
    take(token, stack)
  }
  const [only, more] = top.children
  if (stack.length !== 1 || !only || more || only.name !== root || top.text.trim() !== '') throw new S3Failure('MalformedXML')
  return only
}

function take(token: RegExpExecArray, stack: Open[]): void {
  const [, cdata, closed, opened, , selfClosed, characters] = token
  const current = stack.at(-1)!
  if (cdata !== undefined) current.text += cdata
  else if (characters !== undefined) current.text += resolved(characters)
  else if (opened !== undefined) {
    const child: Open = { name: withoutPrefix(opened), text: '', children: [] }
    current.children.push(child)
    if (!selfClosed) stack.push(child)
  } else if (closed !== undefined) {
    if (stack.length === 1 || current.name !== withoutPrefix(closed)) throw new S3Failure('MalformedXML')
    stack.pop()
  }
}

const withoutPrefix = (name: string) => name.slice(name.indexOf(':') + 1)

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function resolved(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));|&/gi, (_, hex?: string, decimal?: string, name?: string) => {
    const code = hex ? Number.parseInt(hex, 16) : decimal ? Number(decimal) : undefined
    const char = code === undefined ? entities[name ?? ''] : code <= 0x10ffff ? String.fromCodePoint(code) : undefined
    if (char === undefined) throw new S3Failure('MalformedXML')
    return char
  })
}

/** The children of that name. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter(child => child.name === name)
}

/** The text of the one child of that name. */
export function childText(element: XmlElement, name: string): string | undefined {
  const [only, more] = childrenOf(element, name)
  if (more) throw new S3Failure('MalformedXML')
  return only?.text
}
