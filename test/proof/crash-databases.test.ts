import { describeTable, placesEffort } from './support/crash-table.js'

const { deaths, stops } = placesEffort

// One split changes a database a few times only: of those, some have to be tried.
describeTable(['database'], { ...placesEffort, deaths: Math.min(deaths, 4), stops: Math.min(stops, 4) })
