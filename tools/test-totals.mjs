// Prints the totals of the last CI test run as one line, `N passed, N failed, N skipped`, from vitest's JSON report.
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const report = resolve(process.argv[2] ?? 'out/test-report.json')

/** A file that broke before its tests ran has no failed test, yet it failed: it counts as one. */
function totalsOf({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }) {
  const brokenFiles = testResults.filter(
    file => file.status === 'failed' && !file.assertionResults.some(test => test.status === 'failed'),
  )
  return { passed: numPassedTests, failed: numFailedTests + brokenFiles.length, skipped: numPendingTests + numTodoTests }
}

if (existsSync(report)) {
  const { passed, failed, skipped } = totalsOf(JSON.parse(readFileSync(report, 'utf8')))
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  if (failed > 0 || passed === 0) process.exitCode = 1
} else {
  console.error(`No test report at ${report}: the tests did not run to their end`)
  process.exitCode = 1
}
