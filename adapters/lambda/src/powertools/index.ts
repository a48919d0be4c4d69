export { powertools } from './installed.js'
