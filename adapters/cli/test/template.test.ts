// The test that a new project begins with; it and its pipeline are compiled and run here as they are handed out.
import '../templates/project/test/orders.test.js'
