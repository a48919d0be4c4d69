/** What becomes an XML document: an object's members are elements, a list repeats its element, `undefined` leaves it out. */
export type XmlValue = string | number | boolean | undefined | XmlFields | readonly XmlValue[]
export interface XmlFields {
  readonly [name: string]: XmlValue
}

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** A document of S3: `{ CopyObjectResult: { ETag: '"…"' } }`. Error documents have no namespace. */
export function xmlDocument(root: string, fields: XmlFields): string {
  const attribute = root === 'Error' ? '' : ` xmlns="${namespace}"`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${inner(fields)}</${root}>`
}

function inner(value: XmlFields): string {
  return Object.entries(value)
    .map(([name, field]) => element(name, field))
    .join('')
}

function element(name: string, value: XmlValue): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) return (value as readonly XmlValue[]).map(item => element(name, item)).join('')
  return `<${name}>${typeof value === 'object' ? inner(value as XmlFields) : escapeText(String(value))}</${name}>`
}

/** Control characters go out as references, as S3 sends them, although XML 1.0 knows no such characters. */
function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  return text.replace(/[<>&"\u0000-\u001f]/g, char => named[char] ?? `&#x${char.charCodeAt(0).toString(16)};`)
}
const named: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' }
