import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchCase } from './case.js'
import { moreFolder } from './peers/more.js'

/** Why a case cannot run here, or `undefined`. */
export function whyAbsent({ name, needsProgram, needsPackage }: BenchCase): string | undefined {
  if (needsProgram !== undefined && spawnSync(needsProgram, ['--version']).status !== 0)
    return `${name}: ${needsProgram} is not on the path`
  // Its memory is read from /proc.
  if (needsProgram !== undefined && process.platform !== 'linux') return `${name}: programs are measured on Linux only`
  if (needsPackage !== undefined && !existsSync(join(moreFolder, 'node_modules', needsPackage)))
    return `${name}: ${needsPackage} is not installed (npm ci --prefix bench/more)`
  return undefined
}
