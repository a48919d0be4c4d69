import { describeTable, placesEffort } from './support/crash-table.js'

describeTable(['bucket'], placesEffort)
