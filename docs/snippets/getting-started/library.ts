import { run } from '@millrace/etl-core'
import population from '../population.js'

const report = await run(population, { since: 2020, to: 'file:./out' })

console.log(report.status, report.counts.written, report.notes)
if (report.status === 'failed') process.exitCode = 1
