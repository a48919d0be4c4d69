import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Held } from './door.js'
import type { Lake } from './lake.js'
import { withWide } from './wide.js'
import { digestsOf, freshFolder, millrace, published, served } from './world.js'

const long = process.env.MILLRACE_TEST_LONG !== undefined

/** What to try, as all of it takes its time. */
export interface LakeSuite {
  open(): Promise<Lake>
  /** Percents of a run's requests to kill it at; odd ones when the server has answered and the run does not know yet. */
  readonly killAt: readonly number[]
  /** Also stop it by Ctrl-C, and kill it in the middle of an upload. */
  readonly uploads: boolean
}

/** What the same jobs write into a folder: the same for every suite of a file. */
let references: Promise<readonly Record<string, Buffer>[]> | undefined

/** What the command promises of a bucket: everything it promises of a folder. */
export function describeLake(name: string, { open, killAt, uploads }: LakeSuite): void {
  const api = served(withWide)
  let lake: Lake
  beforeEach(async () => {
    lake = await open()
  })
  afterEach(() => lake.close())

  const flags = (indicators: string, to: string, more: readonly string[]) => [
    ...['run', 'worldbank', '--json', '--api-url', api.url, '--concurrency', '1'],
    ...['--indicators', indicators, '--to', to, ...more],
  ]
  /** Two objects' worth of small ones: every page is staged and saved. */
  const small = (to: string) =>
    flags('SP.POP.TOTL,NY.GDP.MKTP.CD', to, ['--date', '2015:2024', '--per-page', '500', '--save-every', '0'])
  /** One that is uploaded in parts. */
  const wide = (to: string) => flags('WIDE', to, ['--per-page', '5000'])
  type Job = typeof small

  const load = (job: Job) => millrace(job(lake.to), lake.env)
  const inFolder = async (job: Job) => {
    const { folder, to } = freshFolder()
    const { code, stderr } = await millrace(job(to)).ended
    expect(code, stderr).toBe(0)
    return published(folder)
  }
  let [smallFiles, wideFiles]: readonly Record<string, Buffer>[] = []
  beforeAll(async () => {
    references ??= Promise.all([inFolder(small), inFolder(wide)])
    ;[smallFiles, wideFiles] = await references
  }, 120_000)

  const writes = () => lake.door.passed.filter(({ method }) => method !== 'GET' && method !== 'HEAD')
  const neverHalfWritten = async (whole: Record<string, Buffer> | undefined) => {
    for (const [key, bytes] of Object.entries(await lake.published()))
      expect(whole?.[key]?.equals(bytes), `${key} has ${bytes.length} bytes`).toBe(true)
  }
  /** Runs the job until a request is held, and kills it there. */
  const killedAt = async (job: Job, { reached }: Held) => {
    const { child, ended } = load(job)
    const request = await Promise.race([reached, ended])
    child.kill('SIGKILL')
    expect((await ended).signal, JSON.stringify(request)).toBe('SIGKILL')
  }
  /** Presses Ctrl-C while a request is held, and lets that go on when the run has heard it. */
  const interruptedAt = async (job: Job, { reached, release }: Held) => {
    const { child, ended } = load(job)
    await Promise.race([reached, ended])
    const heard = new Promise<void>(resolve => child.stderr?.on('data', text => String(text).includes('stopping') && resolve()))
    child.kill('SIGINT')
    await Promise.race([heard, ended])
    release()
    return ended
  }

  describe(`the worldbank command and ${name}`, () => {
    it('writes the bytes of a folder run, and a second run writes nothing', async () => {
      const first = await load(small).ended
      const [before, keys] = [writes().length, await lake.keys()]
      const second = await load(small).ended

      expect([first.code, first.report?.status], first.stderr).toEqual([0, 'succeeded'])
      expect(digestsOf(await lake.published())).toEqual(digestsOf(smallFiles))
      expect(Object.keys(smallFiles ?? {})).toHaveLength(4)
      expect(keys.filter(key => /staging|\/loads\//.test(key))).toEqual([])
      expect([second.code, second.report?.status], second.stderr).toEqual([0, 'unchanged'])
      expect([writes().slice(before), await lake.keys()]).toEqual([[], keys])
    })

    it('uploads what is larger than a part in parts, with the bytes of a folder run', async () => {
      const { code, stderr } = await load(wide).ended

      expect(code, stderr).toBe(0)
      expect(writes().filter(({ path }) => /partNumber=2/.test(path)).length).toBeGreaterThan(0)
      expect(digestsOf(await lake.published())).toEqual(digestsOf(wideFiles))
      expect(await lake.unfinished()).toEqual([])
    })

    describe('killed', () => {
      let requests = 0
      beforeAll(async () => {
        const calm = await open()
        await millrace(small(calm.to), calm.env).ended
        requests = calm.door.passed.length
        await calm.close()
      })

      it.each(killAt)('after %i percent of its requests: the next run ends with the same objects', async percent => {
        const nth = Math.max(1, Math.round((requests * percent) / 100))
        await killedAt(
          small,
          lake.door.hold(() => true, nth, percent % 2 ? 'after' : 'before'),
        )
        await neverHalfWritten(smallFiles)

        const { code, stderr } = await load(small).ended

        expect(code, stderr).toBe(0)
        expect(digestsOf(await lake.published())).toEqual(digestsOf(smallFiles))
        expect((await lake.keys()).filter(key => key.includes('staging'))).toEqual([])
        expect(await lake.unfinished()).toEqual([])
      })

      const moments = [
        ['before it sends a part', /partNumber=2/, 'before', 1],
        ['with a part sent', /partNumber=1/, 'after', 1],
        ['before it completes an upload', /[?&]uploadId=[^&]*$/, 'before', 1],
        ['with an upload completed', /[?&]uploadId=[^&]*$/, 'after', 0],
      ] as const
      it.runIf(uploads).each(long ? moments : moments.slice(2, 3))(
        '%s: the next run ends what is unfinished',
        async (_, path, where, left) => {
          await killedAt(
            wide,
            lake.door.hold(request => path.test(request.path), 1, where),
          )
          const unfinished = await lake.unfinished()
          await neverHalfWritten(wideFiles)

          const { code, stderr } = await load(wide).ended

          expect(code, stderr).toBe(0)
          expect(digestsOf(await lake.published())).toEqual(digestsOf(wideFiles))
          expect(unfinished).toHaveLength(left)
          expect(await lake.unfinished()).toEqual([])
        },
      )
    })

    describe.runIf(uploads)('stopped by Ctrl-C', () => {
      it('exits 130, and the next run goes on from there to the same objects', async () => {
        const first = await interruptedAt(
          small,
          lake.door.hold(({ method, path }) => method === 'PUT' && path.includes('/staging/'), 3),
        )
        const second = await load(small).ended

        expect([first.code, first.report?.status], first.stderr).toEqual([130, 'stopped'])
        const resumed = second.events.flatMap(event => (event.type === 'split.started' ? [event.resumedAtBatch] : []))
        expect(Math.max(...resumed)).toBeGreaterThan(0)
        expect(second.code, second.stderr).toBe(0)
        expect(digestsOf(await lake.published())).toEqual(digestsOf(smallFiles))
      })

      it('in the middle of an upload ends that upload', async () => {
        const first = await interruptedAt(
          wide,
          lake.door.hold(({ path }) => /partNumber=1/.test(path)),
        )
        const unfinished = await lake.unfinished()
        const second = await load(wide).ended

        expect(first.code, first.stderr).toBe(130)
        expect(unfinished).toEqual([])
        expect(second.code, second.stderr).toBe(0)
        expect(digestsOf(await lake.published())).toEqual(digestsOf(wideFiles))
        expect(await lake.unfinished()).toEqual([])
      })
    })
  })
}
