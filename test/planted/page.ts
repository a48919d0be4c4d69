import type { PlantedBug } from './bug.js'

const head = `---
title: Planted bugs
---

<!-- Written by test/planted/planted.test.ts (npx vitest run test/planted -u). Changes belong there. -->

# Planted bugs

A contract that finds nothing proves nothing. So a test puts each of these bugs into the sources, one at a time, bundles them with the cases
of [@millrace/etl-testkit](../../packages/etl-testkit/README.md), and runs those in a process of its own. The cases named here must fail; without
a bug, all must hold. A bug is a patch of one to three lines in \`test/planted/bugs\`; where the code it is about has changed, the
test says so.

| the bug | where | found by |
| --- | --- | --- |
`

/** The documentation's page of the bugs. */
export function pageOf(bugs: readonly PlantedBug[]): string {
  return head + bugs.map(rowOf).join('')
}

function rowOf({ name, edits, foundBy }: PlantedBug): string {
  const files = [...new Set(edits.map(edit => edit.file))].map(file => `[${shortened(file)}](../../${file})`)
  const cases = Object.entries(foundBy).map(([suite, names]) => `${suite}: ${names.map(each => `*${each} …*`).join(', ')}`)
  return `| ${name} | ${files.join(', ')} | ${cases.join('; ')} |\n`
}

const shortened = (file: string) => file.replace(/^(packages|adapters)\//, '').replace('/src/', '/')
