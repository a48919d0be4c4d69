export { params } from './params.js'
export { worldbank, worldbank as default } from './pipeline.js'
export { csvRecord, parquetRecord } from './records.js'
