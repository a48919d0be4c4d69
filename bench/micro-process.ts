import { microCases } from './micro/index.js'
import type { MicroFigures } from './micro/micro-case.js'
import { median } from './numbers.js'

const warmUpLoops = 5

// One case in one process, so that no other's code has been compiled or thrown away before.
const [name = '', timedMs = '0'] = process.argv.slice(2)
const found = microCases.find(each => each.name === name)
if (!found) throw new Error(`No loop is called "${name}".`)
const loop = await found.load()
for (let count = 0; count < warmUpLoops; count++) await loop()

const nsPerRow: number[] = []
for (const began = performance.now(); nsPerRow.length === 0 || performance.now() - began < Number(timedMs); ) {
  const before = process.cpuUsage()
  const rows = await loop()
  const { user, system } = process.cpuUsage(before)
  nsPerRow.push(((user + system) * 1000) / rows)
}
const figures: MicroFigures = { nsPerRow: median(nsPerRow), loops: nsPerRow.length }
process.stdout.write(JSON.stringify(figures))
