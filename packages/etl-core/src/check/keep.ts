/** Keeps a value that code needs besides text, and gives the name it has there. */
export type Keep = (value: unknown) => string
