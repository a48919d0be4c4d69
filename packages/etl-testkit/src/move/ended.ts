import assert from 'node:assert/strict'
import type { RunReport, RunStatus } from '@millrace/etl-core'

/** Fails unless a run ended like this, with an error of this code if one is named. */
export function assertEnded({ status, error, reason }: RunReport, expected: RunStatus, code?: string): void {
  const said = `a run that must end as ${expected}${code ? ` with ${code}` : ''} ended as ${status}: ${error?.code ?? ''} ${error?.message ?? reason ?? ''}`
  assert.ok(status === expected && (code === undefined || error?.code === code), said)
}
