// Options as tables: from zod schemas where there are some, else from the docstrings of an interface's fields.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { repositoryRoot } from './workspaces.mjs'

/** Text as one cell of a table. */
export const cell = text =>
  text
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|')
    .trim()

/** A Markdown table. */
export function table(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows.map(row => row.map(cell))]
  return lines.map(line => `| ${line.join(' | ')} |`).join('\n')
}

/** The fields of an interface, as its source says them. `name` is `file#Interface`, from the root. */
export function interfaceFields(name) {
  const [file, wanted] = name.split('#')
  const source = ts.createSourceFile(file, readFileSync(join(repositoryRoot, file), 'utf8'), ts.ScriptTarget.ESNext, true)
  const found = source.statements.find(node => ts.isInterfaceDeclaration(node) && node.name.text === wanted)
  if (!found) throw new Error(`${file} declares no interface ${wanted}`)
  return found.members
    .filter(member => member.name && ts.isIdentifier(member.name))
    .map(member => ({
      name: member.name.text,
      optional: member.questionToken !== undefined,
      type: ts.isMethodSignature(member) ? signatureText(member, source) : typeText(member.type, source),
      text: docText(member),
    }))
}

function typeText(type, source) {
  return type
    .getText(source)
    .replace(/\breadonly /g, '')
    .replace(/ \| undefined$/, '')
    .replace(/\s*\n\s*/g, ' ')
}

function signatureText({ parameters, type }, source) {
  return `(${parameters.map(each => each.getText(source)).join(', ')}) => ${typeText(type, source)}`
}

/** The docstring as plain text: links become code. */
function docText(member) {
  const [doc] = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc)
  const text = ts.getTextOfJSDocComment(doc?.comment) ?? ''
  return text.replace(/\{@link ([^}|\s]+)[^}]*\}/g, '`$1`').replace(/\s+/g, ' ')
}

/** A table of the options of one or several interfaces together. */
export function interfaceTable(...names) {
  const rows = names
    .flatMap(interfaceFields)
    .map(({ name, optional, type, text }) => [`\`${name}\`${optional ? '' : ' (required)'}`, `\`${type}\``, text])
  return table(['option', 'type', 'meaning'], rows)
}

/** A table of the fields of a zod object: what it accepts, its defaults, its descriptions. `name` says how a field is called. */
export function schemaTable(schema, { toJSONSchema }, name = key => key, head = 'option') {
  const json = toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  const required = new Set(json.required)
  const rows = Object.entries(json.properties).map(([key, field]) => [
    `\`${name(key)}\`${required.has(key) ? ' (required)' : ''}`,
    `\`${shapeText(field)}\``,
    field.default === undefined ? '' : `\`${JSON.stringify(field.default)}\``,
    field.description ?? '',
  ])
  return table([head, 'takes', 'default', 'meaning'], rows)
}

/** A JSON Schema as a short type. */
export function shapeText(shape) {
  const members = shape.anyOf ?? shape.oneOf
  if (members) return members.map(shapeText).join(' | ')
  if (shape.const !== undefined) return JSON.stringify(shape.const)
  if (shape.enum) return shape.enum.map(value => JSON.stringify(value)).join(' | ')
  if (shape.type === 'array') return `${bracketed(shapeText(shape.items ?? {}))}[]`
  if (shape.type === 'object') {
    const fields = Object.entries(shape.properties ?? {}).map(([key, field]) => `${key}?: ${shapeText(field)}`)
    return fields.length === 0 ? 'object' : `{ ${fields.join(', ')} }`
  }
  if (shape.type === 'integer') return withBounds('whole number', shape)
  return shape.type === undefined ? 'object' : withBounds(shape.type, shape)
}

const bracketed = text => (text.includes(' | ') ? `(${text})` : text)

/** Bounds, where they say more than what numbers can be. */
function withBounds(text, { minimum, maximum, exclusiveMinimum }) {
  const low =
    minimum > Number.MIN_SAFE_INTEGER ? ` from ${minimum}` : exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`
  const high = maximum < Number.MAX_SAFE_INTEGER ? ` to ${maximum}` : ''
  return `${text}${low}${high}`
}
