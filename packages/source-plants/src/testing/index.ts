export type { Generation } from './bodies.js'
export type { Fault } from './faults.js'
export type { LoggedRequest, PlantsServer, PlantsServerOptions } from './server.js'
export { plantsServer } from './server.js'
