import { describeTable, placesEffort } from './support/crash-table.js'

describeTable(['database'], placesEffort)
