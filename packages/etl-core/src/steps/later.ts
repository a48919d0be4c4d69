import type { Step } from './step.js'

/** A step whose code is imported when a run comes to it: a flow that is only put together does not need it. */
export function stepLoadedLater(facts: Pick<Step, 'name' | 'keepsShape' | 'rejectsTo'>, load: () => Promise<Step>): Step {
  let loading: Promise<Step> | undefined
  let step: Step | undefined
  const loaded = async () => {
    loading ??= load()
    step = await loading
    return step
  }
  return {
    ...facts,
    async ready() {
      await loaded()
    },
    apply: async (set, run, stage) => (step ?? (await loaded())).apply(set, run, stage),
    onViews: (columns, context) => step?.onViews?.(columns, context),
  }
}
