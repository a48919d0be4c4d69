// Every error code the sources make: found by reading them, so that the reference can neither forget one nor keep one that is gone.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { listWorkspaces, repositoryRoot } from './workspaces.mjs'

const codePattern = /^ETL_[A-Z0-9]+(?:_[A-Z0-9]+)*$/
const verdicts = new Set(['never', 'later', 'exhausted'])

/** The class of a code that a table names, where no `new` stands beside it. */
const classByFamily = {
  SOURCE: ['SourceError'],
  SINK: ['SinkError'],
  OBJECT: ['SourceError', 'SinkError'],
  RECORD: ['RecordError'],
  STATE: ['StateError'],
  UNEXPECTED: ['any other error'],
}

/** Codes put together at run time, by the file that does so: a template that begins with `ETL_` must be here. */
const composed = {
  'packages/duckdb/src/errors.ts': ['SOURCE', 'SINK', 'STATE'].flatMap(side => [
    // A file that another process has was waited for already.
    { code: `ETL_${side}_UNAVAILABLE`, classes: classByFamily[side], retry: ['later', 'exhausted'] },
    { code: `ETL_${side}_FULL`, classes: classByFamily[side], retry: ['later'] },
    ...['DENIED', 'MALFORMED', 'NOT_FOUND', 'REFUSED'].map(name => ({
      code: `ETL_${side}_${name}`,
      classes: classByFamily[side],
      retry: ['never'],
    })),
  ]),
  'packages/sqlserver/src/errors.ts': ['SOURCE', 'SINK', 'STATE'].flatMap(side => [
    ...['UNAVAILABLE', 'RATE_LIMITED', 'FULL'].map(name => ({
      code: `ETL_${side}_${name}`,
      classes: classByFamily[side],
      retry: ['later'],
    })),
    // A wrong name of a database says the same as one that is not open yet.
    { code: `ETL_${side}_NOT_FOUND`, classes: classByFamily[side], retry: ['never', 'later'] },
    ...['DENIED', 'REFUSED'].map(name => ({ code: `ETL_${side}_${name}`, classes: classByFamily[side], retry: ['never'] })),
  ]),
  'packages/objects/src/folder/errors.ts': [
    { code: 'ETL_SOURCE_DENIED', classes: classByFamily.SOURCE, retry: ['never'] },
    { code: 'ETL_SOURCE_UNAVAILABLE', classes: classByFamily.SOURCE, retry: ['later'] },
    { code: 'ETL_SINK_DENIED', classes: classByFamily.SINK, retry: ['never'] },
    // A disk is full for writers only.
    { code: 'ETL_SINK_FULL', classes: classByFamily.SINK, retry: ['later'] },
    { code: 'ETL_SINK_UNAVAILABLE', classes: classByFamily.SINK, retry: ['later'] },
  ],
  'packages/objects/src/state/documents.ts': [
    // As the store says: a session that has ended may be renewed, and a certificate that is not good stays so.
    { code: 'ETL_STATE_DENIED', classes: classByFamily.STATE, retry: ['never', 'later'] },
    { code: 'ETL_STATE_NOT_FOUND', classes: classByFamily.STATE, retry: ['never'] },
    { code: 'ETL_STATE_UNAVAILABLE', classes: classByFamily.STATE, retry: ['later', 'never'] },
  ],
  'packages/dynamodb/src/errors.ts': [
    ...['INVALID', 'CREDENTIALS', 'REGION'].map(name => ({
      code: `ETL_CONFIG_${name}`,
      classes: ['ConfigError'],
      retry: ['never'],
    })),
    // A certificate that is not good stays so, and a session that has ended may be renewed.
    { code: 'ETL_STATE_UNAVAILABLE', classes: classByFamily.STATE, retry: ['later', 'never'] },
    { code: 'ETL_STATE_DENIED', classes: classByFamily.STATE, retry: ['never', 'later'] },
    ...['FULL', 'REFUSED'].map(name => ({ code: `ETL_STATE_${name}`, classes: classByFamily.STATE, retry: ['never'] })),
  ],
  'packages/s3/src/errors.ts': [
    ...['INVALID', 'CREDENTIALS', 'REGION'].map(name => ({
      code: `ETL_CONFIG_${name}`,
      classes: ['ConfigError'],
      retry: ['never'],
    })),
    ...['SOURCE', 'SINK'].flatMap(side => [
      ...['NOT_FOUND', 'REFUSED'].map(name => ({
        code: `ETL_${side}_${name}`,
        classes: classByFamily[side],
        retry: ['never'],
      })),
      // A session that has ended may be renewed.
      { code: `ETL_${side}_DENIED`, classes: classByFamily[side], retry: ['never', 'later'] },
      { code: `ETL_${side}_RATE_LIMITED`, classes: classByFamily[side], retry: ['later'] },
      // A certificate that is not good stays so.
      { code: `ETL_${side}_UNAVAILABLE`, classes: classByFamily[side], retry: ['later', 'never'] },
    ]),
    { code: 'ETL_SINK_FULL', classes: classByFamily.SINK, retry: ['later'] },
    { code: 'ETL_SINK_TOO_LARGE', classes: classByFamily.SINK, retry: ['never'] },
  ],
}

