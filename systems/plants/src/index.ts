export { archive } from './archive.js'
export { plants } from './plants.js'
export { archivedReading, type PlantRow, plantRow } from './records.js'
export { plantTables } from './tables.js'
