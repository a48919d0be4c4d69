import type { PlantedBug } from '../bug.js'

const objects = 'packages/objects/src'

/** Bugs of sinks, formats and stores. */
export const placeBugs: readonly PlantedBug[] = [
  {
    name: 'the counter of parts begins at zero again on resume',
    world: 'objects',
    edits: [
      { file: `${objects}/sink/writer.ts`, find: '  let count = known\n', replace: '  let count = 0\n' },
      {
        file: `${objects}/sink/writer.ts`,
        find: '`e$' + '{ctx.load.epoch}-$' + '{writer}-$' + "{String(++count).padStart(6, '0')}`",
        replace: "String(++count).padStart(6, '0')",
      },
    ],
    foundBy: { 'a sink of ndjson': ['suspend keeps what was flushed'] },
  },
  {
    name: 'a commit cannot be repeated: its parts are there already',
    world: 'objects',
    edits: [
      {
        file: `${objects}/sink/writer.ts`,
        find: '`e$' + '{ctx.load.epoch}-$' + '{writer}-$' + "{String(++count).padStart(6, '0')}`",
        replace: "String(++count).padStart(6, '0')",
      },
      {
        file: `${objects}/sink/writer.ts`,
        find: '{ bytes, signal: ctx.signal }',
        replace: "{ bytes, signal: ctx.signal, condition: 'absent' }",
      },
    ],
    foundBy: { 'a sink of ndjson': ['commit can be repeated'] },
  },
  {
    name: 'a flush acknowledges the newest batch though only an older one is durable',
    world: 'objects',
    edits: [
      {
        file: `${objects}/sink/writer.ts`,
        find: 'return done && { ...done, kept',
        replace: 'return last && { ...last, kept',
      },
    ],
    foundBy: { 'a sink of gzip members': ['suspend keeps what was flushed'] },
  },
  {
    name: 'a flush writes its part and acknowledges nothing',
    world: 'objects',
    edits: [
      {
        file: `${objects}/sink/writer.ts`,
        find: 'return done && { ...done, kept',
        replace: 'return done && undefined && { ...done, kept',
      },
    ],
    foundBy: { 'a sink of ndjson': ['a flush acknowledges what it made durable'] },
  },
  {
    name: 'after a refused record the rows before it are written again',
    world: 'objects',
    edits: [
      {
        file: `${objects}/sink/encode.ts`,
        find: 'all ? rows : rows.slice(start, end)',
        replace: 'all ? rows : rows.slice(0, end)',
      },
    ],
    foundBy: { 'a sink of ndjson': ['a refused record is named by its row'] },
  },
  {
    name: 'the latest copy is written before the dated one',
    world: 'objects',
    edits: [
      {
        file: `${objects}/sink/names.ts`,
        find: 'latest === undefined ? [path] : [path, latest]',
        replace: 'latest === undefined ? [path] : [latest, path]',
      },
    ],
    foundBy: { 'a load of files into objects': ['wherever the process dies'] },
  },
  {
    name: 'an object is replaced though it is not as the load found it',
    world: 'objects',
    edits: [
      {
        file: `${objects}/sink/settle.ts`,
        find: 'if (current && found !== undefined && current.etag !== found) throw',
        replace: "if (current && current.etag === '') throw",
      },
    ],
    foundBy: { 'a sink of ndjson': ['a load that publishes late'] },
  },
  {
    name: 'an object is replaced without the condition that it is what was looked at',
    world: 'objects',
    edits: [
      {
        file: `${objects}/sink/settle.ts`,
        find: "condition: current ? { etag: current.etag } : 'absent' })",
        replace: '})',
      },
    ],
    foundBy: { 'two loads of files into objects, not alone': ['a process that sleeps at any call'] },
  },
  {
    name: 'a group counts as unchanged though its object is gone',
    world: 'objects',
    edits: [
      {
        file: `${objects}/sink/object-sink.ts`,
        find: '            return now !== undefined\n',
        replace: '            return true\n',
      },
    ],
    foundBy: { 'a sink of ndjson': ['what was published and is gone'] },
  },
  {
    name: 'a CSV part that is written after a resume has a header of its own',
    world: 'objects',
    edits: [
      {
        file: 'packages/formats/src/csv/encode.ts',
        find: '  let columns = fixed ?? columnsOfLast(before)\n',
        replace: '  let columns = fixed ?? columnsOfLast(before)\n  let headed = before.length === 0\n',
      },
      {
        file: 'packages/formats/src/csv/encode.ts',
        find: '      const bytes = writeKnown(settings.guardFormulas ? guardedRecords(records) : records)\n',
        replace: `      const header = headed ? '' : known.names.join(settings.delimiter) + settings.lineEnd
      headed = true
      const bytes = Buffer.concat([utf8(header), writeKnown(records)])\n`,
      },
    ],
    foundBy: { 'a sink of csv': ['suspend keeps what was flushed'] },
  },
  {
    name: 'a file is written under its own name, and is visible before it is whole',
    world: 'stores',
    edits: [
      {
        file: `${objects}/folder/write.ts`,
        find: '  const temp = join(tempFolderIn(place.root), tempName(place.writer))\n',
        replace: '  const temp = target\n',
      },
      { file: `${objects}/folder/write.ts`, find: "open(temp, copied ? 'a' : 'wx')", replace: "open(temp, copied ? 'a' : 'w')" },
    ],
    foundBy: { 'a folder': ['an object that is being written is not visible', 'a body that throws midway leaves the object'] },
  },
  {
    name: 'a folder is listed in the order of its names, not of its keys',
    world: 'stores',
    edits: [
      {
        file: `${objects}/folder/walk.ts`,
        find: '    .sort(compareKeys)\n',
        replace: "    .sort((a, b) => compareKeys(a.replace('/', ''), b.replace('/', '')))\n",
      },
    ],
    foundBy: { 'a folder': ['keys are listed ascending'] },
  },
  {
    name: 'the last character of a prefix is not looked at',
    world: 'stores',
    edits: [
      { file: `${objects}/memory-store.ts`, find: 'each.startsWith(prefix)', replace: 'each.startsWith(prefix.slice(0, -1))' },
    ],
    foundBy: { 'objects in memory': ['a prefix is any text'] },
  },
]