/** Functions whose code never leaves its package: it is the cause of an error with a code of its own. */
const inner = new Set(['coded'])

/** The same for a code: an abort reason nobody is shown. */
const innerCodes = new Set(['ETL_ATTEMPT_OVER'])

/** What the sources of all packages throw: by code, its classes, retry verdicts and packages, all sorted. */
export function thrownCodes(root = repositoryRoot) {
  const found = new Map()
  const note = (path, { code, classes, retry }) => {
    if (innerCodes.has(code)) return
    const entry = found.get(code) ?? { code, classes: new Set(), retry: new Set(), packages: new Set() }
    for (const name of classes) entry.classes.add(name)
    for (const verdict of retry) entry.retry.add(verdict)
    entry.packages.add(path)
    found.set(code, entry)
  }
  for (const { path, folder } of listWorkspaces(root)) {
    // The kit's assertions name the codes of others.
    if (path === 'packages/etl-testkit') continue
    for (const file of sourcesBelow(join(folder, 'src'))) {
      const name = `${path}/src/${file}`
      for (const use of codesIn(readFileSync(join(folder, 'src', file), 'utf8'), name)) note(path, use)
    }
  }
  const sorted = set => [...set].sort()
  return [...found.values()]
    .map(({ code, classes, retry, packages }) => ({
      code,
      classes: sorted(classes),
      retry: sorted(retry),
      packages: sorted(packages),
    }))
    .sort((a, b) => (a.code < b.code ? -1 : 1))
}

function sourcesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .map(name => name.replaceAll('\\', '/'))
    .filter(name => name.endsWith('.ts') && !name.startsWith('testing/'))
    .sort()
}

/** The codes one source file makes. Throws for a use that is neither known to make an error nor known only to look at one. */
export function codesIn(text, file) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true)
  const made = []
  const visit = node => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) {
      if (codePattern.test(node.text)) made.push(...useOf(node, source, file))
    } else if (ts.isTemplateExpression(node) && node.head.text.startsWith('ETL_')) {
      if (!composed[file])
        throw new Error(`${file} puts a code together at run time: list what it makes in tools/docs-errors.mjs`)
      made.push(...composed[file])
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return made
}

function useOf(literal, source, file) {
  const code = literal.text
  const { parent } = literal
  const family = classByFamily[code.split('_')[1]]
  if (ts.isNewExpression(parent)) return [{ code, classes: [parent.expression.getText()], retry: retryIn(parent.arguments?.[2]) }]
  if (ts.isCallExpression(parent)) return calledWith(parent, code, family)
  if (ts.isPropertyAssignment(parent) && parent.name.getText() === 'code' && family) {
    const retry = parent.parent.properties.find(each => each.name?.getText() === 'retry')
    // A table's row without a verdict is an issue of a record: never.
    return [{ code, classes: family, retry: retry ? verdictsIn(retry) : ['never'] }]
  }
  if (ts.isArrayLiteralExpression(parent)) {
    const retry = verdictsIn(parent)
    // A list of codes alone is there to compare with.
    return retry.length === 0 ? [] : [{ code, classes: family, retry }]
  }
  if (ts.isBinaryExpression(parent) || ts.isLiteralTypeNode(parent) || ts.isCaseClause(parent)) return []
  const { line } = source.getLineAndCharacterOfPosition(literal.getStart())
  throw new Error(`${file}:${line + 1}: ${code} is used in a way tools/docs-errors.mjs does not know`)
}

/** `errorFor(side, code, …)` makes an error of either side; `isEtlError(error, code)` looks at one. */
function calledWith(call, code, family) {
  const name = call.expression.getText()
  if (name === 'super') return [{ code, classes: [enclosingClass(call)], retry: retryIn(call.arguments[2]) }]
  if (/^is[A-Z]|\.(?:startsWith|includes|has)$/.test(name) || inner.has(name)) return []
  return [{ code, classes: family ?? [], retry: retryIn(call.arguments.at(-1)) }]
}

function enclosingClass(node) {
  return ts.isClassDeclaration(node) ? node.name.text : enclosingClass(node.parent)
}

/** The verdicts an options argument may give; without one it is `never`. */
function retryIn(options) {
  const found = options ? verdictsIn(options) : []
  return found.length === 0 ? ['never'] : found
}

function verdictsIn(node) {
  const found = []
  const visit = each => {
    if (ts.isStringLiteral(each) && verdicts.has(each.text) && !isCompared(each)) found.push(each.text)
    ts.forEachChild(each, visit)
  }
  visit(node)
  return [...new Set(found)]
}

const isCompared = ({ parent }) =>
  ts.isBinaryExpression(parent) && parent.operatorToken.kind !== ts.SyntaxKind.QuestionQuestionToken
