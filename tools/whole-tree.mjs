// What only the compiler sees, over one program: statements that are a promise, and exports without a word.
import { join, relative } from 'node:path'
import ts from 'typescript'
import { repositoryRoot } from './workspaces.mjs'

/** Everything the root `tsconfig.json` includes, as one program. Takes some seconds: make it once. */
export function wholeTree() {
  const { config } = ts.readConfigFile(join(repositoryRoot, 'tsconfig.json'), ts.sys.readFile)
  const { fileNames, options, errors } = ts.parseJsonConfigFileContent(config, ts.sys, repositoryRoot)
  return { program: ts.createProgram(fileNames, options), files: new Set(fileNames), errors }
}

/** The exported names of a file without a doc comment; an alias is documented where the thing itself is declared. */
export function undocumentedExports(program, file) {
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(file)
  const module = source && checker.getSymbolAtLocation(source)
  const exported = module ? checker.getExportsOfModule(module) : []
  const declared = symbol => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)
  return exported.filter(symbol => declared(symbol).getDocumentationComment(checker).length === 0).map(symbol => symbol.name)
}

/** Statements that are only a promise: not awaited, not `void`, without a handler for its failure. */
export function floatingPromises(program, files) {
  const checker = program.getTypeChecker()
  const found = []

  const visit = node => {
    if (ts.isExpressionStatement(node) && !isHandled(node.expression) && isThenable(node.expression)) {
      const { fileName } = node.getSourceFile()
      const { line } = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart())
      found.push(`${relative(repositoryRoot, fileName)}:${line + 1}: ${node.getText().split('\n')[0]}`)
    }
    ts.forEachChild(node, visit)
  }

  const isThenable = expression => checker.getTypeAtLocation(expression).getProperty('then') !== undefined

  for (const source of program.getSourceFiles()) if (files.has(source.fileName)) visit(source)
  return found
}

function isHandled(expression) {
  if (ts.isVoidExpression(expression) || isAssignment(expression)) return true
  if (!ts.isCallExpression(expression) || !ts.isPropertyAccessExpression(expression.expression)) return false
  const { name, expression: receiver } = expression.expression
  if (name.text === 'finally') return isHandled(receiver)
  return name.text === 'catch' || (name.text === 'then' && expression.arguments.length === 2)
}

const isAssignment = expression =>
  ts.isBinaryExpression(expression) &&
  expression.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
  expression.operatorToken.kind <= ts.SyntaxKind.LastAssignment
