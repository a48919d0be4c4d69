import { definePipeline, from } from '@millrace/etl-core'
import { csv } from '@millrace/formats'
import { folder } from '@millrace/objects'
import { worldBank } from '@millrace/source-worldbank'
import * as z from 'zod'

// biome-ignore format: ten lines, as the README shows them
export default definePipeline({
  name: 'population', connectors: [folder],
  params: z.object({ since: z.int().default(2000), to: z.string().default('file:./out') }),
  build: ({ params, connect }) =>
    from(worldBank({ indicators: ['SP.POP.TOTL'] }))
      .filter(r => r.year !== null && r.year >= params.since && r.value !== null)
      .select('country_iso3', 'year', 'value').derive({ millions: r => Number(r.value) / 1e6 })
      .into(connect.objects(params.to, { path: 'population.csv', format: csv() })),
})
