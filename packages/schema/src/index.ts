export { column } from './column.js'
export * from './columns.js'
