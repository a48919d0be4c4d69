#!/usr/bin/env node
// Writes the tables of inputs and outputs into the READMEs of the Terraform modules and systems, between their markers, from what
// variables.tf and outputs.tf say. A test compares.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from '@cdktn/hcl2json'
import { repositoryRoot } from './workspaces.mjs'

const below = folder =>
  existsSync(join(repositoryRoot, folder)) ? readdirSync(join(repositoryRoot, folder)).map(name => `${folder}/${name}`) : []

/** Every folder of Terraform files that is used by others or by people, as paths in the repository. */
export const terraformFolders = () =>
  [...below('infra/terraform/modules'), ...below('systems').map(system => `${system}/terraform`)].filter(folder =>
    existsSync(join(repositoryRoot, folder, 'main.tf')),
  )

const cell = text => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim()
// Expressions come as `${…}`.
const typeOf = type => cell(String(type ?? 'any').replace(/^\$\{(.*)\}$/s, '$1'))
const defaultOf = variable => ('default' in variable ? `\`${cell(JSON.stringify(variable.default))}\`` : '**required**')

/** The README's text with its tables as they should be. */
export async function withTables(readme, variablesText, outputsText) {
  const { variable = {} } = await parse('variables.tf', variablesText)
  const { output = {} } = await parse('outputs.tf', outputsText)
  // In the order of the file, which the parser does not keep.
  const inOrder = (text, kind) => [...text.matchAll(new RegExp(`^${kind} "(.+)" \\{`, 'gm'))].map(match => match[1])
  const inputs = inOrder(variablesText, 'variable').map(name => {
    const [declared] = variable[name]
    return `| \`${name}\` | ${cell(declared.description)} | \`${typeOf(declared.type)}\` | ${defaultOf(declared)} |`
  })
  const outputs = inOrder(outputsText, 'output').map(name => `| \`${name}\` | ${cell(output[name][0].description)} |`)
  const fill = (text, marker, lines) =>
    text.replace(new RegExp(`<!-- ${marker} -->[\\s\\S]*<!-- /${marker} -->`), () =>
      [`<!-- ${marker} -->`, ...lines, `<!-- /${marker} -->`].join('\n'),
    )
  const withInputs = fill(readme, 'inputs', ['| input | what it is | type | default |', '|---|---|---|---|', ...inputs])
  return fill(withInputs, 'outputs', ['| output | what it is |', '|---|---|', ...outputs])
}

/** The README of a folder: as it is, and as it should be. */
export async function readmeOf(folder) {
  const read = name => readFileSync(join(repositoryRoot, folder, name), 'utf8')
  const found = read('README.md')
  return { found, wanted: await withTables(found, read('variables.tf'), read('outputs.tf')) }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  for (const folder of terraformFolders()) {
    const { found, wanted } = await readmeOf(folder)
    if (found !== wanted) writeFileSync(join(repositoryRoot, folder, 'README.md'), wanted)
  }
}
