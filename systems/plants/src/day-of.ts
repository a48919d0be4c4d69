import { sortable } from './archive-parts.js'
import type { ArchivedReading, PlantDay } from './records.js'

/** One record for each plant that has readings, by its number. The name is that of the plant's last reading of the day. */
export function plantDays(readings: readonly ArchivedReading[], day: string): readonly PlantDay[] {
  const byPlant = new Map<number, ArchivedReading[]>()
  for (const reading of readings) {
    const known = byPlant.get(reading.plant_id)
    if (known) known.push(reading)
    else byPlant.set(reading.plant_id, [reading])
  }
  return [...byPlant]
    .sort(([a], [b]) => a - b)
    .map(([plant_id, of]) => {
      const last = of.reduce((a, b) => (sortable(b.recording_taken) > sortable(a.recording_taken) ? b : a))
      const moisture = summaryOf(of.map(({ soil_moisture }) => soil_moisture))
      const temperature = summaryOf(of.map(reading => reading.temperature))
      return {
        ...{ plant_id, name: last.name, day, readings: of.length },
        ...{ soil_moisture_min: moisture.min, soil_moisture_max: moisture.max },
        ...{ soil_moisture_mean: moisture.mean, soil_moisture_median: moisture.median },
        ...{ temperature_min: temperature.min, temperature_max: temperature.max },
        ...{ temperature_mean: temperature.mean, temperature_median: temperature.median },
      }
    })
}

/** Of an even number of values the median is the mean of the two in the middle. Sorted first, so that their order does not decide the mean's last digit. */
export function summaryOf(values: readonly number[]) {
  const sorted = Float64Array.from(values).sort()
  const at = (index: number) => sorted[index] as number
  const middle = Math.floor(sorted.length / 2)
  return {
    min: at(0),
    max: at(sorted.length - 1),
    mean: meanOf(sorted),
    median: sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2,
  }
}

/**
 * The mean of sorted values. What each addition rounds off is summed up beside it (Neumaier), and the last digit kept between least and
 * most: a sensor that says the same all day has that as its mean.
 */
function meanOf(sorted: Float64Array): number {
  let [sum, lost] = [0, 0]
  for (const value of sorted) {
    const next = sum + value
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return Math.min(Math.max((sum + lost) / sorted.length, sorted[0] as number), sorted.at(-1) as number)
}
