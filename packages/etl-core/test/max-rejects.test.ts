import { describe, expect, it } from 'vitest'
import { allRejected, tooManyRejects } from '../src/max-rejects.js'
import { noCounts } from '../src/report.js'

const tally = (reason: string) => ({ counts: { ...noCounts, read: 4, rejected: 4 }, byReason: { [reason]: 4 }, samples: [] })

describe('the error of too many rejects', () => {
  it('ends the most frequent reason with one full stop, whether it has one or not', () => {
    for (const reason of ['the header has 3', 'the header has 3.']) {
      expect(allRejected('a', tally(reason)).message).toContain('most often: the header has 3. What was published before stays.')
      expect(tooManyRejects('The load', tally(reason), 1).message).toMatch(/Most often: the header has 3\.$/)
    }
  })

  it('says how an empty group is allowed, in code and for the command', () => {
    expect(allRejected('a', tally('no')).message).toContain('maxRejects { share: 1 } (--max-rejects 100%)')
  })
})
