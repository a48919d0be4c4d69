import { join, relative } from 'node:path'
import ts from 'typescript'
import { repositoryRoot } from '../../tools/workspaces.mjs'

/** Everything the root `tsconfig.json` includes, as one program. Takes a second or two: make it once per test file. */
export function wholeTree(): { readonly program: ts.Program; readonly files: ReadonlySet<string> } {
  const { config } = ts.readConfigFile(join(repositoryRoot, 'tsconfig.json'), ts.sys.readFile)
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, repositoryRoot)
  return { program: ts.createProgram(fileNames, options), files: new Set(fileNames) }
}

/** A program of one file that exists only here. */
export function programOf(file: string, text: string): ts.Program {
  const options = { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, types: ['node'], strict: true }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = name => name === file || fileExists(name)
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, text, rest[0]) : getSourceFile(name, ...rest)
  return ts.createProgram([file], options, host)
}

/** The exported names of a file without a doc comment; an alias is documented where the thing itself is declared. */
export function undocumentedExports(program: ts.Program, file: string): string[] {
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(file)
  const module = source && checker.getSymbolAtLocation(source)
  const exported = module ? checker.getExportsOfModule(module) : []
  const declared = (symbol: ts.Symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)
  return exported.filter(symbol => declared(symbol).getDocumentationComment(checker).length === 0).map(symbol => symbol.name)
}

/** Statements that are only a promise: not awaited, not `void`, without a handler for its failure. */
export function floatingPromises(program: ts.Program, files: ReadonlySet<string>): string[] {
  const checker = program.getTypeChecker()
  const found: string[] = []

  const visit = (node: ts.Node): void => {
    if (ts.isExpressionStatement(node) && !isHandled(node.expression) && isThenable(node.expression)) {
      const { fileName } = node.getSourceFile()
      const { line } = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart())
      found.push(`${relative(repositoryRoot, fileName)}:${line + 1}: ${node.getText().split('\n')[0]}`)
    }
    ts.forEachChild(node, visit)
  }

  const isThenable = (expression: ts.Expression): boolean =>
    checker.getTypeAtLocation(expression).getProperty('then') !== undefined

  for (const source of program.getSourceFiles()) if (files.has(source.fileName)) visit(source)
  return found
}

function isHandled(expression: ts.Expression): boolean {
  if (ts.isVoidExpression(expression) || isAssignment(expression)) return true
  if (!ts.isCallExpression(expression) || !ts.isPropertyAccessExpression(expression.expression)) return false
  const { name, expression: receiver } = expression.expression
  if (name.text === 'finally') return isHandled(receiver)
  return name.text === 'catch' || (name.text === 'then' && expression.arguments.length === 2)
}

const isAssignment = (expression: ts.Expression): boolean =>
  ts.isBinaryExpression(expression) &&
  expression.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
  expression.operatorToken.kind <= ts.SyntaxKind.LastAssignment
